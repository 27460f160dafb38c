"""JSON: the same rules as on the pages, with idempotency keys and versions."""

from typing import Any

import pytest

from app.accounts.models import User
from app.deals.states import EnquiryState
from tests.factories.accounts import sign_in
from tests.factories.deals import ASKS, Deal
from tests.services.client import Client

URL = "/api/v1/enquiries"


@pytest.fixture
def deal(client: Client) -> Deal:
    return Deal(client.session)


class Caller:
    """A signed-in person's program."""

    def __init__(self, client: Client, actor: Any) -> None:
        user = client.session.get(User, actor.user_id)
        assert user is not None
        sign_in(client, user)
        self.client = client
        self.token = client.get("/api/v1/me").json()["csrf_token"]

    def post(self, path: str, json: Any, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"{URL}{path}", json=json, headers={"x-csrf-token": self.token, **named})

    def get(self, path: str) -> Any:
        return self.client.get(f"{URL}{path}")


def asking(deal: Deal, **more: Any) -> dict[str, Any]:
    return {
        "direction": "forward",
        "offering_id": str(deal.offering.id),
        "need_id": str(deal.need.id),
        "message": ASKS,
        **more,
    }


def test_create_once_read_answer_and_talk(client: Client, deal: Deal) -> None:
    send = asking(deal)
    number, firm = deal.need.case_number, deal.firm.name
    sme = Caller(client, deal.sme)
    made = sme.post("", send, Idempotency_Key="one")
    assert made.status_code == 201
    again = sme.post("", send, Idempotency_Key="one")
    assert again.json() == made.json()
    other = sme.post("", {**send, "message": "示例：别的话"}, Idempotency_Key="one")
    assert other.status_code == 422
    assert sme.post("", send).status_code == 409, "the pair lives already"
    body = made.json()
    assert (body["state"], body["side"], body["turn"], body["case_number"]) == (
        "open",
        "sme",
        "answerer",
        number,
    )
    key = body["id"]

    vendor = Caller(client, deal.vendor)
    assert vendor.get("").json()["total"] == 1
    read = vendor.get(f"/{key}")
    assert read.headers["etag"] == '"1"'
    assert read.json()["firm"] is None
    assert read.json()["actions"] == ["accept", "decline"]
    assert vendor.post(f"/{key}/accept", {"share_contacts": True}).status_code == 428
    stale = vendor.post(f"/{key}/accept", {"share_contacts": True}, If_Match='"7"')
    assert stale.status_code == 409
    assert stale.json()["error"]["theirs"]["state"] == "open"
    accepted = vendor.post(f"/{key}/accept", {"share_contacts": True}, If_Match='"1"')
    assert accepted.status_code == 200
    assert (accepted.json()["state"], accepted.json()["contacts_open"]) == ("accepted", False)
    refused = vendor.post(f"/{key}/messages", {"message": "打13800000000"}, Idempotency_Key="m")
    assert refused.status_code == 422
    assert "电话" in refused.json()["error"]["fields"]["message"]
    sent = vendor.post(f"/{key}/messages", {"message": "示例：周三来看"}, Idempotency_Key="m")
    assert sent.status_code == 201
    listed = vendor.get(f"/{key}/messages?after=1").json()
    assert [item["text"] for item in listed["items"]] == ["示例：周三来看"]
    assert listed["last_number"] == 2
    assert firm not in str(vendor.get(f"/{key}").json())


def test_decline_withdraw_and_offer(client: Client, deal: Deal) -> None:
    first, second = deal.ask(), deal.ask(with_need=False)
    keys = first.id, second.id
    need_id, offering_id = str(deal.need.id), str(deal.offering.id)
    vendor = Caller(client, deal.vendor)
    wrong = vendor.post(f"/{keys[0]}/decline", {"reason": "price"}, If_Match="1")
    assert wrong.status_code == 422
    done = vendor.post(f"/{keys[0]}/decline", {"reason": "busy"}, If_Match="1")
    assert (done.json()["state"], done.json()["reason"]) == ("declined", "排期满了")
    offer = {"direction": "reverse", "offering_id": offering_id, "message": "示例：我们能做"}
    assert vendor.post("", offer).status_code == 422
    assert vendor.post("", {**offer, "need_id": need_id}).status_code == 201
    sme = Caller(client, deal.sme)
    back = sme.post(f"/{keys[1]}/withdraw", {"reason": "changed"}, If_Match="1")
    assert back.json()["state"] == "withdrawn"


def test_strangers_and_visitors(client: Client, deal: Deal) -> None:
    row = deal.in_state(EnquiryState.accepted)
    key = row.id
    assert client.get(f"{URL}/{key}").status_code == 401
    stranger = Caller(client, Deal(client.session).vendor)
    assert stranger.get("").json()["total"] == 0
    for path in (f"/{key}", f"/{key}/messages"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/{key}/messages", {"message": "示例：我也说"}).status_code == 404
    assert stranger.post(f"/{key}/decline", {"reason": "busy"}, If_Match="1").status_code == 404
