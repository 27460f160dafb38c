"""The thread of an enquiry: writing, taking back, read marks, asking the centre in, staff opening it."""

import uuid
from datetime import timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.masking import find_contacts
from app.core.permissions import Actor, Permission, require
from app.deals import policy, queries, rules
from app.deals.models import NOTE, Enquiry, EnquiryMessage, EnquiryRead, ThreadOpening
from app.deals.service import asking, common, news
from app.deals.states import REVEALING, WRITABLE, EnquiryState, Party
from app.files import queries as file_queries
from app.files import service as files
from app.files.models import StoredFile
from app.files.service import Received

FILES = "deals.message"
WITH_FILES = (EnquiryState.accepted, EnquiryState.closing, EnquiryState.chosen)
AGAIN = timedelta(hours=1)
audit.register_name("deals.message.posted", "往来：发消息")
audit.register_name("deals.message.retracted", "往来：撤回消息")
audit.register_name("deals.thread.opened", "工作人员登记理由后看往来")
audit.register_name("deals.help.asked", "请中心介入意向")
audit.register_name("deals.help.answered", "中心处理意向求助")


def may_read_thread(session: Session, actor: Actor, enquiry: Enquiry) -> bool:
    """Return whether the actor reads the words: both sides always, staff when asked in or with a logged reason."""
    if policy.is_party(actor, enquiry):
        return True
    if not actor.is_staff:
        return False
    if enquiry.help_asked_at is not None:
        return True
    return queries.find_opening(session, enquiry.id, actor.user_id) is not None


def _may_open_file(session: Session, actor: Actor, row: StoredFile) -> bool:
    """Readers of the thread open its files; those of a message taken back are gone with it."""
    try:
        found = queries.find_enquiry_of_message(session, uuid.UUID(row.object_id))
    except ValueError:
        return False
    if found is None or found[1].retracted_at is not None:
        return False
    return may_read_thread(session, actor, found[0])


files.register_reader(FILES, _may_open_file)


def post_message(
    session: Session,
    actor: Actor,
    *,
    enquiry_id: uuid.UUID,
    message: str,
    remove: bool = False,
    received: Received | None = None,
) -> EnquiryMessage:
    """Write into the thread, as one side or as staff who may read it; a file may come with it after acceptance.

    Raises:
        Invalid: no words, contact details before both sides agreed, or a file too early.
        Conflict: the enquiry has ended.

    """
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    side = policy.side_of(actor, enquiry)
    if side is None or not may_read_thread(session, actor, enquiry):
        raise Forbidden("请先登记理由，再看和写往来")
    if side is not Party.staff:
        require(actor, Permission.deals_enquiry_write, enquiry)
        common.require_verified(actor)
    if enquiry.state not in WRITABLE:
        raise Conflict("这条意向已经结束，不能再发消息")
    may_share = enquiry.state in REVEALING and common.both_consent(session, enquiry)
    if received is not None:
        _check_file(enquiry, received, may_share=may_share)
        message = message.strip() or "发了一个文件"
    text, masked = common.clean_message(message, remove=remove, may_share=may_share)
    again = enquiry.last_party is side and enquiry.last_message_at is not None
    quiet = again and enquiry.last_message_at > clock.now() - AGAIN  # type: ignore[operator]  # `again` asks for None
    row = asking.add_message(session, actor, enquiry, text, side=side, masked=masked)
    if received is not None:
        row.has_file = True
        files.keep(
            session,
            actor,
            received,
            purpose=FILES,
            object_id=row.id,
            organisation_id=actor.organisation_id,
        )
    if enquiry.state is EnquiryState.accepted:
        common.set_timer(session, enquiry, enquiry.state)
    mark_read(session, actor, enquiry_id=enquiry.id, number=row.number)
    audit.record(
        session, actor, "deals.message.posted", kind="enquiry", object_id=enquiry.id, data={"n": row.number}
    )
    if not quiet:
        both = (enquiry.sme_id, enquiry.vendor_id)
        others = both if side is Party.staff else (news.other_id(enquiry, side),)
        title = common.offering_title(session, enquiry)
        news.tell(session, enquiry, "deals.message.posted", *others, offering=title, mark=f"m{row.number}")
    session.flush()
    return row


