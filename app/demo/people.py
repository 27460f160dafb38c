"""Demo people and organisations, registered and verified through the rooms' own commands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts_queries
from app.accounts import service as accounts
from app.accounts.models import User
from app.core import clock
from app.core.permissions import ORGANISATION_ROLES, SYSTEM, Actor, Role
from app.core.runtime import Runtime
from app.core.security import hash_password
from app.core.settings import Settings
from app.demo import data, signins
from app.organisations import queries as organisations_queries
from app.organisations import service as organisations
from app.organisations.models import Capacity, Decision, Organisation, Origin
from app.organisations.schemas import DecisionForm, OrganisationCreate
from app.organisations.verification import CHECKS

ORIGIN = "demo"
#: Holds no password at all: nobody can sign in as the keeper of the demo organisations.
KEEPER = f"yanshi@{signins.DOMAIN}"
NO_PASSWORD = "!"  # noqa: S105  not a hash, so that no password ever fits

BATCH = 35
#: Since when the demo organisations stand on the platform, and since when the unverified ones wait.
AGE, WAITING = timedelta(days=60), timedelta(hours=40)

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts in the demo: organisation keys → ids, the owners' actors and the reviewer."""

    organisations: dict[str, UUID]
    owners: dict[str, Actor]
    reviewer: Actor


def seed_people(runtime: Runtime, progress: Progress) -> Cast:
    """Make the demo accounts and organisations that are missing; returns who they are."""
    password = signins.password(runtime.settings)
    with runtime.database.reading() as session:
        missing = [each for each in signins.SIGN_INS if not _known(session, each.login)]
    hashes = {each.login: hash_password(password) for each in missing}  # never inside a write transaction
    with runtime.database.writing() as session:
        keeper = _user(session, KEEPER, "示例数据", NO_PASSWORD)
        for each in signins.SIGN_INS:
            _user(session, each.login, each.name, hashes.get(each.login, NO_PASSWORD))
        reviewer = _staff(session)
        enrol_staff(session, runtime.settings)
    cast = Cast(organisations={}, owners={}, reviewer=reviewer)
    everyone = data.organisations()
    for start in range(0, len(everyone), BATCH):
        batch = everyone[start : start + BATCH]
        with runtime.database.writing() as session:
            for number, demo in enumerate(batch, start):
                age = AGE - timedelta(hours=number) if demo.verified else WAITING - timedelta(minutes=number)
                with clock.frozen(clock.now() - age):
                    _organisation(session, keeper.id, demo, cast)
        progress(start + len(batch), len(everyone), "示例机构")
    with runtime.database.writing() as session:
        for each in signins.SIGN_INS:
            if each.organisation is not None:
                _join(session, each, cast.organisations[each.organisation])
    return cast


def _known(session: Session, login: str) -> bool:
    return accounts_queries.find_user_by_login(session, login) is not None


def _user(session: Session, login: str, name: str, password_hash: str) -> User:
    found = accounts_queries.find_user_by_login(session, login)
    if found is not None:
        return found
    return accounts.register_user(
        session, SYSTEM, name=name, login=login, password_hash=password_hash, origin=ORIGIN
    )


def _staff(session: Session) -> Actor:
    """Grant the platform roles; returns the reviewer, who verifies and lists."""
    reviewer = SYSTEM
    for each in signins.SIGN_INS:
        if each.role in ORGANISATION_ROLES:
            continue
        user = _user(session, each.login, each.name, NO_PASSWORD)
        accounts.grant_role(session, SYSTEM, user_id=user.id, role=each.role, district=each.district)
        if each.role is Role.reviewer:
            reviewer = Actor(user_id=user.id, name=each.name, roles=frozenset({Role.reviewer}))
    return reviewer


def enrol_staff(session: Session, settings: Settings) -> None:
    """Give the demo people who need one their second factor; codes are shown in development (`/dev/codes`)."""
    for each in signins.with_second_factor():
        user = accounts_queries.find_user_by_login(session, each.login)
        if user is not None and accounts_queries.find_totp(session, user.id) is None:
            accounts.store_secret(session, user.id, signins.totp_secret(settings, each.login))


def _organisation(session: Session, keeper_id: UUID, demo: data.DemoOrganisation, cast: Cast) -> None:
    row = organisations_queries.find_by_code(session, demo.credit_code)
    if row is None:
        row = _register(session, keeper_id, demo)
        if demo.verified:
            _verify(session, cast.reviewer, row)
    cast.organisations[demo.key] = row.id
    cast.owners[demo.key] = Actor(
        user_id=keeper_id,
        name="示例数据",
        organisation_id=row.id,
        organisation_name=row.name,
        organisation_verified=row.is_verified,
        capacities=frozenset(demo.capacities),
        roles=frozenset({Role.organisation_admin}),
    )


def _register(session: Session, keeper_id: UUID, demo: data.DemoOrganisation) -> Organisation:
    number = int(demo.credit_code[8:16])
    fields = OrganisationCreate(
        name=demo.name,
        short_name=demo.short_name,
        credit_code=demo.credit_code,
        capacities=[Capacity(item) for item in demo.capacities],
        district=demo.district,
        industry=demo.industry or "",
        staff_count=demo.staff_count,
        intro=demo.intro,
        contact_name="示例联系人",
        contact_mobile=f"023-0000{number % 10_000:04d}",  # no subscriber's number begins with 0
    )
    actor = Actor(user_id=keeper_id, name="示例数据")
    row = organisations.register_organisation(session, actor, data=fields)
    row.origin = Origin.demo
    return row


def _verify(session: Session, reviewer: Actor, row: Organisation) -> None:
    decision = DecisionForm(
        version=row.version, decision=Decision.verified, checks=list(CHECKS), reason="示例机构，仅供演示"
    )
    organisations.decide_verification(session, reviewer, organisation_id=row.id, data=decision)


def _join(session: Session, each: signins.SignIn, organisation_id: UUID) -> None:
    user = _user(session, each.login, each.name, NO_PASSWORD)
    if accounts_queries.find_membership(session, user.id, organisation_id) is None:
        accounts.add_membership(
            session, SYSTEM, user_id=user.id, organisation_id=organisation_id, role=each.role
        )
