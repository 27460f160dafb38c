"""The simplified search without an engine: what is published, narrowed by what was chosen, whatever stands in the address."""

import pytest
from sqlalchemy.orm import Session

from app.core.permissions import ANONYMOUS
from app.indexing import queries
from app.indexing.schemas import SearchRequest
from app.offerings.models import OfferingState
from tests.factories.needs import make_draft
from tests.factories.offerings import Vendor, make_offering, make_vendor

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgres"])


@pytest.fixture
def vendor(session: Session) -> Vendor:
    found = make_vendor(session)
    make_offering(session, found, industry_codes=["C291"])
    return found


def _total(session: Session, **chosen: str) -> int:
    request = SearchRequest(chosen={name: (value,) for name, value in chosen.items()})
    refs, total = queries.find_simplified(session, ANONYMOUS, request)
    assert len(refs) == total
    return total


def test_every_choice_but_the_price_still_narrows(session: Session, vendor: Vendor):
    mine = vendor.organisation.district_slug
    for name, good, other in (
        ("scenario", "S08", "S16"),
        ("industry", "C29", "C13"),
        ("industry", "C291", "C292"),
        ("district", mine, "nowhere"),
        ("go_live_band", "0-7", "90+"),
    ):
        assert _total(session, kind="solution", **{name: good}) == 1, (name, good)
        assert _total(session, kind="solution", **{name: other}) == 0, (name, other)
    assert _total(session, kind="need", district="nowhere") == 0


@pytest.mark.parametrize(
    "name", ["product_class", "scenario", "industry", "district", "go_live_band", "price_band", "kind"]
)
@pytest.mark.parametrize("value", ["nonsense", "%", '"', "²"])
def test_nonsense_is_no_crash(session: Session, vendor: Vendor, name: str, value: str):
    del vendor
    assert _total(session, **{name: value}) <= 1


def test_a_draft_is_not_found_by_its_own_firm_either(session: Session, vendor: Vendor):
    make_offering(session, vendor, OfferingState.draft)
    make_draft(session, vendor.actor)
    refs, total = queries.find_simplified(session, vendor.actor, SearchRequest(size=100))
    assert total == 1 + sum(ref.kind == "policy" for ref in refs)
