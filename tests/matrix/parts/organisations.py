"""Papers, sizes, titles, claims, pools and appeals of the world's organisations, and how their routes are called."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.core import clock
from app.core.permissions import Actor, Role
from app.organisations import pools
from app.organisations.models import (
    Appeal,
    AppealAbout,
    ClaimKind,
    Organisation,
    OrganisationClaim,
    Pool,
    PoolCriterion,
    PoolEntry,
    PoolMove,
    PoolState,
    PoolStep,
    Qualification,
    QualificationKind,
    QualificationState,
    SizeDeclaration,
)
from app.organisations.service.papers import CLAIM, LICENCE
from tests.factories.accounts import make_user
from tests.factories.files import make_file, pdf
from tests.factories.organisations import add_member
from tests.matrix.world import HOUSES, STAFF, World

REASON = "示例：核对过原件，写明原因"
REVENUE_FEN = 12_345_678_901

Make = Any


def _more(kind: str) -> Make:
    return lambda world, _role, situation: world.more[kind][situation]


PLACES = {
    "{paper_id}": _more("papers"),
    "{qualification_id}": _more("qualifications"),
    "{claim_id}": _more("claims"),
    "{entry_id}": _more("entries"),
    "{appeal_id}": _more("appeals"),
    "{pool}": lambda *_: Pool.chain.value,
}


def _form(**fields: Any) -> Make:
    return lambda *_: {"data": fields}


def _with_paper(**fields: Any) -> Make:
    return lambda *_: {"data": fields, "files": {"file": ("示例.pdf", pdf())}}


def _claim(world: World, _role: str, _situation: str) -> dict[str, Any]:
    return {
        "data": {
            "code": world.codes["returned"],
            "kind": "departed",
            "statement": "示例：管理员离职，联系不上",
        }
    }


def _application(*_: Any) -> dict[str, Any]:
    fields = {}
    for item in pools.CRITERIA[Pool.chain]:
        fields[f"criteria-{item.code}-figure"] = "9"
        fields[f"criteria-{item.code}-evidence"] = "示例：甲厂、乙厂，去年三月开始用"
    return {"data": fields}


def _decision(*_: Any) -> dict[str, Any]:
    fields = {f"findings-{item.code}-met": "yes" for item in pools.CRITERIA[Pool.light]}
    return {"data": {"version": 1, "admit": "true", **fields}}


def _appoint(world: World, _role: str, situation: str) -> dict[str, Any]:
    return {"data": {"membership": str(world.more["candidates"].get(situation, "")), "reason": REASON}}


MOVE = _form(version=1, reason=REASON)
APPEAL = _form(statement="示例：数都量过，见附件的记录")
CALLS: dict[str, Make] = {
    "POST /organisations/mine/licence/uploads": _with_paper(),
    "POST /organisations/mine/size": _form(year="2025", staff_count="120", revenue="2600.5"),
    "POST /organisations/mine/qualifications/uploads": _with_paper(
        kind="green_factory", number="示例1", issuer="示例发证单位", valid_from="2026-01-01", valid_to=""
    ),
    "GET /organisations/claims/new": lambda world, *_: {"query": f"?code={world.codes['own']}"},
    "POST /organisations/claims/uploads": _claim,
    "POST /organisations/mine/pools/apply/{pool}/uploads": _application,
    "POST /organisations/mine/pools/{entry_id}/answer": MOVE,
    "POST /organisations/mine/pools/{entry_id}/withdraw": MOVE,
    "POST /organisations/mine/pools/{entry_id}/appeal/uploads": APPEAL,
    "POST /organisations/mine/appeal/uploads": APPEAL,
    "POST /desk/organisations/{organisation_id}/lift": _form(reason=REASON),
    "POST /desk/qualifications/{qualification_id}/decision": _form(confirm="true", reason=REASON),
    "POST /desk/claims/{claim_id}/decision": _form(uphold="true", reason=REASON),
    "POST /desk/orphans/{organisation_id}/appoint": _appoint,
    "POST /desk/pools/{entry_id}/decision": _decision,
    "POST /desk/pools/{entry_id}/warn": MOVE,
    "POST /desk/pools/{entry_id}/lift": MOVE,
    "POST /desk/pools/{entry_id}/remove": MOVE,
    "POST /desk/appeals/{appeal_id}/decision": _form(uphold="true", reason=REASON),
}


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    _papers(session, world, houses)
    _qualifications(session, world, houses)
    _claims(session, world, houses)
    _pools(session, world, houses)
    session.flush()


def _readers(house: str) -> Iterable[str]:
    return (*STAFF, *(role for role, kept in HOUSES.items() if kept[0] == house))


def _papers(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    own, owner = houses["own"], Actor(user_id=world.people["admin"], name="示例")
    name = f"{world.canary('own: licence name', _readers('own'))}.png"
    row = make_file(session, owner, purpose=LICENCE, object_id=own.id, organisation_id=own.id, name=name)
    world.more["papers"]["own"] = world.more["files"]["licence"] = row.id
    session.add(
        SizeDeclaration(
            id=uuid.uuid4(),
            organisation_id=own.id,
            year=2025,
            staff_count=310,
            revenue_fen=REVENUE_FEN,
            declared_by=owner.user_id,
        )
    )
    world.secret("12,345.678901", "own: revenue", _readers("own"))


def _qualifications(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    kinds = list(QualificationKind)
    for position, state in enumerate(
        (QualificationState.claimed, QualificationState.confirmed, QualificationState.refused)
    ):
        public = state is QualificationState.confirmed
        row = Qualification(
            id=uuid.uuid4(),
            organisation_id=houses["own"].id,
            kind=kinds[position],
            number="示例0001"
            if public
            else world.canary(f"own: number of a {state.value} title", _readers("own")),
            issuer="示例发证单位",
            valid_from=date(2026, 1, 1),
            state=state,
            reason=world.canary("own: why a title was refused", _readers("own"))
            if state is QualificationState.refused
            else "",
            decided_at=None if state is QualificationState.claimed else clock.now(),
        )
        session.add(row)
        world.more["qualifications"][state.value] = row.id


def _claims(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    claimant = world.people["newcomer"]
    row = OrganisationClaim(
        id=uuid.uuid4(),
        organisation_id=houses["own"].id,
        claimant_id=claimant,
        kind=ClaimKind.dispute,
        statement=world.canary("claim: statement", ("newcomer", *STAFF)),
    )
    session.add(row)
    world.more["claims"]["open"] = row.id
    name = f"{world.canary('claim: name of its paper', ('newcomer', *STAFF))}.png"
    paper = make_file(
        session, Actor(user_id=claimant, name="示例"), purpose=CLAIM, object_id=row.id, name=name
    )
    world.more["files"]["claim"] = paper.id
    # the reviewer calls who claims a house, and whom he may appoint for one without an admin; the claimant names it
    widened = {
        world.logins["newcomer"]: {"reviewer"},
        world.logins["other_member"]: {"reviewer"},
        houses["own"].name: {"newcomer"},
    }
    for position, canary in enumerate(world.canaries):
        more = widened.get(canary.text, set())
        world.canaries[position] = replace(canary, readers=canary.readers | more)
    lone = make_user(session, name="示例留守成员")
    add_member(session, houses["returned"], lone, Role.member)
    found = people.find_membership(session, lone.id, houses["returned"].id)
    assert found is not None
    world.more["candidates"]["returned"] = found.id


def _pools(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    other = make_user(session, Role.reviewer, name="示例另一位审核员").id
    own_reviewer = world.people["reviewer"]
    wanted = {
        "admitted": ("vendor", Pool.light, PoolState.admitted),
        "answered": ("vendor", Pool.integrator, PoolState.answered),
        "applied": ("rival", Pool.light, PoolState.applied),
        "refused": ("rival", Pool.integrator, PoolState.refused),
        "removed": ("rival", Pool.chain, PoolState.removed),
        "warned": ("bank", Pool.light, PoolState.warned),
        "judged": ("suspended", Pool.light, PoolState.refused),
    }
    ending = {PoolState.refused: PoolMove.refuse, PoolState.removed: PoolMove.remove}
    steps: dict[str, PoolStep] = {}
    for name, (house, pool, state) in wanted.items():
        readers = _readers(house)
        row = PoolEntry(
            id=uuid.uuid4(),
            organisation_id=houses[house].id,
            pool=pool,
            state=state,
            admitted_at=clock.now() if state in pools.IN_POOL else None,
            deadline=clock.today() + timedelta(days=30) if state is PoolState.warned else None,
            criteria=[
                PoolCriterion(
                    id=uuid.uuid4(),
                    code=item.code,
                    position=position,
                    required=item.default,
                    figure=item.default,
                    evidence=world.canary(f"pool {name}: evidence of {item.code}", readers),
                )
                for position, item in enumerate(pools.CRITERIA[pool])
            ],
        )
        steps[name] = PoolStep(
            id=uuid.uuid4(),
            entry_id=row.id,
            position=0,
            move=ending.get(state, PoolMove.warn if state is PoolState.warned else PoolMove.apply),
            reason=world.canary(f"pool {name}: reason", readers),
            by=own_reviewer if name == "judged" else other,
        )
        row.steps = [steps[name]]
        session.add(row)
        world.more["entries"][name] = row.id
    session.flush()
    for name, entry, first in (("open", "refused", other), ("own_decision", "judged", own_reviewer)):
        house = wanted[entry][0]
        appeal = Appeal(
            id=uuid.uuid4(),
            organisation_id=houses[house].id,
            about=AppealAbout.pool,
            subject_id=steps[entry].id,
            entry_id=world.more["entries"][entry],
            first_by=first,
            statement=world.canary(f"appeal {name}: statement", _readers(house)),
        )
        session.add(appeal)
        world.more["appeals"][name] = appeal.id
