"""What the needs' pages show: the steps with their state, the gate's lines, a need in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, money
from app.core.permissions import Actor
from app.needs import labels, masking, policy
from app.needs.conditions import CONDITIONS, describe
from app.needs.gate import GateLine, GateResult, Verdict
from app.needs.metrics import metrics_for
from app.needs.models import BaselineHow, Confidentiality, FundSource, Need, Urgency
from app.organisations import queries as organisations
from app.reference import queries as reference

ROWS = 3


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    number: int
    title: str
    help: str


STEPS: tuple[Step, ...] = (
    Step("problem", 1, "您的难处", "用自己的话写：哪里、什么时候、出了什么事、后果是什么。"),
    Step(
        "baseline",
        2,
        "现在是什么样（现状数字）",
        "写两三个数就够，估的也行。签约时它会锁定为对照的起点。",
    ),
    Step("budget", 3, "预算和谁来出", "写个大概的范围，方案才好按价格排。"),
    Step("time", 4, "什么时候要", "写一个日期或天数，服务商才知道来不来得及。"),
    Step("conditions", 5, "现场条件", "能不能停产、有没有网、电柜有没有位置。勾选即可，约 1 分钟。"),
    Step("audience", 6, "给谁看", "公开难处，不公开厂名；双方同意后再互看联系方式。"),
)
BY_KEY: Mapping[str, Step] = {step.key: step for step in STEPS}
LABELS = {
    "problem": "您的难处",
    "title": "一句话标题",
    "scenario": "属于哪一类",
    "pain_points": "具体是哪一种",
    "industry": "行业",
    "district": "区县",
    "baselines": "现状数字",
    "equipment": "设备",
    "machine_count": "台数",
    "baseline_note": "还想说的现状",
    "budget_min": "预算下限",
    "budget_max": "预算上限",
    "fund_sources": "钱从哪里来",
    "wanted_by": "日期",
    "wanted_days": "天数",
    "urgency": "缓急",
    "conditions": "现场条件",
    "conditions_note": "还想说的现场",
    "confidentiality": "给谁看",
    "hide_name": "隐去厂名",
    "version": "版本",
}


def next_step(key: str) -> str | None:
    """Return the step after this one, None after the last."""
    number = BY_KEY[key].number
    return STEPS[number].key if number < len(STEPS) else None


def first_open(result: GateResult) -> str:
    """Return the first step that still gains something, the audience when all do."""
    for line in result.lines:
        if status_of(line) != "done":
            return line.code
    return "audience"


def status_of(line: GateLine) -> str:
    return "todo" if line.points == 0 else "done" if line.points >= 4 else "doing"


def tasks(need: Need, result: GateResult, base: str) -> list[dict[str, Any]]:
    """Return the six steps with their state, what stands in them in one line, and where to open them."""
    told = summaries(need)
    found = []
    for step in STEPS:
        if step.key == "audience":
            status = "done" if need.audience_chosen else "todo"
        else:
            status = status_of(result.line(step.key))
        found.append(
            {
                "key": step.key,
                "number": step.number,
                "title": step.title,
                "help": step.help,
                "text": told[step.key] or step.help,
                "status": status,
                "href": f"{base}?step={step.key}#task-{step.number}",
            }
        )
    return found


def summaries(need: Need) -> dict[str, str]:
    """Return one line for each step; empty where nothing stands."""
    problem = need.problem.replace("\n", " ")
    return {
        "problem": problem if len(problem) <= 60 else f"{problem[:60]}……",
        "baseline": "；".join(row["text"] for row in baseline_rows(need)),
        "budget": "，".join(part for part in (budget_text(need), "、".join(fund_names(need))) if part),
        "time": time_text(need),
        "conditions": "；".join(f"{title}：{answer}" for title, answer in describe(need.conditions)),
        "audience": audience_text(need) if need.audience_chosen else "",
    }


def budget_text(need: Need) -> str:
    if need.budget_min_fen is None and need.budget_max_fen is None:
        return ""
    return money.format_range(need.budget_min_fen, need.budget_max_fen)


def fund_names(need: Need) -> list[str]:
    return [labels.FUNDS[FundSource(code)] for code in need.fund_sources]


def time_text(need: Need) -> str:
    parts = [
        f"{clock.cn_date(need.wanted_by)}前" if need.wanted_by else "",
        f"{need.wanted_days} 天内" if need.wanted_days else "",
        labels.URGENCY[need.urgency] if need.urgency else "",
    ]
    return "，".join(part for part in parts if part)


def audience_text(need: Need) -> str:
    name = "不公开厂名" if need.hide_name else "公开厂名"
    return f"{labels.CONFIDENTIALITY[need.confidentiality]}；{name}；双方同意后再互看联系方式"


def baseline_rows(need: Need) -> list[dict[str, str]]:
    """Return each figure in words, with where it comes from."""
    rows = []
    for row in need.baselines:
        counted = row.how is not BaselineHow.not_counted
        value = f"{row.value} {row.unit}".strip() if counted else labels.HOW[row.how]
        when = f"（{row.period}）" if row.period else ""
        metric = row.metric or "现状"
        rows.append(
            {
                "metric": f"{metric}{when}",
                "value": value,
                "how": labels.HOW[row.how] if counted else "",
                "text": f"{metric} {value}" if counted else value,
            }
        )
    return rows


def gate_view(result: GateResult, base: str) -> dict[str, Any]:
    """Return the gate as its panel shows it: sum, verdict, the line that would raise each."""
    zeros = result.zeros
    if zeros:
        verdict, tone = f"有 {len(zeros)} 项 0 分", "stop"
    elif result.verdict is Verdict.publish:
        verdict, tone = "可以发布", "ok"
    else:
        verdict, tone = f"还差 {result.rule.publish_from - result.total} 分", "now"
    lines = []
    for line in result.lines:
        hint = line.first
        step = BY_KEY[line.code]
        lines.append(
            {
                "code": line.code,
                "title": line.title,
                "points": line.points,
                "text": f"{hint.text}。" if hint else line.good,
                "gain": hint.gain if hint else 0,
                "href": f"{base}?step={step.key}#f-{hint.field}" if hint and base else "",
                "action": "去填",
                "hints": sorted(line.hints, key=lambda hint: -hint.gain)[:3],
            }
        )
    short = f"{zeros[0].title}还是 0 分" if zeros else verdict
    return {
        "total": result.total,
        "full": result.full,
        "threshold": result.rule.publish_from,
        "verdict": verdict,
        "tone": tone,
        "lines": lines,
        "short": short,
        "outcome": result.verdict.value,
    }


def form_values(need: Need) -> dict[str, Any]:
    """Return what stands in the need under the names of the step forms."""
    return {
        "problem": need.problem,
        "title": need.title,
        "scenario": need.scenario_code or "",
        "pain_points": list(need.pain_point_codes),
        "industry": need.industry_code or "",
        "district": need.district_slug or "",
        "equipment": need.equipment,
        "machine_count": need.machine_count or "",
        "baselines": baseline_form(need),
        "baseline_note": need.baseline_note,
        "budget_min": money.fen_to_wan(need.budget_min_fen).replace(",", "")
        if need.budget_min_fen is not None
        else "",
        "budget_max": money.fen_to_wan(need.budget_max_fen).replace(",", "")
        if need.budget_max_fen is not None
        else "",
        "fund_sources": list(need.fund_sources),
        "wanted_by": need.wanted_by.isoformat() if need.wanted_by else "",
        "wanted_days": need.wanted_days or "",
        "urgency": need.urgency.value if need.urgency else "",
        "conditions": dict(need.conditions),
        "conditions_note": need.conditions_note,
        "confidentiality": need.confidentiality.value,
        "hide_name": need.hide_name,
    }


def baseline_form(need: Need) -> list[dict[str, Any]]:
    """Return the figures that stand, then lines that ask for the scenario's usual ones."""
    rows: list[dict[str, Any]] = [
        {
            "metric": row.metric,
            "value": row.value or "",
            "unit": row.unit,
            "period": row.period,
            "how": row.how.value,
        }
        for row in need.baselines
    ]
    known = {row["metric"] for row in rows}
    for metric in metrics_for(need.scenario_code):
        if len(rows) >= ROWS:
            break
        if metric.name not in known:
            rows.append({"metric": metric.name, "value": "", "unit": metric.unit, "period": "", "how": ""})
    if len(rows) == ROWS:
        rows.append({"metric": "", "value": "", "unit": "", "period": "", "how": ""})
    return rows


