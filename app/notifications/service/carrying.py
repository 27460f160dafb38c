"""Carries messages out: each becomes letters, digest lines and webhook calls, in one transaction with its mark.

A message is taken once (`delivered_at`), so a crash repeats nothing; letters and calls have unique keys besides.
News older than three days (a worker that stood still) goes into the day's mail, not out one by one.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.models import Membership, RoleGrant, User
from app.core import clock
from app.core.messages import Announcement, Message, find_announcement
from app.core.outgoing import Channel, available
from app.core.permissions import Role
from app.core.settings import Settings
from app.notifications import payloads
from app.notifications.models import Delivery, DigestItem, Hook, MailPace, Preference
from app.notifications.queries import delivery as queries
from app.notifications.service import letters
from app.notifications.service.preferences import pace_of

BATCH = 50
STALE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class _Directory:
    """Everybody and everything that a batch may reach, read in a fixed number of queries."""

    members: Sequence[Membership]
    holders: Sequence[RoleGrant]
    people: dict[uuid.UUID, User]
    choices: dict[tuple[uuid.UUID, str], Preference]
    hooks: Sequence[Hook]
    names: dict[uuid.UUID, str]


def carry_out(session: Session, settings: Settings, *, limit: int = BATCH) -> int:
    """Carry the oldest waiting messages out; returns how many."""
    rows = queries.lock_undelivered(session, limit)
    if not rows:
        return 0
    directory = _look_up(session, rows)
    channels = available(settings)
    moment = clock.now()
    for row in rows:
        announcement = find_announcement(row.name)
        if announcement is not None:
            for user in receivers(row, announcement, directory):
                _tell(session, settings, row, announcement, user, directory, channels)
            _call_hooks(session, row, announcement, directory)
        row.delivered_at = moment
    return len(rows)


def _look_up(session: Session, rows: Sequence[Message]) -> _Directory:
    organisations = {row.organisation_id for row in rows if row.organisation_id is not None}
    members = queries.list_members(session, organisations)
    holders = queries.list_holders(session, {row.role for row in rows if row.role is not None})
    ids = {row.user_id for row in rows if row.user_id is not None}
    ids |= {item.user_id for item in members} | {item.user_id for item in holders}
    return _Directory(
        members,
        holders,
        queries.list_people(session, ids),
        queries.list_choices(session, ids),
        queries.list_live_hooks(session, organisations),
        accounts.organisation_names(session, list(organisations)),
    )


def receivers(row: Message, announcement: Announcement, directory: _Directory) -> list[User]:
    """Return the active people a message is for, each once."""
    ids: list[uuid.UUID] = []
    if row.user_id is not None:
        ids = [row.user_id]
    elif row.organisation_id is not None:
        ids = [
            item.user_id
            for item in directory.members
            if item.organisation_id == row.organisation_id
            and item.created_at <= row.created_at
            and (not announcement.admins_only or item.role is Role.organisation_admin)
        ]
    elif row.role is not None:
        ids = [
            item.user_id
            for item in directory.holders
            if item.role.value == row.role and item.granted_at <= row.created_at
        ]
    return [directory.people[key] for key in dict.fromkeys(ids) if key in directory.people]


def _tell(
    session: Session,
    settings: Settings,
    row: Message,
    announcement: Announcement,
    user: User,
    directory: _Directory,
    channels: frozenset[Channel],
) -> None:
    choice = directory.choices.get((user.id, announcement.topic))
    pace = pace_of(choice, announcement.topic)
    stale = row.created_at < clock.now() - STALE
    if pace is MailPace.daily or (stale and pace is MailPace.at_once):
        if user.email is not None and user.email_verified_at is not None:
            session.add(DigestItem(user_id=user.id, message_id=row.id, created_at=clock.now()))
    elif pace is MailPace.at_once:
        organisation = directory.names.get(row.organisation_id, "") if row.organisation_id else ""
        letters.post_mail(session, settings, row, announcement, user, organisation=organisation)
    wants_sms = choice is not None and choice.sms and announcement.urgent and not stale
    if wants_sms and Channel.sms in channels:
        letters.post_sms(session, settings, row, user)


def _call_hooks(session: Session, row: Message, announcement: Announcement, directory: _Directory) -> None:
    for hook in directory.hooks:
        if hook.organisation_id == row.organisation_id and announcement.topic in hook.topics and hook.secret:
            session.add(
                Delivery(
                    id=uuid.uuid4(),
                    hook_id=hook.id,
                    message_id=row.id,
                    name=row.name,
                    body=payloads.body_of(row, announcement),
                )
            )
