"""Who sees which organisation, the reviewed table of rights, the evidence and the panels."""

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import uscc
from app.core.db import Database
from app.core.errors import NotFound
from app.core.pagination import PageRequest
from app.core.permissions import ANONYMOUS, Actor, Permission, Role, can
from app.organisations import evidence, panels, queries
from app.organisations.models import Capacity, Organisation, OrganisationState, PoolMove
from app.reference.data import uscc_categories
from app.web import queues
from app.web.queues import Waiting
from tests.factories.accounts import actor_of, make_user
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.organisations.pooling import Play

CREATE = Permission.organisations_organisation_create
EDIT = Permission.organisations_organisation_edit
VERIFY = Permission.organisations_organisation_verify
QUEUE = Permission.organisations_queue_read

# Reviewed by hand: role × (create, edit own, edit another, verify, read the queue).
RIGHTS: dict[Role | None, tuple[bool, bool, bool, bool, bool]] = {
    None: (True, False, False, False, False),
    Role.member: (True, False, False, False, False),
    Role.organisation_admin: (True, True, False, False, False),
    Role.reviewer: (False, False, False, True, True),
    Role.operator: (False, False, False, False, True),
    Role.district_officer: (False, False, False, False, False),
    Role.city_officer: (False, False, False, False, False),
    Role.system_admin: (False, False, False, False, False),
    Role.security_admin: (False, False, False, False, False),
    Role.auditor: (False, False, False, False, False),
}


def test_the_table_names_every_role():
    assert set(RIGHTS) == {None, *Role}


@pytest.mark.parametrize("role", RIGHTS)
def test_rights(session: Session, role: Role | None):
    own, other = make_organisation(session), make_organisation(session)
    acts = role in {Role.member, Role.organisation_admin}
    user = make_user(session)
    roles = (role,) if role else ()
    actor = actor_of(user, *roles, organisation_id=own.id if acts else None)
    found = (
        can(actor, CREATE),
        can(actor, EDIT, own),
        can(actor, EDIT, other),
        can(actor, VERIFY, other),
        can(actor, QUEUE),
    )
    assert found == RIGHTS[role]


def test_a_visitor_has_no_right(session: Session):
    row = make_organisation(session)
    assert not any(can(ANONYMOUS, permission, row) for permission in (CREATE, EDIT, VERIFY, QUEUE))


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
@pytest.mark.parametrize("state", list(OrganisationState))
def test_who_sees_which(session: Session, state: OrganisationState):
    row = make_organisation(session, state=state)
    other = make_organisation(session)
    public = state is OrganisationState.verified
    expected: list[tuple[Actor, bool]] = [
        (ANONYMOUS, public),
        (acting_for(add_member(session, other), other), public),
        (acting_for(add_member(session, row), row), True),
        (actor_of(make_user(session), Role.operator), True),
        (actor_of(make_user(session), Role.city_officer), public),
        (actor_of(make_user(session), Role.auditor), public),
    ]
    for actor, sees in expected:
        found = session.scalars(queries.visible_to(actor).where(Organisation.id == row.id)).all()
        assert bool(found) is sees, actor.roles
        if not sees:
            with pytest.raises(NotFound):
                queries.get_organisation(session, actor, row.id)


def test_the_search_over_all_pages_and_counts(session: Session):
    staff = actor_of(make_user(session), Role.operator)
    for number in range(5):
        make_organisation(session, name=f"示例分页{number}有限公司")
    page = queries.search_organisations(
        session, staff, text="分页", state=OrganisationState.verified, request=PageRequest.of(2, 2)
    )
    assert (page.total, page.pages, len(page.items)) == (5, 3, 2)
    none = queries.search_organisations(
        session, staff, text="分页", state=OrganisationState.returned, request=PageRequest.of(1, 2)
    )
    assert none.total == 0


