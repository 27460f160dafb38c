"""JSON: listed offerings for everybody, drafts for vendors."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, status
from fastapi.responses import JSONResponse

from app.accounts.deps import CurrentActor
from app.core.clock import local
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission, can
from app.core.scopes import Scope
from app.offerings import pricing, queries, service, xkqz
from app.offerings.models import Offering, OfferingKind
from app.offerings.pages.views import thresholds
from app.offerings.queries import OfferingFilter
from app.offerings.schemas import (
    CaseOut,
    EvidenceOut,
    LetterOut,
    OfferingDraftIn,
    OfferingItemOut,
    OfferingOut,
    OfferingPage,
    OfferingPatchIn,
    PackageOut,
    VendorOut,
    VersionForm,
)
from app.organisations.models import Organisation
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.limits import per_address
from app.web.policy import permission, public, scope

router = APIRouter(prefix="/api/v1/offerings", tags=["offerings"])
CREATE, EDIT = Permission.offerings_offering_create, Permission.offerings_offering_edit
LIMITS = ("20/second", "240/minute")  # a word or a code here is a LIKE over all rows
Code = Annotated[str, Query(max_length=20, pattern=r"^[A-Za-z0-9-]*$")]


def _vendor(row: Offering, vendors: dict[uuid.UUID, Organisation]) -> VendorOut:
    vendor = vendors.get(row.organisation_id)
    return VendorOut(
        id=row.organisation_id,
        name=vendor.name if vendor else "",
        verified=bool(vendor and vendor.is_verified),
    )


def _letter(letter: xkqz.Letter) -> LetterOut:
    return LetterOut(
        letter=letter.letter,
        label=letter.label,
        promise=letter.promise,
        verdict=letter.verdict.value,
        evidence=[
            EvidenceOut(title=item.title, text=item.text, rule=item.rule, verdict=item.verdict.value)
            for item in letter.rows
        ],
    )


def _out(session: ReadSession, actor: Actor, row: Offering) -> OfferingOut:
    vendors = queries.list_organisations(session, [row.organisation_id])
    facts = queries.facts_of(row, vendors.get(row.organisation_id))
    return OfferingOut(
        id=row.id,
        kind=row.kind,
        state=row.state,
        title=row.title,
        summary=row.summary,
        body=row.body,
        product_class=row.product_class,
        service_class=row.service_class,
        scenario_codes=row.scenario_codes,
        pain_point_codes=row.pain_point_codes,
        industry_codes=row.industry_codes,
        go_live_days=row.go_live_days,
        training_days=row.training_days,
        prerequisites=row.prerequisites,
        condition_codes=row.condition_codes,
        not_suitable=row.not_suitable,
        exit_terms=row.exit_terms,
        packages=[PackageOut.model_validate(package) for package in row.packages],
        cases=[CaseOut.model_validate(case) for case in row.cases if case.denied_at is None],
        price_from_fen=facts.price_from_fen,
        price_to_fen=facts.price_to_fen,
        price_text=facts.price_text,
        letters=[_letter(letter) for letter in xkqz.letters(facts, thresholds(session))],
        organisation=_vendor(row, vendors),
        origin=row.origin,
        version=row.version,
        listed_at=row.listed_at,
        has_pending_change=row.pending is not None if can(actor, EDIT, row) or actor.is_staff else None,
    )


@router.get("")
@scope(Scope.offerings_read)
@public
def list_offerings(
    *,
    request: Request,
    runtime: RuntimeDep,
    session: ReadSession,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: OfferingKind | None = None,
    scenario: Code = "",
    pain_point: Code = "",
    industry: Code = "",
    organisation: uuid.UUID | None = None,
    days_max: Annotated[int | None, Query(ge=0, le=1000)] = None,
    page: Annotated[int, Query(ge=1, le=500)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> OfferingPage:
    """List what is listed, newest first; ranked search with facets is `/api/v1/search`. Limited per address."""
    per_address(request, runtime, "offerings", *LIMITS)
    wanted = OfferingFilter(q, kind, scenario, pain_point, industry, organisation, days_max)
    found = queries.list_offerings(session, actor, wanted=wanted, request=PageRequest.of(page, size))
    vendors = queries.list_organisations(session, [row.organisation_id for row in found.items])
    return OfferingPage(
        items=[
            OfferingItemOut(
                id=row.id,
                kind=row.kind,
                title=row.title,
                summary=row.summary,
                scenario_codes=row.scenario_codes,
                price_from_fen=pricing.comparable_span(row.packages)[0],
                price_text=pricing.entry_text(row.packages),
                go_live_days=row.go_live_days,
                organisation=_vendor(row, vendors),
                origin=row.origin,
                listed_on=local(row.listed_at).date() if row.listed_at else None,
            )
            for row in found.items
        ],
        total=found.total,
        page=found.page,
        size=found.size,
    )


@router.get("/{offering_id}")
@scope(Scope.offerings_read)
@public
def get_offering(session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID) -> OfferingOut:
    """Return one offering with packages, cases and the evidence of its letters."""
    return _out(session, actor, queries.get_offering(session, actor, offering_id))


@router.post("", status_code=status.HTTP_201_CREATED, response_model=OfferingOut)
@scope(Scope.offerings_write)
@permission(CREATE)
@idempotent
def create_draft(
    request: Request, session: WriteSession, actor: CurrentActor, body: OfferingDraftIn
) -> JSONResponse:
    """Make a draft; send an `Idempotency-Key` so that a repeat gives the same draft."""
    row = service.create_draft(session, actor, given=body.content)
    made = _out(session, actor, row).model_dump(mode="json")
    place = {"Location": f"{request.url.path}/{row.id}"}
    return JSONResponse(made, status.HTTP_201_CREATED, headers=place)


@router.patch("/{offering_id}")
@scope(Scope.offerings_write)
@permission(EDIT)
def update_offering(
    session: WriteSession, actor: CurrentActor, offering_id: uuid.UUID, body: OfferingPatchIn
) -> OfferingOut:
    """Save the whole content made from `version`; 409 with what differs when somebody was faster."""
    row = service.update_offering(
        session, actor, offering_id=offering_id, given=body.content, version=body.version
    )
    return _out(session, actor, row)


@router.post("/{offering_id}/submit")
@scope(Scope.offerings_write)
@permission(Permission.offerings_offering_submit)
def submit_offering(
    session: WriteSession, actor: CurrentActor, offering_id: uuid.UUID, body: VersionForm
) -> OfferingOut:
    """Hand it to the centre's reviewers; 422 names what is missing, field by field."""
    row = service.submit_offering(session, actor, offering_id=offering_id, version=body.version)
    return _out(session, actor, row)
