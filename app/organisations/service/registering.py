"""Registering an organisation and editing what it says about itself."""

import uuid
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.core import audit, clock, uscc
from app.core.errors import AppError, EditConflict, Invalid
from app.core.permissions import Actor, Permission, Role, require
from app.organisations import news, queries
from app.organisations.models import (
    Capacity,
    Organisation,
    OrganisationCapacity,
    OrganisationState,
    Verification,
    VerificationCause,
)
from app.organisations.schemas import OrganisationCreate, OrganisationFields, OrganisationUpdate
from app.organisations.service import verifying
from app.reference import queries as reference

PLAIN = (
    "short_name",
    "district_slug",
    "industry_code",
    "address",
    "staff_count",
    "intro",
    "contact_name",
    "contact_mobile",
    "contact_email",
)
SHOWN_ELSEWHERE = frozenset({"name", "short_name", "district_slug", "industry_code"})


class AlreadyRegistered(AppError):
    """The code is taken; the page leads to asking its admin."""

    status = 409
    code = "organisation_registered"
    default = "这个统一社会信用代码已经登记过，请它的管理员加您"

    def __init__(self, credit_code: str) -> None:
        super().__init__()
        self.credit_code = credit_code


def register_organisation(session: Session, actor: Actor, *, data: OrganisationCreate) -> Organisation:
    """Register an organisation, submit it for verification and make the actor its admin, acting for it.

    Raises:
        Invalid: the credit code fails a check (which one, and what was expected), or a field is wrong.
        AlreadyRegistered: somebody registered this code before.

    """
    require(actor, Permission.organisations_organisation_create)
    code = check_code(data.credit_code)
    values = resolve(session, data)
    if queries.find_by_code(session, code) is not None:
        raise AlreadyRegistered(code)
    organisation = Organisation(
        id=uuid.uuid4(),
        credit_code=code,
        state=OrganisationState.unverified,
        capacities=[OrganisationCapacity(id=uuid.uuid4(), capacity=item) for item in data.capacities],
        **values,
    )
    try:
        with session.begin_nested():
            session.add(organisation)
    except IntegrityError as error:  # two people registered the same code in the same moment
        raise AlreadyRegistered(code) from error
    if actor.user_id is not None:
        accounts.add_membership(
            session,
            actor,
            user_id=actor.user_id,
            organisation_id=organisation.id,
            role=Role.organisation_admin,
        )
        accounts.act_for(session, actor, organisation_id=organisation.id)
    verifying.open_round(session, actor, organisation, VerificationCause.registered)
    audit.record(
        session,
        actor,
        "organisations.organisation.registered",
        kind="organisation",
        object_id=organisation.id,
        data={"code": code, "capacities": [item.value for item in data.capacities]},
    )
    session.flush()
    return organisation


def edit_organisation(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, data: OrganisationUpdate
) -> Verification | None:
    """Save an edit; returns the open round when the centre still has to look at something.

    A verified organisation keeps its name and gains no capacity until the centre has checked the change.

    Raises:
        EditConflict: somebody saved a newer version; both are carried.
        Invalid: a field is wrong, or the code of a verified organisation was changed.
        AlreadyRegistered: the mended code belongs to somebody else.

    """
    organisation = queries.get_for_update(session, actor, organisation_id)
    require(actor, Permission.organisations_organisation_edit, organisation)
    values = resolve(session, data)
    current = snapshot(organisation)
    if data.version != organisation.version:
        wanted = {**values, "capacities": sorted(item.value for item in data.capacities)}
        raise EditConflict(yours=wanted, theirs=current)
    changes = {key: value for key, value in values.items() if getattr(organisation, key) != value}
    open_round = queries.find_open_verification(session, organisation.id)
    if organisation.is_verified:
        held = {"name": changes.pop("name")} if "name" in changes else {}
        kept = _set_capacities(organisation, data.capacities, only_remove=True)
        open_round = _hold(session, actor, organisation, open_round, held, gained=set(data.capacities) - kept)
        _refuse_new_code(organisation, data)
    else:
        _set_capacities(organisation, data.capacities)
        changes |= _mended_code(session, organisation, data)
    for key, value in changes.items():
        setattr(organisation, key, value)
    organisation.version += 1
    organisation.updated_at = clock.now()
    if _is_news(current, organisation):
        organisation.doc_version += 1
        news.tell_changed(session, organisation.id)
    audit.record(
        session,
        actor,
        "organisations.organisation.edited",
        kind="organisation",
        object_id=organisation.id,
        data={"fields": sorted(changes), "version": organisation.version},
    )
    session.flush()
    if data.submit and organisation.state is OrganisationState.returned:
        open_round = verifying.submit_for_verification(session, actor, organisation_id=organisation.id)
    return open_round


