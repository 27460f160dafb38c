"""Up to four offerings side by side: rows of one cell each, with whether they differ. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.money import format_range
from app.offerings import conditions, pricing, xkqz
from app.offerings.facts import OfferingFacts

MOST = 4
GROUPS = ("price", "time", "letters", "site", "cases", "terms", "vendor")
#: Conditions that the factory must supply or bear; the others say that nothing is asked.
ASKED = frozenset(
    {
        "own_server",
        "internet",
        "lan",
        "signal_4g",
        "pc",
        "machine_port",
        "retrofit",
        "wiring",
        "power",
        "short_stop",
        "long_stop",
        "existing_system",
        "staff_needed",
        "consent",
        "authorisation",
    }
)
NOTHING = "没有写"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one offering says: lines of text, or nothing; `tone` as `ui.state` takes it."""

    lines: tuple[str, ...]
    tone: str = ""

    @property
    def known(self) -> bool:
        return bool(self.lines)


@dataclass(frozen=True, slots=True)
class Row:
    """One question and an answer per offering."""

    title: str
    note: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        return len({(cell.lines, cell.tone) for cell in self.cells}) > 1


TONES = {xkqz.Verdict.passed: "ok", xkqz.Verdict.failed: "warn", xkqz.Verdict.unknown: ""}


def rows(
    found: Sequence[OfferingFacts],
    thresholds: xkqz.Thresholds,
    *,
    industry: str = "",
    industry_names: Mapping[str, str],
    scenario_names: Mapping[str, str],
    district_names: Mapping[str, str],
) -> list[Row]:
    """Return the comparison's rows; `industry` (a division such as C29) is whose cases are counted."""
    letters = [xkqz.letters(item, thresholds) for item in found]
    table = [
        _row("每档价格", "首年要付的，含税", [_packages(item) for item in found]),
        _row("首年合计", "能直接比的最低一档到最高一档", [_first_year(item) for item in found]),
        _row(
            "多少天用起来",
            "从签约算起，服务商承诺",
            [(f"{item.go_live_days} 天",) if item.go_live_days is not None else () for item in found],
        ),
        _row(
            "培训几天",
            "",
            [(f"{item.training_days} 天",) if item.training_days is not None else () for item in found],
        ),
    ]
    for place, letter in enumerate(letters[0] if letters else ()):
        cells = tuple(
            Cell(
                (mine[place].verdict_label, *((mine[place].promise,) if mine[place].promise else ())),
                TONES[mine[place].verdict],
            )
            for mine in letters
        )
        table.append(Row(f"{letter.letter}：{letter.label}", "中心规则判定，承诺来自服务商", cells))
    table += [
        _row("要厂里准备的", "", [_asked(item) for item in found], empty="没有要求"),
        _row("不用厂里操心的", "", [_eased(item) for item in found]),
        _row("管哪些场景", "", [_named(item.scenario_codes, scenario_names) for item in found]),
        _row(
            "适用行业", "", [_named(item.industry_codes, industry_names) or ("不限行业",) for item in found]
        ),
    ]
    name = industry_names.get(industry, "") if industry else ""
    table.append(
        _row(
            f"{name}的案例" if name else "案例",
            "中心核实过的另外写明",
            [_cases(item, industry) for item in found],
        )
    )
    table += [
        _row(
            "不用了怎么办",
            "数据导出和退出",
            [(item.exit_terms,) if item.exit_terms else () for item in found],
        ),
        _row(
            "谁提供",
            "",
            [
                tuple(
                    part
                    for part in (
                        item.organisation_name,
                        district_names.get(item.district_slug or "", ""),
                        "中心已核验" if item.organisation_verified else "待核验",
                    )
                    if part
                )
                for item in found
            ],
        ),
    ]
    return table


def _row(title: str, note: str, texts: Sequence[tuple[str, ...]], *, empty: str = "") -> Row:
    return Row(title, note, tuple(Cell(lines or ((empty,) if empty else ())) for lines in texts))


def _packages(item: OfferingFacts) -> tuple[str, ...]:
    return tuple(
        f"{package.title or f'套餐 {number}'}：{pricing.price_text(package)}"
        for number, package in enumerate(item.packages, 1)
    )


def _first_year(item: OfferingFacts) -> tuple[str, ...]:
    if item.price_from_fen is not None:
        return (format_range(item.price_from_fen, item.price_to_fen),)
    return (pricing.cheapest(item.packages).reason,)


def _asked(item: OfferingFacts) -> tuple[str, ...]:
    known = conditions.describe(item.condition_codes & ASKED)
    return tuple(
        dict.fromkeys([*known, *(text for text in item.prerequisites if not conditions.codes_of([text]))])
    )


def _eased(item: OfferingFacts) -> tuple[str, ...]:
    return tuple(conditions.describe(item.condition_codes - ASKED))


def _named(codes: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(names.get(code, code) for code in codes)


def _cases(item: OfferingFacts, industry: str) -> tuple[str, ...]:
    mine = [case for case in item.cases if not industry or (case.industry_code or "").startswith(industry)]
    if not mine:
        return ()
    checked = sum(case.confirmed for case in mine)
    shown = [
        f"{case.effect_metric} {case.effect_before}→{case.effect_after}{case.effect_unit}"
        for case in sorted(mine, key=lambda case: not case.confirmed)
        if case.is_measurable
    ]
    return (f"{len(mine)} 个，中心核实 {checked} 个", *shown[:2])
