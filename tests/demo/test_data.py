"""The demo files hold nothing real and none of the labels that the needs were measured with."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

from app.core import uscc
from app.core.money import wan_to_fen
from app.core.settings import Settings
from app.demo import data, signins
from app.needs.conditions import is_answer
from app.needs.gate import Figure, GateFacts, GateRule, Verdict, evaluate
from app.reference.data import read_csv

FOLDER = Path(data.__file__).parents[1] / "data" / "demo"
NEED_FIELDS = {"id", "text", "industry", "organisation", "origin", "mark"}
COMPLETION_FIELDS = {
    "need",
    "title",
    "scenario",
    "baselines",
    "budget_min_wan",
    "budget_max_wan",
    "wanted_within_days",
    "conditions",
    "condition_fields",
    "confidentiality",
    "fund_sources",
    "urgency",
    "origin",
    "mark",
}
LABELS = (
    "pain_point",
    "relevant",
    "also",
    "scenario_codes",
    "constraints",
    "budget_max_wan",
    "days_max",
    "voice",
    "style",
)


def test_everything_is_marked():
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert (row["origin"], row["mark"]) == ("demo", "示例"), path.name


def test_no_label_of_a_need_is_in_the_demo_files():
    rows = data.read_jsonl("needs.jsonl")
    assert len(rows) == 192
    for row in rows:
        assert set(row) == NEED_FIELDS
        assert not set(row) & set(LABELS)
    for row in data.read_jsonl("needs_completed.jsonl"):
        assert set(row) <= COMPLETION_FIELDS
    for name in ("needs.jsonl", "needs_completed.jsonl"):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert not re.search(r"S\d\d-\d", text), f"a pain point's code stands in {name}"
        assert not re.search(r"\"F\d{3}\"", text), f"an offering's id stands in {name}"


def test_organisations_are_plainly_fictitious():
    found = data.organisations()
    assert len({row.credit_code for row in found}) == len(found)
    assert len({row.name for row in found}) == len(found)
    for row in found:
        assert row.name.endswith("（示例）")
        assert row.short_name.endswith("（示例）")
        assert uscc.parse(row.credit_code).is_fictitious
    vendors = [row for row in found if row.kind_of_vendor is not None]
    assert len(vendors) >= 40
    assert len(found) - len(vendors) >= 60
    assert sum(not row.verified for row in found) >= 5


def test_organisations_stand_in_the_reference_data():
    districts = {row["slug"] for row in read_csv("districts.csv") if not row["valid_to"]}
    industries = {row["code"] for row in read_csv("industries.csv")}
    for row in data.organisations():
        assert row.district in districts
        assert row.industry is None or row.industry in industries
        assert set(row.capacities) <= {"enterprise", "vendor", "institution", "finance"}


def test_offerings_have_a_vendor_and_fictitious_customers():
    vendors = {row.key: row for row in data.organisations()}
    scenarios = {row["code"] for row in read_csv("scenarios.csv")}
    points = {row["code"] for row in read_csv("pain_points.csv")}
    rows = data.offerings()
    assert len(rows) == 384
    assert Counter(row["kind"] for row in rows) == {"solution": 195, "service": 95, "equipment": 94}
    for row in rows:
        vendor = vendors[row["vendor"]]
        assert vendor.verified
        assert vendor.kind_of_vendor == row["kind_of_vendor"]
        assert set(row["scenario_codes"]) <= scenarios
        assert set(row["pain_points"]) <= points
        assert row["price_min_wan"] <= row["price_max_wan"]
        for case in row["cases"]:
            assert case["customer"].endswith("（示例）")


def test_needs_belong_to_enterprises_of_their_industry():
    owners = {row.key: row for row in data.organisations()}
    for need in data.needs():
        owner = owners[need.organisation]
        assert "enterprise" in owner.capacities
        if need.industry is not None:
            assert owner.industry is not None
            assert owner.industry.startswith(need.industry)


def test_completions_are_whole_and_belong_to_verified_owners():
    owners = {row.key: row for row in data.organisations()}
    scenarios = {row["code"] for row in read_csv("scenarios.csv")}
    completed = [need for need in data.needs() if need.completion is not None]
    assert len(completed) == 64
    assert {need.completion.scenario for need in completed if need.completion} == scenarios
    for need in completed:
        completion = need.completion
        assert completion is not None
        assert owners[need.organisation].verified
        assert completion.baselines
        assert all(line["metric"] and line["value"] and line["unit"] for line in completion.baselines)
        assert 0 < completion.budget_min_wan < completion.budget_max_wan
        assert completion.wanted_within_days > 0
        assert len(completion.conditions) >= 3
        assert completion.confidentiality in {"public", "verified_vendors", "staff_only"}
        assert len(completion.title) <= 60


def test_most_completions_pass_the_real_gate():
    rule, today = GateRule(), date(2026, 11, 23)
    verdicts = Counter()
    for need in data.needs():
        completion = need.completion
        if completion is None:
            continue
        facts = GateFacts(
            problem=need.text,
            figures=tuple(Figure(counted=True, has_unit=bool(line["unit"])) for line in completion.baselines),
            budget_min_fen=wan_to_fen(completion.budget_min_wan),
            budget_max_fen=wan_to_fen(completion.budget_max_wan),
            has_fund_source=bool(completion.fund_sources),
            wanted_days=completion.wanted_within_days,
            has_urgency=bool(completion.urgency),
            conditions=completion.condition_fields,
            today=today,
        )
        for code, answer in completion.condition_fields.items():
            assert is_answer(code, answer), (need.id, code, answer)
        verdicts[evaluate(facts, rule).verdict] += 1
    assert verdicts == {Verdict.publish: 64}


def test_no_phone_number_stands_anywhere():
    for path in sorted(FOLDER.glob("*.jsonl")):
        assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", path.read_text(encoding="utf-8")), path.name


def test_passwords_differ_between_installations(tmp_path: Path):
    first = Settings(env="test", data_dir=tmp_path / "one")
    second = Settings(env="test", data_dir=tmp_path / "two")
    assert signins.password(first) == signins.password(first)
    assert signins.password(first) != signins.password(second)
    assert len(signins.password(first)) >= 12
    shown = "\n".join(signins.lines(first))
    for each in signins.SIGN_INS:
        assert each.login in shown


def test_every_role_has_a_sign_in():
    roles = {each.role for each in signins.SIGN_INS}
    assert len(roles) == 9
    owners = {row.key: row for row in data.organisations()}
    held = {
        capacity
        for each in signins.SIGN_INS
        if each.organisation
        for capacity in owners[each.organisation].capacities
    }
    assert held == {"enterprise", "vendor", "institution", "finance"}
    for each in signins.SIGN_INS:
        if each.organisation is not None:
            assert owners[each.organisation].verified


def test_plain_words_are_no_copies_of_the_needs():
    """The needs measure the matching; their wording must not have been copied into the centre's own lists."""
    texts = [need.text for need in data.needs()]
    plain = [row["plain"] for row in read_csv("pain_points.csv")]
    plain += [row["plain(composed)"] for row in read_csv("scenarios.csv")]
    for words in plain:
        for start in range(len(words) - 4):
            assert not any(words[start : start + 5] in text for text in texts), words
