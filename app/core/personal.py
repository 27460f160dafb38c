"""What is held about a person, room by room, and how it goes: the register behind export and deletion.

Source: 个人信息保护法 art. 45 (access, copy, transfer) and art. 47 (deletion). A room registers one keeper when its
`service` or `personal` module is imported (listed in `app.routes.HOOKS`):

    personal.register("deals", title="意向和往来", collect=collect, erase=erase, kept="…")

`collect(session, user_id)` returns `{"表名": [{"列名": value, …}, …]}`, Chinese names, values as a person reads them
(texts, numbers, dates, datetimes, lists of texts); it goes into JSON and, a sheet per table, into Excel.
`erase(session, user_id)` runs in one write transaction with all the others: it deletes what belongs to the person
alone and makes the rest anonymous; ids stay, for they point at an account without name or login. It must bear
repetition. `kept` says in Chinese what stays and why; it stands on the page that asks for the deletion.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core import audit, drafts
from app.core.audit import AuditEvent
from app.core.drafts import Draft
from app.core.idempotency import IdempotencyRow
from app.core.messages import Message

Tables = dict[str, list[dict[str, Any]]]
Collect = Callable[[Session, uuid.UUID], Tables]
Erase = Callable[[Session, uuid.UUID], None]
ERASED_NAME = "已注销用户"


@dataclass(frozen=True, slots=True)
class Keeper:
    """One room's part: its Chinese title, its two functions, what stays and why."""

    room: str
    title: str
    collect: Collect
    erase: Erase
    kept: str


_keepers: dict[str, Keeper] = {}


def register(room: str, *, title: str, collect: Collect, erase: Erase, kept: str = "") -> None:
    """Give the room's part; a second one under the same name must be the same."""
    keeper = Keeper(room, title, collect, erase, kept)
    known = _keepers.setdefault(room, keeper)
    if (known.collect.__module__, known.title) != (collect.__module__, title):
        raise RuntimeError(f"two keepers of personal data named {room}")


def keepers() -> list[Keeper]:
    return list(_keepers.values())


def collect_all(session: Session, user_id: uuid.UUID) -> dict[str, Tables]:
    """Return everything about a person: room's title → tables."""
    return {keeper.title: keeper.collect(session, user_id) for keeper in _keepers.values()}


def erase_all(session: Session, user_id: uuid.UUID) -> None:
    """Let every room forget the person, in the caller's transaction; `accounts` takes name and login away last.

    A room may still need the login to find what was written about the person elsewhere.
    """
    last = _keepers.get("accounts")
    for keeper in _keepers.values():
        if keeper is not last:
            keeper.erase(session, user_id)
    if last is not None:
        last.erase(session, user_id)
    session.flush()


def _collect_core(session: Session, user_id: uuid.UUID) -> Tables:
    typed = session.scalars(select(Draft).where(Draft.owner == drafts.user_owner(user_id))).all()
    news = session.scalars(
        select(Message).where(Message.user_id == user_id).order_by(Message.created_at)
    ).all()
    done = session.scalars(
        select(AuditEvent).where(AuditEvent.actor_user_id == user_id).order_by(AuditEvent.id)
    ).all()
    texts = audit.names()
    return {
        "草稿": [{"表单": row.form, "保存于": row.saved_at, "内容": row.data} for row in typed],
        "消息": [{"时间": row.created_at, "事项": row.name, "内容": row.payload} for row in news],
        "操作记录": [
            {
                "时间": row.at,
                "做了什么": texts.get(row.name, row.name),
                "对象": row.kind,
                "编号": row.object_id,
            }
            for row in done
        ],
    }


def _erase_core(session: Session, user_id: uuid.UUID) -> None:
    owner = drafts.user_owner(user_id)
    session.execute(delete(Draft).where(Draft.owner == owner))
    session.execute(delete(Message).where(Message.user_id == user_id))
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.owner == owner))


register(
    "core",
    title="草稿、消息和操作记录",
    collect=_collect_core,
    erase=_erase_core,
    kept="操作记录只留不含姓名和登录名的编号，供审计；《网络安全法》要求网络日志留存不少于六个月",
)
