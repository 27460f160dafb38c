"""What the pickers ask: public, searchable by code, name and pinyin, in the shape that the script expects."""

from tests.services.client import Client


def test_districts_of_today_and_of_another_day(client: Client):
    items = client.get("/api/v1/districts?q=beib").json()["items"]
    assert [(item["value"], item["text"]) for item in items] == [("beibei", "北碚区")]
    today = {item["value"] for item in client.get("/api/v1/districts").json()["items"]}
    assert "liangjiang" in today
    assert "jiangbei" not in today
    before = client.get("/api/v1/districts?on=2025-11-05").json()["items"]
    assert "jiangbei" in {item["value"] for item in before}


def test_the_new_district_shows_no_code(client: Client):
    (item,) = client.get("/api/v1/districts?q=两江").json()["items"]
    assert item["code"] is None
    assert item["note"] == "中心城区"


def test_industries_say_where_they_belong(client: Client):
    items = client.get("/api/v1/industries?q=稻谷").json()["items"]
    assert items[0]["value"] == "C1311"
    assert items[0]["note"] == "C1311 › 农副食品加工业 › 谷物磨制"
    assert items[0]["path"] == ["农副食品加工业", "谷物磨制", "稻谷加工"]


def test_industries_without_a_text_are_the_divisions(client: Client):
    items = client.get("/api/v1/industries").json()["items"]
    assert len(items) == 31
    assert {item["level"] for item in items} == {"大类"}


def test_industries_refuse_too_long_a_text(client: Client):
    assert client.get("/api/v1/industries?q=" + "长" * 61).status_code == 422
    assert client.get("/api/v1/industries?limit=51").status_code == 422


def test_scenarios_and_pain_points(client: Client):
    scenarios = client.get("/api/v1/scenarios").json()["items"]
    assert [item["code"] for item in scenarios] == [f"S{number:02d}" for number in range(1, 17)]
    assert len(scenarios[0]["levels"]) == 4
    assert scenarios[7]["plain"]
    points = client.get("/api/v1/pain-points?scenario=S08").json()["items"]
    assert len(points) == 6
    assert len(client.get("/api/v1/pain-points").json()["items"]) == 96
