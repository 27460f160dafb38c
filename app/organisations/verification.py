"""The points that the centre checks before it verifies an organisation, in plain words.

A composed list (中心规则): no document prescribes it; it is what a reviewer can look up or ask within minutes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """A point: what staff look at, and what the organisation reads when it is wrong."""

    code: str
    title: str
    how: str
    fault: str


CHECKS: dict[str, Check] = {
    check.code: check
    for check in (
        Check(
            "licence",
            "名称与信用代码一致",
            "在国家企业信用信息公示系统按信用代码查，名称逐字对照",
            "名称和统一社会信用代码对不上，请照营业执照逐字填写",
        ),
        Check(
            "paper",
            "看过营业执照",
            "打开上传的扫描件，名称、代码、法定代表人看得清；没有上传的，看原件并写明何时何地",
            "没有营业执照，或扫描件看不清，请在“我的机构”的营业执照一栏上传",
        ),
        Check(
            "active",
            "登记状态为存续",
            "同一页面看登记状态：存续、在营、开业",
            "查到的登记状态不是存续，请先办理，或说明情况",
        ),
        Check(
            "district",
            "所在区县相符",
            "经营地址与所填区县相符；信用代码里的地区只是登记地，可以不同",
            "地址和所选区县不一致，请改成企业实际所在的区县",
        ),
        Check(
            "capacity",
            "身份与经营范围相符",
            "经营范围撑得起所选的每一种身份",
            "所选身份与经营范围不符，请去掉不做的，或补充说明",
        ),
        Check(
            "contact",
            "联系人确认过",
            "按登记的电话打通，对方知道这次登记",
            "登记的电话没有打通，或对方不知道这次登记，请换一位能答复的联系人",
        ),
    )
}


def letter(faults: list[str], reason: str) -> str:
    """Return what the organisation reads after a return: the faults in the list's order, then the reason."""
    parts = [check.fault for code, check in CHECKS.items() if code in faults]
    if reason:
        parts.append(reason)
    if len(parts) == 1:
        return parts[0]
    return "".join(f"{number}. {text}；" for number, text in enumerate(parts, 1)).removesuffix("；")
