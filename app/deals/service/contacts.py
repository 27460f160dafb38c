"""Contact details: each side's consent, taking it back, and the logged look at the other side's contact.

Source: 个人信息保护法 art. 14, 15 (withdrawing is as easy as giving), 23 (separate consent to pass on to another).
"""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.core import audit, clock
from app.core.errors import Conflict, Forbidden
from app.core.permissions import Actor, Permission, require, require_in_person
from app.deals import policy, queries, rules
from app.deals.models import ContactConsent, ContactReveal, Enquiry
from app.deals.service import common, news
from app.deals.states import REVEALING, WRITABLE, Party
from app.organisations import queries as organisations

PURPOSE, VERSION = "deals.contact", "2026-11-23"
audit.register_name("deals.contact.shared", "同意互看联系方式")
audit.register_name("deals.contact.withdrawn", "收回联系方式")
audit.register_name("deals.contact.revealed", "查看对方联系方式")
accounts.declare_purpose(
    PURPOSE,
    title="把本单位联系人、电话和邮箱给意向的另一方看",
    version=VERSION,
    end="对方马上看不到了；已经记下的收不回",
)


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact of one side, as its organisation wrote it."""

    organisation: str
    person: str
    mobile: str
    email: str


def give(session: Session, actor: Actor, enquiry: Enquiry) -> ContactConsent:
    """Agree for one's side; a standing consent is returned as it is. The enquiry is locked or new."""
    require_in_person(actor, "同意互看联系方式")
    if actor.organisation_id not in {enquiry.sme_id, enquiry.vendor_id}:
        raise Forbidden
    standing = queries.list_consents(session, [enquiry.id]).get(enquiry.id, {})
    if actor.organisation_id in standing:
        return standing[actor.organisation_id]
    stale = queries.find_given(session, enquiry.id, actor.organisation_id)
    if stale is not None:  # its person withdrew on the account's page
        stale.withdrawn_at, stale.withdrawn_by = clock.now(), actor.user_id
        session.flush()
    agreed = accounts.record_consent(
        session, actor, purpose=PURPOSE, text_version=VERSION, object_id=enquiry.id
    )
    row = ContactConsent(
        id=uuid.uuid4(),
        enquiry_id=enquiry.id,
        organisation_id=actor.organisation_id,
        given_by=actor.user_id,
        consent_id=agreed.id,
    )
    session.add(row)
    audit.record(session, actor, "deals.contact.shared", kind="enquiry", object_id=enquiry.id)
    session.flush()
    if enquiry.state in REVEALING and common.both_consent(session, enquiry):
        both = (enquiry.sme_id, enquiry.vendor_id)
        title = common.offering_title(session, enquiry)
        news.tell(session, enquiry, "deals.contact.shared", *both, offering=title, mark=row.id)
    return row


def share_contacts(session: Session, actor: Actor, *, enquiry_id: uuid.UUID) -> Enquiry:
    """Agree that the other side may see one's contact, from the enquiry's page."""
    require_in_person(actor, "同意互看联系方式")
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    require(actor, Permission.deals_contact_share, enquiry)
    common.require_verified(actor)
    if enquiry.state not in WRITABLE:
        raise Conflict("这条意向已经结束，不用再互看联系方式")
    give(session, actor, enquiry)
    return enquiry


def withdraw_contacts(session: Session, actor: Actor, *, enquiry_id: uuid.UUID) -> Enquiry:
    """Take the side's consent back, whoever of it gave it; from the next request on the other side sees nothing."""
    require_in_person(actor, "收回联系方式")
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    require(actor, Permission.deals_contact_share, enquiry)
    row = queries.find_given(session, enquiry.id, actor.organisation_id or uuid.UUID(int=0))
    if row is None:
        return enquiry
    row.withdrawn_at, row.withdrawn_by = clock.now(), actor.user_id
    if row.given_by == actor.user_id:
        accounts.withdraw_consent(session, actor, consent_id=row.consent_id)
    audit.record(session, actor, "deals.contact.withdrawn", kind="enquiry", object_id=enquiry.id)
    side = policy.side_of(actor, enquiry) or Party.sme
    title = common.offering_title(session, enquiry)
    other = news.other_id(enquiry, side)
    news.tell(session, enquiry, "deals.contact.withdrawn", other, offering=title, mark=row.id)
    session.flush()
    return enquiry


def reveal_contacts(session: Session, actor: Actor, *, enquiry_id: uuid.UUID) -> Contact:
    """Return the other side's contact and keep who looked; every look counts and is in the audit.

    Raises:
        Conflict: not both sides agree, or the enquiry is not in a state for it.
        RateLimited: the person's looks of today are used up.

    """
    require_in_person(actor, "查看联系方式")
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    require(actor, Permission.deals_contact_share, enquiry)
    common.require_verified(actor)
    if enquiry.state not in REVEALING:
        raise Conflict("现在不能互看联系方式：要接受之后、结束之前")
    if not common.both_consent(session, enquiry):
        raise Conflict("还没有双方都同意，或者有一方收回了")
    common.use_quota(
        session,
        f"user:{actor.user_id}:reveal",
        rules.number(session, rules.REVEALS),
        message="今天看联系方式的次数已到上限，明天再看",
    )
    side = policy.side_of(actor, enquiry) or Party.sme
    other_id = news.other_id(enquiry, side)
    session.add(
        ContactReveal(
            id=uuid.uuid4(),
            enquiry_id=enquiry.id,
            of_organisation_id=other_id,
            organisation_id=actor.organisation_id or other_id,
            user_id=actor.user_id,
            at=clock.now(),
        )
    )
    audit.record(session, actor, "deals.contact.revealed", kind="enquiry", object_id=enquiry.id)
    session.flush()
    other = organisations.list_by_ids(session, [other_id])[0]
    return Contact(other.name, other.contact_name, other.contact_mobile, other.contact_email)
