"""Who sees which need, on pages, in the API and in the index: canaries must not come out anywhere else."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.permissions import Actor, Role
from app.needs import indexing, queries, service
from app.needs.models import Confidentiality, Need, NeedState
from app.organisations.models import Capacity, Organisation, OrganisationState
from search.schema import problem_of
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.needs import make_draft, make_held, make_published, make_whole
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])

NAME = "示例金丝雀锻造有限公司"
PROBLEM = "金丝雀难处：夜班锻压机停了没人发现，早上接班才知道，上个月误了三次交货"
READERS = ("visitor", "member", "unverified_vendor", "vendor", "finance", "officer", "reviewer", "owner")

#: (state, confidentiality) → who may read it.
EVERYBODY = frozenset(READERS)
VERIFIED = frozenset({"vendor", "finance", "reviewer", "owner"})
OWN_AND_STAFF = frozenset({"reviewer", "owner"})
OWN = frozenset({"owner"})
SEEN: dict[tuple[str, str], frozenset[str]] = {
    ("published", "public"): EVERYBODY,
    ("published", "verified_vendors"): VERIFIED,
    ("published", "staff_only"): OWN_AND_STAFF,
    ("held", "public"): OWN_AND_STAFF,
    ("held", "staff_only"): OWN_AND_STAFF,
    ("draft", "public"): OWN,
    ("returned", "public"): OWN,
    ("withdrawn", "public"): OWN_AND_STAFF,
    ("withdrawn draft", "public"): OWN,
}


class Cast:
    """One user for every reader, and the need's organisation."""

    def __init__(self, session: Session) -> None:
        self.organisation = make_organisation(session, name=NAME, short_name="示例金丝雀")
        vendor = make_organisation(session, Capacity.vendor)
        bank = make_organisation(session, Capacity.finance)
        fresh = make_organisation(session, Capacity.vendor, state=OrganisationState.unverified)
        self.users: dict[str, User | None] = {
            "visitor": None,
            "member": add_member(session, make_organisation(session)),
            "unverified_vendor": add_member(session, fresh),
            "vendor": add_member(session, vendor),
            "finance": add_member(session, bank),
            "officer": make_user(session, Role.district_officer),
            "reviewer": make_staff(session),
            "owner": add_member(session, self.organisation),
        }
        owner = self.users["owner"]
        assert owner is not None
        self.owner: Actor = acting_for(owner, self.organisation)

    def enter(self, client: Client, reader: str) -> None:
        user = self.users[reader]
        if user is None:
            client.cookies.clear()
        else:
            sign_in(client, user)


def make(session: Session, cast: Cast, state: str, confidentiality: str, **more: Any) -> Need:
    fields: dict[str, Any] = {"problem": PROBLEM, "confidentiality": confidentiality, **more}
    if state == "held":
        return make_held(session, cast.owner, **fields)
    if state == "draft":
        return make_draft(session, cast.owner, **fields)
    if state == "withdrawn draft":
        need = make_draft(session, cast.owner, **fields)
        return service.withdraw_need(session, cast.owner, need_id=need.id, version=need.version)
    if state == "returned":
        need = make_held(session, cast.owner, **fields)
        need.state = NeedState.returned
        return need
    fields["confidentiality"] = Confidentiality(confidentiality)
    need = make_published(session, cast.owner, **fields)
    if state == "withdrawn":
        service.withdraw_need(session, cast.owner, need_id=need.id, version=need.version, code="changed")
    return need


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.mark.parametrize(("state", "confidentiality"), SEEN)
def test_the_matrix(client: Client, cast: Cast, state: str, confidentiality: str):
    need = make(client.session, cast, state, confidentiality)
    number, key = need.case_number, str(need.id)
    for reader in READERS:
        cast.enter(client, reader)
        seen = reader in SEEN[state, confidentiality]
        whole = reader in OWN_AND_STAFF
        for url in (f"/needs/{number}", f"/api/v1/needs/{number}", f"/api/v1/needs/{key}"):
            answer = client.get(url)
            assert answer.status_code == (200 if seen else 404), (reader, url)
            assert ("金丝雀难处" in answer.text) == seen, (reader, url)
            named = NAME in answer.text
            assert named <= (seen and whole), (reader, url)
        assert ("金丝雀难处" in client.get("/api/v1/needs").text) == (seen and state == "published"), reader


def test_contact_details_and_the_exact_trade_stay_inside(client: Client, cast: Cast):
    need = make(client.session, cast, "published", "public", industry="C3411")
    number = need.case_number
    contacts = (cast.organisation.contact_mobile, cast.organisation.contact_name)
    public = client.get(f"/needs/{number}")
    assert "通用设备制造业" in public.text
    assert public.text.count("金切") + public.text.count("C3411") == 0
    assert not any(secret in public.text for secret in contacts)
    assert client.get(f"/api/v1/needs/{number}").json()["industry"] == "C34"
    cast.enter(client, "owner")
    assert client.get(f"/api/v1/needs/{number}").json()["industry"] == "C3411"
    cast.enter(client, "vendor")
    assert not any(secret in client.get(f"/needs/{number}").text for secret in contacts)


