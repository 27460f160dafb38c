"""Each list of the room costs as many queries for many rows as for two."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.core.permissions import Role
from app.needs import service
from app.needs.models import GroupState, MemberState, NeedGroup, NeedGroupMember, NeedRecording
from tests.factories.accounts import make_user, sign_in
from tests.factories.needs import make_other_owner, make_published
from tests.factories.offerings import make_vendor
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
GROUP = uuid.UUID(int=7)


@pytest.fixture
def statements(client: Client) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append(statement)

    engine = client.app.state.runtime.database.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def group(session: Session, key: uuid.UUID, state: GroupState) -> NeedGroup:
    row = NeedGroup(id=key, state=state, title="示例一组", fingerprint=key.hex, confirmed_at=clock.now())
    session.add(row)
    session.flush()
    return row


def grow(session: Session, count: int) -> None:
    """Add needs with two unclear votes, a recording, a question, a place in one group and in a group of their own."""
    voters = [make_vendor(session) for _ in range(2)]
    for _ in range(count):
        need = make_published(session, make_other_owner(session))
        for voter in voters:
            key = voter.organisation.id
            service.record_interest(session, need_id=need.id, organisation_id=key, kind="invited")
            service.cast_vote(session, voter.actor, need_id=need.id, clear=False, lines=["time"])
        session.add(NeedRecording(need_id=need.id, recorded_by=need.created_by, basis="示例依据"))
        group(session, uuid.uuid4(), GroupState.open)
        group(session, uuid.uuid4(), GroupState.suggested)
        session.add(
            NeedGroupMember(
                id=uuid.uuid4(),
                group_id=GROUP,
                need_id=need.id,
                organisation_id=need.organisation_id,
                state=MemberState.joined,
                invited_at=clock.now(),
            )
        )
    session.flush()


@pytest.mark.parametrize(
    "url",
    [
        "/common-needs",
        f"/common-needs/{GROUP}",
        "/desk/common-needs",
        f"/desk/common-needs/{GROUP}",
        "/desk/needs/unclear",
        "/desk/needs/recorded",
    ],
)
def test_many_rows_cost_as_many_queries_as_two(client: Client, statements: list[str], url: str):
    operator = make_user(client.session, Role.operator).id
    group(client.session, GROUP, GroupState.open)
    counts = []
    for more in (2, 28):
        grow(client.session, more)
        sign_in(client, people.get_user(client.session, operator))
        client.session.commit()
        statements.clear()
        assert client.get(url).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] > 0


def test_a_page_of_many_questions_costs_as_much_as_one_of_two(client: Client, statements: list[str]):
    need = make_published(client.session, make_other_owner(client.session))
    key, url = need.id, f"/needs/{need.case_number}"
    counts = []
    for more in (2, 28):
        for _ in range(more):
            actor = make_vendor(client.session).actor
            service.ask_question(client.session, actor, need_id=key, text="示例：有没有备用电源？")
        client.session.commit()
        statements.clear()
        assert client.get(url).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]
