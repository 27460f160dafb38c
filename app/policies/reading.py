"""Turn a policy's facts into a page that can be read: sections of sentences, in a fixed order. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.reference.provenance import confidence_text, is_uncertain

BY_NOTICE = "以当年申报通知为准"
_MONEY_WORDS = ("贴息", "补", "奖", "金融", "申报")
_MONEY_FIELDS = ("ratio", "rate_cap_of_principal", "cap", "cap_wan", "cap_loan_wan", "cap_subsidy_wan")
#: What is usual elsewhere is not what this city gives: such figures were remembered, not read.
_HABITS = re.compile(r"[（(]常见[^（()）]*[）)]")
_MARKERS = ("(记忆)", "（记忆）", ",记忆", "，记忆")


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: an optional label and its text; `known` is False for 「以当年申报通知为准」."""

    text: str
    label: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...]


def clean(text: str) -> str:
    """Return a text of the data for readers: the reviewers' shorthand spelled out, Chinese punctuation."""
    for marker in _MARKERS:
        text = text.replace(marker, "（未与原文核对）")
    text = _HABITS.sub("", text)
    text = re.sub(r"(?<!\d),|,(?!\d)", "，", text)
    text = re.sub(r"(?<!\d):|:(?!\d)", "：", text)
    return text.replace(";", "；").replace("(", "（").replace(")", "）")


def date_text(dated: str | None) -> str:
    """Return 「2024年7月2日」, 「2023年8月」 for a month, or that the source gives no date."""
    if not dated:
        return "来源未载明日期"
    parts = [int(part) for part in dated.split("-")]
    return "".join(f"{number}{unit}" for number, unit in zip(parts, "年月日", strict=False))


def first_day(dated: str | None) -> date | None:
    """Return the first day that a date or month of the sources can mean."""
    if not dated:
        return None
    parts = [int(part) for part in dated.split("-")]
    return date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def source_text(source: str) -> str:
    return "凭已有知识整理，未与原文核对" if source == "记忆" else source.replace(";", "；")


def needs_checking(confidence: str) -> bool:
    return is_uncertain(confidence)


def sections(kind: str, facts: Mapping[str, Any]) -> tuple[Section, ...]:
    """Return the page's sections; one that has no facts is left out."""
    made = (
        Section("能得到什么", _benefits(kind, facts)),
        Section("谁可以申请", _lines(facts, "eligibility", "scope")),
        Section("怎么算", _lines(facts, "calc", "stacking")),
        Section("目标", _targets(facts)),
        Section("包括哪些", _items(facts)),
        Section("等级与类型", _lines(facts, "levels", "dimensions", "types", "project_types", "fields")),
        Section("期限与批次", _periods(facts)),
        Section("重庆的试点", _pilots(facts)),
        Section("说明", _lines(facts, "principle", "sections", "supplement", "note")),
    )
    return tuple(section for section in made if section.lines)


def plain_text(kind: str, facts: Mapping[str, Any]) -> str:
    """Return the whole page as text, for the search index."""
    return "\n".join(
        f"{section.title}：" + "；".join(f"{line.label} {line.text}".strip() for line in section.lines)
        for section in sections(kind, facts)
    )


def summary(kind: str, facts: Mapping[str, Any]) -> str:
    """Return one sentence for lists: the first thing that the paper gives, asks or aims at."""
    for section in sections(kind, facts):
        line = section.lines[0]
        return f"{section.title}：{line.label}{'，' if line.label else ''}{line.text}"
    return ""


_LABELS = {
    "dimensions": "评价维度",
    "types": "类型",
    "project_types": "项目类型",
    "fields": "领域",
    "sections": "条款结构",
    "principle": "原则",
    "supplement": "补充",
    "stacking": "能否叠加",
    "scope": "范围",
    "levels": "等级",
}
_JOINED = frozenset({"fields", "dimensions", "types", "sections", "project_types", "levels"})


def _lines(facts: Mapping[str, Any], *names: str) -> tuple[Line, ...]:
    found: list[Line] = []
    for name in names:
        value = facts.get(name)
        label = _LABELS.get(name, "")
        if isinstance(value, str):
            found.append(Line(clean(value), label))
        elif isinstance(value, list) and name in _JOINED:
            found.append(Line("、".join(clean(item) for item in value), label))
        elif isinstance(value, list):
            found.extend(Line(clean(item), label) for item in value)
    return tuple(found)


def _benefits(kind: str, facts: Mapping[str, Any]) -> tuple[Line, ...]:
    found: list[Line] = []
    if facts.get("ratio"):
        found.append(Line(_with_notice(clean(facts["ratio"])), "比例"))
    texts = (
        ("rate_cap_of_principal", "每年不超过贷款的"),
        ("cap", "上限"),
        ("quota", "总额度"),
        ("rate", "利率"),
        ("banks", "经办机构"),
        ("enterprise_ratio", "企业补贴"),
    )
    found.extend(
        Line(_with_notice(clean(facts[name])), label)
        for name, label in texts
        if isinstance(facts.get(name), str)
    )
    amounts = (
        ("cap_per_project_per_year_wan", "每个项目每年最高"),
        ("cap_per_company_per_year_wan", "每户企业每年最高"),
        ("cap_loan_wan", "计贴息的贷款最高"),
        ("cap_subsidy_wan", "单户最高"),
    )
    found.extend(
        Line(f"{facts[name]:,} 万元", label) for name, label in amounts if facts.get(name) is not None
    )
    found.extend(Line(BY_NOTICE, item, known=False) for item in facts.get("also", []))
    if not found and _is_about_money(kind) and not _items_state_money(facts):
        found.append(Line(BY_NOTICE, "比例和额度", known=False))
    return tuple(found)


def _is_about_money(kind: str) -> bool:
    return any(word in kind for word in _MONEY_WORDS)


def _items_state_money(facts: Mapping[str, Any]) -> bool:
    return any(
        isinstance(item, dict) and any(name in item for name in (*_MONEY_FIELDS, "amount_wan"))
        for item in facts.get("items", [])
    )


def _with_notice(text: str) -> str:
    return f"{text}；{BY_NOTICE}" if "未查到" in text or "由各城市定" in text else text


def _targets(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(f"{target['value']}" + (f"（到{target['by']}年）" if target.get("by") else ""), target["item"])
        for target in facts.get("targets", [])
    )


def _items(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    found: list[Line] = []
    for item in facts.get("items", []):
        if isinstance(item, str):
            found.append(Line(item))
            continue
        parts = [clean(item[name]) for name in ("eligibility", "rule", "ratio") if item.get(name)]
        if item.get("amount_wan"):
            parts.append("对应奖励 " + "/".join(f"{amount:,}" for amount in item["amount_wan"]) + " 万元")
        if item.get("cap_wan") is not None:
            parts.append(f"最高 {item['cap_wan']:,} 万元")
        found.append(Line("；".join(parts), item["name"]))
    found.extend(Line("；".join(group["items"]), group["type"]) for group in facts.get("criteria", []))
    return tuple(found)


def _periods(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    labels = (
        ("term", "期限"),
        ("valid", "有效期"),
        ("valid_to", "有效期至"),
        ("batches", "批次"),
        ("apply", "申报"),
    )
    return tuple(Line(clean(facts[name]), label) for name, label in labels if facts.get(name))


def _pilots(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line(
            f"第{pilot['batch']}批；细分行业：{'、'.join(pilot['sub_industries'])}"
            f"（来源 {pilot['source']}，{confidence_text(pilot['confidence'])}）",
            pilot["district"],
        )
        for pilot in facts.get("chongqing", [])
    )
