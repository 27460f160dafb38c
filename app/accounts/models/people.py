import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import clock
from app.core.columns import IdMixin, TimestampMixin, UtcDateTime, enum_column
from app.core.db import Base
from app.core.permissions import Role


class UserState(StrEnum):
    active = "active"
    disabled = "disabled"


class MembershipState(StrEnum):
    active = "active"
    requested = "requested"
    refused = "refused"
    ended = "ended"


class User(IdMixin, TimestampMixin, Base):
    """A person. Signs in by e-mail or mobile number; at least one of them stands."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email IS NOT NULL OR mobile IS NOT NULL", name="reachable"),)

    name: Mapped[str] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    mobile: Mapped[str | None] = mapped_column(String(20), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    password_changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    state: Mapped[UserState] = mapped_column(enum_column(UserState), default=UserState.active)
    origin: Mapped[str] = mapped_column(String(20), default="registered")
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mobile_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    memberships: Mapped[list["Membership"]] = relationship(back_populates="user", lazy="raise")
    grants: Mapped[list["RoleGrant"]] = relationship(back_populates="user", lazy="raise")


class Membership(IdMixin, TimestampMixin, Base):
    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("user_id", "organisation_id"), Index(None, "organisation_id", "state"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(enum_column(Role))
    state: Mapped[MembershipState] = mapped_column(
        enum_column(MembershipState), default=MembershipState.active
    )
    note: Mapped[str] = mapped_column(String(400), default="")

    user: Mapped[User] = relationship(back_populates="memberships", lazy="raise")


class RoleGrant(IdMixin, Base):
    """A platform role of a user; a district officer's row names the district's slug."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("user_id", "role"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(enum_column(Role))
    district: Mapped[str | None] = mapped_column(String(60))
    granted_by: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    user: Mapped[User] = relationship(back_populates="grants", lazy="raise")


class UserSession(IdMixin, Base):
    """A signed-in browser. Only the hash of its token is stored; revoking is deleting the row."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "last_seen_at"))

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    ip: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
    behalf_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    consent_due: Mapped[bool | None] = mapped_column(Boolean, default=False)
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInFailure(Base):
    """Failed sign-ins of one account name (hashed): five within 15 minutes lock it (RELIABILITY S3)."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(Integer, default=0)
    locks: Mapped[int] = mapped_column(Integer, default=0)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeToken(Base):
    """A single-use token, stored hashed (the first administrator's entrance)."""

    __tablename__ = "one_time_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
