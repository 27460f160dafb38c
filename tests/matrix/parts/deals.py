"""Enquiries of the world in the states that change who may do what, and how their routes are called."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core import clock
from app.core.permissions import Actor
from app.deals import service
from app.deals.models import Enquiry
from app.organisations.models import Organisation
from tests.factories.files import make_file
from tests.factories.needs import make_published
from tests.factories.offerings import make_offering
from tests.factories.organisations import acting_for
from tests.matrix.world import HOUSES, OWN, STAFF, World

SAY = "示例：就这件事问一句"
Make = Any


def _enquiry(world: World, _role: str, situation: str) -> object:
    return world.more["deals"][situation]


#: What the forms that end an enquiry are called with: taking back what was offered, ending what is talked about.
HOW = {"open": "decline", "secret": "decline", "offered": "withdraw", "accepted": "close"}
CODE = {"decline": "busy", "withdraw": "changed", "close": "later"}
PLACES = {
    "{enquiry_id}": _enquiry,
    "{message_id}": lambda world, *_: world.more["deals"]["message"],
    "{how}": lambda _world, _role, situation: HOW[situation],
}


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    """Own asks the vendor with its needs (its name stays hidden), the rival offers, `other` asks without a need."""

    def actor(role: str) -> Actor:
        house, member_role, _capacity = HOUSES[role]
        user = session.get(User, world.people[role])
        assert user is not None
        return acting_for(user, houses[house], member_role)

    own, other, vendor, rival = (
        actor(role) for role in ("admin", "other_member", "vendor_admin", "other_vendor")
    )
    places = world.more["deals"]

    def words(what: str, *readers: str) -> str:
        return f"示例：{world.canary(f'{what}: message', readers)}"

    def ask(by: Actor, offering: uuid.UUID, need: uuid.UUID | None, message: str, **more: Any) -> Enquiry:
        request = service.Request(message, **more)
        return service.ask_vendor(session, by, offering_id=offering, need_id=need, request=request)

    def offer(by: Actor, offering: uuid.UUID, need: uuid.UUID, message: str) -> Enquiry:
        request = service.Request(message)
        return service.offer_on_need(session, by, need_id=need, offering_id=offering, request=request)

    mine = make_offering(session, houses["rival"], title="示例能耗看板").id
    for name in ("free", "ended"):
        need = make_published(session, own, title="示例：公开的难处")
        world.needs[f"deals_{name}"], world.case_numbers[f"deals_{name}"] = need.id, need.case_number
        world.versions[f"need deals_{name}"] = need.version
    listed, changed, third = (world.offerings[key] for key in ("listed", "changed", "change_submitted"))

    made = {
        "open": ask(own, listed, world.needs["published"], words("enquiry open", *OWN, "vendor_admin")),
        "secret": ask(own, listed, world.needs["staff_only"], words("enquiry secret", *OWN, "vendor_admin")),
        "offered": offer(
            vendor, changed, world.needs["vendors_only"], words("enquiry offered", *OWN, "vendor_admin")
        ),
        "accepted": offer(
            rival, mine, world.needs["published"], words("enquiry accepted", *OWN, "other_vendor")
        ),
        "closing": offer(
            rival, mine, world.needs["deals_ended"], words("enquiry closing", *OWN, "other_vendor")
        ),
        "shared": ask(
            other, changed, None, words("enquiry shared", "other_member", "vendor_admin"), share=True
        ),
        "declined": ask(other, mine, None, words("other: enquiry declined", "other_member", "other_vendor")),
        "helped": ask(other, third, None, words("enquiry helped", "other_member", "vendor_admin", *STAFF)),
    }
    _move_on(session, world, made, own, other, vendor, rival)
    # on a case's page: a need closed to its vendor, and one whose firm did not agree to be named
    for name in ("staff_only", "published"):
        world.more["numbers"][f"enquiry_{name}"] = world.case_numbers[name]
    for name, row in made.items():
        places[name] = row.id
        world.versions[f"enquiry {name}"] = row.version


def _move_on(
    session: Session,
    world: World,
    made: dict[str, Enquiry],
    own: Actor,
    other: Actor,
    vendor: Actor,
    rival: Actor,
) -> None:
    def accept(name: str, by: Actor, *, share: bool) -> None:
        row = made[name]
        service.accept_enquiry(session, by, enquiry_id=row.id, version=row.version, share=share)

    accept("accepted", own, share=False)
    accept("shared", vendor, share=True)
    note = world.canary("enquiry declined: note", ("other_member", "other_vendor", *STAFF))
    service.decline_enquiry(
        session, rival, enquiry_id=made["declined"].id, version=1, code="other", note=f"示例：{note}"
    )
    service.end_of_need(session, need_id=world.needs["deals_ended"], outcome="awarded", chosen=[])
    service.ask_help(session, other, enquiry_id=made["helped"].id)
    fresh = service.post_message(session, other, enquiry_id=made["shared"].id, message="示例：先等等")
    fresh.at = clock.now() + timedelta(hours=2)  # fresh however long the matrix runs
    world.more["deals"]["message"] = fresh.id
    sent = service.post_message(session, rival, enquiry_id=made["accepted"].id, message="示例：见附件")
    sent.has_file = True
    name = world.canary("enquiry accepted: file's name", (*OWN, "other_vendor"))
    stored = make_file(
        session,
        rival,
        purpose=service.FILES,
        object_id=sent.id,
        organisation_id=rival.organisation_id,
        name=f"{name}.pdf",
    )
    world.more["files"]["enquiry"] = stored.id
    session.flush()


def _form(**fields: Any) -> Make:
    return lambda *_: {"data": fields}


def _with_version(**fields: Any) -> Make:
    return lambda world, _role, situation: {
        "data": {"version": world.versions[f"enquiry {situation}"], **fields}
    }


def _end(world: World, _role: str, situation: str) -> dict[str, Any]:
    version = world.versions[f"enquiry {situation}"]
    return {"data": {"version": version, "code": CODE[HOW[situation]]}}


def _json(**fields: Any) -> Make:
    return lambda world, _role, situation: {
        "headers": {"if-match": f'"{world.versions[f"enquiry {situation}"]}"'},
        "json": fields,
    }


def _ask(world: World, _role: str, situation: str) -> dict[str, Any]:
    return {"data": {"offering_id": str(world.offerings[situation]), "need_id": "", "message": SAY}}


def _offer(world: World, _role: str, situation: str) -> dict[str, Any]:
    return {
        "data": {
            "need_id": str(world.needs[situation]),
            "offering_id": str(world.offerings["listed"]),
            "message": SAY,
        }
    }


def _reasons(_world: World, _role: str, _situation: str) -> dict[str, Any]:
    return {"data": {"bulk-code": "price"}}


CALLS: dict[str, Make] = {
    "GET /enquiries/ask": lambda world, _role, situation: {
        "query": f"?offering={world.offerings[situation]}"
    },
    "POST /enquiries/ask": _ask,
    "GET /enquiries/offer": lambda world, _role, situation: {"query": f"?need={world.needs[situation]}"},
    "POST /enquiries/offer": _offer,
    "POST /enquiries/{enquiry_id}/accept": _with_version(share="no"),
    "POST /enquiries/{enquiry_id}/end/{how}": _end,
    "POST /enquiries/{enquiry_id}/uploads": _form(message=SAY),
    "POST /enquiries/{enquiry_id}/read": _form(number="1"),
    "POST /workspace/needs/{need_id}/reasons": _reasons,
    "POST /desk/enquiries/{enquiry_id}/open": _form(reason="示例：企业来电投诉没有下文"),
    "POST /desk/enquiries/{enquiry_id}/decision": _with_version(decision="extend"),
    "POST /api/v1/enquiries": lambda world, _role, situation: {
        "json": {
            "direction": "forward",
            "offering_id": str(world.offerings[situation]),
            "message": SAY,
        }
    },
    "POST /api/v1/enquiries/{enquiry_id}/accept": _json(share_contacts=False),
    "POST /api/v1/enquiries/{enquiry_id}/decline": _json(reason="busy"),
    "POST /api/v1/enquiries/{enquiry_id}/withdraw": _json(reason="changed"),
    "POST /api/v1/enquiries/{enquiry_id}/messages": lambda *_: {"json": {"message": SAY}},
}