def test_a_name_is_shown_when_its_owner_says_so(client: Client, cast: Cast):
    need = make(client.session, cast, "published", "public", hide_name=False)
    number = need.case_number
    assert NAME in client.get(f"/needs/{number}").text
    assert client.get(f"/api/v1/needs/{number}").json()["organisation"] == NAME
    assert NAME in client.get("/api/v1/needs").text


@pytest.mark.parametrize("confidentiality", list(Confidentiality))
def test_the_index_knows_no_more_than_the_page(
    session: Session, cast: Cast, confidentiality: Confidentiality
):
    need = make(session, cast, "published", confidentiality.value, industry="C3411")
    session.flush()
    (document,) = indexing.load(session, [str(need.id)])
    assert problem_of(document) == ""
    everything = repr(document)
    for secret in (NAME, "示例金丝雀", "C3411", cast.organisation.contact_mobile, "can_stop_line"):
        assert secret not in everything
    assert document.facets["industry"] == ("C34",)
    assert document.numbers == {"budget_min_fen": 3_000_000, "budget_max_fen": 5_000_000, "go_live_days": 45}
    found = {name for name, actor in _actors(cast).items() if actor.audiences & set(document.audience)}
    assert found == {name for name in _actors(cast) if name in SEEN["published", confidentiality.value]}


def _actors(cast: Cast) -> dict[str, Actor]:
    vendor = Actor(
        user_id=uuid.uuid4(),
        organisation_id=uuid.uuid4(),
        organisation_verified=True,
        capacities=frozenset({"vendor"}),
        roles=frozenset({Role.member}),
    )
    return {
        "visitor": Actor(),
        "vendor": vendor,
        "reviewer": Actor(user_id=uuid.uuid4(), roles=frozenset({Role.reviewer})),
        "owner": cast.owner,
    }


def test_the_index_names_whoever_is_named(session: Session, cast: Cast):
    need = make(session, cast, "published", "public", hide_name=False)
    session.flush()
    (document,) = indexing.load(session, [str(need.id)])
    assert document.organisation == NAME
    assert document.facets["organisation"] == (str(need.organisation_id),)


@pytest.mark.parametrize("state", ["draft", "held", "returned", "withdrawn"])
def test_what_is_not_published_is_a_tombstone(session: Session, cast: Cast, state: str):
    need = make(session, cast, state, "public")
    session.flush()
    (document,) = indexing.load(session, [str(need.id)])
    assert document.is_tombstone
    assert "金丝雀" not in repr(document)


def test_what_a_suspended_organisation_posted_is_hidden(client: Client, cast: Cast):
    need = make(client.session, cast, "published", "public")
    number, key = need.case_number, str(need.id)
    assert client.get(f"/needs/{number}").status_code == 200
    organisation = client.session.get_one(Organisation, cast.organisation.id)
    organisation.state = OrganisationState.suspended
    assert client.get(f"/needs/{number}").status_code == 404
    assert indexing.load(client.session, [key])[0].is_tombstone
    for reader in ("owner", "reviewer"):
        cast.enter(client, reader)
        assert client.get(f"/needs/{number}").status_code == 200


def test_ids_come_page_by_page(session: Session, cast: Cast):
    made = {str(make(session, cast, "draft", "public").id) for _ in range(5)}
    session.flush()
    found: list[str] = []
    while page := indexing.list_ids(session, found[-1] if found else None, 2):
        found += page
    assert made <= set(found)
    assert len(found) == len(set(found))
    visible = queries.list_visible_by_ids(session, cast.owner, [uuid.UUID(key) for key in found])
    assert {str(need.id) for need in visible} == made


@pytest.fixture
def statements(client: Client) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    engine = client.app.state.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("reader", "url"),
    [
        ("owner", "/workspace/needs"),
        ("reviewer", "/desk/needs"),
        ("visitor", "/api/v1/needs"),
        ("owner", "/workspace"),
    ],
)
def test_twenty_rows_cost_as_many_queries_as_two(
    client: Client, cast: Cast, statements: list[str], reader: str, url: str
):
    counts = []
    for more in (2, 18):
        for _ in range(more):
            make_held(client.session, cast.owner)
            make(client.session, cast, "published", "public")
        cast.enter(client, reader)
        client.session.commit()
        statements.clear()
        assert client.get(url).status_code == 200
        counts.append(len([text for text in statements if text.lstrip().upper().startswith("SELECT")]))
    assert counts[0] == counts[1]
    assert counts[0] > 0


def test_documents_cost_as_many_queries_for_twenty_as_for_two(
    session: Session, client: Client, cast: Cast, statements: list[str]
):
    keys = [str(make_whole(session, cast.owner).id) for _ in range(20)]
    session.flush()
    counts = []
    for some in (keys[:2], keys):
        session.expunge_all()
        statements.clear()
        assert len(indexing.load(session, some)) == len(some)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 6
