"""大中小微型: the reference's own examples, every boundary, and the class as the lower of two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.core.errors import Forbidden, Invalid
from app.core.money import FEN_PER_WAN
from app.core.permissions import Role
from app.organisations import service
from app.organisations.queries import standing
from app.organisations.schemas.standing import SizeForm
from app.organisations.size import INDUSTRY_BOUNDS, SizeClass, classify
from tests.factories.accounts import make_staff, make_user, sign_in
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.services.client import Client

ORDER = list(SizeClass)  # large first


def wan(amount: float) -> int:
    return int(amount * FEN_PER_WAN)


@pytest.mark.parametrize(
    ("staff", "revenue", "expected"),
    [
        (350, 1_500, SizeClass.small),  # the three examples of the reference page
        (25, 200, SizeClass.micro),
        (1_200, 39_000, SizeClass.medium),
        (1_000, 40_000, SizeClass.large),
        (999, 40_000, SizeClass.medium),
        (300, 2_000, SizeClass.medium),
        (299, 2_000, SizeClass.small),
        (20, 300, SizeClass.small),
        (19, 300, SizeClass.micro),
        (100_000, 0, SizeClass.micro),
    ],
)
def test_examples(staff: int, revenue: int, expected: SizeClass):
    assert classify("C34", staff, wan(revenue)).size is expected


@pytest.mark.parametrize("bound", INDUSTRY_BOUNDS, ids=lambda bound: bound.size.value)
def test_one_fen_or_one_person_less_drops_a_class(bound):
    held = classify("C34", bound.staff, bound.revenue_fen).size
    following = ORDER[ORDER.index(bound.size) + 1]
    assert held is bound.size
    assert classify("C34", bound.staff, bound.revenue_fen - 1).size is following
    assert classify("C34", bound.staff - 1, bound.revenue_fen).size is following


@given(staff=st.integers(0, 5_000), revenue=st.integers(0, wan(100_000)))
def test_the_class_is_the_lower_of_what_either_figure_allows(staff: int, revenue: int):
    by_staff = classify("C34", staff, wan(10**6)).size
    by_revenue = classify("C34", 10**6, revenue).size
    assert by_staff is not None
    assert by_revenue is not None
    lower = max(by_staff, by_revenue, key=ORDER.index)
    assert classify("C34", staff, revenue).size is lower


@given(
    staff=st.integers(0, 3_000),
    revenue=st.integers(0, wan(60_000)),
    more=st.integers(0, 3_000),
    richer=st.integers(0, wan(60_000)),
)
def test_growing_never_makes_smaller(staff: int, revenue: int, more: int, richer: int):
    before, after = classify("C34", staff, revenue).size, classify("C34", staff + more, revenue + richer).size
    assert before is not None
    assert after is not None
    assert ORDER.index(after) <= ORDER.index(before)


@pytest.mark.parametrize(
    ("industry", "staff", "revenue", "words"),
    [
        (None, 10, 10, "没有填行业"),
        ("I65", 10, 10, "只收了工业"),
        ("C34", None, 10, "两个数都要有"),
        ("C34", 10, None, "两个数都要有"),
    ],
)
def test_an_unknown_input_is_no_class(industry, staff, revenue, words):
    verdict = classify(industry, staff, revenue)
    assert (verdict.size, verdict.label) == (None, "需核实")
    assert words in verdict.because


def form(**more: object) -> SizeForm:
    return SizeForm.model_validate({"year": 2025, "staff_count": "1,200", "revenue": "39,000.5", **more})


class TestDeclaring:
    def test_figures_are_kept_to_the_fen_and_earlier_ones_stay(self, session: Session):
        row = make_organisation(session)
        actor = acting_for(add_member(session, row), row)
        service.declare_size(session, actor, data=form(year=2024, revenue="100"))
        service.declare_size(session, actor, data=form())
        kept = standing.list_sizes(session, row.id)
        assert [item.revenue_fen for item in kept] == [wan(39_000) + wan(0.5), wan(100)]
        assert standing.latest_sizes(session, [row.id])[row.id].year == 2025

    def test_a_member_and_the_future_are_refused(self, session: Session):
        row = make_organisation(session)
        member = acting_for(add_member(session, row, role=Role.member), row, Role.member)
        with pytest.raises(Forbidden):
            service.declare_size(session, member, data=form())
        admin = acting_for(add_member(session, row), row)
        with pytest.raises(Invalid, match="有几处"):
            service.declare_size(session, admin, data=form(year=2100))

    def test_others_read_the_class_and_never_the_revenue(self, client: Client):
        row = make_organisation(client.session)
        organisation_id, user = row.id, add_member(client.session, row)
        sign_in(client, user)
        sent = client.submit(
            "/organisations/mine/size", {"year": "2025", "staff_count": "350", "revenue": "1234.567"}
        )
        assert sent.status_code == 303
        own = client.get("/organisations/mine/size").text
        assert "小型企业" in own
        assert "1,234.567 万元" in own
        sign_in(client, make_user(client.session))
        shown = client.get(f"/organisations/{organisation_id}").text
        assert "小型企业" in shown
        assert "2025 年填报" in shown
        assert "1,234.567" not in shown
        sign_in(client, make_staff(client.session))
        assert "1,234.567 万元" in client.get(f"/desk/organisations/{organisation_id}").text

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"revenue": "很多"}, "请填数字"),
            ({"revenue": "-1"}, "不能为负"),
            ({"staff_count": "三百"}, "请填整数"),
        ],
    )
    def test_what_is_typed_wrong_is_explained_and_kept(
        self, client: Client, typed: dict[str, str], words: str
    ):
        sign_in(client, add_member(client.session, make_organisation(client.session)))
        data = {"year": "2025", "staff_count": "350", "revenue": "88.8", **typed}
        answer = client.submit("/organisations/mine/size", data)
        assert answer.status_code == 422
        assert words in answer.text
        assert f'value="{data["staff_count"]}"' in answer.text
