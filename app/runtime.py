"""Puts a process together: database, keys, limits, search engine, worker."""

import gc
import threading
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from app.core import logging, outbox, outgoing
from app.core.db import Database
from app.core.runtime import Runtime
from app.core.security import Signer
from app.core.settings import Settings
from app.core.throttle import Throttle
from app.core.worker import Worker, registered
from search import open_engine

LEXICON_EVERY_S = 15.0
GC_THRESHOLDS = (50_000, 20, 100)
log = logging.get("runtime")


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
    # dictionaries and mappings live as long as the process: walking them again and again costs a rebuild 40 %
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    runtime.extra["demo"] = not settings.is_production and _holds_demo_data(runtime)
    return runtime


def _holds_demo_data(runtime: Runtime) -> bool:
    from app.demo.seed import is_empty

    try:
        return not is_empty(runtime)
    except SQLAlchemyError:  # no schema yet
        return False


class LexiconKeeper:
    """Keeps the engine's dictionary that of the database, at start and whenever staff change it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="funeng-lexicon", daemon=True)

    def start(self) -> None:
        self.refresh()
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def refresh(self) -> None:
        """Hand the present dictionary to the engine; a missing schema or database is no reason to fail."""
        from app.reference.queries import build_lexicon

        try:
            with self._runtime.database.reading() as session:
                lexicon = build_lexicon(session)
        except SQLAlchemyError as error:
            log.warning("the dictionary could not be read", error=type(error).__name__)
            return
        if lexicon.version != self._runtime.engine.lexicon.version:
            self._runtime.engine.use_lexicon(lexicon)

    def _run(self) -> None:
        self._runtime.engine.warm()  # here, so that no visitor waits for dictionaries to load
        while not self._stop.wait(LEXICON_EVERY_S):
            try:
                self.refresh()
                self._runtime.engine.warm()
            except Exception as error:  # noqa: BLE001  the next round may do better
                log.warning("the dictionary was not refreshed", error=repr(error)[:300])


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
            outgoing.release_all(session)
    for seconds, name, step in tickers(runtime, worker.database):
        worker.every(seconds, name, step)
    for given in registered():
        worker.every(
            given.every_s, given.name, partial(given.step, runtime, worker.database), at_stop=given.at_stop
        )
    return worker
