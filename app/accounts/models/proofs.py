import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import IdMixin, UtcDateTime
from app.core.db import Base


class SignInStep(Base):
    """Somebody who gave the first proof and still owes the second; no session yet."""

    __tablename__ = "sign_in_steps"
    __table_args__ = (Index(None, "created_at"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    method: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class TotpKey(Base):
    """A person's second factor: the sealed secret and the last time step whose code was used."""

    __tablename__ = "totp_keys"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[str] = mapped_column(String(500))
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class RecoveryCode(IdMixin, Base):
    """One of ten codes that stand in for a lost authenticator, each once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProofCode(Base):
    """Six digits sent to a number: one standing code per purpose and number (keyed hash), five tries."""

    __tablename__ = "proof_codes"
    __table_args__ = (Index(None, "expires_at"),)

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_mac: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ProofLink(Base):
    """A single-use link sent by mail, stored hashed; `target` is the address that it proves."""

    __tablename__ = "proof_links"
    __table_args__ = (Index(None, "user_id", "purpose"), Index(None, "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    target: Mapped[str] = mapped_column(String(254))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PastPassword(IdMixin, Base):
    """An earlier password's hash, kept so that it is not taken again (profile `dengbao`)."""

    __tablename__ = "past_passwords"
    __table_args__ = (Index(None, "user_id", "ended_at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    password_hash: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class ExternalIdentity(IdMixin, Base):
    """An account at the city's identity provider (OIDC) that its owner bound to ours."""

    __tablename__ = "external_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index(None, "user_id"))

    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
