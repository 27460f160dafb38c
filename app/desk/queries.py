"""Every read of the desk: holds, announcements, help requests, what failed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, false, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.accounts import queries as accounts
from app.core import clock
from app.core.errors import NotFound
from app.core.jobs import Job, JobState
from app.core.outbox import OutboxRow
from app.core.pagination import Paged, PageRequest
from app.core.permissions import PLATFORM_ROLES, Actor, Permission, can
from app.desk.models import Announcement, AnnouncementState, Audience, HelpRequest, HelpState, Hold
from app.files.models import FileState, StoredFile


@dataclass(frozen=True, slots=True)
class Summary:
    count: int
    oldest: datetime | None


def lock_hold(session: Session, key: str) -> Hold | None:
    return session.get(Hold, key, with_for_update=True, populate_existing=True)


def list_holds(session: Session, keys: Sequence[str]) -> Sequence[Hold]:
    """Return the holds of these things that still run."""
    if not keys:
        return []
    return session.scalars(select(Hold).where(Hold.key.in_(keys), Hold.until > clock.now())).all()


def list_own_holds(session: Session, user_id: uuid.UUID) -> Sequence[Hold]:
    return session.scalars(select(Hold).where(Hold.user_id == user_id).order_by(Hold.since)).all()


def list_ended_holds(session: Session) -> Sequence[Hold]:
    return session.scalars(select(Hold).where(Hold.until < clock.now()).limit(500)).all()


def names_of(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    return accounts.user_names(session, ids) if ids else {}


# announcements


def _audiences(actor: Actor) -> list[Audience]:
    found = [Audience.everyone]
    if actor.signed_in:
        found.append(Audience.signed_in)
    if actor.organisation_id is not None:
        if "enterprise" in actor.capacities:
            found.append(Audience.enterprise)
        if actor.capacities & {"vendor", "institution", "finance"}:
            found.append(Audience.vendor)
    if actor.roles & PLATFORM_ROLES:
        found.append(Audience.staff)
    return found


def visible_to(actor: Actor) -> Select[Announcement]:
    """Who reads which announcement: its audience while it runs; who may write them reads all."""
    query = select(Announcement)
    if can(actor, Permission.desk_announcement_edit):
        return query
    return query.where(running(), Announcement.audience.in_(_audiences(actor)))


def running() -> ColumnElement[bool]:
    """Published, begun and not over."""
    moment = clock.now()
    return (
        (Announcement.state == AnnouncementState.published)
        & (Announcement.starts_at <= moment)
        & or_(Announcement.ends_at.is_(None), Announcement.ends_at > moment)
    )


def list_running(session: Session, actor: Actor, *, limit: int) -> Sequence[Announcement]:
    """Return what the actor should read now, pinned ones first, then the latest; one query."""
    query = (
        select(Announcement)
        .where(running(), Announcement.audience.in_(_audiences(actor)))
        .order_by(Announcement.pinned.desc(), Announcement.starts_at.desc(), Announcement.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def list_announcements(session: Session, request: PageRequest) -> Paged[Announcement]:
    """Return every announcement for who writes them: drafts first, then the latest."""
    total = session.scalar(select(func.count(Announcement.id))) or 0
    order = case((Announcement.state == AnnouncementState.draft, 0), else_=1)
    rows = session.scalars(
        select(Announcement)
        .order_by(order, Announcement.updated_at.desc(), Announcement.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def get_announcement(session: Session, actor: Actor, announcement_id: uuid.UUID) -> Announcement:
    found = session.scalar(visible_to(actor).where(Announcement.id == announcement_id))
    if found is None:
        raise NotFound("没有这条公告，或者已经过期")
    return found


# help requests


def help_visible_to(actor: Actor) -> Select[HelpRequest]:
    """Staff read every request; a signed-in person their own."""
    query = select(HelpRequest)
    if can(actor, Permission.desk_help_answer):
        return query
    return query.where(HelpRequest.user_id == actor.user_id) if actor.user_id else query.where(false())


def get_help(session: Session, actor: Actor, number: str) -> HelpRequest:
    """Return a request with its notes, or raise NotFound for outsiders."""
    return _with_notes(session, help_visible_to(actor).where(HelpRequest.number == number))


def get_help_by_key(session: Session, number: str) -> HelpRequest:
    """Return a request to whoever holds its signed address (the caller has checked that)."""
    return _with_notes(session, select(HelpRequest).where(HelpRequest.number == number))


def _with_notes(session: Session, query: Select[HelpRequest]) -> HelpRequest:
    found = session.scalar(query.options(selectinload(HelpRequest.notes)))
    if found is None:
        raise NotFound("没有这个求助")
    return found


def list_help(
    session: Session, actor: Actor, *, state: HelpState | None, request: PageRequest
) -> Paged[HelpRequest]:
    """Return a page of requests, those that wait longest first."""
    query = help_visible_to(actor)
    if state is not None:
        query = query.where(HelpRequest.state == state)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = case((HelpRequest.state == HelpState.open, 0), else_=1)
    rows = session.scalars(
        query.options(selectinload(HelpRequest.notes))
        .order_by(order, HelpRequest.waiting_since, HelpRequest.id)
        .offset(request.offset)
        .limit(request.size)
    ).all()
    return Paged(rows, total, request.page, request.size)


def list_open_help(session: Session, *, limit: int) -> Sequence[HelpRequest]:
    return session.scalars(
        select(HelpRequest)
        .where(HelpRequest.state == HelpState.open)
        .order_by(HelpRequest.waiting_since, HelpRequest.id)
        .limit(limit)
    ).all()


def find_next_help(session: Session) -> str | None:
    """Return the number of the request that waits longest."""
    return next((row.number for row in list_open_help(session, limit=1)), None)


def summarise_help(session: Session) -> Summary:
    count, oldest = session.execute(
        select(func.count(HelpRequest.id), func.min(HelpRequest.waiting_since)).where(
            HelpRequest.state == HelpState.open
        )
    ).one()
    return Summary(count, oldest)


def list_help_of(session: Session, user_id: uuid.UUID) -> Sequence[HelpRequest]:
    """Return a person's requests with their notes."""
    return session.scalars(
        select(HelpRequest)
        .where(HelpRequest.user_id == user_id)
        .options(selectinload(HelpRequest.notes))
        .order_by(HelpRequest.created_at)
    ).all()