def lists(session: Session, need: Need, step: str) -> dict[str, Any]:
    """Return the closed lists of the open step."""
    if step == "baseline":
        return {"asked": {metric.name: metric for metric in metrics_for(need.scenario_code)}}
    if step != "problem":
        return {}
    regions: dict[str, list[tuple[str, str]]] = {}
    for row in reference.list_districts(session):
        regions.setdefault(row.region, []).append((row.slug, row.short_name))
    groups: dict[str, list[tuple[str, str]]] = {}
    for scenario in reference.list_scenarios(session):
        groups.setdefault(scenario.group_name, []).append(
            (scenario.code, f"{scenario.name}：{scenario.plain}")
        )
    points = reference.list_pain_points(session, scenario=need.scenario_code) if need.scenario_code else []
    industries = reference.industry_names(session, [need.industry_code] if need.industry_code else [])
    return {
        "districts": list(regions.items()),
        "scenarios": list(groups.items()),
        "pain_points": [(row.code, row.plain, row.name) for row in points],
        "industry_text": industries.get(need.industry_code or "", ""),
    }


CHOICES: dict[str, Any] = {
    "how": [(how.value, labels.HOW[how]) for how in BaselineHow],
    "funds": [(source.value, labels.FUNDS[source]) for source in FundSource],
    "urgencies": [(urgency.value, labels.URGENCY[urgency]) for urgency in Urgency],
    "conditions": CONDITIONS,
    "confidentialities": [
        (
            Confidentiality.public.value,
            labels.CONFIDENTIALITY[Confidentiality.public],
            "谁都能看到难处，看不到您是谁",
        ),
        (
            Confidentiality.verified_vendors.value,
            labels.CONFIDENTIALITY[Confidentiality.verified_vendors],
            "中心核验过的服务商、机构和银行",
        ),
        (
            Confidentiality.staff_only.value,
            labels.CONFIDENTIALITY[Confidentiality.staff_only],
            "由中心替您去找",
        ),
    ],
}


