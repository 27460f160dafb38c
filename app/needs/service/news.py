"""What is told about needs: every message's name and text, and who gets it.

Messages go out as mail, text messages and calls to others' systems: payloads carry ids, case numbers, and the title of
a need whose title was public.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.core import messages
from app.needs.models import Confidentiality, Need

CLOSED = "内容不公开的需求"
"""Stands for a title that not everybody may read."""


def tell_owner(session: Session, need: Need, name: str, *, mark: object = None, **more: Any) -> None:
    """Post a message to the need's organisation, once for each state of the need (or each `mark`)."""
    tell(session, need, name, [need.organisation_id], mark=mark, **more)


def tell(
    session: Session,
    need: Need,
    name: str,
    organisation_ids: Iterable[uuid.UUID],
    *,
    mark: object = None,
    **more: Any,
) -> None:
    """Post a message about the need to organisations, once for each `mark` (the need's version unless given)."""
    stamp = need.version if mark is None else mark
    for organisation_id in organisation_ids:
        whom = "" if organisation_id == need.organisation_id else f":{organisation_id}"
        messages.post(
            session,
            name,
            organisation_id=organisation_id,
            payload={
                "need_id": str(need.id),
                "case_number": need.case_number,
                "title": _public_title(need),
                **more,
            },
            dedupe_key=f"{name}:{need.id}:{stamp}{whom}",
        )


def _public_title(need: Need) -> str:
    public = need.confidentiality is Confidentiality.public and need.published_at is not None
    return need.title if public else CLOSED


def _announce(name: str, title: str, text: str, link: str = "/needs/{case_number}", **more: Any) -> None:
    messages.announce(name, topic="needs", title=title, text=text, link=link, **more)


_announce("needs.need.published", "需求已发布", "{case_number}《{title}》已发布，服务商可以看到了。")
_announce(
    "needs.need.returned",
    "需求退回补充",
    "{case_number} 中心请您补几处，改好再发布，排在队首。",
    "/workspace/needs/{need_id}/edit",
    action="去修改",
    urgent=True,
)
_announce("needs.need.withdrawn", "需求已撤回", "{case_number}《{title}》已撤回，别人看不到了；案号不变。")
_announce(
    "needs.need.expiring",
    "需求快到期了，还作数吗",
    "{case_number}《{title}》还有 {days} 天到期。还作数就点一下续期，不作数就登记结果。",
    urgent=True,
)
_announce("needs.need.renewed", "需求已续期", "{case_number}《{title}》又有效了，到期前会再提醒您。")
_announce(
    "needs.need.expired",
    "需求到期了，说一下结果",
    "{case_number}《{title}》已到期，不再推荐。请登记结果；还要找，就一键续期。",
    "/workspace/needs/{need_id}/outcome",
)
_announce(
    "needs.need.outcome_due",
    "还差一个结果",
    "{case_number}《{title}》到期好几天了，还没登记结果：给了谁、不做了，还是没有合适的？",
    "/workspace/needs/{need_id}/outcome",
)
_announce(
    "needs.need.concluded", "需求结果已登记", "{case_number}《{title}》的结果已登记，这条需求到此结束。"
)
_announce(
    "needs.need.recorded",
    "中心替您录了一条需求",
    "中心按您的来电替您录了 {case_number}，请核对；不对可以一键撤回。",
    admins_only=True,
)
_announce(
    "needs.question.asked",
    "有人公开提问",
    "有服务商在 {case_number}《{title}》下提问。答一次，看得到需求的人都看得到。",
    "/needs/{case_number}#questions",
)
_announce(
    "needs.question.waiting",
    "还有提问没答",
    "{case_number}《{title}》有提问等您答，{closes} 截止收新问题。",
    "/needs/{case_number}#questions",
)
_announce(
    "needs.question.answered",
    "提问有答复了",
    "{case_number}《{title}》下的公开提问有了答复。",
    "/needs/{case_number}#questions",
)
_announce(
    "needs.question.hidden",
    "您的提问没有公开",
    "您在 {case_number} 下的提问被中心隐藏，点开看为什么。",
    "/needs/{case_number}#questions",
)
_announce(
    "needs.vote.unclear",
    "有服务商说看不懂",
    "{case_number}《{title}》有服务商看不懂，点开看要补哪一项。",
    "/needs/{case_number}#votes",
)
_announce(
    "needs.need.improved",
    "需求改过了，再看一眼",
    "您说看不懂的 {case_number}《{title}》已改进，请再看看懂了没有。",
    "/needs/{case_number}#votes",
)
_announce(
    "needs.group.invited",
    "有几家和您的难处一样",
    "您的 {case_number} 和别家的需求相似，归在「{group}」。愿意一起谈就加入；不加入，谁都不会知道是您。",
    "/common-needs/{group_id}",
)
_announce(
    "needs.group.joined",
    "又有一家加入共性需求",
    "「{group}」又有一家企业加入，现在可以看到名单。",
    "/common-needs/{group_id}",
)
_announce(
    "needs.group.closed",
    "共性需求已结束",
    "「{group}」已由中心结束，您自己的需求不受影响。",
    "/common-needs/{group_id}",
)
