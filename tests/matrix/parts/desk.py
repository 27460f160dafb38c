"""Announcements, requests for help, failed jobs, coming rules and cases, and how their routes are called."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.jobs import Job, JobState
from app.core.parameters import ParameterRow
from app.core.permissions import Actor, Role
from app.deals import service as deals
from app.desk.models import Announcement, AnnouncementState, Audience
from app.desk.schemas import AnnouncementForm
from app.desk.service import announcing, helping
from app.matching.weights import FACTORS
from app.organisations.models import Organisation
from tests.factories.needs import make_draft, make_published
from tests.factories.offerings import make_offering
from tests.matrix.world import OWN, STAFF, World

Make = Any
COMING = timedelta(days=30)

PLACES = {
    "{announcement_id}": lambda world, _role, situation: world.more["announcements"][situation],
    "{number}": lambda world, _role, situation: world.more["numbers"][situation],
    "{job_id}": lambda world, _role, situation: world.more["jobs"][situation],
    "{name}": lambda *_: "matching-weights",
}


def _form(**fields: Any) -> Make:
    return lambda *_: {"data": fields}


def _version_of(kind: str, **fields: Any) -> Make:
    return lambda world, _role, situation: {
        "data": {"version": world.versions[f"{kind} {situation}"], **fields}
    }


def _announcement(**more: Any) -> dict[str, Any]:
    return {
        "title": "示例：夜间维护",
        "text": "示例：两小时内登不上。",
        "audience": "everyone",
        "starts_on": clock.today().isoformat(),
        **more,
    }


def _changed_announcement(world: World, _role: str, situation: str) -> dict[str, Any]:
    return {"data": _announcement(version=world.versions[f"announcement {situation}"])}


def _weights(*_: Any) -> dict[str, Any]:
    points = {code: number for code, _label, number, _note in FACTORS}
    points["price"], points["days"] = points["price"] - 1, points["days"] + 1
    fields = {f"value_{code}": str(number) for code, number in points.items()}
    return {"data": {**fields, "valid_from": clock.today().isoformat(), "note": "示例：试行一个季度"}}


WORD = {"kind": "synonym", "term": "示例词", "synonyms": "示例近义", "is_active": "1"}
CALLS: dict[str, Make] = {
    "GET /desk/case": lambda world, *_: {"query": f"?number={world.more['numbers']['case_plain']}"},
    "POST /desk/holds": lambda world, *_: {
        "data": {"key": f"desk.help:{world.more['numbers']['asked']}", "act": "take"}
    },
    "POST /help": _form(text="示例：按了发布没有反应", contact=""),
    "POST /help/{number}/notes": _form(text="示例：再补充一句"),
    "POST /desk/help/{number}/answer": _version_of("help", text="示例：已经处理好"),
    "POST /desk/help/{number}/close": _version_of("help"),
    "POST /desk/announcements/new": lambda *_: {"data": _announcement()},
    "POST /desk/announcements/{announcement_id}": _changed_announcement,
    "POST /desk/announcements/{announcement_id}/publish": _version_of("announcement"),
    "POST /desk/announcements/{announcement_id}/withdraw": _version_of("announcement"),
    "POST /staff/dictionary/try": _form(**{**WORD, "term": "示例新词"}, sample="示例新词怎么读"),
    "POST /staff/dictionary/{word_id}/try": _form(**WORD, sample="示例词怎么读"),
    "POST /staff/dictionary/{word_id}/delete": _form(version="1"),
    "POST /staff/parameters/{key}/cancel": lambda *_: {
        "data": {"valid_from": (clock.today() + COMING).isoformat(), "note": "示例：会上说不改了"}
    },
    "POST /staff/parameters/sets/{name}": _weights,
}


def build(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    """Add what the desk's routes work on."""
    _announcements(session, world)
    _help(session, world)
    _cases(session, world, houses)
    for state in (JobState.failed, JobState.done):
        row = Job(
            id=uuid.uuid4(),
            name="示例.任务",
            state=state,
            finished_at=clock.now(),
            error="示例：三次都没有做成",
        )
        session.add(row)
        world.more["jobs"][state.value] = row.id
    session.add(
        ParameterRow(
            id=uuid.uuid4(),
            key="needs.gate.publish_from",
            valid_from=clock.today() + COMING,
            value=14,
            note=world.canary("rule: reason", {"operator"}),
        )
    )
    session.flush()


def _announcements(session: Session, world: World) -> None:
    operator = Actor(user_id=world.people["operator"], roles=frozenset({Role.operator}))
    platform = {name for name in world.people if name in {*STAFF, "district_officer", "city_officer"}}
    platform |= {"system_admin", "security_admin", "auditor"}
    texts = {
        "public": ("示例公告", Audience.everyone),
        "inner": (world.canary("announcement for staff: title", platform), Audience.staff),
        "draft": (world.canary("announcement, draft: title", {"operator"}), Audience.everyone),
        "withdrawn": (world.canary("announcement, withdrawn: title", {"operator"}), Audience.everyone),
    }
    for name, (title, audience) in texts.items():
        data = AnnouncementForm.model_validate(_announcement(title=title, audience=audience.value))
        row: Announcement = announcing.save(session, operator, data=data)
        if name != "draft":
            announcing.publish(session, operator, announcement_id=row.id, version=row.version)
        if name == "withdrawn":
            announcing.withdraw(session, operator, announcement_id=row.id, version=row.version)
            assert row.state is AnnouncementState.withdrawn
        world.more["announcements"][name] = row.id
        world.versions[f"announcement {name}"] = row.version


def _help(session: Session, world: World) -> None:
    person = Actor(user_id=world.people["newcomer"], name="示例")
    readers = {"newcomer", *STAFF}
    for name in ("asked", "closed"):
        row = helping.ask(
            session, person, text=world.canary(f"help {name}: text", readers), contact="", path="/search"
        )
        row.contact = world.secret(f"help-{name}@secret.example", f"help {name}: contact", readers)
        if name == "closed":
            helping.answer(
                session,
                Actor(user_id=world.people["operator"], roles=frozenset({Role.operator})),
                number=row.number,
                version=row.version,
                text=world.canary("help: answer", readers),
                close=True,
            )
        world.more["numbers"][name] = row.number
        world.versions[f"help {name}"] = row.version


def _cases(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    def of(role: str, house: str) -> Actor:
        user = world.people[role]
        return Actor(
            user_id=user,
            name="示例",
            organisation_id=houses[house].id,
            organisation_name=houses[house].name,
            organisation_verified=True,
            capacities=frozenset({"vendor"} if house == "vendor" else {"enterprise"}),
            roles=frozenset({Role.organisation_admin}),
        )

    own, vendor = of("admin", "own"), of("vendor_admin", "vendor")
    plain = make_published(session, own, title="示例：没有人来谈的案件")
    talked = make_published(session, own, title="示例：有人来谈的案件")
    draft = make_draft(session, own, title=world.canary("case of a draft: title", OWN))
    offering = make_offering(session, houses["vendor"], title="示例：来谈的方案")
    session.flush()
    deals.offer_on_need(
        session,
        vendor,
        need_id=talked.id,
        offering_id=offering.id,
        request=deals.Request(message="示例：我们能装，两天上线。"),
    )
    for name, need in (("case_plain", plain), ("case_talked", talked), ("case_draft", draft)):
        world.more["numbers"][name] = need.case_number
