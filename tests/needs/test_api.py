"""Needs for programs: drafts, edits with If-Match, publishing, reading."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.masking import marker
from app.core.permissions import Actor
from app.needs import queries
from app.organisations.models import Organisation, OrganisationState
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.needs import PROBLEM, WHOLE, make_draft, make_published
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
URL = "/api/v1/needs"


@pytest.fixture
def member(session: Session, organisation: Organisation) -> User:
    return add_member(session, organisation)


@pytest.fixture
def owner(member: User, organisation: Organisation) -> Actor:
    return acting_for(member, organisation)


class Program:
    """A client that sends the token a browser would send."""

    def __init__(self, client: Client, user: User) -> None:
        sign_in(client, user)
        self.client = client
        text = client.get("/needs/new").text
        start = text.index('name="csrf_token" value="') + len('name="csrf_token" value="')
        self.headers = {"X-CSRF-Token": text[start : text.index('"', start)]}

    def send(self, method: str, url: str, data: Any = None, **headers: str) -> Any:
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, url, json=data, headers={**self.headers, **extra})


def test_from_draft_to_published(client: Client, member: User):
    program = Program(client, member)
    made = program.send("POST", URL, {"problem": f"{PROBLEM}打13812345678"})
    assert made.status_code == 201
    draft = made.json()
    assert (draft["state"], draft["version"]) == ("draft", 1)
    assert draft["problem"].endswith(marker("phone"))
    assert draft["masked"] == ["phone"]
    assert draft["gate"]["verdict"] == "hold"
    assert {line["code"]: line["points"] for line in draft["gate"]["lines"]} == {
        "problem": 5,
        "baseline": 0,
        "budget": 0,
        "time": 0,
        "conditions": 0,
    }
    url = f"{URL}/{draft['id']}"
    whole = {name: value for name, value in WHOLE.items() if name != "problem"}
    edited = program.send("PATCH", url, whole, If_Match='"1"')
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')
    assert edited.json()["gate"]["total"] == 25
    assert edited.json()["baselines"][0]["value"] == "9"
    sent = program.send("POST", f"{url}/publish")
    assert sent.json()["state"] == "published"
    read = client.get(f"{URL}/{draft['case_number']}").json()
    assert read["url"] == f"/needs/{draft['case_number']}"
    client.cookies.clear()
    listed = client.get(URL).json()
    assert (listed["total"], listed["items"][0]["case_number"]) == (1, draft["case_number"])
    assert listed["items"][0]["organisation"] is None


def test_a_repeated_request_makes_one_draft(client: Client, member: User, owner: Actor):
    program = Program(client, member)
    answers = [
        program.send("POST", URL, {"problem": PROBLEM}, Idempotency_Key="a-key-of-mine-0001")
        for _ in range(2)
    ]
    assert answers[0].status_code == 201
    assert answers[0].json() == answers[1].json()
    assert queries.list_own(client.session, owner, queries.PageRequest()).total == 1
    other = program.send("POST", URL, {"problem": "别的内容，别的难处"}, Idempotency_Key="a-key-of-mine-0001")
    assert other.json()["error"]["code"] == "idempotency_mismatch"


def test_an_old_version_gets_the_other_content(client: Client, member: User, owner: Actor):
    need = make_draft(client.session, owner)
    url = f"{URL}/{need.id}"
    program = Program(client, member)
    assert program.send("PATCH", url, {"title": "甲"}, If_Match="1").status_code == 200
    late = program.send("PATCH", url, {"title": "乙"}, If_Match="1")
    assert late.status_code == 409
    assert late.json()["error"]["code"] == "edit_conflict"
    assert late.json()["error"]["theirs"] == {"title": "甲"}
    assert program.send("PATCH", url, {"title": "甲"}, If_Match='W/"1"').status_code == 200  # sent twice
    for wrong in ({}, {"If_Match": "*"}, {"If_Match": "x"}):
        assert program.send("PATCH", url, {"title": "丙"}, **wrong).status_code == 428
    stale = program.send("POST", f"{url}/publish", If_Match='"1"')
    assert stale.status_code == 409


def test_a_patch_changes_only_what_it_names(client: Client, member: User, owner: Actor):
    need = make_draft(client.session, owner, **{name: WHOLE[name] for name in ("baselines", "conditions")})
    program = Program(client, member)
    answer = program.send("PATCH", f"{URL}/{need.id}", {"urgency": "soon"}, If_Match='"1"').json()
    assert (answer["urgency"], len(answer["baselines"]), answer["problem"]) == ("soon", 3, PROBLEM)
    cleared = program.send("PATCH", f"{URL}/{need.id}", {"urgency": None, "baselines": []}, If_Match='"2"')
    assert (cleared.json()["urgency"], cleared.json()["baselines"]) == (None, [])


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "problem"),
        ({"problem": ""}, "problem"),
        ({"problem": "字" * 2001}, "problem"),
        ({"problem": PROBLEM, "state": "published"}, "state"),
        ({"problem": PROBLEM, "gate_score": 25}, "gate_score"),
        ({"problem": PROBLEM, "budget_max_fen": "很多"}, "budget_max_fen"),
        ({"problem": PROBLEM, "conditions": {"network": "?"}}, "conditions"),
        ({"problem": PROBLEM, "baselines": [{"metric": "x", "value": "y"}]}, "baselines-0-value"),
    ],
)
def test_what_is_refused_names_its_field(client: Client, member: User, data: dict[str, Any], field: str):
    answer = Program(client, member).send("POST", URL, data)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]


def test_a_need_that_nobody_could_read_says_what_to_write(client: Client, member: User, owner: Actor):
    need = make_draft(client.session, owner, problem="急")
    answer = Program(client, member).send("POST", f"{URL}/{need.id}/publish")
    assert answer.status_code == 422
    assert "problem" in answer.json()["error"]["fields"]


def test_an_unverified_organisation_waits(client: Client):
    organisation = make_organisation(client.session, state=OrganisationState.unverified)
    program = Program(client, add_member(client.session, organisation))
    made = program.send("POST", URL, WHOLE).json()
    assert program.send("POST", f"{URL}/{made['id']}/publish").json()["state"] == "waiting_verification"


def test_who_may_not(client: Client, owner: Actor):
    need = make_draft(client.session, owner)
    key = need.id
    assert client.post(URL, json={"problem": PROBLEM}).status_code in {401, 403}
    stranger = Program(client, add_member(client.session, make_organisation(client.session)))
    assert stranger.send("PATCH", f"{URL}/{key}", {"title": "x"}, If_Match='"1"').status_code == 404
    assert stranger.send("POST", f"{URL}/{key}/publish").status_code == 404
    assert stranger.send("GET", f"{URL}/{key}").status_code == 404
    assert stranger.send("GET", f"{URL}/not-a-number").status_code == 404
    for user in (make_staff(client.session), make_user(client.session)):
        assert Program(client, user).send("POST", URL, {"problem": PROBLEM}).status_code == 403


def test_pages_of_the_list_are_bounded(client: Client, owner: Actor):
    for _ in range(3):
        make_published(client.session, owner)
    second = client.get(URL, params={"page": 2, "size": 2}).json()
    assert (second["total"], len(second["items"]), second["page"], second["size"]) == (3, 1, 2, 2)
    for wrong in ({"size": 0}, {"size": 101}, {"page": 0}, {"page": "x"}):
        assert client.get(URL, params=wrong).status_code == 422


def test_reading_without_end_is_slowed_down(client: Client, owner: Actor):
    number = make_published(client.session, owner).case_number
    told = [client.get(f"{URL}/{number}").status_code for _ in range(121)]
    assert told == [200] * 120 + [429]
    assert client.get(URL).status_code == 429
