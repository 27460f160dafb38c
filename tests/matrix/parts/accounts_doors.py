"""Links in the mail, good and spent; a second factor to lose; an account at the identity provider."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.accounts.models import ExternalIdentity, ProofLink
from app.accounts.service import links
from app.core import clock, security
from app.organisations.models import Organisation
from tests.factories.accounts import PASSWORD, make_user
from tests.matrix.world import World

NEW = f"{PASSWORD}Neu7"


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    del houses
    mine = world.more["doors"]
    person = make_user(session, name="示例忘事人", login="iris-doors@secret.example")
    for purpose in (links.RESET, links.CONTACT):
        for name, used in (("good", None), ("spent", clock.now())):
            token = security.new_token()
            session.add(
                ProofLink(
                    token_hash=security.token_hash(token),
                    purpose=purpose,
                    user_id=person.id,
                    target="iris-doors@secret.example",
                    expires_at=clock.now() + timedelta(minutes=30),
                    used_at=used,
                )
            )
            mine[f"{purpose} {name}"] = token
    accounts.store_secret(session, world.people["newcomer"], accounts.new_secret())
    row = ExternalIdentity(
        id=uuid.uuid4(), issuer="https://id.example", subject="iris", user_id=world.people["member"]
    )
    session.add(row)
    mine["identity"] = row.id
    session.flush()


PLACES: dict[str, Callable[[World, str, str], object]] = {
    "{identity_id}": lambda world, _role, _situation: world.more["doors"]["identity"],
}


def _form(**fields: Any) -> Callable[[World, str, str], dict[str, Any]]:
    return lambda _world, _role, _situation: {"data": fields}


def _at(purpose: str) -> Callable[[World, str, str], dict[str, Any]]:
    return lambda world, _role, situation: {
        "query": f"?token={world.more['doors'][f'{purpose} {situation}']}"
    }


def _with(purpose: str, **fields: Any) -> Callable[[World, str, str], dict[str, Any]]:
    return lambda world, _role, situation: {
        "data": {"token": world.more["doors"][f"{purpose} {situation}"], **fields}
    }


CALLS: dict[str, Callable[[World, str, str], dict[str, Any]]] = {
    "POST /sign-in/code/send": _form(login="13611114444"),
    "POST /sign-in/code": _form(login="13611114444", code="123456"),
    "POST /register/number": _form(proof="x", name="示例", agree="true"),
    "POST /reset-password": _form(login="13611114444"),
    "POST /reset-password/code": _form(login="13611114444", code="123456", password=NEW),
    "GET /reset-password/link": _at(links.RESET),
    "POST /reset-password/link": _with(links.RESET, password=NEW),
    "GET /confirm-email": _at(links.CONTACT),
    "POST /confirm-email": _with(links.CONTACT),
    "POST /account/contacts": _form(value="13611115555", password=PASSWORD),
    "POST /account/contacts/code": _form(value="13611115555", code="123456"),
    "POST /account/second-factor": _form(code="123456", sealed="x"),
    "POST /account/second-factor/codes": _form(code="123456"),
    "POST /account/second-factor/remove": _form(code="123456"),
    "POST /account/second-factor/pass": _form(code="123456"),
}
