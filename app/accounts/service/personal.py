"""A copy of everything about oneself, and leaving for good (个人信息保护法 art. 45, 47)."""

import io
import json
import uuid
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import Erasure, PersonalExport
from app.accounts.service.common import user_id_of
from app.core import audit, clock, jobs, messages, personal, sheets
from app.core.db import settings_of
from app.core.errors import Conflict, NotFound
from app.core.permissions import SYSTEM, Actor, require_in_person
from app.core.personal import Tables
from app.core.settings import Settings
from app.core.sheets import Column

EXPORT_LIFE, EXPORT_PATIENCE, GRACE = timedelta(hours=24), timedelta(days=1), timedelta(days=7)
EXPORT = "accounts.export"
TOMBSTONES = "erased.txt"
NOTE = "这份副本依《个人信息保护法》第四十五条提供，只含您本人的信息；请妥善保管。"

audit.register_name("accounts.data.requested", "要一份本人信息副本")
audit.register_name("accounts.data.downloaded", "下载本人信息副本")
audit.register_name("accounts.erasure.requested", "申请注销账号")
audit.register_name("accounts.erasure.cancelled", "撤回注销申请")
audit.register_name("accounts.erasure.done", "注销账号")
messages.announce(
    "accounts.data.ready",
    topic="accounts",
    title="您的信息副本准备好了",
    text="24 小时内可以下载，之后自动删除。如果不是您本人要的，请马上改密码。",
    link="/account/data",
    action="去下载",
)
messages.announce(
    "accounts.erasure.requested",
    topic="accounts",
    title="账号将在 {day} 注销",
    text="在那之前随时可以撤回；到期后姓名、登录名和联系方式都会删除，不能恢复。",
    link="/account/data",
    action="看看或撤回",
)
messages.announce(
    "accounts.erasure.blocked",
    topic="accounts",
    title="账号暂时不能注销",
    text="您是一家已核验机构唯一的管理员，或者还担任平台角色；处理好以后每天会自动再试。",
    link="/account/data",
)


def request_export(session: Session, actor: Actor) -> PersonalExport:
    """Have a copy made in the background; one that is being made or stands is returned instead."""
    require_in_person(actor, "要个人信息副本")
    user_id = user_id_of(actor)
    for row in queries.list_exports(session, user_id):
        if row.expires_at is None or row.expires_at > clock.now():
            return row
    row = PersonalExport(id=uuid.uuid4(), user_id=user_id)
    session.add(row)
    session.flush()
    jobs.enqueue(session, EXPORT, {"export_id": str(row.id)}, key=f"{EXPORT}:{row.id}")
    audit.record(session, actor, "accounts.data.requested", kind="user", object_id=user_id)
    return row


def gather_export(session: Session, export_id: uuid.UUID) -> dict[str, Tables] | None:
    """Return everything for a copy that is still to be made, None when there is nothing to do."""
    row = queries.find_export(session, export_id)
    if row is None or row.ready_at is not None:
        return None
    return personal.collect_all(session, row.user_id)


def finish_export(session: Session, export_id: uuid.UUID, content: bytes) -> None:
    """Keep the packed copy for 24 hours and tell its owner."""
    row = queries.find_export(session, export_id)
    if row is None or row.ready_at is not None:
        return
    row.content, row.ready_at = content, clock.now()
    row.expires_at = row.ready_at + EXPORT_LIFE
    messages.post(
        session, "accounts.data.ready", user_id=row.user_id, dedupe_key=f"accounts.data.ready:{row.id}"
    )


