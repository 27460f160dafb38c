"""The e-mail address and the mobile number of an account: proving them, changing them."""

import uuid

from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import MembershipState, User
from app.accounts.service import codes, links
from app.accounts.service.common import user_id_of
from app.accounts.service.letters import send
from app.accounts.service.passwords import NO_PASSWORD
from app.core import audit, clock
from app.core.errors import Invalid
from app.core.permissions import Actor

TAKEN = "这个手机号或邮箱已经属于另一个账号"

audit.register_name("accounts.contact.verified", "验证手机号或邮箱")
audit.register_name("accounts.contact.changed", "更换手机号或邮箱")


def ask_for_proof(session: Session, actor: Actor, *, contact: str) -> None:
    """Send a code to a number or a link to an address (normalised) that is, or is to become, the person's.

    Raises:
        Invalid: it belongs to another account.

    """
    user_id = user_id_of(actor)
    _check_free(session, user_id, contact)
    if "@" in contact:
        links.issue_link(session, purpose=links.CONTACT, user_id=user_id, address=contact)
    else:
        codes.issue_code(session, purpose=f"contact:{user_id}", number=contact)


def guess_for(actor: Actor, *, number: str, typed: str) -> codes.Guess:
    """Return the try at the code that went to this number for this person."""
    return codes.Guess(purpose=f"contact:{user_id_of(actor)}", number=number, typed=typed)


def confirm_number(session: Session, actor: Actor, *, number: str, guess: codes.Guess) -> None:
    """Take over a number whose code is right."""
    guess.use(session)
    _take(session, actor, queries.get_user(session, user_id_of(actor)), number)


def confirm_address(session: Session, *, token: str) -> User:
    """Take over the address that a link went to; whoever has the link has the mailbox.

    Raises:
        Conflict: the link is unknown, used or too old.

    """
    row = links.use_link(session, token=token, purpose=links.CONTACT)
    user = queries.get_user(session, row.user_id)
    _take(session, Actor(user_id=user.id, name=user.name), user, row.target)
    return user


def note_proven_number(session: Session, user: User) -> bool:
    """A code sent to the account's number came back: the number is its owner's.

    Whoever registered with it proved nothing: it may be a stranger who set the account up to wait for the owner. As
    long as it acts for nobody, the password, sessions and identities from before end; returns whether they did.
    """
    if user.mobile_verified_at is not None:
        return False
    shut = _is_unclaimed(queries.get_user(session, user.id))
    if shut:
        _shut_out(session, user)
    user.mobile_verified_at = clock.now()
    who = Actor(user_id=user.id, name=user.name)
    audit.record(session, who, "accounts.contact.verified", kind="user", object_id=user.id)
    return shut


def _is_unclaimed(user: User) -> bool:
    """Return whether nobody ever proved a contact of the account, and it acts for nobody and holds no role."""
    acts = any(item.state is MembershipState.active for item in user.memberships)
    return user.origin == "registered" and user.email_verified_at is None and not acts and not user.grants


def _shut_out(session: Session, user: User) -> None:
    """End password, sessions and bound identities; a second factor stays: no code by SMS takes one away."""
    user.password_hash = NO_PASSWORD
    for row in (*queries.list_sessions(session, user.id), *queries.list_identities(session, user.id)):
        session.delete(row)
    session.flush()


def _take(session: Session, actor: Actor, user: User, contact: str) -> None:
    _check_free(session, user.id, contact)
    mail = "@" in contact
    old = user.email if mail else user.mobile
    if mail:
        user.email, user.email_verified_at = contact, clock.now()
    else:
        user.mobile, user.mobile_verified_at = contact, clock.now()
    if old is None or old == contact:
        audit.record(session, actor, "accounts.contact.verified", kind="user", object_id=user.id)
        return
    audit.record(
        session,
        actor,
        "accounts.contact.changed",
        kind="user",
        object_id=user.id,
        data={"kind": "email" if mail else "mobile"},
    )
    links.end_links(session, user_id=user.id, purpose=links.RESET)
    word = "邮箱" if mail else "手机号"
    text = f"您账号的{word}已经换成另一个，这里不再收到通知。不是您本人操作的，请马上联系中心。"
    send(
        session,
        email=old if mail else None,
        mobile=None if mail else old,
        subject=f"账号的{word}已更换",
        text=text,
    )


def _check_free(session: Session, user_id: uuid.UUID, contact: str) -> None:
    known = queries.find_user_by_login(session, contact)
    if known is not None and known.id != user_id:
        raise Invalid({"value": TAKEN})
