"""The drainer, the rebuild and the drift check. The database is the truth; the index follows."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core import clock, failpoints, jobs, logging, outbox
from app.core.db import Database
from app.indexing.sources import SOURCES
from app.reference import queries as reference_queries
from search import SearchEngine
from search.types import Document, Outcome, Ref, SearchUnavailable

log = logging.get("indexing")
Progress = Callable[[int, int, str], None]
BATCH, COUNTED = 500, 20_000
REBUILD = "indexing.rebuild"
TOMBSTONES_KEPT = timedelta(days=1)


def _quiet(_done: int, _total: int, _text: str) -> None:
    return


def load_documents(session: Session, engine: SearchEngine, refs: Sequence[Ref]) -> list[Document]:
    """Return the present documents of these objects, tombstones for what is gone or hidden."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for ref in refs:
        by_kind[ref.kind].append(ref.id)
    found: list[Document] = []
    for kind, ids in by_kind.items():
        source = SOURCES.get(kind)
        documents = source.load(session, ids) if source is not None else []
        found.extend(documents)
        missing = set(ids) - {document.id for document in documents}
        if missing:
            stamps = engine.lookup([Ref(kind, object_id) for object_id in sorted(missing)])
            found.extend(
                Document.tombstone(ref.kind, ref.id, stamp.doc_version + 1) for ref, stamp in stamps.items()
            )
    return found


class Drainer:
    """Carries dirty objects from the outbox to the engine, in steps that survive a kill anywhere."""

    def __init__(self, database: Database, engine: SearchEngine) -> None:
        self.database = database
        self.engine = engine
        self._delay = 1.0

    def step(self) -> bool:
        """Lease, re-read, write, delete exactly those rows; returns whether there was work."""
        with self.database.reading() as session:
            if not outbox.backlog(session).pending:
                return False
        with self.database.writing() as session:
            rows = [(row.id, Ref(row.kind, row.object_id)) for row in outbox.lease(session)]
        if not rows:
            return False
        failpoints.reach("drainer.after_lease")
        by_ref: dict[Ref, list[int]] = defaultdict(list)
        for row_id, ref in rows:
            by_ref[ref].append(row_id)
        try:
            documents, broken = self._load(list(by_ref))
            report = self.engine.write(documents)
        except SearchUnavailable as error:
            self._put_back([row_id for row_id, _ in rows], repr(error))
            return False
        failpoints.reach("drainer.after_write")
        settled = set(by_ref) - {document.ref for document in documents} - set(broken)
        settled |= set(report.settled)
        rejected = broken | {item.ref: item.reason for item in report.of(Outcome.REJECTED)}
        waiting = [item.ref for item in report.of(Outcome.RETRY)]
        with self.database.writing() as session:
            done = [row_id for ref in settled for row_id in by_ref[ref]]
            if done:
                outbox.complete(session, done)
            for ref, reason in rejected.items():
                if outbox.reject(session, by_ref[ref], reason):
                    log.error(
                        "document refused for good", kind=ref.kind, object_id=ref.id, reason=reason[:300]
                    )
            if waiting:
                ids = [row_id for ref in waiting for row_id in by_ref[ref]]
                outbox.retry(session, ids, "the engine was busy", delay_s=self._delay)
        self._delay = 1.0
        return True

    def _load(self, refs: list[Ref]) -> tuple[list[Document], dict[Ref, str]]:
        """Return the documents, and why some object yields none: one broken row must not hold up the batch."""
        try:
            with self.database.reading() as session:
                return load_documents(session, self.engine, refs), {}
        except (SearchUnavailable, SQLAlchemyError):
            raise
        except Exception as error:  # noqa: BLE001  whatever is wrong with a row is that row's
            if len(refs) == 1:
                return [], {refs[0]: repr(error)}
        documents: list[Document] = []
        broken: dict[Ref, str] = {}
        for ref in refs:
            loaded, failed = self._load([ref])
            documents += loaded
            broken |= failed
        return documents, broken

    def _put_back(self, ids: list[int], reason: str) -> None:
        with self.database.writing() as session:
            outbox.retry(session, ids, reason, delay_s=self._delay)
        self._delay = min(30.0, self._delay * 2)


