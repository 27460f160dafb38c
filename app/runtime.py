"""Puts a process together: database, keys, limits, search engine, worker."""

from sqlalchemy.exc import SQLAlchemyError

from app.core import outbox
from app.core.db import Database
from app.core.runtime import Runtime
from app.core.security import Signer
from app.core.settings import Settings
from app.core.throttle import Throttle
from app.core.worker import Worker
from search import open_engine


def build_runtime(settings: Settings, *, worker: bool = False) -> Runtime:
    """Return the runtime of a server, a worker or a command; nothing is started."""
    database = Database(settings, worker=worker)
    runtime = Runtime(
        settings=settings,
        database=database,
        signer=Signer(settings.signing_keys()),
        throttle=Throttle(database, shared=settings.processes > 1, factor=settings.rate_factor),
        engine=open_engine(settings.search_options()),
    )
    runtime.extra["demo"] = not settings.is_production and _holds_demo_data(runtime)
    return runtime


def _holds_demo_data(runtime: Runtime) -> bool:
    from app.demo.seed import is_empty

    try:
        return not is_empty(runtime)
    except SQLAlchemyError:  # no schema yet
        return False


def start_worker(runtime: Runtime) -> Worker:
    """Start the worker thread with its own database handle and every room's tickers."""
    worker = build_worker(runtime)
    worker.start()
    return worker


def build_worker(runtime: Runtime) -> Worker:
    from app.indexing.jobs import tickers

    worker = Worker(Database(runtime.settings, worker=True), services=runtime)
    if worker.database.is_sqlite:  # one worker only: whatever is leased was left by a dead one
        with worker.database.writing() as session:
            outbox.release_all(session)
    for seconds, name, step in tickers(runtime, worker.database):
        worker.every(seconds, name, step)
    return worker
