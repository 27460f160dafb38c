"""The chain over the audit trail: rows are linked in the order they are found, by a step of the worker (`desk.jobs`).

Rows are appended unchained in the action's own transaction (a lock held to the commit would make all writes
sequential) and linked every second and when the worker stops. Once a day the head of the chain is written to a file
and mailed: cutting off the end of the chain leaves nothing wrong behind except that head.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit_keys, clock, logging, outgoing
from app.core.audit import AuditEvent, AuditLink
from app.core.db import Database, settings_of
from app.core.settings import Settings

log = logging.get("audit")
BATCH = 1000
LATE_IDS = 10_000
"""A transaction that began earlier may bring a smaller id after this many greater ones were linked."""
PATIENCE = timedelta(minutes=5)
"""A row that is older and still not linked is reported."""


def find_head(session: Session) -> AuditLink | None:
    """Return the last link of the chain."""
    return session.scalar(select(AuditLink).order_by(AuditLink.position.desc()).limit(1))


def _unlinked(session: Session, *, above: int, limit: int) -> list[AuditEvent]:
    linked = select(AuditLink.event_id).where(AuditLink.event_id == AuditEvent.id).exists()
    query = select(AuditEvent).where(AuditEvent.id > above, ~linked).order_by(AuditEvent.id).limit(limit)
    return list(session.scalars(query))


def seal(session: Session, *, everything: bool = False) -> int:
    """Link what was written since; returns how many rows. `everything` looks at all rows, not at the late ones only.

    The first sealing of all takes the rows from before there were signatures. Later a row that the platform did not
    sign is never linked, and `verify` reports it. Of two workers that link at once one fails by a unique key.
    """
    settings = settings_of(session)
    known = audit_keys.keys(settings)
    key_id, key = audit_keys.current(settings)
    head = find_head(session)
    beginning = head is None
    if beginning and read_anchors(anchor_file(settings)):
        log.error("the audit chain is empty, but its head was anchored before: nothing is linked")
        return 0
    position, previous = (head.position, head.hash) if head else (0, audit_keys.START)
    newest = session.scalar(select(func.max(AuditLink.event_id))) or 0
    above = 0 if everything else max(0, newest - LATE_IDS)
    done = 0
    while rows := _unlinked(session, above=above, limit=BATCH):
        for row in rows:
            above = row.id
            if not beginning and not audit_keys.is_ours(known, row):
                continue
            position += 1
            previous = audit_keys.link(key, previous, position, row)
            session.add(
                AuditLink(
                    position=position,
                    event_id=row.id,
                    hash=previous,
                    algorithm=audit_keys.ALGORITHM,
                    key_id=key_id,
                )
            )
            done += 1
        session.flush()
    return done


def has_unlinked(session: Session) -> bool:
    """Return whether rows wait to be linked, by ids alone."""
    return (session.scalar(select(func.max(AuditEvent.id))) or 0) > (
        session.scalar(select(func.max(AuditLink.event_id))) or 0
    )


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the chain on a day, as it was written elsewhere."""

    day: str
    position: int
    event_id: int
    hash: str
    key_id: str
    algorithm: str = audit_keys.ALGORITHM


def anchor_file(settings: Settings) -> Path:
    return settings.data_dir / "audit" / "anchors.jsonl"


def anchored_today(settings: Settings) -> bool:
    return any(line.day == clock.today().isoformat() for line in read_anchors(anchor_file(settings)))


def anchor(session: Session) -> Anchor | None:
    """Return the present head as the day's anchor and post it to the configured address; None without rows.

    The caller commits, then keeps it (`keep`).
    """
    settings = settings_of(session)
    head = find_head(session)
    if head is None:
        return None
    written = Anchor(clock.today().isoformat(), head.position, head.event_id, head.hash, head.key_id)
    if settings.audit.anchor_mail:
        outgoing.post(
            session,
            outgoing.Channel.mail,
            settings.audit.anchor_mail,
            subject=f"审计链头 {written.day}",
            text=f"请原样保存这一行，核对时用 funeng verify-audit --anchor 文件：\n\n{_line(written)}\n",
            key=f"audit-anchor:{written.day}:{written.position}",
        )
    return written


def _line(written: Anchor) -> str:
    return json.dumps({name: getattr(written, name) for name in Anchor.__slots__}, ensure_ascii=False)


def keep(settings: Settings, written: Anchor) -> None:
    """Append an anchor to the installation's file, on disk before this returns."""
    path = anchor_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as stream:
        stream.write(f"{_line(written)}\n")
        stream.flush()
        os.fsync(stream.fileno())


