"""Fresh databases for tests: migrated and filled once per run, then copied."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.orm import Session, sessionmaker

import app.models_all  # noqa: F401 -- every table is known, so foreign keys resolve
from app.core.db import BEGIN_OPTION, SETTINGS, Database
from app.core.settings import Settings
from tests.services import session
from tests.services.session import FUNENG
from tests.services.system import NotReadyError

STEPS = {"migrated": ["migrate"], "filled": ["migrate", "load-reference"]}
"""What a template holds: the bare schema, or the schema with the reference data."""


def funeng(*arguments: str, settings: dict[str, str], check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the real command line in a process of its own, with exactly these FUNENG_ settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FUNENG_")}
    result = subprocess.run(
        [*FUNENG, *arguments],
        cwd=session.CHECKOUT,
        env=inherited | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if check and result.returncode != 0:
        msg = f"funeng {' '.join(arguments)} ended with {result.returncode}:\n{(result.stdout + result.stderr)[-4000:]}"
        raise NotReadyError(msg)
    return result


@contextmanager
def _once(name: str) -> Iterator[bool]:
    """Yield True for the first worker that comes here in this run; the others wait until it is done."""
    folder = session.run_dir()
    with (folder / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / f"{name}.done"
        yield not done.exists()
        done.touch()


def _build(name: str, url: str, data: Path) -> None:
    for step in STEPS[name]:
        funeng(
            step, settings={"FUNENG_ENV": "test", "FUNENG_DATABASE_URL": url, "FUNENG_DATA_DIR": str(data)}
        )


def sqlite_template(name: str) -> Path:
    """A closed SQLite file of that content; copy it, never open it."""
    folder = session.run_dir() / "sqlite" / name
    with _once(f"sqlite-{name}") as first:
        if first:
            folder.mkdir(parents=True)
            _build(name, f"sqlite:///{folder / 'funeng.db'}", folder)
            plain = sqlite3.connect(folder / "funeng.db")
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            plain.close()
    return folder / "funeng.db"


def new_sqlite(folder: Path, name: str = "filled") -> str:
    """Copy the template into `folder` and return the copy's address."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "funeng.db"
    shutil.copyfile(sqlite_template(name), target)
    return f"sqlite:///{target}"


def demo_data(target: Path) -> dict[str, str]:
    """Copy a data folder as `make setup` leaves it (demo data, index, sign-ins) and return its settings."""
    template = session.run_dir() / "demo-data"
    with _once("demo-data") as first:
        if first:
            funeng("setup", settings={"FUNENG_DATA_DIR": str(template)})
    shutil.copytree(template, target)
    return {"FUNENG_DATA_DIR": str(target)}


def _postgres_template(name: str) -> str:
    where = session.address("postgres")
    template = f"template_{name}"
    with _once(f"postgres-{name}") as first:
        if first:
            _administer(where, f"CREATE DATABASE {template}")
            data = session.run_dir() / "postgres-data" / name
            data.mkdir(parents=True)
            _build(name, where["url"].replace("/postgres?", f"/{template}?"), data)
    return template


def _administer(where: dict[str, str], statement: str) -> None:
    conninfo = f"host={where['folder']} user=funeng dbname=postgres"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def new_postgres(name: str = "filled") -> Iterator[str]:
    """Yield the address of a fresh copy of the template; dropped afterwards, whoever is still connected."""
    where = session.address("postgres")
    template = _postgres_template(name)
    database = f"t_{uuid.uuid4().hex[:16]}"
    with _once("postgres-copy"):  # PostgreSQL copies a template for one at a time
        _administer(where, f"CREATE DATABASE {database} TEMPLATE {template}")
    try:
        yield where["url"].replace("/postgres?", f"/{database}?")
    finally:
        _administer(where, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


class _ReadSession(Session):
    """A read session on a connection that others write on: it ends without touching their transaction."""

    def rollback(self) -> None:
        self.close()


class SharedDatabase(Database):
    """Both kinds of sessions on one connection, inside one outer transaction that is rolled back at the end.

    A write session works in a savepoint, so its commit and its rollback mean what they mean in the
    application; a read session sees everything at once. Tests that need a second connection (races, worker,
    another process) are marked `committed` and take a database of their own.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        connection = self.engine.connect()
        if self.engine.dialect.name == "sqlite":
            connection = connection.execution_options(**{BEGIN_OPTION: "IMMEDIATE"})
        self._outer = connection.begin()
        self._connection = connection
        options: dict[str, Any] = {
            "bind": connection,
            "expire_on_commit": False,
            "info": {SETTINGS: settings},
        }
        self._read = sessionmaker(class_=_ReadSession, join_transaction_mode="rollback_only", **options)
        self._write = sessionmaker(join_transaction_mode="create_savepoint", **options)

    def dispose(self) -> None:
        if self._outer.is_active:
            self._outer.rollback()
        self._connection.close()
        super().dispose()
