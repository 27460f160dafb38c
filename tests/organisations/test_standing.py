"""Licences and qualifications: history, confirmation, the badge that opens its row, and the end of a term."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.messages import Message
from app.core.permissions import ANONYMOUS, Actor, Role
from app.files import queries as file_queries
from app.files import service as files
from app.files.models import FileState, StoredFile
from app.organisations import service
from app.organisations.models import Organisation, OrganisationState, Qualification, QualificationState
from app.organisations.queries import standing
from app.organisations.schemas.standing import QualificationDecision, QualificationForm
from app.organisations.service.papers import LICENCE, QUALIFICATION
from tests.factories.accounts import actor_of, make_staff, make_user, sign_in
from tests.factories.files import FakeUpload, pdf, png
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

both = pytest.mark.parametrize("backend", ["sqlite", "postgres"])
YES = QualificationDecision(confirm=True)
NO = QualificationDecision(confirm=False, reason="编号查不到")


def paper(name: str = "证书.pdf") -> files.Received:
    return files.receive(FakeUpload(name, pdf()), allow=files.PAPERS)


def title(**more: Any) -> QualificationForm:
    return QualificationForm.model_validate(
        {
            "kind": "specialised",
            "number": "渝示2024-001",
            "issuer": "示例经济信息委",
            "valid_from": "2024-01-01",
            "valid_to": "2027-01-01",
            **more,
        }
    )


def owner(session: Session, row: Organisation) -> Actor:
    return acting_for(add_member(session, row), row)


def reviewer(session: Session) -> Actor:
    return actor_of(make_staff(session), Role.reviewer)


def claimed(session: Session, actor: Actor, **more: Any) -> Qualification:
    return service.claim_qualification(session, actor, data=title(**more), received=paper())


class TestQualifications:
    @both
    def test_only_a_confirmed_one_is_seen_by_others(self, session: Session):
        row = make_organisation(session)
        actor = owner(session, row)
        item = claimed(session, actor)
        assert standing.list_qualifications(session, ANONYMOUS, row.id) == []
        assert [found.id for found in standing.list_qualifications(session, actor, row.id)] == [item.id]
        service.decide_qualification(session, reviewer(session), qualification_id=item.id, data=YES)
        assert [found.id for found in standing.list_qualifications(session, ANONYMOUS, row.id)] == [item.id]
        row.state = OrganisationState.suspended
        session.flush()
        assert standing.list_qualifications(session, ANONYMOUS, row.id) == []

    def test_a_refusal_says_why_and_another_may_be_claimed(self, session: Session):
        row = make_organisation(session)
        actor = owner(session, row)
        item = claimed(session, actor)
        with pytest.raises(Conflict, match="已经在等"):
            claimed(session, actor)
        with pytest.raises(Invalid):
            service.decide_qualification(
                session,
                reviewer(session),
                qualification_id=item.id,
                data=QualificationDecision(confirm=False, reason="？"),
            )
        service.decide_qualification(session, reviewer(session), qualification_id=item.id, data=NO)
        assert (item.state, item.reason) == (QualificationState.refused, "编号查不到")
        assert claimed(session, actor).state is QualificationState.claimed
        with pytest.raises(Conflict, match="已经有人办过"):
            service.decide_qualification(session, reviewer(session), qualification_id=item.id, data=YES)

    def test_who_may(self, session: Session):
        row, other = make_organisation(session), make_organisation(session)
        item = claimed(session, owner(session, row))
        member = acting_for(add_member(session, row, role=Role.member), row, Role.member)
        with pytest.raises(Forbidden):
            claimed(session, member)
        with pytest.raises(Forbidden):
            service.withdraw_qualification(session, member, qualification_id=item.id)
        with pytest.raises(NotFound):
            service.withdraw_qualification(session, owner(session, other), qualification_id=item.id)
        operator = actor_of(make_user(session, Role.operator), Role.operator)
        with pytest.raises(Forbidden):
            service.decide_qualification(session, operator, qualification_id=item.id, data=YES)

    def test_a_withdrawn_one_is_gone_for_others(self, session: Session):
        row = make_organisation(session)
        actor = owner(session, row)
        item = claimed(session, actor)
        service.decide_qualification(session, reviewer(session), qualification_id=item.id, data=YES)
        service.withdraw_qualification(session, actor, qualification_id=item.id)
        assert standing.list_qualifications(session, ANONYMOUS, row.id) == []
        with pytest.raises(Conflict, match="已经了结"):
            service.withdraw_qualification(session, actor, qualification_id=item.id)

    def test_dates_that_end_before_they_begin(self):
        with pytest.raises(ValueError, match="不能早于"):
            title(valid_to="2023-12-31")


class TestEnding:
    def told(self, session: Session) -> list[tuple[str, int]]:
        session.flush()
        rows = session.scalars(
            select(Message)
            .where(
                Message.name.in_(["organisations.qualification_ending", "organisations.qualification_ended"])
            )
            .order_by(Message.created_at)
        )
        return [(row.name.rsplit("_", 1)[1], row.payload["days"]) for row in rows]

    @both
    def test_each_step_is_told_once_and_a_missed_one_is_made_up(self, session: Session):
        row = make_organisation(session)
        end = clock.today() + timedelta(days=100)
        item = claimed(session, owner(session, row), valid_to=end.isoformat())
        service.decide_qualification(session, reviewer(session), qualification_id=item.id, data=YES)
        for left in (90, 61, 60, 59, 31, 12, 7, 3, 0, -1, -2, -40):
            with clock.frozen(clock.now() + timedelta(days=100 - left)):
                service.remind_of_ends(session)
        assert self.told(session) == [("ending", 60), ("ending", 12), ("ending", 7), ("ended", -1)]

    def test_one_that_waits_or_has_no_end_is_left_alone(self, session: Session):
        actor = owner(session, make_organisation(session))
        claimed(session, actor, valid_to=clock.today().isoformat())
        endless = claimed(session, actor, kind="high_tech", valid_to="")
        service.decide_qualification(session, reviewer(session), qualification_id=endless.id, data=YES)
        assert service.remind_of_ends(session) == 0

    def test_the_last_day_still_counts(self):
        item = Qualification(valid_to=date(2026, 11, 23))
        assert not standing.is_over(item, date(2026, 11, 23))
        assert standing.is_over(item, date(2026, 11, 24))


class TestPages:
    def test_a_badge_opens_its_row_and_an_ended_one_is_no_badge(self, client: Client):
        row = make_organisation(client.session)
        organisation_id = row.id
        actor, staff = owner(client.session, row), reviewer(client.session)
        items = [
            claimed(client.session, actor),
            claimed(client.session, actor, kind="high_tech", valid_from="2020-01-01", valid_to="2021-01-01"),
        ]
        for item in items:
            service.decide_qualification(client.session, staff, qualification_id=item.id, data=YES)
        fresh, ended = (item.id for item in items)
        page = client.get(f"/organisations/{organisation_id}").text
        assert f'href="#q-{fresh}"' in page
        assert f'id="q-{fresh}"' in page
        assert "渝示2024-001" in page
        assert f'href="#q-{ended}"' not in page
        assert "已过期" in page

    def test_from_the_claim_to_the_confirmation(self, client: Client):
        row = make_organisation(client.session)
        user = add_member(client.session, row)
        user_id, organisation_id = user.id, row.id
        sign_in(client, user)
        data = title().model_dump(mode="json")
        without = client.submit(
            "/organisations/mine/qualifications", data, action="/organisations/mine/qualifications/uploads"
        )
        assert without.status_code == 422
        assert "请选一个文件" in without.text
        sent = client.submit(
            "/organisations/mine/qualifications",
            data,
            action="/organisations/mine/qualifications/uploads",
            files={"file": ("证书.png", png(), "image/png")},
        )
        assert sent.status_code == 303
        item = client.session.scalars(select(Qualification)).one()
        stored = file_queries.list_files(client.session, QUALIFICATION, item.id)[0]
        stored.state = FileState.clean
        item_id, file_id = item.id, stored.id
        sign_in(client, make_staff(client.session, Role.operator))
        assert "由中心审核员确认" in client.get("/desk/qualifications").text
        assert client.get(f"/files/{file_id}").status_code == 404  # evidence is for reviewers
        sign_in(client, make_staff(client.session))
        assert client.get(f"/files/{file_id}").status_code == 200
        page = client.get("/desk/qualifications").text
        assert f"/files/{file_id}" in page
        path = f"/desk/qualifications/{item_id}"
        done = client.submit(path, {"confirm": "true"}, action=f"{path}/decision")
        assert done.status_code == 303
        assert "全部资质 1 条" in client.get("/desk/qualifications/all?state=confirmed").text
        sheet = client.get("/desk/qualifications/export.xlsx")
        assert sheet.headers["content-type"].startswith("application/vnd.openxmlformats")
        sign_in(client, people.get_user(client.session, user_id))
        assert "已确认" in client.get("/organisations/mine/qualifications").text
        assert "专精特新" in client.get(f"/organisations/{organisation_id}").text

    def test_licences_are_replaced_kept_and_deleted(self, client: Client):
        row = make_organisation(client.session)
        organisation_id = row.id
        member = add_member(client.session, row, role=Role.member).id
        sign_in(client, add_member(client.session, row))
        for name in ("旧执照.pdf", "新执照.pdf"):
            sent = client.submit(
                "/organisations/mine/licence",
                {},
                action="/organisations/mine/licence/uploads",
                files={"file": (name, pdf(), "application/pdf")},
            )
            assert sent.status_code == 303
        page = client.get("/organisations/mine/licence").text
        assert page.index("新执照.pdf") < page.index("以前的") < page.index("旧执照.pdf")
        kept = file_queries.list_files(client.session, LICENCE, organisation_id)
        old, new = (item.id for item in kept)
        path = f"/organisations/mine/licence/{old}/remove"
        assert client.submit("/organisations/mine/licence", action=path).status_code == 303
        assert "旧执照.pdf" not in client.get("/organisations/mine/licence").text
        removed = client.session.get(StoredFile, old)
        assert removed is not None
        assert removed.state is FileState.removed
        sign_in(client, people.get_user(client.session, member))
        page = client.get("/organisations/mine/licence").text
        assert "新执照.pdf" in page
        assert "uploads" not in page
        token = client.get("/api/v1/me").json()["csrf_token"]
        refused = client.post(f"/organisations/mine/licence/{new}/remove", headers={"X-CSRF-Token": token})
        assert refused.status_code == 403
        sign_in(client, make_staff(client.session))
        assert "新执照.pdf" in client.get(f"/desk/organisations/{organisation_id}").text