def read_anchors(path: Path) -> list[Anchor]:
    """Return the anchors of a file, one JSON object a line; other lines (of a mail) are passed over.

    Raises:
        ValueError: a line that begins like an anchor and is none.

    """
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip().startswith("{"):
            continue
        try:
            found.append(Anchor(**json.loads(line)))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, line {number}: no anchor") from error
    return found


@dataclass(slots=True)
class Report:
    """What a verification found; `problems` is empty when every row is as it was written."""

    rows: int = 0
    linked: int = 0
    waiting: int = 0
    anchors: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)
    broken: int = 0
    """How many problems there are; `problems` lists the first hundred."""

    def add(self, problem: str) -> None:
        self.broken += 1
        if len(self.problems) < 100:
            self.problems.append(problem)


def verify(database: Database, *, anchors: list[Anchor] | None = None) -> Report:
    """Check every row against its signature, its place in the chain and the anchors (the installation's by default).

    Finds a row changed, deleted, inserted or copied, links changed, taken out or exchanged, and, by an anchor, an end
    that was cut off.
    """
    known = audit_keys.keys(database.settings)
    if anchors is None:
        anchors = read_anchors(anchor_file(database.settings))
    report = Report(anchors=len(anchors))
    by_position: dict[int, list[Anchor]] = {}
    for each in anchors:
        by_position.setdefault(each.position, []).append(each)
    with database.reading() as session:
        report.rows = session.scalar(select(func.count(AuditEvent.id))) or 0
        previous, expected = audit_keys.START, 1
        for found, row in _walk(session):
            report.linked += 1
            if found.position != expected:
                report.add(f"缺第 {expected} 到 {found.position - 1} 环")
            expected = found.position + 1
            for each in by_position.pop(found.position, []):
                if (each.hash, each.event_id) != (found.hash, found.event_id):
                    report.add(f"第 {found.position} 环与 {each.day} 留存的链头不一致")
            _check_link(report, known, previous, found, row)
            previous = found.hash
        report.head = previous if report.linked else ""
        for position, lost in sorted(by_position.items()):
            for each in lost:
                report.add(f"{each.day} 的链头在第 {position} 环，现在只到第 {expected - 1} 环：末尾被截去")
        _check_unlinked(session, report, known)
    return report


def _walk(session: Session) -> Iterator[tuple[AuditLink, AuditEvent | None]]:
    after = 0
    query = select(AuditLink, AuditEvent).outerjoin(AuditEvent, AuditEvent.id == AuditLink.event_id)
    while True:
        page = session.execute(
            query.where(AuditLink.position > after).order_by(AuditLink.position).limit(BATCH)
        ).all()
        if not page:
            return
        yield from ((found, row) for found, row in page)
        after = page[-1][0].position
        session.expunge_all()


def _check_link(
    report: Report, known: dict[str, bytes], previous: str, found: AuditLink, row: AuditEvent | None
) -> None:
    where = f"第 {found.position} 环"
    key = known.get(found.key_id)
    if row is None:
        report.add(f"{where}：{found.event_id} 号记录被删")
    elif key is None or found.algorithm != audit_keys.ALGORITHM:
        report.add(f"{where}：没有密钥 {found.key_id}（{found.algorithm}），核对不了")
    elif audit_keys.link(key, previous, found.position, row) != found.hash:
        report.add(f"{where}：{row.id} 号记录或它前面的一环被改过")


def _check_unlinked(session: Session, report: Report, known: dict[str, bytes]) -> None:
    above = 0
    overdue = clock.now() - PATIENCE
    while rows := _unlinked(session, above=above, limit=BATCH):
        for row in rows:
            above = row.id
            if not audit_keys.is_ours(known, row):
                report.add(f"{row.id} 号记录不是平台写的")
            elif row.at < overdue:
                report.add(f"{row.id} 号记录写了很久还没有入链")
            else:
                report.waiting += 1
        session.expunge_all()
    copied = select(AuditEvent.nonce).where(AuditEvent.nonce.is_not(None)).group_by(AuditEvent.nonce)
    for nonce in session.scalars(copied.having(func.count() > 1).limit(100)):
        report.add(f"有记录被复制（{nonce}）")


@dataclass(frozen=True, slots=True)
class ChainState:
    """What the auditor's page says about the chain without checking it all."""

    rows: int
    linked: int
    head: str
    anchor: Anchor | None


def state(session: Session, settings: Settings) -> ChainState:
    """Return how far the chain reaches and which head was kept last, in three queries."""
    head = find_head(session)
    kept = read_anchors(anchor_file(settings))
    return ChainState(
        session.scalar(select(func.count(AuditEvent.id))) or 0,
        session.scalar(select(func.count(AuditLink.position))) or 0,
        head.hash if head else "",
        kept[-1] if kept else None,
    )
