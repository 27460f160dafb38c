"""The JSON interface of offerings."""

import uuid
from typing import Any

import pytest

from app.accounts.models import User
from app.offerings.models import OfferingState
from app.organisations.models import Capacity
from tests.factories.accounts import sign_in
from tests.factories.offerings import make_content, make_offering, make_vendor
from tests.services.client import Client, find_forms


def headers(client: Client, **more: str) -> dict[str, str]:
    shown = client.get("/workspace/offerings").text
    return {"X-CSRF-Token": find_forms(shown)[0].fields["csrf_token"], **more}


def body(**values: Any) -> dict[str, Any]:
    return make_content(**values).model_dump(mode="json")


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_lists_are_filtered(client: Client):
    session = client.session
    vendor, other = make_vendor(session), make_vendor(session)
    make_offering(session, vendor, title="示例甲 100%")
    make_offering(
        session,
        other,
        title="示例乙",
        kind="service",
        product_class=None,
        service_class="检测",
        industry_codes=[],
    )
    make_offering(session, other, OfferingState.draft, title="示例草稿")
    other_id = other.organisation.id
    table = [
        ("", {"示例甲 100%", "示例乙"}),
        ("?kind=service", {"示例乙"}),
        ("?q=100%25", {"示例甲 100%"}),
        ("?q=_", set()),
        ("?scenario=S08", {"示例甲 100%", "示例乙"}),
        ("?scenario=S0", set()),
        ("?pain_point=S08-1", {"示例甲 100%", "示例乙"}),
        ("?industry=C2911", {"示例甲 100%", "示例乙"}),
        ("?industry=C13", {"示例乙"}),
        (f"?organisation={other_id}", {"示例乙"}),
        ("?days_max=1", set()),
        ("?days_max=2&size=1", None),
    ]
    for query, titles in table:
        found = client.get(f"/api/v1/offerings{query}")
        assert found.status_code == 200, query
        if titles is not None:
            assert {item["title"] for item in found.json()["items"]} == titles, query
            assert found.json()["total"] == len(titles)
        else:
            assert (len(found.json()["items"]), found.json()["total"]) == (1, 2)
    for query in ("?kind=gift", "?scenario=%22]", "?page=0", "?size=1000", "?organisation=x"):
        assert client.get(f"/api/v1/offerings{query}").status_code == 422, query


def test_one_offering_with_its_evidence(client: Client):
    vendor = make_vendor(client.session)
    row = make_offering(client.session, vendor)
    offering_id = row.id
    found = client.get(f"/api/v1/offerings/{offering_id}").json()
    assert found["price_from_fen"] == 3_000_000
    assert found["organisation"]["verified"] is True
    assert [letter["letter"] for letter in found["letters"]] == ["小", "快", "轻", "准"]
    assert all(letter["evidence"] for letter in found["letters"])
    assert found["has_pending_change"] is None
    assert "evidence" not in found["cases"][0]
    assert client.get(f"/api/v1/offerings/{uuid.uuid4()}").status_code == 404
    assert client.get("/api/v1/offerings/none").status_code == 404


def test_drafts_once_per_key_with_a_version(client: Client):
    vendor = make_vendor(client.session)
    sign_in(client, vendor.user)
    sent = headers(client, **{"Idempotency-Key": "once"})
    first = client.post("/api/v1/offerings", json={"content": body()}, headers=sent)
    again = client.post("/api/v1/offerings", json={"content": body()}, headers=sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    assert client.get(first.headers["location"]).json()["id"] == first.json()["id"]
    other = client.post("/api/v1/offerings", json={"content": body(title="示例另一项")}, headers=sent)
    assert other.status_code == 422
    url = f"/api/v1/offerings/{first.json()['id']}"
    changed = client.patch(url, json={"version": 1, "content": body(go_live_days=7)}, headers=headers(client))
    assert (changed.status_code, changed.json()["version"], changed.json()["go_live_days"]) == (200, 2, 7)
    late = client.patch(url, json={"version": 1, "content": body()}, headers=headers(client))
    assert late.status_code == 409
    assert late.json()["error"]["code"] == "edit_conflict"
    assert late.json()["error"]["theirs"]["changes"] == [["上线天数", "7 天", "2 天"]]
    handed = client.post(f"{url}/submit", json={"version": 2}, headers=headers(client))
    assert (handed.status_code, handed.json()["state"]) == (200, "submitted")


def test_refusals_name_fields_and_rights(client: Client):
    session = client.session
    vendor, buyer = make_vendor(session), make_vendor(session, Capacity.enterprise)
    foreign_id = make_offering(session, make_vendor(session), OfferingState.draft).id
    vendor_id, buyer_id = vendor.user.id, buyer.user.id
    assert client.post("/api/v1/offerings", json={"content": body()}).status_code in {401, 403}
    sign_in(client, session.get(User, vendor_id))
    sent = headers(client)
    assert client.post("/api/v1/offerings", json={"content": body()}).status_code == 403
    for wrong, field in (
        ({**body(), "surprise": 1}, "content-surprise"),
        ({**body(), "title": ""}, "content-title"),
        (
            {**body(), "packages": [{"title": "甲", "price_min_fen": 5, "price_max_fen": 1}]},
            "content-packages-0-price_max_fen",
        ),
        (
            {**body(), "packages": [{"title": "甲", "price_min_fen": 10**12}]},
            "content-packages-0-price_min_fen",
        ),
        ({**body(), "summary": "电话 13800000000"}, "content-summary"),
    ):
        answer = client.post("/api/v1/offerings", json={"content": wrong}, headers=sent)
        assert answer.status_code == 422
        assert field in answer.json()["error"]["fields"]
    unknown = client.post("/api/v1/offerings", json={"content": body(scenario_codes=["S99"])}, headers=sent)
    assert unknown.json()["error"]["fields"] == {"scenario_codes": "请从列出的应用场景中选择"}
    patched = client.patch(
        f"/api/v1/offerings/{foreign_id}", json={"version": 1, "content": body()}, headers=sent
    )
    assert patched.status_code == 404
    sign_in(client, session.get(User, buyer_id))
    assert (
        client.post("/api/v1/offerings", json={"content": body()}, headers=headers(client)).status_code == 403
    )
