"""JSON: drafting, editing, publishing and reading needs."""

import re
import uuid
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor
from app.core.errors import AppError, Invalid, NotFound
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.core.scopes import Scope
from app.needs import case_number as numbers
from app.needs import policy, queries, rule, service
from app.needs.gate import GateResult
from app.needs.models import Need
from app.needs.schemas import (
    BaselineFields,
    GateHintOut,
    GateLineOut,
    GateOut,
    NeedFields,
    NeedList,
    NeedOut,
    PublicNeedOut,
)
from app.organisations import queries as organisations
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.limits import per_address
from app.web.policy import permission, public, scope

router = APIRouter(prefix="/api/v1/needs", tags=["needs"])
READS = "120/minute"
IfMatch = Annotated[str | None, Header(description='the version that was read, e.g. "3"')]


class VersionRequired(AppError):
    status = 428
    code = "version_required"
    default = "请在 If-Match 里写您读到的版本号"


def _version(if_match: str | None) -> int:
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', (if_match or "").strip())
    if found is None:
        raise VersionRequired
    return int(found.group(1))


@router.post("", status_code=201)
@scope(Scope.needs_write)
@permission(Permission.needs_need_edit)
@idempotent
def create_need(request: Request, actor: CurrentActor, session: WriteSession, data: NeedFields) -> NeedOut:
    """Make a draft; `Idempotency-Key` makes a repeated request answer as the first. Only `problem` is needed."""
    del request
    if not data.problem:
        raise Invalid({"problem": "请填写"})
    return _whole(session, service.start_draft(session, actor, fields=data))


@router.patch("/{need_id}")
@scope(Scope.needs_write)
@permission(Permission.needs_need_edit)
def update_need(
    *,
    response: Response,
    actor: CurrentActor,
    session: WriteSession,
    need_id: uuid.UUID,
    data: NeedFields,
    if_match: IfMatch = None,
) -> NeedOut:
    """Write the given fields; 409 with the other content when somebody saved since the version of `If-Match`."""
    need = service.update_need(session, actor, need_id=need_id, version=_version(if_match), fields=data)
    response.headers["ETag"] = f'"{need.version}"'
    return _whole(session, need)


@router.post("/{need_id}/publish")
@scope(Scope.needs_write)
@permission(Permission.needs_need_publish)
def publish_need(
    *,
    response: Response,
    actor: CurrentActor,
    session: WriteSession,
    need_id: uuid.UUID,
    if_match: IfMatch = None,
) -> NeedOut:
    """Send a need to the gate; `state` says whether it is published, held or waits for verification."""
    version = _version(if_match) if if_match else queries.get_need(session, actor, need_id).version
    need = service.publish_need(session, actor, need_id=need_id, version=version)
    response.headers["ETag"] = f'"{need.version}"'
    return _whole(session, need)


@router.get("")
@scope(Scope.needs_read)
@public
def list_needs(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    runtime: RuntimeDep,
    page: Annotated[int, Query(ge=1, le=500)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> NeedList:
    """List published needs that the caller may see, newest first, masked; at most 120 calls a minute."""
    per_address(request, runtime, "needs-api", READS)
    found = queries.list_published(session, actor, PageRequest.of(page, size))
    known = [need.organisation_id for need in found.items if policy.knows_name(actor, need)]
    names = organisations.organisation_names(session, known) if known else {}
    return NeedList(
        items=[_masked(actor, need, names) for need in found.items],
        total=found.total,
        page=found.page,
        size=found.size,
    )


@router.get("/{reference}")
@scope(Scope.needs_read)
@public
def get_need(
    request: Request,
    response: Response,
    session: ReadSession,
    actor: CurrentActor,
    runtime: RuntimeDep,
    reference: str,
) -> NeedOut | PublicNeedOut:
    """Read one by its case number or id: whole for its organisation and staff, masked for others."""
    per_address(request, runtime, "needs-api", READS)
    need = _find(session, actor, reference)
    if policy.can_read_whole(actor, need):
        response.headers["ETag"] = f'"{need.version}"'
        return _whole(session, need)
    names = organisations.organisation_names(session, [need.organisation_id])
    return _masked(actor, need, names)


def _find(session: Session, actor: Actor, reference: str) -> Need:
    try:
        return queries.get_need(session, actor, uuid.UUID(reference))
    except ValueError:
        pass
    try:
        number = str(numbers.parse(reference))
    except ValueError as error:
        raise NotFound(str(error)) from error
    return queries.get_by_case_number(session, actor, number)


def _masked(actor: Actor, need: Need, names: dict[uuid.UUID, str]) -> PublicNeedOut:
    return PublicNeedOut(
        case_number=need.case_number,
        url=f"/needs/{need.case_number}",
        title=need.title,
        problem=need.problem,
        organisation=names.get(need.organisation_id) if policy.knows_name(actor, need) else None,
        scenario=need.scenario_code,
        pain_points=need.pain_point_codes,
        industry=need.industry_code[:3] if need.industry_code else None,
        district=need.district_slug,
        budget_min_fen=need.budget_min_fen,
        budget_max_fen=need.budget_max_fen,
        wanted_by=need.wanted_by,
        wanted_days=need.wanted_days,
        urgency=need.urgency,
        published_at=need.published_at,
    )


def _whole(session: Session, need: Need) -> NeedOut:
    return NeedOut(
        id=need.id,
        case_number=need.case_number,
        state=need.state,
        version=need.version,
        url=f"/needs/{need.case_number}",
        title=need.title,
        problem=need.problem,
        masked=need.masked,
        scenario=need.scenario_code,
        pain_points=need.pain_point_codes,
        industry=need.industry_code,
        district=need.district_slug,
        equipment=need.equipment,
        machine_count=need.machine_count,
        baselines=[
            BaselineFields.model_construct(
                metric=row.metric, value=row.value, unit=row.unit, period=row.period, how=row.how
            )
            for row in need.baselines
        ],
        baseline_note=need.baseline_note,
        budget_min_fen=need.budget_min_fen,
        budget_max_fen=need.budget_max_fen,
        fund_sources=need.fund_sources,
        wanted_by=need.wanted_by,
        wanted_days=need.wanted_days,
        urgency=need.urgency,
        conditions=need.conditions,
        conditions_note=need.conditions_note,
        confidentiality=need.confidentiality,
        hide_name=need.hide_name,
        published_at=need.published_at,
        expires_at=need.expires_at,
        gate=_gate(rule.judge(need, rule.load_rules(session))),
    )


def _gate(result: GateResult) -> GateOut:
    return GateOut(
        total=result.total,
        full=result.full,
        publish_from=result.rule.publish_from,
        verdict=result.verdict.value,
        lines=[
            GateLineOut(
                code=line.code,
                title=line.title,
                points=line.points,
                hints=[GateHintOut(gain=hint.gain, text=hint.text, field=hint.field) for hint in line.hints],
            )
            for line in result.lines
        ],
    )
