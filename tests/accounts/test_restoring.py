"""A backup from before a deletion brings nobody back (个人信息保护法 art. 47)."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts import queries, service
from app.accounts.jobs import erase_due
from app.core import clock
from app.core.db import Database
from app.core.personal import ERASED_NAME
from app.routes import load_hooks
from tests.conftest import make_settings
from tests.factories.accounts import actor_of, make_user
from tests.services import databases

pytestmark = pytest.mark.committed
load_hooks()  # every room's part of a deletion


def test_funeng_restore_erases_again(tmp_path: Path):
    data, archive = tmp_path / "data", tmp_path / "backup.tar.gz"
    url = databases.new_sqlite(data)
    settings = {"FUNENG_ENV": "test", "FUNENG_DATA_DIR": str(data), "FUNENG_DATABASE_URL": url}
    database = Database(make_settings(data, url))
    with database.writing() as session:
        gone, stays = make_user(session, name="白鹭暗记戊"), make_user(session, name="示例留下")
        service.request_erasure(session, actor_of(gone))
    databases.funeng("backup", str(archive), settings=settings)
    with clock.frozen(clock.now() + timedelta(days=8)):
        erase_due(None, database)
    database.dispose()
    databases.funeng("restore", str(archive), "--yes", settings=settings)
    database = Database(make_settings(data, url))
    with database.reading() as session:
        names = queries.user_names(session, [gone.id, stays.id])
        erased = queries.get_user(session, gone.id).erased_at
    database.dispose()
    assert names == {gone.id: ERASED_NAME, stays.id: "示例留下"}
    assert erased is not None