# what failed


def list_dead_documents(session: Session, *, limit: int = 100) -> Sequence[OutboxRow]:
    """Return the objects that the index refused five times, the latest first."""
    return session.scalars(
        select(OutboxRow).where(OutboxRow.dead.is_(True)).order_by(OutboxRow.id.desc()).limit(limit)
    ).all()


def summarise_dead_documents(session: Session) -> Summary:
    count, oldest = session.execute(
        select(func.count(OutboxRow.id), func.min(OutboxRow.created_at)).where(OutboxRow.dead.is_(True))
    ).one()
    return Summary(count, oldest)


def list_failed_jobs(session: Session, *, limit: int = 100) -> Sequence[Job]:
    """Return the background commands that gave up, the latest first."""
    return session.scalars(
        select(Job).where(Job.state == JobState.failed).order_by(Job.finished_at.desc(), Job.id).limit(limit)
    ).all()


def summarise_failed_jobs(session: Session) -> Summary:
    count, oldest = session.execute(
        select(func.count(Job.id), func.min(Job.finished_at)).where(Job.state == JobState.failed)
    ).one()
    return Summary(count, oldest)


def summarise_quarantine(session: Session) -> Summary:
    """Return how many uploads wait for the scanner, and since when."""
    count, oldest = session.execute(
        select(func.count(StoredFile.id), func.min(StoredFile.created_at)).where(
            StoredFile.state == FileState.quarantined
        )
    ).one()
    return Summary(count, oldest)


def lock_job(session: Session, job_id: uuid.UUID) -> Job | None:
    return session.get(Job, job_id, with_for_update=True, populate_existing=True)


def find_job(session: Session, name: str, *states: JobState) -> Job | None:
    """Return the latest job of this name, in one of the states if any are given."""
    query = select(Job).where(Job.name == name)
    if states:
        query = query.where(Job.state.in_(states))
    return session.scalar(query.order_by(Job.created_at.desc(), Job.id).limit(1))


def count_jobs(session: Session) -> dict[JobState, int]:
    """Return how many background commands wait, run or failed."""
    query = select(Job.state, func.count(Job.id)).where(Job.state != JobState.done).group_by(Job.state)
    return dict(list(session.execute(query)))
