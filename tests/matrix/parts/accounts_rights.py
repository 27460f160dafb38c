"""An admin's token, consent, session and copy; invitations into `own`, one open and one used."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.models import Invitation, InvitationState, PersonalExport
from app.core import clock, security
from app.core.permissions import Role
from app.core.scopes import Scope
from app.organisations.models import Organisation
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.organisations import acting_for, add_member
from tests.matrix.world import World

PURPOSE = "accounts.matrix"
accounts.declare_purpose(PURPOSE, title="示例：为了测试", version="1")


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    mine = world.more["accounts"]
    add_member(session, houses["own"], make_user(session, name="示例第二位管理员"))
    user = people.get_user(session, world.people["admin"])
    actor = acting_for(user, houses["own"])
    token, _text = accounts.make_token(
        session,
        actor,
        name=world.canary("admin: token's name", {"admin"}),
        scopes=[Scope.needs_read],
        days=30,
    )
    mine["token"] = token.id
    mine["consent"] = accounts.record_consent(session, actor, purpose=PURPOSE, text_version="1").id
    terms = people.find_consent(session, user_id=user.id, purpose=accounts.TERMS)
    assert terms is not None
    mine["terms"] = terms.id
    accounts.start_session(session, user, ip="113.204.8.9", agent="test")
    mine["session"] = people.list_sessions(session, user.id)[0].id
    for name, life in (("export", 1), ("old", -1)):
        row = PersonalExport(
            id=uuid.uuid4(),
            user_id=user.id,
            ready_at=clock.now(),
            expires_at=clock.now() + timedelta(hours=life),
            content=b"zip",
        )
        session.add(row)
        mine[name] = row.id
    address = world.secret("iris-open@invited.example", "own: invitation's address", {"admin"})
    for name, state in (("open", InvitationState.pending), ("used", InvitationState.accepted)):
        text = security.new_token()
        invitation = Invitation(
            id=uuid.uuid4(),
            organisation_id=houses["own"].id,
            login=address if name == "open" else "used@invited.example",
            role=Role.member,
            token_hash=security.token_hash(text),
            state=state,
            invited_by=world.people["admin"],
            expires_at=clock.now() + timedelta(days=7),
        )
        session.add(invitation)
        mine[f"{name} invitation"], mine[f"{name} link"] = invitation.id, text
    session.flush()


def _own(name: str) -> Callable[[World, str, str], object]:
    return lambda world, _role, _situation: world.more["accounts"][name]


PLACES: dict[str, Callable[[World, str, str], object]] = {
    "{token_id}": _own("token"),
    "{session_id}": _own("session"),
    "{consent_id}": lambda world, _role, situation: world.more["accounts"][
        "terms" if situation == "terms" else "consent"
    ],
    "{export_id}": lambda world, _role, situation: world.more["accounts"][
        "old" if situation == "old" else "export"
    ],
    "{link}": lambda world, _role, situation: world.more["accounts"][f"{situation} link"],
    "{invitation_id}": lambda world, _role, situation: world.more["accounts"][f"{situation} invitation"],
}


def _form(**fields: Any) -> Callable[[World, str, str], dict[str, Any]]:
    return lambda _world, _role, _situation: {"data": fields}


CALLS: dict[str, Callable[[World, str, str], dict[str, Any]]] = {
    "POST /account/agree": _form(agree="true"),
    "POST /account/tokens": _form(name="示例", days="30", **{"scopes[]": ["needs:read"]}),
    "POST /account/data/erasure": _form(password=PASSWORD),
    "POST /organisations/mine/invitations": _form(login="gast@invited.example", role="member"),
    "POST /desk/act-for/{organisation_id}": _form(reason="示例：电话要求代填", minutes="15"),
}
