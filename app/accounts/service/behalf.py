"""Staff acting for an organisation: with a reason, for an hour at most, seen by its admins and by the auditor."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import Behalf, UserSession
from app.accounts.service.common import user_id_of
from app.core import audit, clock, messages
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import SYSTEM, Actor, Permission, require

LONGEST = timedelta(minutes=60)
LEAST_REASON = 4

audit.register_name("accounts.behalf.started", "开始代机构办事")
audit.register_name("accounts.behalf.ended", "结束代机构办事")
messages.announce(
    "accounts.behalf.started",
    topic="organisations",
    title="中心工作人员开始代您的机构办事",
    text="中心工作人员从 {at} 起代办，最多 {minutes} 分钟；事由写在成员页上，代办中的每一步都有记录。有疑问请联系中心。",
    link="/organisations/mine/members",
    admins_only=True,
)
messages.announce(
    "accounts.behalf.ended",
    topic="organisations",
    title="中心工作人员已结束代办",
    text="从 {at} 开始的代办已经结束。",
    link="/organisations/mine/members",
    admins_only=True,
)


def start_behalf(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, reason: str, minutes: int
) -> Behalf:
    """Let the operator's session act as a member of the organisation; the staff roles rest meanwhile.

    Raises:
        NotFound: no such organisation.
        Conflict: already acting for one, or not in a browser's session.
        Invalid: no real reason, or more than an hour.

    """
    require(actor, Permission.accounts_behalf_start)
    reason = reason.strip()
    if len(reason) < LEAST_REASON:
        raise Invalid({"reason": f"请写明事由，至少 {LEAST_REASON} 个字；机构的管理员会看到"})
    if not 1 <= minutes <= LONGEST.total_seconds() // 60:
        raise Invalid({"minutes": "最多 60 分钟；没办完可以再开始一次"})
    facts = queries.find_organisation_facts(session, organisation_id)
    if facts is None:
        raise NotFound("没有这家机构")
    row = session.get(UserSession, actor.session_id) if actor.session_id is not None else None
    if row is None:
        raise Conflict("请在网页上登录后代办")
    moment = clock.now()
    behalf = Behalf(
        id=uuid.uuid4(),
        user_id=user_id_of(actor),
        organisation_id=organisation_id,
        reason=reason,
        started_at=moment,
        until=moment + timedelta(minutes=minutes),
    )
    session.add(behalf)
    row.behalf_id = behalf.id
    audit.record(
        session,
        actor,
        "accounts.behalf.started",
        kind="organisation",
        object_id=organisation_id,
        data={"behalf": str(behalf.id), "minutes": minutes},
    )
    messages.post(
        session,
        "accounts.behalf.started",
        organisation_id=organisation_id,
        payload={"at": clock.cn_datetime(moment), "minutes": minutes},
        dedupe_key=f"accounts.behalf.started:{behalf.id}",
    )
    return behalf


def end_behalf(session: Session, actor: Actor) -> None:
    """End what the actor's session carries; with nothing under way this is no error."""
    row = session.get(UserSession, actor.session_id) if actor.session_id is not None else None
    if row is None or row.behalf_id is None:
        return
    finish_behalf(session, actor, session_row=row)


def finish_behalf(session: Session, actor: Actor, *, session_row: UserSession) -> None:
    """Take the mark off a session and note the end; also when the session itself ends."""
    if session_row.behalf_id is None:
        return
    behalf = queries.find_behalf(session, session_row.behalf_id)
    session_row.behalf_id = None
    if behalf is not None and behalf.ended_at is None:
        _end(session, actor, behalf)


def end_overdue(session: Session) -> int:
    """Note the end of those whose hour is over; they stopped counting at that moment. Returns how many."""
    rows = queries.list_overdue_behalves(session)
    for behalf in rows:
        _end(session, SYSTEM, behalf)
    return len(rows)


def _end(session: Session, actor: Actor, behalf: Behalf) -> None:
    behalf.ended_at = min(clock.now(), behalf.until)
    audit.record(
        session,
        actor,
        "accounts.behalf.ended",
        kind="organisation",
        object_id=behalf.organisation_id,
        data={"behalf": str(behalf.id), "by_time": actor is SYSTEM},
    )
    messages.post(
        session,
        "accounts.behalf.ended",
        organisation_id=behalf.organisation_id,
        payload={"at": clock.cn_datetime(behalf.started_at)},
        dedupe_key=f"accounts.behalf.ended:{behalf.id}",
    )
