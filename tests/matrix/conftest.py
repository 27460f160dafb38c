"""The world of `world.py`, built once per module in one outer transaction; each request is undone."""

from collections.abc import Iterator

import pytest

from app.indexing.service import rebuild
from tests.conftest import make_settings
from tests.matrix.asking import Asker
from tests.matrix.world import build
from tests.services import databases
from tests.services.client import Swap


@pytest.fixture(scope="module")
def asker(_swap: Swap, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """Asks the application as any role, in a world that every request finds unchanged."""
    folder = tmp_path_factory.mktemp("matrix")
    settings = make_settings(folder / "data", databases.new_sqlite(folder / "db"))
    database = databases.SharedDatabase(settings)
    with database.write() as session:
        world = build(session)
    with _swap.using(settings, database) as app, Asker(app, database, world) as opened:
        rebuild(database, opened.runtime.engine)
        yield opened
    database.dispose()
