"""A file that only its owner's organisation reads; the rooms' own files stand in their parts."""

from typing import Any

from sqlalchemy.orm import Session

from app.core.permissions import Actor
from app.files import service
from app.files.models import FileState, StoredFile
from app.organisations.models import Organisation
from tests.factories.files import make_file
from tests.matrix.world import World

PURPOSE = "matrix.paper"


def _own_house(_session: Session, actor: Actor, row: StoredFile) -> bool:
    return actor.organisation_id is not None and actor.organisation_id == row.organisation_id


service.register_reader(PURPOSE, _own_house)
PLACES = {"{file_id}": lambda world, _role, situation: world.more["files"][situation]}
PAPERS = {
    "organisations.qualification": "own",
    "organisations.pool": "own",
    "organisations.appeal": "own",
    "offerings.import": "vendor",
}
CALLS: dict[str, Any] = {}


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    owner = Actor(user_id=world.people["admin"], name="示例")
    for name, state in (("clean", FileState.clean), ("quarantined", FileState.quarantined)):
        row = make_file(
            session,
            owner,
            purpose=PURPOSE,
            object_id=houses["own"].id,
            organisation_id=houses["own"].id,
            state=state,
            name="示例执照.png",
        )
        world.more["files"][name] = row.id
    for purpose, house in PAPERS.items():
        kept = make_file(
            session, owner, purpose=purpose, object_id=houses[house].id, organisation_id=houses[house].id
        )
        world.more["files"][purpose] = kept.id
