"""The world of `world.py`, built once per worker in one outer transaction; each request is undone."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.core.settings import Settings
from app.indexing.service import rebuild
from tests.conftest import make_settings
from tests.matrix.asking import Asker
from tests.matrix.world import World, build
from tests.services import databases
from tests.services.client import Swap


@dataclass
class Built:
    settings: Settings
    database: databases.SharedDatabase
    world: World
    indexed: bool = False


@pytest.fixture(scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("matrix")
    settings = make_settings(folder / "data", databases.new_sqlite(folder / "db"))
    database = databases.SharedDatabase(settings)
    with database.write() as session:
        world = build(session)
    yield Built(settings, database, world)
    database.dispose()


@pytest.fixture(scope="module")
def asker(_swap: Swap, _built: Built) -> Iterator[Asker]:
    """Asks the application as any role, in a world that every request finds unchanged."""
    with (
        _swap.using(_built.settings, _built.database) as app,
        Asker(app, _built.database, _built.world) as opened,
    ):
        if not _built.indexed:
            rebuild(_built.database, opened.runtime.engine)
            _built.indexed = True
        yield opened
