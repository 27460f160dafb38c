"""How needs end and go on: renewing, running out, the one outcome, reasons, reminders; what the rooms above hear."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.core.errors import Conflict, Invalid
from app.core.jobs import Job
from app.core.messages import Message
from app.core.permissions import Actor
from app.needs import queries, service
from app.needs.models import Need, NeedState, Outcome
from app.needs.service import Conclusion
from app.needs.service.ending import ENDED_NEWS
from tests.factories.accounts import sign_in
from tests.factories.needs import audit_names, edit, make_draft, make_other_owner, make_published
from tests.factories.offerings import make_vendor
from tests.services.client import Client

CANCELLED = Conclusion(Outcome.cancelled, "budget")


@pytest.fixture
def need(session: Session, owner: Actor) -> Need:
    return make_published(session, owner)


def conclude(session: Session, owner: Actor, need: Need, conclusion: Conclusion = CANCELLED) -> Need:
    return service.conclude_need(session, owner, need_id=need.id, version=need.version, conclusion=conclusion)


def news(session: Session) -> list[dict[str, Any]]:
    return [dict(job.payload) for job in session.scalars(select(Job).where(Job.name == ENDED_NEWS))]


def messages_named(session: Session, name: str) -> list[dict[str, Any]]:
    query = select(Message).where(Message.name == name).order_by(Message.created_at)
    return [dict(row.payload) for row in session.scalars(query)]


def run_out(session: Session, need: Need) -> None:
    need.expires_at = clock.now() - timedelta(minutes=1)
    session.flush()
    assert service.close_expired(session, need_id=need.id)


class TestRenewing:
    def test_near_the_end_one_click_gives_another_term(self, session: Session, owner: Actor, need: Need):
        with pytest.raises(Conflict, match="还没到"):
            service.renew_need(session, owner, need_id=need.id, version=need.version)
        ends = need.expires_at
        assert ends is not None
        with clock.frozen(ends - timedelta(days=13)):
            service.renew_need(session, owner, need_id=need.id, version=need.version)
            assert need.expires_at == clock.now() + timedelta(days=180)
        with clock.frozen(ends + timedelta(minutes=1)):
            assert not service.close_expired(session, need_id=need.id)
        assert need.state is NeedState.published
        assert audit_names(session, need)[-1] == "needs.need.renewed"

    def test_what_ran_out_comes_back(self, session: Session, owner: Actor, need: Need):
        run_out(session, need)
        service.renew_need(session, owner, need_id=need.id, version=need.version)
        assert (need.state, need.end_code) == (NeedState.published, None)

    def test_what_is_not_true_any_more_is_mended_first(self, session: Session, owner: Actor):
        wanted = clock.today() + timedelta(days=30)
        need = make_published(session, owner, wanted_by=wanted, wanted_days=None)
        assert need.expires_at is not None
        with clock.frozen(need.expires_at - timedelta(days=2)):
            with pytest.raises(Conflict, match="日期过了"):
                service.renew_need(session, owner, need_id=need.id, version=need.version)
            edit(session, owner, need, wanted_by=clock.today() + timedelta(days=60))
            service.renew_need(session, owner, need_id=need.id, version=need.version)

    def test_withdrawn_ones_are_not_renewed(self, session: Session, owner: Actor, need: Need):
        service.withdraw_need(session, owner, need_id=need.id, version=need.version, code="solved")
        with pytest.raises(Conflict):
            service.renew_need(session, owner, need_id=need.id, version=need.version)


class TestOutcome:
    def test_awarded_names_one_that_was_met_or_one_off_the_platform(
        self, session: Session, owner: Actor, need: Need
    ):
        vendor, stranger = make_vendor(session).organisation, make_vendor(session).organisation
        service.record_interest(session, need_id=need.id, organisation_id=vendor.id, kind="invited")
        with pytest.raises(Invalid):
            conclude(session, owner, need, Conclusion(Outcome.awarded, "fit"))
        with pytest.raises(Invalid):
            conclude(
                session,
                owner,
                need,
                Conclusion(Outcome.awarded, "fit", chosen_organisation_id=stranger.id),
            )
        chosen = Conclusion(Outcome.awarded, "fit", chosen_organisation_id=vendor.id)
        conclude(session, owner, need, chosen)
        assert need.state is NeedState.closed
        assert news(session) == [
            {"need_id": str(need.id), "outcome": "awarded", "chosen_organisation_ids": [str(vendor.id)]}
        ]

    def test_off_the_platform_a_name_is_enough(self, session: Session, owner: Actor, need: Need):
        conclude(session, owner, need, Conclusion(Outcome.awarded, "near", chosen_name="示例隔壁电器行"))
        found = queries.find_outcome(session, need.id)
        assert found is not None
        assert (found.chosen_organisation_id, found.chosen_name) == (None, "示例隔壁电器行")

    def test_each_needs_its_own_reason(self, session: Session, owner: Actor, need: Need):
        for conclusion in (
            Conclusion(Outcome.cancelled, ""),
            Conclusion(Outcome.cancelled, "near"),
            Conclusion(Outcome.none_suitable, "other"),
        ):
            with pytest.raises(Invalid):
                conclude(session, owner, need, conclusion)
        conclude(session, owner, need, Conclusion(Outcome.none_suitable, "other", "都没做过压铸"))

    def test_there_is_one_and_it_is_final(self, session: Session, owner: Actor, need: Need):
        conclude(session, owner, need)
        for act in (
            lambda: conclude(session, owner, need, Conclusion(Outcome.none_suitable, "price")),
            lambda: service.reopen_need(session, owner, need_id=need.id, version=need.version),
            lambda: service.renew_need(session, owner, need_id=need.id, version=need.version),
        ):
            with pytest.raises(Conflict):
                act()

    def test_what_ran_out_gets_its_outcome_late(self, session: Session, owner: Actor, need: Need):
        run_out(session, need)
        conclude(session, owner, need)
        assert [item["outcome"] for item in news(session)] == ["expired", "cancelled"]

    def test_a_draft_has_none(self, session: Session, owner: Actor):
        with pytest.raises(Conflict):
            conclude(session, owner, make_draft(session, owner))


class TestWithdrawing:
    def test_a_published_one_asks_why(self, session: Session, owner: Actor, need: Need):
        for code, reason in (("", ""), ("whatever", ""), ("other", "")):
            with pytest.raises(Invalid):
                service.withdraw_need(
                    session, owner, need_id=need.id, version=need.version, code=code, reason=reason
                )
        service.withdraw_need(session, owner, need_id=need.id, version=need.version, code="budget")
        assert need.end_code == "budget"
        assert [item["outcome"] for item in news(session)] == ["withdrawn"]

    def test_a_draft_goes_quietly(self, session: Session, owner: Actor):
        draft = make_draft(session, owner)
        service.withdraw_need(session, owner, need_id=draft.id, version=draft.version)
        assert news(session) == []


class TestReminding:
    def test_fourteen_and_three_days_before_each_once(self, session: Session, owner: Actor, need: Need):
        ends = need.expires_at
        assert ends is not None
        for days, expected in ((20, 0), (14, 1), (13, 1), (4, 1), (3, 2), (1, 2)):
            with clock.frozen(ends - timedelta(days=days)):
                service.sweep_due(session)
                session.flush()
            assert len(messages_named(session, "needs.need.expiring")) == expected, days
        assert [item["days"] for item in messages_named(session, "needs.need.expiring")] == [14, 3]

    def test_a_renewed_one_is_reminded_anew(self, session: Session, owner: Actor, need: Need):
        ends = need.expires_at
        assert ends is not None
        with clock.frozen(ends - timedelta(days=14)):
            service.sweep_due(session)
            service.renew_need(session, owner, need_id=need.id, version=need.version)
        assert need.expires_at is not None
        with clock.frozen(need.expires_at - timedelta(days=14)):
            service.sweep_due(session)
            session.flush()
        assert len(messages_named(session, "needs.need.expiring")) == 2

    def test_a_missed_end_is_made_up_for_and_its_outcome_asked_twice(
        self, session: Session, owner: Actor, need: Need
    ):
        ends = need.expires_at
        assert ends is not None
        with clock.frozen(ends + timedelta(hours=1)):
            assert service.sweep_due(session)["ended"] == 1
            assert service.sweep_due(session)["ended"] == 0
        assert len(messages_named(session, "needs.need.expired")) == 1
        for days, expected in ((6, 0), (8, 1), (30, 1)):
            with clock.frozen(ends + timedelta(days=days)):
                service.sweep_due(session)
                session.flush()
            assert len(messages_named(session, "needs.need.outcome_due")) == expected

    def test_a_question_without_an_answer(self, session: Session, owner: Actor, need: Need):
        vendor = make_vendor(session)
        service.ask_question(session, vendor.actor, need_id=need.id, text="控制柜有没有空位？")
        for days, expected in ((1, 0), (3, 1), (5, 1)):
            with clock.frozen(clock.now() + timedelta(days=days)):
                service.sweep_due(session)
                session.flush()
            assert len(messages_named(session, "needs.question.waiting")) == expected


class TestOnThePages:
    pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])

    @pytest.fixture
    def own(self, client: Client) -> Need:
        owner = make_other_owner(client.session)
        need = make_published(client.session, owner)
        assert owner.user_id is not None
        sign_in(client, people.get_user(client.session, owner.user_id))
        return need

    def test_the_outcome_in_two_steps(self, client: Client, own: Need):
        number, key = own.case_number, own.id
        page = client.get(f"/needs/{number}")
        url = f"/workspace/needs/{key}/outcome"
        assert url in page.text
        assert f"{url}?picked=awarded" in client.get(url).text
        refused = client.submit(f"{url}?picked=awarded", {"reason_code": "fit"}, action=url)
        assert refused.status_code == 422
        assert "给了谁" in refused.text
        done = client.submit(
            f"{url}?picked=awarded", {"reason_code": "fit", "chosen_name": "示例隔壁电器行"}, action=url
        )
        assert done.headers["location"] == f"/needs/{number}"
        page = client.get(f"/needs/{number}")
        assert "示例隔壁电器行" in page.text
        assert "重新启用" not in page.text
        listed = client.get("/workspace/needs")
        assert "结果：给了一家" in listed.text
        client.cookies.clear()
        assert client.get(f"/needs/{number}").status_code == 404

    def test_renewing_with_one_click(self, client: Client, own: Need):
        number, key = own.case_number, own.id
        own.expires_at = clock.now() + timedelta(days=5)
        assert "快到期了，还作数吗" in client.get("/workspace/needs").text
        done = client.submit(f"/needs/{number}", action=f"/workspace/needs/{key}/renew")
        assert done.headers["location"] == f"/needs/{number}"
        need = client.session.get_one(Need, key)
        assert need.expires_at is not None
        assert need.expires_at > clock.now() + timedelta(days=170)

    def test_a_need_that_ran_out_asks_for_its_outcome(self, client: Client, own: Need):
        number = own.case_number
        run_out(client.session, own)
        page = client.get(f"/needs/{number}")
        assert "到期了，说一下结果" in page.text
        assert "还作数，续期" in page.text
        assert "登记结果" in client.get("/workspace/needs").text
