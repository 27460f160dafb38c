"""What is kept beside the world's offerings, each confidential text a canary, and how its routes are called."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock, sheets
from app.offerings import content, queries, sheet
from app.offerings.models import (
    CaseReference,
    CheckState,
    FirstOfKind,
    ImportState,
    MediaKind,
    Offering,
    OfferingImport,
    OfferingMedia,
    OfferingVersion,
)
from app.offerings.service.claims import CERTIFICATE
from app.offerings.service.importing import MARKED
from app.offerings.service.media import PURPOSE
from app.organisations.models import Organisation
from tests.factories.files import make_file, pdf, png
from tests.factories.offerings import make_offering
from tests.matrix.world import STAFF, World, _actor

SELLER = ("vendor_admin",)
CALLABLE = (*SELLER, "reviewer")
PLACES = {
    "{media_id}": lambda world, _role, situation: world.more["media"][situation],
    "{reference_id}": lambda world, _role, situation: world.more["references"][situation],
    "{first_id}": lambda world, _role, situation: world.more["firsts"][situation],
    "{import_id}": lambda world, _role, situation: world.more["imports"][situation],
    "{scenario}": lambda *_: "S08",
}


def _version(world: World, _role: str, situation: str) -> dict[str, Any]:
    return {"data": {"version": world.versions[f"offering {situation}"]}}


def _key(world: World, situation: str) -> str:
    return str(world.more["case_keys"].get(situation, "0" * 64))


def _reference(world: World, _role: str, situation: str) -> dict[str, Any]:
    return {
        "data": {
            "case_key": _key(world, situation),
            "contact_name": "示例周厂长",
            "contact_phone": "023-6000 0000",
            "consented": "1",
        }
    }


def _sheet(*_: Any) -> dict[str, Any]:
    data = sheets.workbook("供给", sheet.COLUMNS, sheet.EXAMPLE)
    return {"data": {"note": ""}, "files": {"file": ("示例.xlsx", data)}}


def _found(*_: Any) -> dict[str, Any]:
    return {"data": {"version": 1, "decision": "confirmed", "note": ""}}


CALLS = {
    "GET /compare": lambda world, *_: {
        "query": f"?ids={world.offerings['listed']},{world.offerings['draft']}"
    },
    "POST /workspace/offerings/{offering_id}/renew": _version,
    "POST /workspace/offerings/{offering_id}/media/uploads": lambda *_: {
        "data": {"title": "示例现场"},
        "files": {"file": ("a.png", png())},
    },
    "POST /workspace/offerings/{offering_id}/media/{media_id}": lambda *_: {"data": {"act": "remove"}},
    "POST /workspace/offerings/{offering_id}/references": _reference,
    "POST /workspace/offerings/{offering_id}/references/remove": lambda world, _role, situation: {
        "data": {"case_key": _key(world, situation)}
    },
    "POST /workspace/offerings/{offering_id}/first-of-kind/uploads": lambda *_: {
        "data": {"certificate": "示例认定〔2024〕2号", "catalogue_year": "2024"},
        "files": {"file": ("a.pdf", pdf())},
    },
    "POST /workspace/offerings/import": _sheet,
    "POST /desk/references/{reference_id}": _found,
    "POST /desk/first-of-kind/{first_id}": _found,
}


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    """Add an expiring, an expired and a first-of-kind listing, people to ask, pictures, versions, an import."""
    vendor = houses["vendor"]
    made = {
        "expiring": make_offering(session, vendor, title="示例快到期的"),
        "expired": make_offering(
            session, vendor, title=world.canary("offering expired: title", (*SELLER, *STAFF))
        ),
        "equipment": make_offering(
            session, vendor, title="示例首台机床", kind="equipment", product_class=None
        ),
    }
    made["expiring"].expires_at = clock.now() + timedelta(days=9)
    made["expiring"].reminded_days = 30
    made["expired"].expires_at = made["expired"].expired_at = clock.now() - timedelta(days=1)
    session.flush()
    for name, row in made.items():
        world.offerings[name], world.versions[f"offering {name}"] = row.id, row.version
    found = {
        row.id: row
        for row in queries.list_by_ids(session, [world.offerings["listed"], world.offerings["draft"]])
    }
    listed, draft = found[world.offerings["listed"]], found[world.offerings["draft"]]
    listed.expires_at = clock.now() + timedelta(days=300)
    _versions(session, world, listed)
    _references(session, world, {"listed": listed, "draft": draft})
    _files(session, world, houses, made["equipment"])
    _import(session, world, houses)
    session.flush()


def _versions(session: Session, world: World, listed: Offering) -> None:
    old = content.content_of(listed).model_dump(mode="json")
    old["body"] = world.canary("offering listed: an older version's text", (*SELLER, *STAFF))
    session.add(OfferingVersion(offering_id=listed.id, number=1, content=old))
    new = content.content_of(listed).model_dump(mode="json")
    session.add(OfferingVersion(offering_id=listed.id, number=2, content=new))


def _references(session: Session, world: World, rows: dict[str, Offering]) -> None:
    for name, row in rows.items():
        world.more["case_keys"][name] = content.case_key(row.cases[0])
    for place, (name, state) in enumerate(
        (("waiting", CheckState.waiting), ("confirmed", CheckState.confirmed))
    ):
        readers = CALLABLE if state is CheckState.waiting else SELLER
        found = CaseReference(
            id=uuid.uuid4(),
            offering_id=rows["listed"].id,
            case_key=world.more["case_keys"]["listed"] if name == "waiting" else "f" * 64,
            customer="示例客户",
            contact_name=world.canary(f"reference {name}: name", readers),
            contact_phone=world.secret(f"023-6655{place:04d}", f"reference {name}: telephone", readers),
            contact_role=world.canary(f"reference {name}: his work", readers),
            note=world.canary(f"reference {name}: what staff noted", readers),
            state=state,
        )
        session.add(found)
        world.more["references"][name] = found.id
    session.flush()


def _files(session: Session, world: World, houses: dict[str, Organisation], equipment: Offering) -> None:
    actor = _actor(session, world, houses, "vendor_admin")
    house = houses["vendor"].id
    for name, offering_id, shown in (
        ("offering_shown", world.offerings["listed"], True),
        ("offering_waiting", world.offerings["changed"], False),
        ("offering_of_draft", world.offerings["draft"], False),
    ):
        file = make_file(session, actor, purpose=PURPOSE, object_id=offering_id, organisation_id=house)
        readers = SELLER if name == "offering_of_draft" else (*SELLER, *STAFF)
        title = "示例封面" if shown else world.canary(f"{name}: the picture's words", readers)
        item = OfferingMedia(
            id=uuid.uuid4(),
            offering_id=offering_id,
            file_id=file.id,
            kind=MediaKind.picture,
            title=title,
            position=1 if shown else 2,
            approved_at=clock.now() if shown else None,
        )
        session.add(item)
        world.more["files"][name] = file.id
        if shown:
            world.more["media"]["listed"] = item.id
    claim = FirstOfKind(
        id=uuid.uuid4(),
        offering_id=equipment.id,
        certificate=world.canary("equipment: certificate not confirmed yet", CALLABLE),
        catalogue_year=2024,
    )
    session.add(claim)
    world.more["firsts"]["waiting"] = claim.id
    paper = make_file(
        session,
        actor,
        purpose=CERTIFICATE,
        object_id=equipment.id,
        organisation_id=house,
        name="示例证书.png",
    )
    world.more["files"]["certificate"] = paper.id


def _import(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    row = OfferingImport(
        id=uuid.uuid4(),
        organisation_id=houses["vendor"].id,
        user_id=world.people["vendor_admin"],
        file_id=uuid.uuid4(),
        file_name=world.canary("import: the file's name", SELLER),
        sha256="0" * 64,
        state=ImportState.refused,
        reason="有 1 处要改",
        errors=[{"row": 2, "column": 2, "reason": world.canary("import: what was wrong", SELLER)}],
    )
    session.add(row)
    world.more["imports"]["refused"] = row.id
    actor = _actor(session, world, houses, "vendor_admin")
    marked = make_file(session, actor, purpose=MARKED, object_id=row.id, organisation_id=houses["vendor"].id)
    world.more["files"]["import_sheet"] = marked.id
