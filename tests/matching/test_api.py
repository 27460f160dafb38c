"""`POST /api/v1/match/preview` and a need's matches: the shape, the rules, the faults."""

import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.settings import Settings
from app.main import create_app
from app.needs.models import Need
from tests.factories.accounts import sign_in
from tests.factories.organisations import add_member, make_organisation
from tests.services import databases
from tests.services.client import Client

PREVIEW = "/api/v1/match/preview"
SENTENCE = "夜班冲床停了没人知道，早上才发现。六台老冲床，五万以内，不想停产"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application on a copy of what `make setup` leaves, without a worker."""
    given = databases.demo_data(tmp_path_factory.mktemp("match") / "data")
    settings = Settings(
        env="test", data_dir=given["FUNENG_DATA_DIR"], worker_in_process=False, rate_factor=1000
    )
    with TestClient(create_app(settings), base_url=settings.public_url) as client:
        yield client


def ask(client: TestClient, text: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(PREVIEW, json={"text": text, **fields})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def exact(answer: dict[str, Any]) -> None:
    """The contributions sum to the score, as the decimals that stand in the JSON."""
    for item in answer["items"]:
        total = sum((Decimal(str(factor["contribution"])) for factor in item["factors"]), Decimal(0))
        assert total == Decimal(str(item["score"]))
        for factor in item["factors"]:
            assert (factor["value"] is None) == (factor["evidence"] == [])
            assert Decimal(str(factor["contribution"])) == factor["weight"] * Decimal(
                str(factor["value"] or 0)
            )


def test_the_shape_that_others_rely_on(ready: TestClient) -> None:
    answer = ask(ready, SENTENCE)
    assert set(answer) >= {"reading", "items", "groups", "advice", "excluded", "excluded_counts"}
    reading = answer["reading"]
    assert set(reading) >= {"scenario", "scenarios", "pain_points", "quantities", "masked"}
    assert set(reading["scenario"]) >= {"code", "name", "confidence"}
    assert reading["scenario"]["code"] == "S08"
    assert reading["pain_points"][0]["code"] == "S08-1"
    assert set(reading["pain_points"][0]) >= {"code", "name", "confidence", "span"}
    assert reading["quantities"]["budget_max_fen"] == 5_000_000
    assert len(answer["items"]) == 10
    first = answer["items"][0]
    assert set(first["offering"]) >= {
        "id",
        "title",
        "organisation",
        "scenarios",
        "price_from_fen",
        "go_live_days",
    }
    assert set(first["factors"][0]) >= {"name", "weight", "value", "contribution", "evidence"}
    assert [item["score"] for item in answer["items"]] == sorted(
        (item["score"] for item in answer["items"]), reverse=True
    )
    exact(answer)


def test_it_needs_no_sign_in_and_no_token(ready: TestClient) -> None:
    foreign = ready.post(PREVIEW, json={"text": SENTENCE}, headers={"Authorization": ""})
    assert foreign.status_code == 200


def test_fields_exclude_and_are_counted(ready: TestClient) -> None:
    answer = ask(ready, SENTENCE, budget_max_fen=300_000, days_max=3)
    assert answer["excluded_counts"]
    assert len(answer["excluded"]) <= 20
    assert {item["rule"] for item in answer["excluded"]} <= {"X-01", "X-02", "X-03"}
    assert sum(answer["excluded_counts"].values()) >= len(answer["excluded"])
    inside = {item["offering"]["id"] for item in answer["items"]}
    assert not inside & {item["id"] for item in answer["excluded"]}
    for item in answer["items"]:
        price = item["offering"]["price_from_fen"]
        assert price is None or price <= 300_000
        assert (item["offering"]["go_live_days"] or 0) <= 3
    exact(answer)


def test_a_correction_moves_the_list(ready: TestClient) -> None:
    before = ask(ready, "老师傅要退休，电费也一直涨")
    after = ask(ready, "老师傅要退休，电费也一直涨", not_pain_points=["S02-1"])
    assert "S02-1" in {point["code"] for point in before["reading"]["pain_points"]}
    assert "S02-1" not in {point["code"] for point in after["reading"]["pain_points"]}
    assert before["items"][0]["offering"]["id"] != after["items"][0]["offering"]["id"]
    assert len(before["groups"]) >= 2
    for group in before["groups"]:
        assert set(group["item_ids"]) <= {item["offering"]["id"] for item in before["items"]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "？？？",
        "哈哈哈哈",
        "a" * 2000,
        "仓" * 2000,
        "仓库老是找不到料，" * 222,
        "How to comply with EU CBAM reporting?",
        "倉庫太亂，揾極都揾唔到料",
        "Станок стоит",
        "<script>alert(1)</script>",
        "'; DROP TABLE needs; --",
        "\x00\x07\u202e仓库",
        "😀😀😀",
        "AND OR NOT ( ) * ~ ^ \\",
    ],
)
def test_no_text_fails(ready: TestClient, text: str) -> None:
    answer = ask(ready, text)
    assert answer["items"] or answer["advice"]
    exact(answer)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": None},
        {"text": "x" * 2001},
        {"text": "x", "limit": 0},
        {"text": "x", "limit": 51},
        {"text": "x", "budget_max_fen": -1},
        {"text": "x", "days_max": 0},
        {"text": "x", "surprise": 1},
        {"text": "x", "pain_points": "S01-1"},
    ],
)
def test_a_bad_request_is_refused_with_the_field(ready: TestClient, body: dict[str, Any]) -> None:
    assert ready.post(PREVIEW, json=body).status_code == 422


def test_unknown_codes_do_no_harm(ready: TestClient) -> None:
    answer = ask(ready, SENTENCE, scenario="S99", industry="ZZZ", district="nowhere", pain_points=["x"])
    assert answer["items"]
    exact(answer)


def test_contacts_are_masked_in_the_answer(ready: TestClient) -> None:
    answer = ask(ready, "仓库找不到料，打13900000000，厂在示例工业园3栋2楼")
    assert "13900000000" not in json.dumps(answer, ensure_ascii=False)
    assert set(answer["reading"]["masked"]) == {"电话", "地址"}
    assert "masked" in {item["code"] for item in answer["advice"]}


def test_a_dead_engine_gives_the_simplified_list_never_an_error(client: Client, app: Any) -> None:
    app.state.runtime.engine.close()
    answer = client.post(PREVIEW, json={"text": SENTENCE})
    assert answer.status_code == 200
    body = answer.json()
    assert body["degraded"] is True
    assert body["reading"]["pain_points"][0]["code"] == "S08-1"


def test_it_is_rate_limited(client: Client) -> None:
    codes = [client.post(PREVIEW, json={"text": "仓库乱"}).status_code for _ in range(8)]
    assert 429 in codes
    assert codes[0] == 200


def _need(client: Client) -> tuple[Need, Any, Any]:
    organisation = make_organisation(client.session)
    member = add_member(client.session, organisation)
    need = Need(
        id=uuid.uuid4(),
        case_number=f"FN-2026-{uuid.uuid4().int % 1_000_000:06d}-7",
        organisation_id=organisation.id,
        title="冲床停了没人知道",
        problem="夜班冲床停了没人知道",
    )
    client.session.add(need)
    client.session.flush()
    return need, organisation, member


class TestAPostedNeed:
    def test_its_own_people_see_its_matches_visitors_do_not(self, client: Client) -> None:
        need, _, member = _need(client)
        api, page = f"/api/v1/needs/{need.id}/matches", f"/workspace/needs/{need.id}/matches"
        assert client.get(api).status_code in {401, 403, 404}
        sign_in(client, member)
        answer = client.get(api)
        assert answer.status_code == 200
        assert answer.json()["reading"]["pain_points"][0]["code"] == "S08-1"
        shown = client.get(page)
        assert shown.status_code == 200
        assert "设备停机无人知晓" in shown.text

    def test_another_firm_meets_nothing(self, client: Client) -> None:
        need, _, _ = _need(client)
        other = make_organisation(client.session)
        sign_in(client, add_member(client.session, other))
        assert client.get(f"/api/v1/needs/{need.id}/matches").status_code == 404
        assert client.get(f"/workspace/needs/{need.id}/matches").status_code == 404

    def test_a_correction_travels_in_the_address_and_the_words_do_not(self, client: Client) -> None:
        need, _, member = _need(client)
        sign_in(client, member)
        shown = client.get(f"/workspace/needs/{need.id}/matches?not_pain_points=S08-1&text=别的话")
        assert shown.status_code == 200
        assert 'value="S08-1"' in shown.text  # kept for the next correction
        assert "别的话" not in shown.text
