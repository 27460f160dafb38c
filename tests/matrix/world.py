"""One small world: every role, and every object in each state that changes who may do what with it.

Each confidential text in it is a canary, a string that occurs nowhere else, with the roles that may read it.
"""

import itertools
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.models import MembershipState, User
from app.core import clock
from app.core.permissions import Actor, Role
from app.needs import service as needs
from app.needs.models import Confidentiality, Need, NeedState
from app.offerings import content
from app.offerings.models import Offering, OfferingReport, OfferingState, ReportReason
from app.organisations.models import Capacity, Organisation, OrganisationState
from app.policies.models import Policy, PolicyState
from app.reference.models import DictionaryKind, DictionaryWord
from tests.factories.accounts import make_user
from tests.factories.needs import make_draft, make_held, make_published, make_whole
from tests.factories.offerings import make_content, make_offering
from tests.factories.organisations import acting_for, add_member, make_organisation
from tests.matrix import parts

OWN = ("member", "admin")
STAFF = ("reviewer", "operator")
SELLERS = ("vendor_admin", "other_vendor", "finance")
PLATFORM: dict[str, Role] = {
    "reviewer": Role.reviewer,
    "operator": Role.operator,
    "district_officer": Role.district_officer,
    "city_officer": Role.city_officer,
    "system_admin": Role.system_admin,
    "security_admin": Role.security_admin,
    "auditor": Role.auditor,
}
#: role → (its organisation, its role there, the capacity of that organisation)
HOUSES: dict[str, tuple[str, Role, Capacity]] = {
    "admin": ("own", Role.organisation_admin, Capacity.enterprise),
    "member": ("own", Role.member, Capacity.enterprise),
    "other_member": ("other", Role.member, Capacity.enterprise),
    "vendor_admin": ("vendor", Role.organisation_admin, Capacity.vendor),
    "other_vendor": ("rival", Role.organisation_admin, Capacity.vendor),
    "finance": ("bank", Role.organisation_admin, Capacity.finance),
    "unverified": ("unverified", Role.organisation_admin, Capacity.enterprise),
}
BODY = "夹在主机电源线上判断开停和空转，超时静止就在班组的屏上提醒，不改动设备的电路，也不停产。" * 2
ROLES = ("visitor", "newcomer", *HOUSES, *PLATFORM)


@dataclass(frozen=True)
class Canary:
    """A confidential text, what it is, who may read it, and pages on which anybody (or some by consent) may."""

    text: str
    what: str
    readers: frozenset[str]
    open_on: tuple[str, ...] = ()
    told_on: tuple[tuple[str, frozenset[str]], ...] = ()

    def may_stand(self, role: str, path: str) -> bool:
        told = any(path.startswith(start) and role in roles for start, roles in self.told_on)
        return told or role in self.readers or any(path.startswith(start) for start in self.open_on)


@dataclass
class World:
    """Ids of everything by situation (the names that the table uses), and a session's token per role."""

    people: dict[str, uuid.UUID] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, uuid.UUID] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    needs: dict[str, uuid.UUID] = field(default_factory=dict)
    case_numbers: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    offerings: dict[str, uuid.UUID] = field(default_factory=dict)
    memberships: dict[str, uuid.UUID] = field(default_factory=dict)
    reports: dict[str, uuid.UUID] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    more: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    word: uuid.UUID = field(default_factory=uuid.uuid4)
    canaries: list[Canary] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(101))

    def canary(self, what: str, readers: Iterable[str], *, open_on: tuple[str, ...] = ()) -> str:
        """Return a new secret text; `readers` may read it."""
        text = f"鸢尾暗记{next(self._numbers)}"
        self.canaries.append(Canary(text, what, frozenset(readers), open_on))
        return text

    def secret(self, text: str, what: str, readers: Iterable[str]) -> str:
        """Keep a text of its own shape (a number, an address) as a canary."""
        self.canaries.append(Canary(text, what, frozenset(readers)))
        return text


def build(session: Session) -> World:
    """Fill the database and return where everything is."""
    world = World()
    houses = _organisations(session, world)
    _people(session, world, houses)
    _needs(session, world, houses)
    _offerings(session, world, houses)
    _others(session, world)
    for part in parts.modules():
        if hasattr(part, "build"):
            part.build(session, world, houses)
    for role, user_id in world.people.items():
        user = people.get_user(session, user_id)
        world.tokens[role] = accounts.start_session(
            session, user, ip="127.0.0.1", agent="test", second_factor_at=clock.now()
        )
    session.commit()
    return world