def all_documents(database: Database, progress: Progress = _quiet) -> Iterator[list[Document]]:
    """Yield every object's document in batches, each read in its own short transaction."""
    done = 0
    for source in SOURCES.values():
        after: str | None = None
        while True:
            with database.reading() as session:
                ids = source.ids(session, after, BATCH)
                documents = source.load(session, ids) if ids else []
            if not ids:
                break
            after = ids[-1]
            done += len(ids)
            progress(done, 0, source.label)
            yield documents


def count_objects(database: Database) -> int:
    """Return how many objects a rebuild will read, from their ids alone."""
    number = 0
    for source in SOURCES.values():
        after: str | None = None
        while True:
            with database.reading() as session:
                ids = source.ids(session, after, COUNTED)
            number += len(ids)
            if len(ids) < COUNTED:
                break
            after = ids[-1]
    return number


def _with_time_left(progress: Progress, total: int) -> Progress:
    """Return a progress that knows the whole and says how long the rest takes at the present speed."""
    begun = time.monotonic()

    def tell(done: int, _total: int, text: str) -> None:
        left = (time.monotonic() - begun) / max(done, 1) * max(total - done, 0)
        progress(done, max(total, done), f"{text}，约剩 {left:.0f} 秒")

    return tell


def rebuild(
    database: Database, engine: SearchEngine, progress: Progress = _quiet
) -> dict[str, int | str | float]:
    """Build a new generation from the database while the old one serves, then publish it.

    Live writes go to both generations meanwhile; a crash leaves the old one serving.
    """
    database.optimise()
    with database.reading() as session:
        lexicon = reference_queries.build_lexicon(session)
    written = 0
    with engine.begin_rebuild(lexicon) as generation:
        told = _with_time_left(progress, count_objects(database))
        for documents in all_documents(database, told):
            generation.write(documents)
            written += len(documents)
        failpoints.reach("rebuild.before_publish")
        stats = generation.publish()
        failpoints.reach("rebuild.after_publish")
    progress(written, written, "完成")
    return {"generation": stats.generation, "written": stats.written, "seconds": round(stats.seconds, 2)}


@dataclass
class Drift:
    """Where index and database differ: `missing` or stale objects, and `ghosts` the database lacks.

    `ahead` says that the index holds a newer version than the database (somebody wrote it behind our
    back, or a restore went back in time): only a rebuild mends that.
    """

    checked: int = 0
    missing: list[Ref] = field(default_factory=list)
    differing: list[Ref] = field(default_factory=list)
    ghosts: list[Ref] = field(default_factory=list)
    ahead: bool = False

    @property
    def total(self) -> int:
        return len(self.missing) + len(self.differing) + len(self.ghosts)


def find_drift(database: Database, engine: SearchEngine, progress: Progress = _quiet) -> Drift:
    """Compare every row with the index, both ways, by version and content hash.

    Objects that still wait in the outbox are late, not drifted; drain first for a strict answer.
    """
    drift = Drift()
    known: set[Ref] = set()
    for documents in all_documents(database, progress):
        stamps = engine.lookup([document.ref for document in documents])
        for document in documents:
            drift.checked += 1
            known.add(document.ref)
            stamp = stamps.get(document.ref)
            if stamp is None:
                if not document.is_tombstone:
                    drift.missing.append(document.ref)
            elif stamp.tombstone != document.is_tombstone or stamp.content_hash != document.content_hash():
                drift.differing.append(document.ref)
                drift.ahead |= stamp.doc_version >= document.doc_version
    after: str | None = None
    while True:
        page = engine.scan(after)
        drift.ghosts.extend(
            stamp.ref for stamp in page.stamps if not stamp.tombstone and stamp.ref not in known
        )
        if page.next is None:
            break
        after = page.next
    return drift


def repair(database: Database, drift: Drift) -> int:
    """Queue what mends the drift: a rebuild when the index is ahead, else an outbox row for each object.

    Returns how many objects drifted.
    """
    if drift.ahead:
        with database.writing() as session:
            jobs.enqueue(session, REBUILD, key=REBUILD)
        return drift.total
    refs = [*drift.missing, *drift.differing, *drift.ghosts]
    for start in range(0, len(refs), BATCH):
        with database.writing() as session:
            for ref in refs[start : start + BATCH]:
                outbox.mark(session, ref.kind, ref.id, "drift")
    return len(refs)


def purge_tombstones(engine: SearchEngine) -> int:
    return engine.purge(clock.now() - TOMBSTONES_KEPT)
