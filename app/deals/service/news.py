"""What is told about enquiries. Payloads carry ids, case numbers and titles that are public; never a word of a thread."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.core import messages
from app.core.permissions import Role
from app.deals.models import Direction, Enquiry
from app.deals.states import Party

LINK = "/enquiries/{enquiry_id}"


def _announce(name: str, title: str, text: str, link: str = LINK, **more: Any) -> None:
    messages.announce(name, topic="deals", title=title, text=text, link=link, **more)


_announce(
    "deals.enquiry.sent",
    "收到一条意向",
    "有一方就「{offering}」发来意向，{days} 天内请答复，接受或谢绝都行。",
    action="去答复",
    urgent=True,
)
_announce("deals.enquiry.accepted", "意向被接受了", "您就「{offering}」发的意向被接受了，可以往下谈。")
_announce("deals.enquiry.declined", "意向被谢绝了", "您就「{offering}」发的意向被谢绝，理由写在里面。")
_announce("deals.enquiry.withdrawn", "对方收回了意向", "就「{offering}」的意向被发出方收回，不用再答复。")
_announce("deals.enquiry.closed", "对方结束了沟通", "就「{offering}」的沟通结束了，理由写在里面。")
_announce("deals.enquiry.expired", "意向过期了", "就「{offering}」的意向到期没有答复，自动失效。")
_announce(
    "deals.enquiry.due",
    "有一条意向快到期了",
    "就「{offering}」的意向还没答复，再不答复就自动失效。",
    action="去答复",
    urgent=True,
)
_announce("deals.enquiry.lapsed", "沟通自动结束了", "就「{offering}」很久没有新消息，沟通自动结束。")
_announce("deals.enquiry.chosen", "您被选定了", "企业在「{offering}」这件事上选定了您。", urgent=True)
_announce("deals.enquiry.not_chosen", "这次没有选您", "「{offering}」这件事有了结果，没选您的理由写在里面。")
_announce(
    "deals.enquiry.ended_by_centre", "中心结束了一条意向", "就「{offering}」的意向由中心结束，理由写在里面。"
)
_announce("deals.enquiry.extended", "答复时间延长了", "中心延长了「{offering}」这条意向的时间，请尽快答复。")
_announce(
    "deals.reasons.wanted",
    "请告诉没选中的服务商一句话",
    "{case_number} 结束了，还有服务商等您一条理由；{days} 天内不写，系统按结果代填。",
    "/workspace/needs/{need_id}/reasons",
    action="去写理由",
)
_announce("deals.message.posted", "有新回复", "就「{offering}」的往来里有新回复。")
_announce("deals.contact.shared", "联系方式可以互看了", "就「{offering}」，双方都同意了，可以互看联系方式。")
_announce("deals.contact.withdrawn", "对方收回了联系方式", "就「{offering}」，对方不再同意互看联系方式。")
_announce(
    "deals.help.asked",
    "请中心介入一条意向",
    "有一方请中心看看一条意向。",
    "/desk/enquiries/{enquiry_id}",
)
_announce("deals.help.answered", "中心看过您的请求了", "就「{offering}」，中心已经处理，回复写在往来里。")


def asker_id(enquiry: Enquiry) -> uuid.UUID:
    return enquiry.sme_id if enquiry.direction is Direction.forward else enquiry.vendor_id


def answerer_id(enquiry: Enquiry) -> uuid.UUID:
    return enquiry.vendor_id if enquiry.direction is Direction.forward else enquiry.sme_id


def other_id(enquiry: Enquiry, side: Party) -> uuid.UUID:
    """Return the organisation on the other side of `sme` or `vendor`."""
    return enquiry.vendor_id if side is Party.sme else enquiry.sme_id


def tell(
    session: Session,
    enquiry: Enquiry,
    name: str,
    *organisation_ids: uuid.UUID,
    offering: str,
    mark: object = None,
    **more: Any,
) -> None:
    """Post a message to sides of the enquiry, once for each version of it (or each `mark`)."""
    for organisation_id in organisation_ids:
        messages.post(
            session,
            name,
            organisation_id=organisation_id,
            payload={"enquiry_id": str(enquiry.id), "offering": offering, **more},
            dedupe_key=f"{name}:{enquiry.id}:{mark or enquiry.version}:{organisation_id}",
        )


def tell_staff(session: Session, enquiry: Enquiry) -> None:
    """Tell the centre's operators that somebody asked for them."""
    messages.post(
        session,
        "deals.help.asked",
        role=Role.operator,
        payload={"enquiry_id": str(enquiry.id)},
        dedupe_key=f"deals.help.asked:{enquiry.id}:{enquiry.help_asked_at}",
    )
