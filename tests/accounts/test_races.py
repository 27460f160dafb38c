"""Guesses at one account name in the same moment: each counts, and none is a fault of ours."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.accounts import queries, service
from app.accounts.service.failures import SIGN_IN
from app.core import after, security
from app.core.db import Database

pytestmark = pytest.mark.committed
GUESSES = SIGN_IN.failures - 1


def test_guesses_side_by_side_all_count(database: Database) -> None:
    def guess(_number: int) -> None:
        with database.write() as session:
            service.note_failure(session, "13800000001")
            after.run(database, after.take(session))

    with ThreadPoolExecutor(GUESSES) as pool:
        list(pool.map(guess, range(GUESSES)))
    with database.reading() as session:
        row = queries.find_failure(session, security.token_hash("13800000001"))
        assert row is not None
        assert row.count == GUESSES
