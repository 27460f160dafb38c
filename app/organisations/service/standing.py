"""What an organisation says of its standing: size and qualifications; staff confirm the latter."""

import uuid
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, clock, messages
from app.core.errors import Conflict, Invalid, NotFound
from app.core.money import wan_to_fen
from app.core.permissions import Actor, Permission, Role, require
from app.files import service as files
from app.files.service import Received
from app.organisations import queries
from app.organisations.models import (
    QUALIFICATION_LABELS,
    Qualification,
    QualificationState,
    SizeDeclaration,
)
from app.organisations.queries import standing as standing_queries
from app.organisations.schemas.standing import QualificationDecision, QualificationForm, SizeForm
from app.organisations.service.papers import QUALIFICATION

REMINDERS = (60, 30, 7)


def declare_size(session: Session, actor: Actor, *, data: SizeForm) -> SizeDeclaration:
    """Keep a year's staff and revenue; the class is worked out from the newest declaration wherever it is shown.

    Raises:
        Invalid: the year lies ahead, or the same figures stand already.

    """
    own = queries.get_own(session, actor)
    require(actor, Permission.organisations_organisation_edit, own)
    if data.year > clock.today().year:
        raise Invalid({"year": f"请填已经过去的一年，例如 {clock.today().year - 1}"})
    row = SizeDeclaration(
        id=uuid.uuid4(),
        organisation_id=own.id,
        year=data.year,
        staff_count=data.staff_count,
        revenue_fen=wan_to_fen(data.revenue),
        declared_by=actor.user_id,
    )
    session.add(row)
    audit.record(
        session,
        actor,
        "organisations.size.declared",
        kind="organisation",
        object_id=own.id,
        data={"year": data.year},  # the figures are confidential
    )
    session.flush()
    return row


def claim_qualification(
    session: Session, actor: Actor, *, data: QualificationForm, received: Received
) -> Qualification:
    """Say that one's organisation holds a title, with its paper; it waits for the centre.

    Raises:
        Conflict: one of this kind waits already.

    """
    own = queries.get_own(session, actor)
    require(actor, Permission.organisations_organisation_edit, own)
    row = Qualification(
        id=uuid.uuid4(),
        organisation_id=own.id,
        kind=data.kind,
        number=data.number,
        issuer=data.issuer,
        valid_from=data.valid_from,
        valid_to=data.valid_to,
        claimed_by=actor.user_id,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict(f"“{QUALIFICATION_LABELS[data.kind]}”已经在等中心确认；要改请先撤回") from error
    files.keep(session, actor, received, purpose=QUALIFICATION, object_id=row.id, organisation_id=own.id)
    _record(session, actor, row, "claimed")
    messages.post(
        session,
        "organisations.qualification_to_decide",
        role=Role.reviewer,
        payload={
            "name": own.name,
            "title": QUALIFICATION_LABELS[row.kind],
            "qualification_id": str(row.id),
        },
        dedupe_key=f"organisations.qualification_to_decide:{row.id}",
    )
    return row


def withdraw_qualification(session: Session, actor: Actor, *, qualification_id: uuid.UUID) -> Qualification:
    """Take back a claim, or take down a confirmed title that no longer holds."""
    row = standing_queries.get_qualification(session, actor, qualification_id)
    own = queries.get_own(session, actor)
    if row.organisation_id != own.id:
        raise NotFound("没有这一项资质")
    require(actor, Permission.organisations_organisation_edit, own)
    if row.state not in {QualificationState.claimed, QualificationState.confirmed}:
        raise Conflict("这一项已经了结，不用撤回")
    row.state = QualificationState.withdrawn
    _record(session, actor, row, "withdrawn")
    return row


def decide_qualification(
    session: Session, actor: Actor, *, qualification_id: uuid.UUID, data: QualificationDecision
) -> Qualification:
    """Confirm a title or not, with a reason; its organisation is told.

    Raises:
        Conflict: it was decided or withdrawn already.
        Invalid: refused without a reason.

    """
    row = standing_queries.get_qualification(session, actor, qualification_id)
    require(actor, Permission.organisations_organisation_verify, row.organisation)
    if row.state is not QualificationState.claimed:
        raise Conflict("这一项已经有人办过，或对方已撤回")
    if not data.confirm and len(data.reason) < 4:
        raise Invalid({"reason": "请写明为什么不认可，对方会看到"})
    row.state = QualificationState.confirmed if data.confirm else QualificationState.refused
    row.reason, row.decided_at, row.decided_by = data.reason, clock.now(), actor.user_id
    _record(session, actor, row, row.state.value)
    messages.post(
        session,
        f"organisations.qualification_{row.state.value}",
        organisation_id=row.organisation_id,
        payload={"title": QUALIFICATION_LABELS[row.kind]},
        dedupe_key=f"organisations.qualification_decided:{row.id}",
    )
    session.flush()
    return row


def remind_of_ends(session: Session) -> int:
    """Tell organisations 60, 30 and 7 days before a title ends, and when it has; returns how many were told.

    A day that was missed is made up for by the nearest step; nobody is told twice of one step.
    """
    today = clock.today()
    told = 0
    for row in standing_queries.list_ending(session, today=today, steps=REMINDERS):
        assert row.valid_to is not None
        left = (row.valid_to - today) // timedelta(days=1)
        step = 0 if left < 0 else min(days for days in REMINDERS if left <= days)
        row.reminded = step
        told += 1
        messages.post(
            session,
            "organisations.qualification_ended" if step == 0 else "organisations.qualification_ending",
            organisation_id=row.organisation_id,
            payload={"title": QUALIFICATION_LABELS[row.kind], "days": left},
            dedupe_key=f"organisations.qualification_ending:{row.id}:{step}",
        )
    return told


def _record(session: Session, actor: Actor, row: Qualification, verb: str) -> None:
    audit.record(
        session,
        actor,
        f"organisations.qualification.{verb}",
        kind="qualification",
        object_id=row.id,
        data={"organisation": str(row.organisation_id), "kind": row.kind.value},
    )