def check_code(text: str) -> str:
    """Return the normalised code or raise `Invalid` naming the failed check and the expected character."""
    try:
        return uscc.parse(text).code
    except uscc.UsccError as error:
        raise Invalid({"credit_code": str(error)}) from error


def resolve(session: Session, data: OrganisationFields) -> dict[str, Any]:
    """Return the columns' values, with district and industry looked up by slug, code or name.

    Raises:
        Invalid: no such district or industry class, or an enterprise without an industry.

    """
    problems: dict[str, str] = {}
    district = reference.find_district_named(session, data.district)
    if district is None:
        problems["district"] = _former(session, data.district) or "没有找到这个区县，请从列表里选"
    industry = reference.find_industry_named(session, data.industry) if data.industry else None
    if data.industry and industry is None:
        problems["industry"] = "没有找到这个行业，输入几个字从列表里选，例如：通用零部件"
    if industry is None and not data.industry and Capacity.enterprise in data.capacities:
        problems["industry"] = "制造企业请选行业，推荐方案要用；选到大类就可以"
    if problems or district is None:
        raise Invalid(problems)
    values = {key: getattr(data, key) for key in PLAIN if key not in {"district_slug", "industry_code"}}
    return {
        **values,
        "name": data.name,
        "district_slug": district.slug,
        "industry_code": industry.code if industry else None,
    }


def _former(session: Session, typed: str) -> str:
    """Return where a district that is no more went, or an empty text."""
    changes = reference.list_former(session, typed)
    if not changes:
        return ""
    names = reference.district_names(session)
    parts = "；".join(f"{names[row.new_slug]}（{row.note.split(';')[0]}）" for row in changes)
    return f"{changes[0].old_name}已经撤销，现在归{parts}。请按企业所在的镇街从列表里选"


def snapshot(organisation: Organisation) -> dict[str, Any]:
    """Return the editable values, for showing two versions side by side."""
    values = {key: getattr(organisation, key) for key in ("name", *PLAIN)}
    values["capacities"] = sorted(item.value for item in organisation.capacity_set)
    values["version"] = organisation.version
    return values


def _is_news(before: dict[str, Any], organisation: Organisation) -> bool:
    after = snapshot(organisation)
    return any(before[key] != after[key] for key in (*SHOWN_ELSEWHERE, "capacities"))


def _set_capacities(
    organisation: Organisation, wanted: list[Capacity], *, only_remove: bool = False
) -> frozenset[Capacity]:
    """Drop what is not wanted, add what is new unless `only_remove`; returns what is held now."""
    for row in list(organisation.capacities):
        if row.capacity not in wanted and (not only_remove or len(organisation.capacities) > 1):
            organisation.capacities.remove(row)
    if not only_remove:
        for item in wanted:
            if item not in organisation.capacity_set:
                organisation.capacities.append(OrganisationCapacity(id=uuid.uuid4(), capacity=item))
    return organisation.capacity_set


def _hold(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    open_round: Verification | None,
    held: dict[str, Any],
    *,
    gained: set[Capacity],
) -> Verification | None:
    """Keep a verified organisation's new name and capacities in a round until the centre has checked them."""
    changes: dict[str, Any] = {}
    if held:
        changes["name"] = [organisation.name, held["name"]]
    if gained:
        changes["capacities"] = sorted(item.value for item in gained)
    if open_round is not None:
        if changes:
            open_round.changes = changes
            return open_round
        session.delete(open_round)  # the change was taken back before anyone looked
        return None
    if not changes:
        return None
    return verifying.open_round(session, actor, organisation, VerificationCause.renamed, changes)


def _refuse_new_code(organisation: Organisation, data: OrganisationUpdate) -> None:
    if data.credit_code and uscc.normalise(data.credit_code) != organisation.credit_code:
        raise Invalid({"credit_code": "核验过的信用代码不能改；企业换发了代码请打中心电话"})


def _mended_code(session: Session, organisation: Organisation, data: OrganisationUpdate) -> dict[str, str]:
    if not data.credit_code:
        return {}
    code = check_code(data.credit_code)
    if code == organisation.credit_code:
        return {}
    if queries.find_by_code(session, code) is not None:
        raise AlreadyRegistered(code)
    return {"credit_code": code}
