"""Tokens, consents, invitations, acting on behalf."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.accounts.models import (
    ApiToken,
    Behalf,
    Consent,
    Invitation,
    InvitationState,
    Membership,
    MembershipState,
)
from app.core import clock
from app.core.db import Base
from app.core.errors import NotFound
from app.core.permissions import Role

LATEST = 30
TOKENS_KEPT, INVITATIONS_KEPT, PROOFS_KEPT = timedelta(days=365), timedelta(days=30), timedelta(days=3 * 365)


def find_api_token(session: Session, token_hash: str) -> ApiToken | None:
    return session.scalar(select(ApiToken).where(ApiToken.token_hash == token_hash))


def list_api_tokens(session: Session, user_id: uuid.UUID) -> Sequence[ApiToken]:
    """Return a person's tokens, the newest first, ended ones too."""
    return session.scalars(
        select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.created_at.desc(), ApiToken.id)
    ).all()


def count_live_api_tokens(session: Session, user_id: uuid.UUID) -> int:
    live = select(func.count(ApiToken.id)).where(
        ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None), ApiToken.expires_at > clock.now()
    )
    return session.scalar(live) or 0


def get_api_token(session: Session, user_id: uuid.UUID, token_id: uuid.UUID) -> ApiToken:
    row = session.get(ApiToken, token_id)
    if row is None or row.user_id != user_id:
        raise NotFound("没有这个令牌")
    return row


def list_consents(session: Session, user_id: uuid.UUID) -> Sequence[Consent]:
    """Return a person's consents, the latest first, withdrawn ones too."""
    return session.scalars(
        select(Consent).where(Consent.user_id == user_id).order_by(Consent.given_at.desc(), Consent.id)
    ).all()


def get_consent(session: Session, user_id: uuid.UUID, consent_id: uuid.UUID) -> Consent:
    row = session.get(Consent, consent_id)
    if row is None or row.user_id != user_id:
        raise NotFound("没有这条同意记录")
    return row


def find_consent(
    session: Session,
    *,
    user_id: uuid.UUID,
    purpose: str,
    object_id: object = "",
    text_version: str | None = None,
) -> Consent | None:
    """Return a person's standing consent, to any version of the text unless one is named."""
    query = select(Consent).where(
        Consent.user_id == user_id,
        Consent.purpose == purpose,
        Consent.object_id == str(object_id),
        Consent.withdrawn_at.is_(None),
    )
    if text_version is not None:
        query = query.where(Consent.text_version == text_version)
    return session.scalar(query.order_by(Consent.given_at.desc()).limit(1))


def list_standing_consents(session: Session, *, purpose: str, object_id: object) -> Sequence[Consent]:
    """Return who agrees, as of now, to this purpose about this object."""
    return session.scalars(
        select(Consent)
        .where(
            Consent.purpose == purpose,
            Consent.object_id == str(object_id),
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.given_at)
    ).all()


def find_invitation(session: Session, token_hash: str) -> Invitation | None:
    return session.scalar(select(Invitation).where(Invitation.token_hash == token_hash))


def lock_invitation(session: Session, invitation_id: uuid.UUID) -> Invitation:
    """Return an invitation, its row locked until the transaction ends."""
    row = session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def list_open_invitations(session: Session, organisation_id: uuid.UUID) -> Sequence[Invitation]:
    """Return an organisation's unanswered invitations, the newest first; those past their end too."""
    return session.scalars(
        select(Invitation)
        .where(Invitation.organisation_id == organisation_id, Invitation.state == InvitationState.pending)
        .order_by(Invitation.created_at.desc(), Invitation.id)
    ).all()


def list_invitations_to(session: Session, logins: Sequence[str]) -> Sequence[Invitation]:
    """Return the invitations sent to these addresses."""
    return session.scalars(select(Invitation).where(Invitation.login.in_(logins))).all()


def lock_admins(session: Session, organisation_id: uuid.UUID) -> Sequence[Membership]:
    """Return the organisation's admins, locked until the transaction ends: the last one must stay one."""
    return session.scalars(
        select(Membership)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.role == Role.organisation_admin,
            Membership.state == MembershipState.active,
        )
        .order_by(Membership.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def find_behalf(session: Session, behalf_id: uuid.UUID) -> Behalf | None:
    return session.get(Behalf, behalf_id)


def list_behalves(session: Session, *, organisation_id: uuid.UUID | None = None) -> Sequence[Behalf]:
    """Return the latest times that staff acted for an organisation (or for any)."""
    query = select(Behalf).order_by(Behalf.started_at.desc(), Behalf.id).limit(LATEST)
    if organisation_id is not None:
        query = query.where(Behalf.organisation_id == organisation_id)
    return session.scalars(query).all()


def list_overdue_behalves(session: Session) -> Sequence[Behalf]:
    """Return those whose time is over and that nobody ended."""
    return session.scalars(select(Behalf).where(Behalf.ended_at.is_(None), Behalf.until <= clock.now())).all()


def search_organisations(session: Session, text: str, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return organisations (a table of the room above) by a part of the name or the credit code, by name."""
    table = Base.metadata.tables["organisations"]
    query = select(table.c.id, table.c.name, table.c.credit_code, table.c.state)
    for part in text.split()[:5]:
        query = query.where(
            or_(
                table.c.name.contains(part, autoescape=True),
                table.c.short_name.contains(part, autoescape=True),
                table.c.credit_code.contains(part.upper(), autoescape=True),
            )
        )
    rows = session.execute(query.order_by(table.c.name, table.c.id).limit(limit))
    return [
        {"id": row.id, "name": row.name, "credit_code": row.credit_code, "state": _plain(row.state)}
        for row in rows
    ]


def list_outlived(session: Session, *, limit: int) -> list[ApiToken | Invitation | Consent | Behalf]:
    """Return what is kept longer than docs/privacy.md says, at most `limit` of each kind."""
    moment = clock.now()
    queries: tuple[Select[Any], ...] = (
        select(ApiToken).where(
            or_(ApiToken.revoked_at < moment - TOKENS_KEPT, ApiToken.expires_at < moment - TOKENS_KEPT)
        ),
        select(Invitation).where(Invitation.expires_at < moment - INVITATIONS_KEPT),
        select(Consent).where(Consent.withdrawn_at < moment - PROOFS_KEPT),
        select(Behalf).where(Behalf.until < moment - PROOFS_KEPT),
    )
    return [row for query in queries for row in session.scalars(query.limit(limit))]


def _plain(value: Any) -> str:
    return str(getattr(value, "value", value))
