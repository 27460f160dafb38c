"""A case by its number: its owner, the vendors in it and staff; everybody else learns nothing."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.permissions import ANONYMOUS, Actor, Role
from app.deals import service as deals
from app.deals.states import EnquiryState
from app.front import cases
from app.needs.models import Confidentiality, Need, NeedState
from app.organisations.models import Capacity
from tests.factories.accounts import actor_of, make_user, sign_in
from tests.factories.deals import Deal
from tests.factories.needs import make_draft, make_held
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def scene(session: Session) -> Deal:
    return Deal(session)


def staff(session: Session) -> Actor:
    return actor_of(make_user(session, Role.operator), Role.operator)


def seller(session: Session) -> Actor:
    house = make_organisation(session, Capacity.vendor)
    return acting_for(add_member(session, house), house)


class TestWho:
    def test_only_whoever_is_part_of_it(self, session: Session, scene: Deal) -> None:
        number = scene.need.case_number
        outsider = seller(session)
        for actor in (outsider, ANONYMOUS, actor_of(make_user(session, Role.auditor), Role.auditor)):
            with pytest.raises(NotFound):
                cases.load(session, actor, number)
        with pytest.raises(NotFound):
            cases.load(session, scene.vendor, number)  # he reads the need, but asked nothing yet
        scene.offer()
        for actor in (scene.vendor, scene.sme, staff(session)):
            assert cases.load(session, actor, number)["number"] == number
        with pytest.raises(NotFound):
            cases.load(session, outsider, number)

    def test_a_vendor_keeps_the_case_when_the_need_ends(self, session: Session, scene: Deal) -> None:
        scene.in_state(EnquiryState.not_chosen, reverse=True)
        need = session.scalars(select(Need).where(Need.id == scene.need.id)).one()
        need.state = NeedState.closed
        session.flush()
        assert cases.load(session, scene.vendor, need.case_number)["state"][0] == "已结束"

    def test_staff_see_no_draft(self, session: Session, scene: Deal) -> None:
        draft = make_draft(session, scene.sme)
        assert cases.load(session, scene.sme, draft.case_number)
        with pytest.raises(NotFound):
            cases.load(session, staff(session), draft.case_number)

    def test_wrong_numbers_are_explained(self, client: Client) -> None:
        sign_in(client, make_user(client.session, Role.operator))
        slip = client.get("/cases/FN-2026-000123-8")
        assert slip.status_code == 404
        assert "抄错了" in slip.text
        assert client.get("/cases/FN-2026-999999-9").status_code == 404


class TestWhat:
    def test_the_parties_are_masked_until_both_agree(self, session: Session, scene: Deal) -> None:
        scene.need.hide_name = True
        row = scene.offer(share=True)
        before = cases.load(session, scene.vendor, scene.need.case_number)
        assert before["enterprise"] == "双方同意后可见"
        assert before["log"] is None
        scene.accept(row)
        talking = cases.load(session, scene.vendor, scene.need.case_number)
        assert talking["enterprise"] == "双方同意后可见", "accepting is not yet agreeing to be known"
        deals.share_contacts(session, scene.sme, enquiry_id=row.id)
        after = cases.load(session, scene.vendor, scene.need.case_number)
        assert after["enterprise"] == scene.sme.organisation_name

    def test_a_need_closed_to_the_vendor_opens_with_acceptance(self, session: Session, scene: Deal) -> None:
        scene.need.confidentiality = Confidentiality.staff_only
        row = scene.ask()
        assert cases.load(session, scene.vendor, scene.need.case_number)["title"] == "保密的需求"
        scene.accept(row)
        assert cases.load(session, scene.vendor, scene.need.case_number)["title"] == scene.need.title

    def test_a_vendor_learns_of_no_other_vendor(self, session: Session, scene: Deal) -> None:
        scene.offer()
        shown = cases.load(session, scene.vendor, scene.need.case_number)
        assert shown["vendors"] == (scene.vendor.organisation_name or "您")
        assert not any("条" in step["text"] for step in shown["steps"])

    def test_whose_turn_it_is(self, session: Session, scene: Deal) -> None:
        number = scene.need.case_number
        first = cases.load(session, scene.sme, number)["turn"]
        assert first.title.startswith("轮到您")
        row = scene.offer()
        mine = cases.load(session, scene.sme, number)["turn"]
        assert (mine.who, mine.href) == ("您", f"/enquiries/{row.id}")
        theirs = cases.load(session, scene.vendor, number)["turn"]
        assert theirs.title.startswith("等对方")
        assert theirs.href == ""
        scene.accept(row)
        steps = {step["title"]: step["state"] for step in cases.load(session, scene.sme, number)["steps"]}
        assert steps["在谈"] == "done"

    def test_a_held_need_waits_for_the_centre(self, session: Session, scene: Deal) -> None:
        held = make_held(session, scene.sme)
        turn = cases.load(session, staff(session), held.case_number)["turn"]
        assert (turn.who, turn.href) == ("中", f"/desk/needs/{held.id}")
        assert cases.load(session, scene.sme, held.case_number)["turn"].href == ""

    def test_the_page_shows_panels_and_for_staff_the_trail(self, client: Client) -> None:
        scene = Deal(client.session)
        scene.offer()
        number = scene.need.case_number
        sign_in(client, make_user(client.session, Role.reviewer))
        page = client.get(f"/cases/{number}").text
        assert "审计记录" in page
        assert "发布需求" in page
        assert f"案件号 {number}" in page
        found = client.get("/desk/case", params={"number": number})
        assert found.headers["location"] == f"/cases/{number}"
