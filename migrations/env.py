"""Runs migrations on the engine that `app.core.migrations` hands over."""

from alembic import context
from sqlalchemy import Engine, text

from app import models_all  # noqa: F401  loads every room's tables
from app.core.db import Base

config = context.config


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
