"""Runs migrations on the engine that `app.core.migrations` hands over."""

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Engine, text
from sqlalchemy.types import TypeDecorator

from app import models_all  # noqa: F401  loads every room's tables
from app.core.db import Base

config = context.config


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | bool:
    """Write our own column types as what they are in the database, so that migrations stand alone."""
    if kind == "type" and isinstance(item, TypeDecorator):
        autogen.imports.add("import sqlalchemy as sa")
        return f"sa.{item.impl_instance!r}"
    return False


def run(engine: Engine) -> None:
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=sqlite,
            compare_type=True,
            render_item=render_item,
        )
        with context.begin_transaction():
            if not sqlite:
                connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            context.run_migrations()
            if sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
                if broken:
                    msg = f"foreign keys broken by the migration: {broken[:5]}"
                    raise RuntimeError(msg)
        connection.commit()
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


engine = config.attributes.get("engine")
if engine is None:
    from app.core.db import build_engine
    from app.core.settings import get_settings

    engine = build_engine(get_settings())
run(engine)