def pack(parts: dict[str, Tables]) -> bytes:
    """Return a zip with everything as JSON and, for reading, a workbook per part with a sheet per table."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        whole = {"说明": NOTE, "生成于": clock.cn_datetime(clock.now()), **parts}
        archive.writestr("本人信息.json", json.dumps(whole, ensure_ascii=False, indent=1, default=_plain))
        for title, tables in parts.items():
            pages = [(name, _columns(rows), rows) for name, rows in tables.items() if rows]
            if pages:
                archive.writestr(f"{title}.xlsx", sheets.workbook_of(pages))
    return out.getvalue()


def take_export(session: Session, actor: Actor, *, export_id: uuid.UUID) -> bytes:
    """Return the content of one's own copy.

    Raises:
        NotFound: another person's, not ready, or older than 24 hours.

    """
    require_in_person(actor, "下载个人信息副本")
    row = queries.find_export(session, export_id, with_content=True)
    gone = row is None or row.content is None or row.expires_at is None or row.expires_at <= clock.now()
    if row is None or gone or row.user_id != user_id_of(actor) or row.content is None:
        raise NotFound("没有这份副本，或者已经过了 24 小时")
    return row.content


def obstacle(session: Session, user_id: uuid.UUID) -> str | None:
    """Return in Chinese why the person cannot go now, None when they can."""
    if queries.count_grants(session, user_id):
        return "您还担任平台角色，请先由安全管理员收回"
    sole = queries.list_sole_admin_of(session, user_id)
    if sole:
        names = "、".join(f"「{name}」" for _id, name in sole)
        return f"您是{names}唯一的管理员，请先把管理员移交给另一位成员"
    return None


def request_erasure(session: Session, actor: Actor) -> Erasure:
    """Begin the seven days after which the account goes; the caller has checked the password.

    Raises:
        Conflict: the only admin of a verified organisation, or somebody with a platform role.

    """
    require_in_person(actor, "注销账号")
    user_id = user_id_of(actor)
    known = queries.find_open_erasure(session, user_id)
    if known is not None:
        return known
    reason = obstacle(session, user_id)
    if reason is not None:
        raise Conflict(reason)
    moment = clock.now()
    row = Erasure(id=uuid.uuid4(), user_id=user_id, requested_at=moment, due_at=moment + GRACE)
    session.add(row)
    audit.record(session, actor, "accounts.erasure.requested", kind="user", object_id=user_id)
    messages.post(
        session,
        "accounts.erasure.requested",
        user_id=user_id,
        payload={"day": clock.cn_datetime(row.due_at)},
        dedupe_key=f"accounts.erasure.requested:{row.id}",
    )
    return row


def cancel_erasure(session: Session, actor: Actor) -> None:
    """Take the request back; without one this is no error."""
    require_in_person(actor, "撤回注销")
    row = queries.find_open_erasure(session, user_id_of(actor))
    if row is not None:
        row.cancelled_at = clock.now()
        audit.record(session, actor, "accounts.erasure.cancelled", kind="user", object_id=row.user_id)


def erase_due(session: Session) -> int:
    """Carry out what is due, in the caller's transaction; returns how many people went.

    The tombstone is written before the commit: a crash in between leaves a request that is still due.
    """
    gone = 0
    for found in queries.list_due_erasures(session):
        row = queries.lock_erasure(session, found.id)
        if row is None or row.done_at is not None or row.cancelled_at is not None:
            continue
        if obstacle(session, row.user_id) is not None:
            row.due_at = clock.now() + timedelta(days=1)
            messages.post(
                session,
                "accounts.erasure.blocked",
                user_id=row.user_id,
                dedupe_key=f"accounts.erasure.blocked:{row.id}",
            )
            continue
        _bury(settings_of(session), row.user_id)
        erase(session, row.user_id)
        row.done_at = clock.now()
        gone += 1
    return gone


def erase(session: Session, user_id: uuid.UUID) -> None:
    """Let every room forget a person; repeating it changes nothing."""
    personal.erase_all(session, user_id)
    audit.record(session, SYSTEM, "accounts.erasure.done", kind="user", object_id=user_id)


def replay_tombstones(session: Session) -> int:
    """Erase again whom a restored backup brought back; returns how many."""
    path = settings_of(session).data_dir / TOMBSTONES
    ids = [uuid.UUID(line) for line in path.read_text().split()] if path.exists() else []
    back = queries.list_unerased(session, ids) if ids else []
    for user_id in back:
        erase(session, user_id)
    return len(back)


def sweep_exports(session: Session) -> None:
    """Delete copies whose 24 hours are over."""
    for row in queries.list_ended_exports(session, asked_before=clock.now() - EXPORT_PATIENCE):
        session.delete(row)


def _bury(settings: Settings, user_id: uuid.UUID) -> None:
    path: Path = settings.data_dir / TOMBSTONES
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as stream:
        stream.write(f"{user_id}\n")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return clock.local(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _columns(rows: list[dict[str, Any]]) -> list[Column]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [Column(name, _reader(name), width=24) for name in names]


def _reader(name: str) -> Any:
    def read(row: dict[str, Any]) -> str:
        value = row.get(name)
        if value is None:
            return ""
        if isinstance(value, datetime):
            return clock.cn_datetime(value)
        if isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False, default=_plain)
        if isinstance(value, list):
            return "、".join(str(item) for item in value)
        return _plain(value)

    return read
