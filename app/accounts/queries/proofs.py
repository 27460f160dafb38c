"""Reads of second factors, codes, links, past passwords and bound identities."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import (
    ExternalIdentity,
    PastPassword,
    ProofCode,
    ProofLink,
    RecoveryCode,
    SignInStep,
    TotpKey,
)
from app.core.audit import AuditEvent

SWEEP = 1000


def find_step(session: Session, token_hash: str) -> SignInStep | None:
    return session.get(SignInStep, token_hash)


def find_totp(session: Session, user_id: uuid.UUID) -> TotpKey | None:
    return session.get(TotpKey, user_id)


def lock_totp(session: Session, user_id: uuid.UUID) -> TotpKey | None:
    """Return a person's second factor, its row locked until the transaction ends: one code counts once."""
    return session.get(TotpKey, user_id, with_for_update=True, populate_existing=True)


def lock_recovery_code(session: Session, user_id: uuid.UUID, code_hash: str) -> RecoveryCode | None:
    """Return an unused recovery code, its row locked until the transaction ends."""
    return session.scalar(
        select(RecoveryCode)
        .where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.code_hash == code_hash,
            RecoveryCode.used_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def list_recovery_codes(session: Session, user_id: uuid.UUID) -> Sequence[RecoveryCode]:
    return session.scalars(select(RecoveryCode).where(RecoveryCode.user_id == user_id)).all()


def count_recovery_codes(session: Session, user_id: uuid.UUID) -> int:
    """Return how many recovery codes are left."""
    query = select(func.count(RecoveryCode.id)).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return session.scalar(query) or 0


def lock_proof_code(session: Session, key: str) -> ProofCode | None:
    return session.get(ProofCode, key, with_for_update=True, populate_existing=True)


def find_proof_link(session: Session, token_hash: str) -> ProofLink | None:
    return session.get(ProofLink, token_hash)


def lock_proof_link(session: Session, token_hash: str) -> ProofLink | None:
    return session.get(ProofLink, token_hash, with_for_update=True, populate_existing=True)


def list_proof_links(session: Session, user_id: uuid.UUID, purpose: str) -> Sequence[ProofLink]:
    return session.scalars(
        select(ProofLink).where(ProofLink.user_id == user_id, ProofLink.purpose == purpose)
    ).all()


def list_past_passwords(session: Session, user_id: uuid.UUID) -> Sequence[PastPassword]:
    """Return a person's earlier passwords, the latest first."""
    return session.scalars(
        select(PastPassword).where(PastPassword.user_id == user_id).order_by(PastPassword.ended_at.desc())
    ).all()


def find_identity(session: Session, issuer: str, subject: str) -> ExternalIdentity | None:
    return session.scalar(
        select(ExternalIdentity).where(ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject)
    )


def list_identities(session: Session, user_id: uuid.UUID) -> Sequence[ExternalIdentity]:
    return session.scalars(select(ExternalIdentity).where(ExternalIdentity.user_id == user_id)).all()


def count_refused_sign_ins(session: Session, name: str, *, since: datetime) -> int:
    """Return how many sign-ins were refused since a moment."""
    query = select(func.count(AuditEvent.id)).where(AuditEvent.name == name, AuditEvent.at > since)
    return session.scalar(query) or 0


def list_stale_steps(session: Session, *, before: datetime) -> Sequence[SignInStep]:
    return session.scalars(select(SignInStep).where(SignInStep.created_at < before).limit(SWEEP)).all()


def list_stale_codes(session: Session, *, before: datetime) -> Sequence[ProofCode]:
    return session.scalars(select(ProofCode).where(ProofCode.expires_at < before).limit(SWEEP)).all()


def list_stale_links(session: Session, *, before: datetime) -> Sequence[ProofLink]:
    return session.scalars(select(ProofLink).where(ProofLink.expires_at < before).limit(SWEEP)).all()
