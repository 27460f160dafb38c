"""The names that this room writes into the audit log and into messages, with their Chinese words."""

from app.core import audit, messages

AUDIT: dict[str, str] = {
    "organisation.registered": "登记机构",
    "organisation.edited": "修改机构资料",
    "organisation.submitted": "提交核验",
    "organisation.verified": "核验通过",
    "organisation.returned": "核验退回",
    "organisation.suspended": "暂停机构",
    "organisation.reopened": "重新核验",
    "organisation.lifted": "恢复暂停的机构",
    "organisation.handed_over": "机构移交给新管理员",
    "licence.added": "上传营业执照",
    "licence.removed": "删除营业执照",
    "size.declared": "填报企业规模",
    "qualification.claimed": "申报资质",
    "qualification.withdrawn": "撤回资质",
    "qualification.confirmed": "确认资质",
    "qualification.refused": "不认可资质",
    "claim.opened": "提出机构归属异议",
    "claim.withdrawn": "撤回机构归属异议",
    "claim.upheld": "机构归属异议成立",
    "claim.refused": "机构归属异议不成立",
    "pool.moved": "服务商池变动",
    "appeal.opened": "提出申诉",
    "appeal.upheld": "申诉成立",
    "appeal.refused": "申诉不成立",
}
MINE, POOLS, TITLES = "/organisations/mine", "/organisations/mine/pools", "/organisations/mine/qualifications"

#: name → (title, text, link); the payload holds what stands in braces. Each step announces its own further ones.
WORDS: dict[str, tuple[str, str, str]] = {
    "lifted": ("机构已恢复", "{name}已恢复，公开的需求和供给重新显示。", MINE),
    "reopened": ("机构重新核验", "{name}已放回待核验，中心会在承诺时限内答复。", MINE),
    "claim_opened": ("有人对机构归属提出异议", "中心正在核实{name}由谁管理，核实期间照常使用。", MINE),
    "claim_to_decide": ("机构归属异议待处理", "{name}的归属有人提出异议。", "/desk/claims/{claim_id}"),
    "claim_upheld": ("归属异议成立", "中心核实后，{name}由您管理。", MINE),
    "claim_refused": (
        "归属异议不成立",
        "您对{name}提出的异议没有成立，原因在记录里。",
        "/organisations/claims",
    ),
    "claim_dismissed": ("归属异议已结束", "对{name}的异议没有成立，管理员不变。", MINE),
    "handed_over": ("机构换了管理员", "中心核实后，{name}换了管理员。", MINE),
    "rights_ended": ("您不再代表机构", "中心核实后，您不再代表{name}。有异议请联系中心。", "/workspace"),
    "appointed": ("您已是机构管理员", "中心请您做{name}的管理员。", MINE),
    "qualification_to_decide": (
        "资质待确认",
        "{name}申报了“{title}”。",
        "/desk/qualifications/{qualification_id}",
    ),
    "qualification_confirmed": ("资质已确认", "“{title}”已确认，公开页会显示。", TITLES),
    "qualification_refused": ("资质没有确认", "“{title}”没有确认，原因在资质页。", TITLES),
    "qualification_ending": ("资质快到期", "“{title}”还有 {days} 天到期，请准备换证后重新申报。", TITLES),
    "qualification_ended": ("资质已到期", "“{title}”已过有效期，公开页显示“已过期”。", TITLES),
    "pool_to_decide": ("服务商池待评审", "{name}：“{title}”池，{what}。", "/desk/pools/{entry_id}"),
    "pool_moved": (
        "服务商池：{what}",
        "“{title}”池：{what}。原因和下一步在入库记录里。",
        f"{POOLS}/{{entry_id}}",
    ),
    "appeal_to_decide": ("申诉待处理", "{name}提出申诉，须由另一位审核员办理。", "/desk/appeals/{appeal_id}"),
    "appeal_upheld": ("申诉成立", "{name}的申诉成立，原决定已撤销。", MINE),
    "appeal_refused": ("申诉不成立", "{name}的申诉没有成立，原因在记录里。", MINE),
}
URGENT = frozenset({"handed_over", "rights_ended"})


def announce() -> None:
    """Register every name; called once when the service is imported."""
    for name, words in AUDIT.items():
        audit.register_name(f"organisations.{name}", words)
    for name, (title, words, link) in WORDS.items():
        messages.announce(
            f"organisations.{name}",
            topic="desk" if name.endswith("_to_decide") else "organisations",
            title=title,
            text=words,
            link=link,
            urgent=name in URGENT,
        )
