"""Messages of the tests' own, and people who may be written to."""

import uuid

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock, messages
from app.core.messages import Message
from app.core.permissions import Role
from app.core.runtime import Runtime
from tests.factories.accounts import make_user
from tests.services.client import Client, find_forms

DONE, URGENT, ADMINS = "tests.thing.done", "tests.thing.urgent", "tests.thing.admins"


@pytest.fixture(autouse=True)
def announcements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three announced messages beside the rooms' own."""
    monkeypatch.setattr(messages, "_announced", dict(messages._announced))
    messages.announce(
        DONE, topic="needs", title="办好了：{case_number}", text="{case_number} 已办好", link="/x/{need_id}"
    )
    messages.announce(
        URGENT, topic="offerings", title="急事", text="今天就要看", link="/y", urgent=True, action="马上看"
    )
    messages.announce(
        ADMINS, topic="organisations", title="管理员的事", text="请处理", link="/z", admins_only=True
    )


def tell(session: Session, name: str = DONE, **receiver: object) -> Message:
    """Post a message to `user_id`, `organisation_id` or `role`, and return its row."""
    key = uuid.uuid4().hex
    payload = {"case_number": "FN-1", "need_id": str(uuid.uuid4()), "title": "不能外传", "state": "published"}
    messages.post(session, name, dedupe_key=key, payload=payload, **receiver)  # type: ignore[arg-type]
    session.flush()
    return session.query(Message).filter_by(dedupe_key=key).one()


def reachable(session: Session, login: str, *roles: Role, mobile: str | None = None) -> User:
    """A person whose e-mail (and mobile number) is verified."""
    user = make_user(session, *roles, login=login)
    user.email_verified_at = clock.now()
    if mobile is not None:
        user.mobile, user.mobile_verified_at = mobile, clock.now()
    session.flush()
    return user


def token_of(client: Client) -> str:
    """The signed-in person's form token."""
    token: str = find_forms(client.get("/notices/preferences").text)[-1].fields["csrf_token"]
    return token


def runtime_of(client: Client) -> Runtime:
    found: Runtime = client.app.state.runtime  # type: ignore[attr-defined]  # FastAPI's, behind ASGI's type
    return found
