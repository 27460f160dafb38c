"""What people are given and give: tokens for programs, consents, invitations, acting on behalf."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime, enum_column
from app.core.db import Base
from app.core.permissions import Role

TOKEN_NAME, REASON, PURPOSE = 60, 200, 60


class ApiToken(IdMixin, Base):
    """A program's key: one person acting for one organisation. Only its hash is stored."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index(None, "user_id"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(TOKEN_NAME))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    ending: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consent(IdMixin, Base):
    """A person agreed to a text of a version, for a purpose, perhaps about one object; withdrawn when dated."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "user_id", "purpose"), Index(None, "purpose", "object_id"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    purpose: Mapped[str] = mapped_column(String(PURPOSE))
    text_version: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(64), default="")
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InvitationState(StrEnum):
    pending = "pending"
    accepted = "accepted"
    declined = "declined"
    revoked = "revoked"


class Invitation(IdMixin, Base):
    """Somebody, known by e-mail or mobile number, is asked to join an organisation; the link's hash is stored."""

    __tablename__ = "invitations"
    __table_args__ = (Index(None, "organisation_id", "state"), Index(None, "login"))

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    login: Mapped[str] = mapped_column(String(254))
    role: Mapped[Role] = mapped_column(enum_column(Role))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[InvitationState] = mapped_column(
        enum_column(InvitationState), default=InvitationState.pending
    )
    invited_by: Mapped[uuid.UUID] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)


class Behalf(IdMixin, Base):
    """A staff operator acts for an organisation, with a reason and an end; the session's row points here."""

    __tablename__ = "behalves"
    __table_args__ = (Index(None, "organisation_id", "started_at"), Index(None, "user_id"))

    user_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(REASON))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