def _check_file(enquiry: Enquiry, received: Received, *, may_share: bool) -> None:
    if enquiry.state not in WITH_FILES:
        raise Invalid({"file": "接受之后才能发附件；现在先用文字说"})
    if not may_share and find_contacts(received.name):
        raise Invalid({"file": "文件名里有联系方式，请改名再发"})


def retract_message(
    session: Session, actor: Actor, *, enquiry_id: uuid.UUID, message_id: uuid.UUID
) -> EnquiryMessage:
    """Take one's own message back within the minutes that the centre allows; its text and files go with it.

    Raises:
        Conflict: too late, or it is the request itself (take the enquiry back instead).

    """
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    row = queries.find_message(session, enquiry.id, message_id)
    if row is None or not may_read_thread(session, actor, enquiry):
        raise NotFound("没有这条消息")
    if row.user_id != actor.user_id:
        raise Forbidden("只能撤回自己发的消息")
    if row.retracted_at is not None:
        return row
    if row.number == 1:
        raise Conflict("这是意向本身；要收回，请用「收回意向」")
    minutes = rules.number(session, rules.RETRACT)
    if row.at < clock.now() - timedelta(minutes=minutes):
        raise Conflict(f"发出超过 {minutes} 分钟，不能撤回了")
    row.body, row.masked, row.has_file, row.retracted_at = "", [], False, clock.now()
    for stored in file_queries.list_files(session, FILES, row.id):
        files.remove(session, actor, stored)
    audit.record(
        session,
        actor,
        "deals.message.retracted",
        kind="enquiry",
        object_id=enquiry.id,
        data={"n": row.number},
    )
    session.flush()
    return row


def mark_read(session: Session, actor: Actor, *, enquiry_id: uuid.UUID, number: int) -> None:
    """Note up to which message the person has read; it never goes back. The caller may see the enquiry."""
    if actor.user_id is None:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    step = insert(EnquiryRead).values(
        enquiry_id=enquiry_id, user_id=actor.user_id, number=number, at=clock.now()
    )
    session.execute(
        step.on_conflict_do_update(
            index_elements=["enquiry_id", "user_id"],
            set_={"number": number, "at": clock.now()},
            where=EnquiryRead.number < number,
        )
    )


def read_thread(session: Session, actor: Actor, *, enquiry_id: uuid.UUID, number: int) -> None:
    """Mark a thread as read up to `number`, as far as it goes."""
    enquiry = queries.get_enquiry(session, actor, enquiry_id)
    if not may_read_thread(session, actor, enquiry):
        raise Forbidden("请先登记理由，再看往来")
    mark_read(session, actor, enquiry_id=enquiry.id, number=min(number, enquiry.last_number))


def ask_help(session: Session, actor: Actor, *, enquiry_id: uuid.UUID) -> Enquiry:
    """Ask the centre in: from now on its staff may read and write here. Asking twice is one request."""
    enquiry = queries.get_for_change(session, actor, enquiry_id)
    require(actor, Permission.deals_enquiry_write, enquiry)
    if enquiry.state not in WRITABLE:
        raise Conflict("这条意向已经结束；有别的事请用页脚的「找中心帮忙」")
    if enquiry.help_asked_at is None:
        enquiry.help_asked_at, enquiry.help_asked_by = clock.now(), actor.user_id
        audit.record(session, actor, "deals.help.asked", kind="enquiry", object_id=enquiry.id)
        news.tell_staff(session, enquiry)
        session.flush()
    return enquiry


def open_thread(session: Session, actor: Actor, *, enquiry_id: uuid.UUID, reason: str) -> ThreadOpening:
    """Let a member of staff read a thread for some hours, with the reason in the audit's keeping."""
    enquiry = queries.get_enquiry(session, actor, enquiry_id)
    require(actor, Permission.deals_enquiry_oversee, enquiry)
    reason = reason.strip()
    if not 4 <= len(reason) <= NOTE:
        raise Invalid({"reason": "写一句为什么要看，例如：企业来电投诉没人答复"})
    moment = clock.now()
    row = ThreadOpening(
        id=uuid.uuid4(),
        enquiry_id=enquiry.id,
        user_id=actor.user_id,
        at=moment,
        until=moment + timedelta(hours=rules.number(session, rules.OPENING)),
        reason=reason,
    )
    session.add(row)
    audit.record(session, actor, "deals.thread.opened", kind="enquiry", object_id=enquiry.id)
    session.flush()
    return row
