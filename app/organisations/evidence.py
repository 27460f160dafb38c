"""What stands behind each point of a verification: what the organisation wrote beside what the system knows.

Pure functions; nothing is looked up on other sites, so what only a person can check says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core import clock, uscc
from app.organisations.models import CAPACITY_LABELS, Organisation
from app.organisations.verification import CHECKS, Check

BY_HAND = "要人工查"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row of the desk: `tone` is that of the state tag, '' where only a person can tell."""

    check: Check
    said: str
    found: str
    verdict: str = BY_HAND
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was read beside the organisation's own row."""

    district_name: str
    district_code: str | None
    industry_name: str | None
    lookalikes: Sequence[Organisation]
    categories: Mapping[str, str]
    licences: Sequence[datetime] = ()


def collect(organisation: Organisation, around: Surroundings) -> list[Evidence]:
    """Return one row per point of the list, in its order."""
    rows = {
        "licence": _licence(organisation, around),
        "paper": _paper(around),
        "active": Evidence(CHECKS["active"], "—", "本站没有登记状态的数据，请到公示系统看"),
        "district": _district(organisation, around),
        "capacity": _capacity(organisation, around),
        "contact": _contact(organisation, around),
    }
    return [rows[code] for code in CHECKS]


def _licence(organisation: Organisation, around: Surroundings) -> Evidence:
    check, said = CHECKS["licence"], f"{organisation.name} {organisation.credit_code}"
    code = uscc.Uscc(organisation.credit_code)
    if code.is_fictitious:
        return Evidence(check, said, f"地区码 {uscc.FICTITIOUS_REGION} 不存在，是示例代码", "示例", "warn")
    same = [row for row in around.lookalikes if row.name == organisation.name]
    if same:
        return Evidence(check, said, f"另有 {len(same)} 家同名，代码不同，见下面", "请对照", "warn")
    kind = around.categories.get(organisation.credit_code[:2], "登记类别未列出")
    return Evidence(check, said, f"两个校验位都通过；登记类别：{kind}")


def _paper(around: Surroundings) -> Evidence:
    if not around.licences:
        return Evidence(CHECKS["paper"], "没有上传", "没有扫描件，要看原件", "没有", "warn")
    newest = clock.cn_datetime(around.licences[0])
    return Evidence(
        CHECKS["paper"], f"上传了 {len(around.licences)} 份", f"最新一份上传于 {newest}，请打开看"
    )


def _district(organisation: Organisation, around: Surroundings) -> Evidence:
    said = " ".join(part for part in (around.district_name, organisation.address) if part)
    region = organisation.credit_code[2:8]
    if around.district_code is not None and region == around.district_code:
        return Evidence(CHECKS["district"], said, f"信用代码的登记地 {region} 就是所选区县", "对得上", "ok")
    return Evidence(CHECKS["district"], said, f"信用代码的登记地是 {region}，可以和所在地不同")


def _capacity(organisation: Organisation, around: Surroundings) -> Evidence:
    said = "、".join(label for item, label in CAPACITY_LABELS.items() if item in organisation.capacity_set)
    if around.industry_name is None:
        return Evidence(CHECKS["capacity"], said, "没有填行业，请看经营范围")
    return Evidence(
        CHECKS["capacity"], said, f"行业：{organisation.industry_code} {around.industry_name}；请看经营范围"
    )


def _contact(organisation: Organisation, around: Surroundings) -> Evidence:
    said = " ".join(
        part
        for part in (organisation.contact_name, organisation.contact_mobile, organisation.contact_email)
        if part
    )
    same = [row for row in around.lookalikes if row.contact_mobile == organisation.contact_mobile]
    if same:
        return Evidence(
            CHECKS["contact"], said, f"同一个电话还登记了 {len(same)} 家，见下面", "请对照", "warn"
        )
    return Evidence(CHECKS["contact"], said, "没有别家用这个电话")
