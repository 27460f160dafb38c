"""What the room tells people: each message once in words, and the calls that post them."""

from typing import Any

from sqlalchemy.orm import Session

from app.core import messages
from app.core.permissions import Role
from app.offerings.models import Offering

MINE, THEIRS = "/workspace/offerings/{offering_id}", "/offerings/{offering_id}"
DESK = "/desk/offerings/{offering_id}"


def _announce(verb: str, title: str, text: str, link: str, **more: Any) -> None:
    messages.announce(f"offerings.{verb}", topic="offerings", title=title, text=text, link=link, **more)


_announce("offering.submitted", "有供给等着审核", "一家机构提交了供给或改动，请在承诺的时限内答复。", DESK)
_announce(
    "offering.mended",
    "上架供给有小改动",
    "《{title}》的文字小改已直接生效，请抽空看一眼。",
    "/offerings/{offering_id}/history",
)
_announce("offering.listed", "供给已上架", "《{title}》通过审核，企业现在看得到。", THEIRS)
_announce("offering.returned", "供给退回补正", "中心写了要改哪里，改好可以再提交。", MINE, urgent=True)
_announce(
    "offering.taken_down", "供给已下架", "有举报查实，这一项先下架，改好可以再提交。", MINE, urgent=True
)
_announce(
    "offering.expiring", "供给快到期了", "《{title}》还有 {days} 天到期；内容仍然有效就点一下续期。", MINE
)
_announce(
    "offering.expired",
    "供给到期了",
    "《{title}》已到期，企业现在看不到；点一下续期马上恢复。",
    MINE,
    urgent=True,
)
_announce("report.resolved", "您的举报有结果了", "中心已经查过，结论：{state_label}。", THEIRS)
_announce("reference.given", "有案例等着核实", "一家机构留下了案例的证明人，请联系核实。", "/desk/checks")
_announce("reference.confirmed", "案例核实通过", "《{title}》的一个案例已标上「中心已核实」。", MINE)
_announce(
    "reference.unreachable",
    "案例的证明人联系不上",
    "请核对证明人的姓名和电话，改好后中心再联系。",
    MINE + "/references",
)
_announce(
    "reference.denied",
    "案例没有得到客户认可",
    "这个案例已不再公开；有异议可以重新提供证明人。",
    MINE + "/references",
    urgent=True,
)
_announce(
    "first_of_kind.claimed", "有首台(套)等着核实", "一家机构申明了首台(套)设备，请核对证书。", "/desk/checks"
)
_announce("first_of_kind.confirmed", "首台(套)核实通过", "《{title}》已标上「首台(套)」。", MINE)
_announce(
    "first_of_kind.denied",
    "首台(套)没有核实通过",
    "中心写了原因，补齐材料后可以再提交。",
    MINE + "/first-of-kind",
)
_announce(
    "import.finished",
    "供给导入完成",
    "表格里的 {count} 项都存成了草稿，检查后逐项提交。",
    "/workspace/offerings/import/{import_id}",
)
_announce(
    "import.refused",
    "供给没有导入",
    "表格里有要改的地方，一项也没有存；打开看是哪几行哪几列。",
    "/workspace/offerings/import/{import_id}",
)


def tell_vendor(session: Session, row: Offering, verb: str, *, key: str = "", **payload: Any) -> None:
    """Tell the organisation's members; the title goes along only once it has been public."""
    messages.post(
        session,
        f"offerings.{verb}",
        organisation_id=row.organisation_id,
        payload={"offering_id": str(row.id), "title": row.title if row.listed_at else "这一项", **payload},
        dedupe_key=f"offerings.{verb}:{row.id}:{row.version}:{key}",
    )


def tell_reviewers(session: Session, row: Offering, verb: str, *, key: str = "", **payload: Any) -> None:
    """Tell everybody who reviews."""
    messages.post(
        session,
        f"offerings.{verb}",
        role=Role.reviewer,
        payload={"offering_id": str(row.id), **payload},
        dedupe_key=f"offerings.{verb}:{row.id}:{row.version}:{key}",
    )
