"""What an offering still lacks before it may be submitted, field by field. Pure."""

from collections.abc import Mapping

from app.core.money import format_range, format_wan
from app.offerings.models import OfferingKind, PriceMode
from app.offerings.schemas import CaseContent, OfferingContent, PackageContent

MIN_BODY = 20
UNVERIFIED = "organisation"


def gaps(
    content: OfferingContent,
    *,
    organisation_verified: bool,
    scenario_of: Mapping[str, str],
) -> dict[str, str]:
    """Return form field → what is missing and why; empty means it may be submitted.

    `scenario_of` maps each pain point to its scenario.
    """
    found: dict[str, str] = {}
    if not content.summary:
        found["summary"] = "用一句车间听得懂的话说：解决什么难处"
    if len(content.body) < MIN_BODY:
        found["body"] = f"至少写 {MIN_BODY} 个字：怎么做、做到什么程度、凭什么"
    if content.kind is OfferingKind.solution and content.product_class is None:
        found["product_class"] = "请选产品类别，企业按它筛选"
    if content.kind is OfferingKind.service and content.service_class is None:
        found["service_class"] = "请选服务类别，企业按它筛选"
    if not content.scenario_codes:
        found["scenario_codes"] = "至少选一个应用场景"
    if not content.pain_point_codes:
        found["pain_point_codes"] = "至少选一个能解决的难点，推荐主要看这一项"
    else:
        outside = {scenario_of.get(code, "") for code in content.pain_point_codes} - set(
            content.scenario_codes
        )
        if outside:
            found["scenario_codes"] = f"所选难点属于{'、'.join(sorted(outside))}，请把这些场景也选上"
    if content.go_live_days is None:
        found["go_live_days"] = "请填从签约到用起来要几天"
    if not content.condition_codes and not content.prerequisites:
        found["condition_codes"] = "至少选一项现场条件；没有要求也要说清楚，例如「有手机就能用」"
    if not content.packages:
        found["packages"] = "至少写一个套餐，标明价格和怎么计价"
    for number, package in enumerate(content.packages):
        found.update({f"packages-{number}-{name}": text for name, text in _package_gaps(package).items()})
    for number, case in enumerate(content.cases):
        found.update({f"cases-{number}-{name}": text for name, text in _case_gaps(case).items()})
    if not organisation_verified:
        found[UNVERIFIED] = "您的机构还没有通过核验；可以先写好，核验后再提交"
    return found


def _package_gaps(package: PackageContent) -> dict[str, str]:
    found: dict[str, str] = {}
    if not package.title:
        found["title"] = "给套餐起个名字，例如：基本版"
    if package.price_min_fen is None and package.price_max_fen is None:
        found["price_min"] = "请标价；价格不定就写一个从…到…的区间"
    if package.price_mode is PriceMode.per_unit and not package.price_unit:
        found["price_unit"] = "按什么数量计价，例如：台、点位、人"
    if package.price_mode is PriceMode.other and not package.price_label:
        found["price_label"] = "请写明怎么计价，例如：按节省电费分成"
    for number, item in enumerate(package.components):
        if not item.title:
            found[f"components-{number}-title"] = "请写明这一项是什么"
    amounts = [item.amount_fen for item in package.components]
    known = [amount for amount in amounts if amount is not None]
    low = package.price_min_fen if package.price_min_fen is not None else package.price_max_fen
    high = package.price_max_fen if package.price_max_fen is not None else package.price_min_fen
    if amounts and len(known) == len(amounts) and low is not None and high is not None:
        total = sum(known)
        if not low <= total <= high:
            found["price_min"] = (
                f"明细合计 {format_wan(total)}，不在标价 {format_range(low, high)} 之内，请改明细或标价"
            )
    return found


def _case_gaps(case: CaseContent) -> dict[str, str]:
    found: dict[str, str] = {}
    if not case.customer:
        found["customer"] = "写明是什么样的客户，例如：长寿一家 80 人的注塑厂"
    if not case.customer_consented and any(word in case.customer for word in ("有限公司", "集团", "股份")):
        found["customer"] = "点名客户要先取得同意；没有同意就写行业和规模"
    if case.effect_metric and not (case.effect_before and case.effect_after):
        found["effect_before"] = "效果要有前后两个数字，才能核实"
    return found