def shown(session: Session, actor: Actor, need: Need) -> dict[str, Any]:
    """Return a need as the actor may read it: no name while it is hidden, the industry as a whole division."""
    whole = policy.can_read_whole(actor, need)
    known = policy.knows_name(actor, need)
    organisation = organisations.list_by_ids(session, [need.organisation_id])[0] if known else None
    code = need.industry_code if whole else (need.industry_code or "")[:3]
    industries = reference.industry_names(session, [code] if code else [])
    scenarios = {row.code: row.name for row in reference.list_scenarios(session)}
    points = (
        {row.code: row for row in reference.list_pain_points(session, include_retired=True)}
        if need.pain_point_codes
        else {}
    )
    return {
        "case_number": need.case_number,
        "url": f"/needs/{need.case_number}",
        "title": need.title or "（还没有标题）",
        "problem": need.problem,
        "organisation": organisation.name if organisation else None,
        "verified": bool(organisation and organisation.is_verified),
        "demo": need.origin == "demo",
        "state": labels.STATE[need.state],
        "next": labels.NEXT[need.state],
        "scenario": scenarios.get(need.scenario_code or "", ""),
        "scenario_code": need.scenario_code,
        "pain_points": [points[code].name for code in need.pain_point_codes if code in points],
        "industry": industries.get(code or "", ""),
        "district": _district(session, need.district_slug),
        "equipment": need.equipment,
        "machine_count": need.machine_count,
        "baselines": baseline_rows(need),
        "baseline_note": need.baseline_note,
        "budget": budget_text(need),
        "funds": fund_names(need),
        "time": time_text(need),
        "conditions": describe(need.conditions),
        "conditions_note": need.conditions_note,
        "audience": audience_text(need),
        "published_at": need.published_at,
        "expires_at": need.expires_at,
        "masked": masking.describe(need.masked),
        "whole": whole,
        "own": policy.is_own(actor, need),
    }


def _district(session: Session, slug: str | None) -> str:
    row = reference.find_district(session, slug) if slug else None
    return row.short_name if row else ""