def _organisations(session: Session, world: World) -> dict[str, Organisation]:
    made: dict[str, Organisation] = {}
    wanted: dict[str, tuple[Capacity, OrganisationState]] = {
        "own": (Capacity.enterprise, OrganisationState.verified),
        "other": (Capacity.enterprise, OrganisationState.verified),
        "vendor": (Capacity.vendor, OrganisationState.verified),
        "rival": (Capacity.vendor, OrganisationState.verified),
        "bank": (Capacity.finance, OrganisationState.verified),
        "unverified": (Capacity.enterprise, OrganisationState.unverified),
        "returned": (Capacity.enterprise, OrganisationState.returned),
        "suspended": (Capacity.vendor, OrganisationState.suspended),
    }
    for number, (name, (capacity, state)) in enumerate(wanted.items(), 1):
        readers = {*STAFF, *(role for role, house in HOUSES.items() if house[0] == name)}
        public = state is OrganisationState.verified
        made[name] = make_organisation(
            session,
            capacity,
            state=state,
            name=f"示例{'甲乙丙丁戊己庚辛'[number - 1]}{number}机械有限公司",
            contact_name=world.canary(f"{name}: contact name", readers),
            contact_mobile=world.secret(f"1397755{number:04d}", f"{name}: contact mobile", readers),
            contact_email=world.secret(
                f"iris{number:03d}@secret.example", f"{name}: contact e-mail", readers
            ),
            address=world.canary(f"{name}: address", readers),
            intro="公开的介绍" if public else world.canary(f"{name}: introduction, not public yet", readers),
            decision_reason="" if public else world.canary(f"{name}: decision's reason", readers),
        )
        world.organisations[name], world.codes[name] = made[name].id, made[name].credit_code
    known = {*OWN, *STAFF, "system_admin", "security_admin"}  # the two see whose people an account acts for
    world.canaries.append(
        Canary(
            made["own"].name,
            "own: the factory's name",
            frozenset(known),
            # an invitation is opened by its secret link, which says who invites
            ("/organisations/", "/api/v1/organisations/", "/invitations/"),
            # who joins a common need agrees to be named to verified vendors and to the others that joined
            (("/common-needs/", frozenset({*SELLERS, "other_member"})),),
        )
    )
    return made


