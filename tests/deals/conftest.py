"""A firm and a vendor, and the centre's staff."""

import pytest
from sqlalchemy.orm import Session

from app.core.permissions import Actor, Role
from tests.factories.accounts import actor_of, make_staff
from tests.factories.deals import Deal


@pytest.fixture
def deal(session: Session) -> Deal:
    return Deal(session)


@pytest.fixture
def staff(session: Session) -> Actor:
    return actor_of(make_staff(session, Role.operator), Role.operator)
