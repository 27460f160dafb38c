"""What the centre's staff do with an enquiry that got stuck: more time, an end, a reason, the help that was asked for."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import Conflict, Invalid
from app.core.permissions import Actor, Permission, require
from app.deals import policy, queries
from app.deals.models import Enquiry
from app.deals.service import common, news, threads
from app.deals.service.ending import explain_one
from app.deals.states import Action, EnquiryState, Party

DECISIONS = ("extend", "end", "explain", "helped")


def decide_enquiry(
    session: Session,
    actor: Actor,
    *,
    enquiry_id: uuid.UUID,
    version: int,
    decision: str,
    code: str = "",
    note: str = "",
    message: str = "",
) -> Enquiry:
    """Decide as staff: `extend` winds the timer up anew, `end` and `explain` give a reason, `helped` answers help.

    Raises:
        Conflict: the state does not allow it, or nobody asked for help.

    """
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    require(actor, Permission.deals_enquiry_oversee, enquiry)
    common.check_version(enquiry, version)
    both = (enquiry.sme_id, enquiry.vendor_id)
    title = common.offering_title(session, enquiry)
    parties = policy.parties_of(actor, enquiry)
    if decision == "extend":
        common.take(session, actor, enquiry, Action.extend, parties=parties, side=Party.staff)
        told = (news.answerer_id(enquiry),) if enquiry.state is EnquiryState.open else both
        news.tell(session, enquiry, "deals.enquiry.extended", *told, offering=title)
    elif decision == "end":
        common.check_code(Action.end, Party.staff, code)
        note = common.clean_note(note, code)
        common.take(
            session, actor, enquiry, Action.end, parties=parties, side=Party.staff, code=code, note=note
        )
        news.tell(session, enquiry, "deals.enquiry.ended_by_centre", *both, offering=title)
    elif decision == "explain":
        common.check_code(Action.explain, Party.staff, code)
        explain_one(session, actor, enquiry, side=Party.staff, code=code, note=common.clean_note(note, code))
    elif decision == "helped":
        _answer_help(session, actor, enquiry, message=message, title=title)
    else:
        raise Invalid({"decision": "请选一项"})
    session.flush()
    return enquiry


def _answer_help(session: Session, actor: Actor, enquiry: Enquiry, *, message: str, title: str) -> None:
    """Answer those who asked, in the thread, and take the enquiry off the desk."""
    if enquiry.help_asked_at is None:
        raise Conflict("没有人请中心介入，或者已经处理过")
    if len(message.strip()) < 4:
        raise Invalid({"answer": "写一句给双方看的处理结果"})
    threads.post_message(session, actor, enquiry_id=enquiry.id, message=message)
    asked = enquiry.help_asked_at
    enquiry.help_asked_at = enquiry.help_asked_by = None
    audit.record(session, actor, "deals.help.answered", kind="enquiry", object_id=enquiry.id)
    both = (enquiry.sme_id, enquiry.vendor_id)
    news.tell(session, enquiry, "deals.help.answered", *both, offering=title, mark=f"h{asked}")
