"""What the two sides do with an enquiry: accept, decline, take back, end the talk."""

import uuid

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.permissions import Actor, Permission, require, require_in_person
from app.deals import policy, queries
from app.deals.models import Enquiry
from app.deals.service import asking, common, contacts, news
from app.deals.states import Action, Party
from app.needs import queries as needs
from app.needs.models import NeedState


def _open(session: Session, actor: Actor, enquiry_id: uuid.UUID, version: int) -> tuple[Enquiry, Party]:
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    require(actor, Permission.deals_enquiry_write, enquiry)
    common.check_version(enquiry, version)
    return enquiry, policy.side_of(actor, enquiry) or Party.sme


def accept_enquiry(
    session: Session,
    actor: Actor,
    *,
    enquiry_id: uuid.UUID,
    version: int,
    share: bool,
    message: str = "",
    remove: bool = False,
) -> Enquiry:
    """Accept a request, with the decision whether the other side may see one's contact, and a first word.

    Raises:
        Forbidden: staff acting on behalf, or the side that sent it.
        EditConflict: something happened since the page was made.
        Conflict: it was answered, withdrawn or ran out; or its need has ended meanwhile.

    """
    require_in_person(actor, "接受意向")
    enquiry, side = _open(session, actor, enquiry_id, version)
    common.require_verified(actor)
    if enquiry.need_id is not None:
        need = needs.list_by_ids(session, [enquiry.need_id])[0]
        if need.state is not NeedState.published:
            raise Conflict("这条需求已经结束，不用再接受；发出方会收到结果")
    parties = policy.parties_of(actor, enquiry)
    first = common.clean_message(message, remove=remove, may_share=False) if message.strip() else None
    common.take(session, actor, enquiry, Action.accept, parties=parties, side=side)
    if first is not None:
        asking.add_message(session, actor, enquiry, first[0], side=side, masked=first[1])
    title = common.offering_title(session, enquiry)
    news.tell(session, enquiry, "deals.enquiry.accepted", news.asker_id(enquiry), offering=title)
    if share:
        contacts.give(session, actor, enquiry)
    session.flush()
    return enquiry


def decline_enquiry(
    session: Session, actor: Actor, *, enquiry_id: uuid.UUID, version: int, code: str, note: str = ""
) -> Enquiry:
    """Decline a request with a reason code, which the other side reads."""
    return _end(session, actor, enquiry_id, version, Action.decline, code, note, "deals.enquiry.declined")


def withdraw_enquiry(
    session: Session, actor: Actor, *, enquiry_id: uuid.UUID, version: int, code: str, note: str = ""
) -> Enquiry:
    """Take back what one sent and nobody answered yet."""
    return _end(session, actor, enquiry_id, version, Action.withdraw, code, note, "deals.enquiry.withdrawn")


def close_enquiry(
    session: Session, actor: Actor, *, enquiry_id: uuid.UUID, version: int, code: str, note: str = ""
) -> Enquiry:
    """End an accepted talk from either side, with a reason that the other reads."""
    return _end(session, actor, enquiry_id, version, Action.close, code, note, "deals.enquiry.closed")


def _end(
    session: Session,
    actor: Actor,
    enquiry_id: uuid.UUID,
    version: int,
    action: Action,
    code: str,
    note: str,
    name: str,
) -> Enquiry:
    enquiry, side = _open(session, actor, enquiry_id, version)
    common.check_code(action, side, code)
    note = common.clean_note(note, code)
    parties = policy.parties_of(actor, enquiry)
    common.take(session, actor, enquiry, action, parties=parties, side=side, code=code, note=note)
    title = common.offering_title(session, enquiry)
    news.tell(session, enquiry, name, news.other_id(enquiry, side), offering=title)
    session.flush()
    return enquiry
