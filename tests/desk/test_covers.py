"""What the audit trail must hold by RELIABILITY S9 and 等保: every kind of event has a name and leaves a row."""

import pytest
from sqlalchemy import select

from app.core import audit
from app.core.audit import AuditEvent
from app.core.permissions import Role
from app.routes import load_hooks
from tests.factories.accounts import PASSWORD, make_user, sign_in
from tests.services.client import Client

KINDS = {
    "signed in": "accounts.session.started",
    "refused sign-in": "accounts.session.refused",
    "denied": "accounts.access.denied",
    "contact details shown": "deals.contact.revealed",
    "export": "web.list.exported",
    "role given": "accounts.role.granted",
    "role taken": "accounts.role.revoked",
    "organisation approved": "organisations.organisation.verified",
    "offering approved": "offerings.offering.listed",
    "rule changed": "reference.parameter.set",
    "index": "desk.index.rebuild_ordered",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_name(kind: str) -> None:
    load_hooks()
    assert KINDS[kind] in audit.names()


def test_signing_in_failing_and_being_refused_leave_rows(client: Client) -> None:
    user = make_user(client.session, login="13800009999")
    fields = {"login": "13800009999", "password": "这不是他的密码啊啊"}
    assert client.submit("/sign-in", fields, action="/sign-in").status_code in {401, 422}
    assert client.submit("/sign-in", {**fields, "password": PASSWORD}, action="/sign-in").status_code == 303
    sign_in(client, make_user(client.session, Role.security_admin))
    assert client.get("/admin/audit").status_code == 403
    names = set(client.session.scalars(select(AuditEvent.name)))
    assert {KINDS["signed in"], KINDS["refused sign-in"], KINDS["denied"]} <= names
    assert user
