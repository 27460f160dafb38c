"""The database: two kinds of sessions and what makes SQLite keep its word.

A read session begins DEFERRED, a write session IMMEDIATE at its first statement (with the driver's
defaults concurrent increments on SQLite get lost without an error). One request is one transaction,
committed at the edge.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.core.columns import type_map
from app.core.settings import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BEGIN_OPTION = "funeng_begin"
WEB_BUSY_MS, WORKER_BUSY_MS = 3_000, 10_000


SETTINGS = "settings"
DATABASE = "database"


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = type_map


def _prepare_sqlite(engine: Engine, busy_ms: int) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event sends our own BEGIN
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={busy_ms}",
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get(BEGIN_OPTION, "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")


def build_engine(settings: Settings, *, worker: bool = False) -> Engine:
    """Return an engine for the settings' database; `worker` takes the longer timeouts."""
    if settings.is_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            settings.database_url,
            hide_parameters=True,  # an error's text must not carry what people typed into the log
            pool_size=settings.pool_size,
            max_overflow=0,
            pool_timeout=settings.pool_timeout_s,
            connect_args={"check_same_thread": False},
        )
        _prepare_sqlite(engine, WORKER_BUSY_MS if worker else WEB_BUSY_MS)
        return engine
    statement_ms = 60_000 if worker else 5_000
    url = settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.pool_timeout_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 3,
            "options": (
                f"-c statement_timeout={statement_ms} -c lock_timeout=3000 "
                "-c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
            ),
        },
    )


def settings_of(session: Session) -> Settings:
    """Return the settings of the database that made this session (where uploads lie, which keys encrypt)."""
    found: Settings = session.info[SETTINGS]
    return found


def database_of(session: Session) -> "Database | None":
    """Return the database that made this session, for buffers that are written later in a transaction of their own."""
    return session.info.get(DATABASE)


class Database:
    """Makes the two kinds of sessions over one pool."""

    def __init__(self, settings: Settings, *, worker: bool = False, engine: Engine | None = None) -> None:
        self.settings = settings
        self.engine = engine or build_engine(settings, worker=worker)
        info: dict[str, Any] = {SETTINGS: settings, DATABASE: self}
        self._read = sessionmaker(bind=self.engine, expire_on_commit=False, info=info)
        self._write = sessionmaker(
            bind=self.engine.execution_options(**{BEGIN_OPTION: "IMMEDIATE"}),
            expire_on_commit=False,
            info=info,
        )

    def read(self) -> Session:
        return self._read()

    def write(self) -> Session:
        return self._write()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a write session that commits at the end and rolls back on an exception."""
        with self.write() as session:
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a read session that is rolled back at the end."""
        with self.read() as session:
            try:
                yield session
            finally:
                session.rollback()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def optimise(self) -> None:
        """Give SQLite's planner its statistics (milliseconds); without them a large table is scanned by state.

        PostgreSQL's autovacuum does the same by itself.
        """
        if not self.is_sqlite:
            return
        with self.writing() as session:
            session.execute(text("PRAGMA analysis_limit=1000"))
            session.execute(text("ANALYZE"))

    def dispose(self) -> None:
        self.engine.dispose()