def _people(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    for role in ROLES[1:]:
        login = f"13766{len(world.people):06d}"
        readers = {role, "system_admin", "security_admin"}
        world.logins[role] = world.secret(login, f"{role}: sign-in number", readers)
        granted = [PLATFORM[role]] if role in PLATFORM else []
        user = make_user(session, *granted, name=f"示例{role}", login=login)
        world.people[role] = user.id
        if role in HOUSES:
            add_member(session, houses[HOUSES[role][0]], user, HOUSES[role][1])
    applicant = make_user(session, name="示例申请人")
    add_member(session, houses["own"], applicant, Role.member, MembershipState.requested)
    colleague = make_user(session, name="示例同事")
    add_member(session, houses["own"], colleague, Role.member)
    stranger = make_user(session, name="示例外人")
    add_member(session, houses["other"], stranger, Role.member)
    for name, user, house in (
        ("request", applicant, "own"),
        ("colleague", colleague, "own"),
        ("foreign", stranger, "other"),
    ):
        found = people.find_membership(session, user.id, houses[house].id)
        assert found is not None
        world.memberships[name] = found.id
    request = people.find_membership_by_id(session, world.memberships["request"])
    assert request is not None
    request.note = world.canary("own: applicant's note", {"admin"})


def _needs(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    own = _actor(session, world, houses, "admin")
    unverified = _actor(session, world, houses, "unverified")
    circle = (*OWN, *STAFF)

    def secrets(what: str, readers: Iterable[str]) -> dict[str, Any]:
        """Texts of every free field of a need, each with its own canary, long enough for the gate."""
        words = {name: world.canary(f"need {what}: {name}", readers) for name in ("title", "problem", "note")}
        return {
            "title": words["title"],
            "problem": f"夜班冲床停了没人发现，上个月误了三次交货，多花八千块加班费。{words['problem']}",
            "equipment": world.canary(f"need {what}: equipment", readers),
            "conditions_note": words["note"],
        }

    made: dict[str, Need] = {
        "draft": make_whole(session, own, **secrets("draft", OWN)),
        "held": make_held(session, own, **secrets("held", circle)),
        "published": make_published(
            session, own, title="示例：公开的难处", conditions_note=f"{houses['own'].name}老厂区，二楼"
        ),
        "vendors_only": make_published(
            session, own, Confidentiality.verified_vendors, **secrets("vendors only", (*circle, *SELLERS))
        ),
        "staff_only": make_published(
            session, own, Confidentiality.staff_only, **secrets("staff only", circle)
        ),
        "expired": make_published(session, own, **secrets("expired", circle)),
        "withdrawn": make_published(session, own, **secrets("withdrawn", circle)),
        "scrapped": make_draft(session, own, **secrets("scrapped draft", OWN)),
        "returned": make_held(session, own, **secrets("returned", circle)),
        "waiting": make_whole(session, unverified, **secrets("waiting", ("unverified", *STAFF))),
    }
    made["waiting"] = needs.publish_need(
        session, unverified, need_id=made["waiting"].id, version=made["waiting"].version
    )
    assert made["waiting"].state is NeedState.waiting_verification
    made["expired"].expires_at = clock.now() - timedelta(days=1)
    for name in ("withdrawn", "scrapped"):
        reason = world.canary(f"need {name}: reason", OWN if name == "scrapped" else circle)
        made[name] = needs.withdraw_need(
            session, own, need_id=made[name].id, version=made[name].version, code="other", reason=reason
        )
    reviewer = Actor(user_id=world.people["reviewer"], roles=frozenset({Role.reviewer}))
    made["returned"] = needs.decide(
        session,
        reviewer,
        need_id=made["returned"].id,
        version=made["returned"].version,
        publish=False,
        note_text=world.canary("need returned: decision's note", circle),
    )
    needs.autosave(
        session,
        own,
        need_id=made["draft"].id,
        step="problem",
        data={"problem": world.canary("need draft: typed and not sent", {"admin"})},
    )
    session.flush()
    for name, need in made.items():
        world.needs[name], world.case_numbers[name] = need.id, need.case_number
        world.versions[f"need {name}"] = need.version


def _offerings(session: Session, world: World, houses: dict[str, Organisation]) -> None:
    seller = ("vendor_admin",)
    circle = (*seller, *STAFF)

    def secrets(what: str, readers: Iterable[str]) -> dict[str, Any]:
        return {
            "title": world.canary(f"offering {what}: title", readers),
            "body": BODY + world.canary(f"offering {what}: body", readers),
            "exit_terms": world.canary(f"offering {what}: exit terms", readers),
        }

    vendor = houses["vendor"]
    made: dict[str, Offering] = {
        "draft": make_offering(session, vendor, OfferingState.draft, **secrets("draft", seller)),
        "submitted": make_offering(session, vendor, OfferingState.submitted, **secrets("submitted", circle)),
        "listed": make_offering(session, vendor, title="示例电流钳设备监测"),
        "changed": make_offering(session, vendor, title="示例振动监测"),
        "change_submitted": make_offering(session, vendor, title="示例能耗采集"),
        "returned": make_offering(session, vendor, OfferingState.returned, **secrets("returned", circle)),
        "withdrawn": make_offering(session, vendor, OfferingState.withdrawn, **secrets("withdrawn", circle)),
        "scrapped": make_offering(session, vendor, OfferingState.withdrawn, **secrets("scrapped", seller)),
        "suspended": make_offering(session, houses["suspended"], **secrets("suspended", STAFF)),
    }
    made["withdrawn"].listed_at = clock.now()
    made["returned"].decision_reason = world.canary("offering returned: decision's reason", circle)
    for name, readers in (("changed", seller), ("change_submitted", circle)):
        given = make_content(
            title=made[name].title, body=BODY + world.canary(f"offering {name}: new text", readers)
        )
        assert given != content.content_of(made[name])
        made[name].pending = given.model_dump(mode="json")
    made["change_submitted"].pending_submitted_at = clock.now()
    report = OfferingReport(
        id=uuid.uuid4(),
        offering_id=made["listed"].id,
        reason=ReportReason.other,
        text=world.canary("report: text", STAFF),
        reporter_id=world.people["other_member"],
    )
    session.add(report)
    session.flush()
    world.reports["open"] = report.id
    for name, row in made.items():
        world.offerings[name] = row.id
        world.versions[f"offering {name}"] = row.version


def _others(session: Session, world: World) -> None:
    word = DictionaryWord(
        id=uuid.uuid4(),
        kind=DictionaryKind.synonym,
        term="示例词",
        synonyms=["示例同义"],
        author="中心",
        source="示例",
        confidence="示例",
        digest="0",
    )
    session.add(word)
    rows = session.query(Policy).order_by(Policy.slug).limit(2).all()
    rows[0].state = PolicyState.withdrawn
    rows[0].version += 1
    world.policies = {"withdrawn": rows[0].slug, "listed": rows[1].slug}
    session.flush()
    world.word = word.id


def _actor(session: Session, world: World, houses: dict[str, Organisation], role: str) -> Actor:
    house, member_role, _capacity = HOUSES[role]
    user = session.get(User, world.people[role])
    assert user is not None
    return acting_for(user, houses[house], member_role)
