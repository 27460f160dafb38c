"""Alembic, configured in code: the same from a checkout and from the wheel."""

from functools import lru_cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.core.settings import bundled


def alembic_config(engine: Engine | None = None) -> Config:
    """Return the configuration; `engine` is what env.py migrates."""
    config = Config()
    config.set_main_option("script_location", str(bundled("migrations")))
    config.set_main_option(
        "file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(rev)s_%%(slug)s"
    )
    config.attributes["engine"] = engine
    return config


@lru_cache(maxsize=1)
def head_revision() -> str | None:
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate up; on SQLite with foreign keys off and checked afterwards (batch mode rebuilds tables)."""
    command.upgrade(alembic_config(engine), revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    command.downgrade(alembic_config(engine), revision)
