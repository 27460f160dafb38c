"""Dated parameters: typed by operators, checked against their default's kind, never over the past."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.parameters import Declared
from app.core.permissions import Actor, Role
from app.reference import rules, service
from app.reference.schemas import ParameterIn
from tests.reference.test_pages import sign_in
from tests.services.client import Client

OPERATOR = Actor(user_id=uuid.uuid4(), name="示例运营员", roles=frozenset({Role.operator}))
REVIEWER = Actor(user_id=uuid.uuid4(), name="示例审核员", roles=frozenset({Role.reviewer}))
KEY = "organisations.verification.hours"


def typed(value: str, days: int = 0) -> ParameterIn:
    return ParameterIn(value=value, valid_from=clock.today() + timedelta(days=days), note="示例理由")


def test_a_new_value_holds_from_its_day(session: Session):
    service.set_parameter(session, OPERATOR, key=KEY, data=typed("24", days=3))
    assert parameters.value(session, KEY) == 48
    assert parameters.value(session, KEY, on=clock.today() + timedelta(days=3)) == 24
    service.set_parameter(session, OPERATOR, key=KEY, data=typed("36"))
    service.set_parameter(session, OPERATOR, key=KEY, data=typed("30"))
    assert parameters.value(session, KEY) == 30


def test_refusals(session: Session):
    with pytest.raises(Forbidden):
        service.set_parameter(session, REVIEWER, key=KEY, data=typed("24"))
    with pytest.raises(NotFound):
        service.set_parameter(session, OPERATOR, key="none", data=typed("24"))
    with pytest.raises(Invalid):
        service.set_parameter(session, OPERATOR, key=KEY, data=typed("24", days=-1))
    with pytest.raises(Invalid):
        service.set_parameter(session, OPERATOR, key=KEY, data=typed("半天"))


def declared(default: object, key: str = "room.topic") -> Declared:
    return Declared(key, default, "示例规则", "", "")


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (13, "14", 14),
        ("甲", "乙", "乙"),
        ({"a": 1, "b": [1, 2]}, '{"b": [3, 4], "a": 2.5}', {"a": 2.5, "b": [3, 4]}),
        ([True, None], "[false, null]", [False, None]),
    ],
)
def test_values_of_the_defaults_kind(default: object, text: str, value: object):
    assert rules.parse(declared(default), text) == value
    assert rules.parse(declared(default), rules.text_of(declared(default), default)) == default


@pytest.mark.parametrize(
    ("default", "text"),
    [(13, "-1"), (13, "1.5"), ({"a": 1}, '{"a": "1"}'), ({"a": 1}, '{"b": 1}'), ([1], "[1"), ([1], "[1, 2]")],
)
def test_other_kinds_are_refused(default: object, text: str):
    with pytest.raises(ValueError, match=r"整数|写法|一样"):
        rules.parse(declared(default), text)


def test_money_is_typed_in_wan():
    parameter = declared(20_000_000, "room.price_max_fen")
    assert rules.text_of(parameter, 20_000_000) == "20"
    assert rules.parse(parameter, "3.5") == 3_500_000
    assert rules.unit_of(parameter) == "万元"


def test_pages_for_operators(client: Client):
    sign_in(client, role=Role.operator)
    assert "机构核验的承诺时限" in client.get("/staff/parameters").text
    page = f"/staff/parameters/{KEY}"
    refused = client.submit(page, {"value": "半天", "note": "示例理由"})
    assert refused.status_code == 422
    assert "请填整数" in refused.text
    assert client.submit(page, {"value": "24", "note": "示例理由"}).status_code == 303
    assert "示例理由" in client.get(page).text
    assert client.get("/staff/parameters/none").status_code == 404


def test_pages_are_closed_to_reviewers(client: Client):
    sign_in(client, role=Role.reviewer)
    assert client.get("/staff/parameters").status_code == 403
