"""How long a listing lives: reminders before its end, out of sight at its end, renewed with one click."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.errors import Conflict
from app.core.permissions import SYSTEM, Actor, Permission, require
from app.offerings import queries
from app.offerings.models import Offering, OfferingState
from app.offerings.service import news
from app.offerings.service.common import check_version, record

PREFIX = "offerings.listing."
DAYS, FIRST, LAST = f"{PREFIX}days", f"{PREFIX}remind_first_days", f"{PREFIX}remind_last_days"
NOTE = "中心规则：没有官方文件规定，由中心设定；改了以后从下一次上架或续期算起"
parameters.declare(DAYS, 365, "供给上架多少天要确认一次", unit="天", note=NOTE)
parameters.declare(FIRST, 30, "到期前多少天第一次提醒", unit="天", note="中心规则：提醒后就可以续期")
parameters.declare(LAST, 7, "到期前多少天再提醒一次", unit="天", note="中心规则")


def begin_term(session: Session, row: Offering) -> None:
    """Start the listing's life anew from today."""
    days = int(parameters.value(session, DAYS))
    row.expires_at, row.expired_at, row.reminded_days = clock.now() + timedelta(days=days), None, None


def may_renew(row: Offering, *, first_days: int) -> bool:
    """Whether the time to renew has come: the first reminder's day, or later."""
    return (
        row.state is OfferingState.listed
        and row.expires_at is not None
        and row.expires_at <= clock.now() + timedelta(days=first_days)
    )


def renew_offering(session: Session, actor: Actor, *, offering_id: uuid.UUID, version: int) -> Offering:
    """Say that what is listed still holds: another term, and visible again if it had run out.

    Raises:
        Conflict: not listed, or its end is still far away.

    """
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, Permission.offerings_offering_edit, row)
    check_version(session, row, version)
    if not may_renew(row, first_days=int(parameters.value(session, FIRST))):
        raise Conflict("还没到续期的时候，不用再点")
    begin_term(session, row)
    row.version += 1
    session.flush()
    record(session, actor, "renewed", row)
    return row


def step_term(session: Session, row: Offering, *, life: int, first: int, last: int) -> None:
    """Do what a listing's term asks for today: set it, remind of its end, or hide the listing."""
    now = clock.now()
    if row.state is not OfferingState.listed or row.expired_at is not None:
        return
    if row.expires_at is None:  # listed before there were terms: never without a first reminder
        since = row.listed_at or now
        _quietly(session, row, expires_at=max(since + timedelta(days=life), now + timedelta(days=first)))
        return
    if row.expires_at <= now:
        row.expired_at = now
        session.flush()
        record(session, SYSTEM, "expired", row)
        news.tell_vendor(session, row, "offering.expired", key=row.expires_at.isoformat())
        return
    threshold = last if row.expires_at <= now + timedelta(days=last) else first
    if row.reminded_days is None or row.reminded_days > threshold:
        left = max(1, -(-int((row.expires_at - now).total_seconds()) // 86400))
        key = f"{row.expires_at.isoformat()}:{threshold}"
        news.tell_vendor(session, row, "offering.expiring", days=left, key=key)
        _quietly(session, row, reminded_days=threshold)


def _quietly(session: Session, row: Offering, **values: datetime | int) -> None:
    """Write what neither visitors nor the index see: no new version, no later "last changed"."""
    session.execute(
        update(Offering).where(Offering.id == row.id).values(updated_at=Offering.updated_at, **values),
        execution_options={"synchronize_session": False, "outbox_marked": True},
    )
    session.expire(row)
