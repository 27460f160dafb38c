"""Requests for help: asked on any page, answered by staff, read again under a signed address."""

import re
import secrets
import uuid

from sqlalchemy.orm import Session

from app.core import audit, clock, messages, outgoing, parameters
from app.core.db import settings_of
from app.core.errors import Conflict, EditConflict, Invalid
from app.core.permissions import Actor, Permission, Role, require
from app.core.security import Signer
from app.core.settings import Settings
from app.desk import queries
from app.desk.models import HelpNote, HelpRequest, HelpState

MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
MOBILE = re.compile(r"1[3-9]\d{9}")
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
PURPOSE = "desk.help"
HOURS = "desk.help.hours"
TEMPLATES = "desk.help.templates"
MOST_NOTES = 50

audit.register_name("desk.help.asked", "求助")
audit.register_name("desk.help.added", "补充求助")
audit.register_name("desk.help.answered", "答复求助")
audit.register_name("desk.help.closed", "办结求助")
messages.announce(
    "desk.help.asked",
    topic="desk",
    title="有人求助 {number}",
    text="求助 {number} 等着答复。",
    link="/desk/help/{number}",
)
messages.announce(
    "desk.help.answered",
    topic="centre",
    title="您的求助有答复了",
    text="求助 {number} 有了答复，请打开看看。",
    link="/help/{number}",
)
parameters.declare(
    HOURS, 24, "求助的答复时限", unit="小时", note="中心规则：超过时限的在待办里标红，没有文件规定"
)
parameters.declare(
    TEMPLATES,
    "已处理：您说的问题已经处理好，请刷新页面再试一次；还不行就在这里告诉我们。\n"
    "请补充：为了查清楚，请补充是在哪个页面、按了哪个按钮、页面上写着什么。\n"
    "请打电话：这件事在电话里说更快，请在工作日上班时间打页面底部的电话，报求助号即可。",
    "答复求助的常用语",
    note="中心规则：一行一条，冒号前是名字。答复时点一下就填进去，可以再改。",
)


def sign(settings: Settings, number: str) -> str:
    """Return what an address of the request carries to open it without an account."""
    return Signer(settings.signing_keys()).mac(PURPOSE, number)[:40]


def opens(settings: Settings, number: str, key: str) -> bool:
    """Return whether `key` opens the request: it was made by one of our keys."""
    return bool(key) and any(
        secrets.compare_digest(Signer([each]).mac(PURPOSE, number)[:40].encode(), key.encode())
        for each in settings.signing_keys()
    )


def templates(session: Session) -> list[tuple[str, str]]:
    """Return the ready answers, (name, text), as staff wrote them."""
    lines = str(parameters.value(session, TEMPLATES)).splitlines()
    found = [re.split("[：:]", line, maxsplit=1) for line in lines if line.strip()]
    return [(parts[0].strip(), parts[-1].strip()) for parts in found]


def ask(session: Session, actor: Actor, *, text: str, contact: str, path: str) -> HelpRequest:
    """Take in a request; staff get a message, the person a number to come back with."""
    if contact and not (MAIL.fullmatch(contact) or MOBILE.fullmatch(contact)):
        raise Invalid({"contact": "请填手机号或邮箱，例如 13800000000；不想留就空着"})
    number = "".join(secrets.choice(ALPHABET) for _ in range(8))
    row = HelpRequest(
        id=uuid.uuid4(),
        number=f"{number[:4]}-{number[4:]}",
        text=text,
        contact=contact,
        path=path if path.startswith("/") else "",
        user_id=actor.user_id,
        organisation_id=actor.organisation_id,
    )
    session.add(row)
    _note(session, actor, "asked", row)
    for role in (Role.operator, Role.reviewer):
        messages.post(
            session,
            "desk.help.asked",
            dedupe_key=f"help-asked:{row.id}:{role}",
            role=role,
            payload={"number": row.number},
        )
    session.flush()
    return row


def add(session: Session, actor: Actor, *, row: HelpRequest, text: str) -> None:
    """Add a word of the person who asked; an answered or closed request waits again."""
    if len(row.notes) >= MOST_NOTES:
        raise Conflict("这个求助说得太长了，请另开一个")
    row.notes.append(HelpNote(id=uuid.uuid4(), author_id=actor.user_id, text=text, at=clock.now()))
    if row.state is not HelpState.open:
        row.state, row.waiting_since = HelpState.open, clock.now()
    row.version += 1
    _note(session, actor, "added", row)
    session.flush()


def answer(
    session: Session, actor: Actor, *, number: str, version: int, text: str, close: bool
) -> HelpRequest:
    """Answer: by a message to who is signed in, else by mail or SMS to the contact, always on the request's page."""
    row = _for_staff(session, actor, number, version)
    note = HelpNote(id=uuid.uuid4(), author_id=actor.user_id, by_staff=True, text=text, at=clock.now())
    row.notes.append(note)
    row.state = HelpState.closed if close else HelpState.answered
    row.version += 1
    _note(session, actor, "answered", row)
    _tell(session, row, note)
    session.flush()
    return row


def close(session: Session, actor: Actor, *, number: str, version: int) -> HelpRequest:
    """Close a request without a further answer (a test, a repetition, or it solved itself)."""
    row = _for_staff(session, actor, number, version)
    if row.state is HelpState.closed:
        raise Conflict("已经办结了")
    row.state = HelpState.closed
    row.version += 1
    _note(session, actor, "closed", row)
    session.flush()
    return row


def _for_staff(session: Session, actor: Actor, number: str, version: int) -> HelpRequest:
    require(actor, Permission.desk_help_answer)
    row = queries.get_help(session, actor, number)
    if row.version != version:
        theirs = {"最近一条": row.notes[-1].text if row.notes else row.text}
        raise EditConflict(yours={"version": version}, theirs=theirs)
    return row


def _tell(session: Session, row: HelpRequest, note: HelpNote) -> None:
    if row.user_id is not None:
        messages.post(
            session,
            "desk.help.answered",
            dedupe_key=f"help-answered:{note.id}",
            user_id=row.user_id,
            payload={"number": row.number},
        )
        return
    settings = settings_of(session)
    address = f"{settings.public_url.rstrip('/')}/help/{row.number}?key={sign(settings, row.number)}"
    if MAIL.fullmatch(row.contact):
        outgoing.post(
            session,
            outgoing.Channel.mail,
            row.contact,
            subject=f"您的求助 {row.number} 有答复了",
            text=f"{note.text}\n\n全部经过和继续说明，请打开：\n{address}\n",
            key=f"help:{note.id}",
            secret=True,
        )
    elif MOBILE.fullmatch(row.contact):
        outgoing.post(
            session,
            outgoing.Channel.sms,
            row.contact,
            text=f"您的求助{row.number}有答复了：{address}",
            key=f"help:{note.id}",
            secret=True,
        )


def contact_kind(row: HelpRequest) -> str:
    """Return what kind of contact was left, for lists: the address itself stands on the request's page only."""
    if row.user_id is not None:
        return "站内消息"
    return "" if not row.contact else "邮箱" if "@" in row.contact else "手机"


def _note(session: Session, actor: Actor, verb: str, row: HelpRequest) -> None:
    audit.record(session, actor, f"desk.help.{verb}", kind="help_request", object_id=row.number)
