"""What a person agreed to, when, in which version of the text, and what for (个人信息保护法 art. 14, 15, 23)."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import Consent, User
from app.accounts.service.common import user_id_of
from app.core import audit, clock
from app.core.errors import Conflict
from app.core.permissions import Actor, require_in_person

TERMS, DEMO = "accounts.terms", "demo"
TERMS_VERSION = "2026-11-23"
"""Raise it with the texts in templates/front: everybody is asked again at the next sign-in."""

audit.register_name("accounts.consent.given", "同意")
audit.register_name("accounts.consent.withdrawn", "撤回同意")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What people agree to: its words on the account page, the version in force, whether one can withdraw.

    `end` says in Chinese what withdrawing does, or, where it cannot be withdrawn alone, what to do instead.
    """

    key: str
    title: str
    version: str
    withdrawable: bool
    end: str


_purposes: dict[str, Purpose] = {}


def declare_purpose(key: str, *, title: str, version: str, withdrawable: bool = True, end: str = "") -> None:
    """Declare `room.topic` once, in the room's service."""
    purpose = Purpose(key, title, version, withdrawable, end)
    if _purposes.setdefault(key, purpose) != purpose:
        raise RuntimeError(f"two purposes named {key}")


def purposes() -> dict[str, Purpose]:
    return dict(_purposes)


declare_purpose(
    TERMS,
    title="用户协议和隐私政策",
    version=TERMS_VERSION,
    withdrawable=False,
    end="不再同意，请注销账号",
)


def record_consent(
    session: Session, actor: Actor, *, purpose: str, text_version: str, object_id: object = ""
) -> Consent:
    """Keep that the person agreed; a standing consent to the same version about the same object is returned.

    Raises:
        Forbidden: staff acting for an organisation: nobody agrees in another's place.

    """
    require_in_person(actor, "替别人表示同意")
    if purpose not in _purposes:
        raise RuntimeError(f"purpose {purpose} is not declared")
    user_id = user_id_of(actor)
    known = queries.find_consent(
        session, user_id=user_id, purpose=purpose, object_id=object_id, text_version=text_version
    )
    if known is not None:
        return known
    row = Consent(
        id=uuid.uuid4(),
        user_id=user_id,
        organisation_id=actor.organisation_id,
        purpose=purpose,
        text_version=text_version,
        object_id=str(object_id),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "accounts.consent.given",
        kind="consent",
        object_id=row.id,
        data={"purpose": purpose, "version": text_version},
    )
    return row


def withdraw_consent(session: Session, actor: Actor, *, consent_id: uuid.UUID) -> Consent:
    """Take one's own consent back; whoever asks for it finds none from the next request on.

    Raises:
        NotFound: not one's own.
        Conflict: this one goes only with the account.

    """
    require_in_person(actor, "替别人撤回同意")
    row = queries.get_consent(session, user_id_of(actor), consent_id)
    purpose = _purposes.get(row.purpose)
    if purpose is not None and not purpose.withdrawable:
        raise Conflict(f"这一项不能单独撤回；{purpose.end}")
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        audit.record(
            session,
            actor,
            "accounts.consent.withdrawn",
            kind="consent",
            object_id=row.id,
            data={"purpose": row.purpose},
        )
    return row


def owes_consent(session: Session, user: User) -> bool:
    """Return whether the person has yet to agree to the terms in force; 示例 accounts belong to nobody."""
    if user.origin == DEMO:
        return False
    known = queries.find_consent(session, user_id=user.id, purpose=TERMS, text_version=TERMS_VERSION)
    return known is None


def agree_to_terms(session: Session, actor: Actor) -> None:
    """Record the consent to the terms in force and let the actor's sessions go on."""
    record_consent(session, actor, purpose=TERMS, text_version=TERMS_VERSION)
    for row in queries.list_sessions(session, user_id_of(actor)):
        row.consent_due = False
