"""An organisation with its owner, and the centre's staff."""

import pytest
from sqlalchemy.orm import Session

from app.core.permissions import Actor, Role
from app.organisations.models import Organisation
from tests.factories.accounts import actor_of, make_staff
from tests.factories.organisations import acting_for, add_member, make_organisation


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def owner(session: Session, organisation: Organisation) -> Actor:
    return acting_for(add_member(session, organisation), organisation)


@pytest.fixture
def staff(session: Session) -> Actor:
    return actor_of(make_staff(session), Role.reviewer)