class TestEvidence:
    def collect(
        self, session: Session, row: Organisation, code: str | None = "500113"
    ) -> dict[str, evidence.Evidence]:
        around = evidence.Surroundings(
            district_name="巴南区",
            district_code=code,
            industry_name=None,
            lookalikes=queries.list_lookalikes(session, row),
            categories=uscc_categories(),
        )
        return {item.check.code: item for item in evidence.collect(row, around)}

    def test_what_the_system_cannot_know_is_left_to_a_person(self, session: Session):
        row = make_organisation(
            session, credit_code=uscc.make_code("500113", 70), contact_mobile="13911110000"
        )
        rows = self.collect(session, row)
        assert rows["district"].tone == "ok"
        assert rows["active"].verdict == evidence.BY_HAND
        assert rows["licence"].found.startswith("两个校验位都通过；登记类别：企业")
        assert {item.tone for code, item in rows.items() if code != "paper"} == {"", "ok"}
        assert rows["paper"].tone == "warn"  # nobody uploaded one

    def test_a_code_from_elsewhere_is_no_fault(self, session: Session):
        row = make_organisation(session, credit_code=uscc.make_code("500000", 71))
        assert self.collect(session, row)["district"].tone == ""

    def test_twins_are_pointed_at(self, session: Session):
        row = make_organisation(
            session,
            name="示例同名有限公司",
            contact_mobile="13911110001",
            credit_code=uscc.make_code("500113", 72),
        )
        make_organisation(session, name="示例同名有限公司", contact_mobile="13911110002")
        make_organisation(session, name="示例别名有限公司", contact_mobile="13911110001")
        rows = self.collect(session, row)
        assert (rows["licence"].tone, rows["contact"].tone) == ("warn", "warn")
        assert "1 家同名" in rows["licence"].found

    def test_an_example_is_called_one(self, session: Session):
        assert self.collect(session, make_organisation(session))["licence"].verdict == "示例"


class TestPanels:
    def count(self, session: Session, build: object, actor: Actor) -> tuple[object, int]:
        statements: list[str] = []
        engine = session.get_bind()

        def note(*arguments: object) -> None:
            statements.append(str(arguments[2]))

        session.flush()
        session.expunge_all()
        event.listen(engine, "before_cursor_execute", note)
        try:
            data = build(session, actor)  # type: ignore[operator]
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return data, len(statements)

    def test_the_staffs_queue_tells_count_and_age(self, session: Session):
        staff = actor_of(make_user(session), Role.reviewer)
        waiting, _ = self.count(session, panels.verifications, staff)
        assert isinstance(waiting, Waiting)
        assert (waiting.count, waiting.oldest) == (0, None)
        rows = [make_organisation(session, state=OrganisationState.unverified) for _ in range(2)]
        session.flush()
        waiting, statements = self.count(session, panels.verifications, staff)
        assert isinstance(waiting, Waiting)
        assert (waiting.count, waiting.hours) == (2, 48.0)
        assert {item.title for item in waiting.items} == {row.name for row in rows}
        assert statements <= 5

    def test_an_appeal_against_ones_own_decision_is_not_ones_own_work(self, session: Session):
        play = Play(session)
        play.make(PoolMove.refuse)
        play.make(PoolMove.appeal)
        session.flush()
        appeals = next(item for item in queues.registered() if item.name == "organisations.appeals")
        first, second = (appeals.build(session, actor) for actor in (play.reviewer, play.second))
        assert ([item.title for item in first.items], len(second.items)) == ([], 1)
        assert first.count == second.count == 1

    def test_ones_own_home(self, session: Session):
        own = make_organisation(session, Capacity.vendor)
        admin = acting_for(add_member(session, own), own)
        applicant = make_user(session)
        data, statements = self.count(session, panels.workspace, admin)
        assert isinstance(data, dict)
        assert data["requests"] == 0
        assert statements <= 4
        assert panels.workspace(session, ANONYMOUS) is None
        assert panels.workspace(session, actor_of(make_user(session), Role.reviewer)) is None
        assert panels.workspace(session, actor_of(applicant)) is None
        assert panels.account(session, actor_of(applicant)) is None
        held, statements = self.count(session, panels.account, admin)
        assert isinstance(held, dict)
        assert [row.id for row in held["organisations"]] == [own.id]
        assert statements == 1


@pytest.mark.committed
def test_the_queue_costs_the_same_for_twenty_as_for_two(database: Database):
    counts = []
    for wanted in (2, 20):
        with database.writing() as session:
            while queries.summarise_queue(session).count < wanted:
                make_organisation(session, state=OrganisationState.unverified)
        statements: list[str] = []

        def note(*arguments: object, into: list[str] = statements) -> None:
            into.append(str(arguments[2]))

        event.listen(database.engine, "before_cursor_execute", note)
        with database.reading() as session:
            rows = queries.list_queue(session)
            assert len([row.organisation.capacity_set for row in rows]) == wanted
        event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len([text for text in statements if text.startswith("SELECT")]))
    assert counts[0] == counts[1]
