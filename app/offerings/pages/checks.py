"""The centre's desk: people to ask about cases, certificates of 首台(套) to check."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.permissions import Actor, Permission, can
from app.offerings import content, labels, queries, service
from app.offerings.models import CaseReference, OfferingCase
from app.offerings.pages import views
from app.offerings.schemas import CheckForm
from app.offerings.service.claims import CERTIFICATE
from app.web.deps import ReadSession, WriteSession
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/desk")
REVIEW = Permission.offerings_offering_review
TEMPLATE = "offerings/checks.html"


def _case(reference: CaseReference) -> OfferingCase | None:
    """Return the case as it stands in the listed text, if its words are still those."""
    return next(
        (case for case in reference.offering.cases if content.case_key(case) == reference.case_key), None
    )


def _checks(session: Session, actor: Actor) -> dict[str, Any]:
    asked = [row for row in queries.list_open_references(session) if can(actor, REVIEW, row.offering)]
    claims = [row for row in queries.list_open_claims(session) if can(actor, REVIEW, row.offering)]
    rows = [*(row.offering for row in asked), *(row.offering for row in claims)]
    vendors = queries.list_organisations(session, [row.organisation_id for row in rows])
    return {
        "session": session,
        "references": [(item, _case(item), views.vendor_name(vendors, item.offering)) for item in asked],
        "claims": [
            (
                item,
                views.vendor_name(vendors, item.offering),
                queries.list_own_files(session, CERTIFICATE, item.offering_id),
            )
            for item in claims
        ],
        "check_labels": labels.CHECK_LABELS,
        "check_tones": labels.CHECK_TONES,
        "policy": views.FIRST_OF_KIND_POLICY,
        "refused": "",
    }


@router.get("/checks")
@permission(REVIEW)
def show_checks(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show whom to call about which case, and which certificates to look at, the oldest first."""
    return render(request, TEMPLATE, _checks(session, actor))


@router.post("/references/{reference_id}")
@permission(REVIEW)
def decide_reference(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, reference_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: {**_checks(fresh, actor), "refused": str(reference_id)}):
        data = form.parse(CheckForm)
        service.decide_reference(session, actor, reference_id=reference_id, decision=data)
    return redirect(request, "/desk/checks", flash="已记下，机构会收到结果")


@router.post("/first-of-kind/{first_id}")
@permission(REVIEW)
def decide_first_of_kind(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, first_id: uuid.UUID
) -> Response:
    with form.rejecting(TEMPLATE, lambda fresh: {**_checks(fresh, actor), "refused": str(first_id)}):
        data = form.parse(CheckForm)
        service.decide_first_of_kind(session, actor, claim_id=first_id, decision=data)
    return redirect(request, "/desk/checks", flash="已记下，机构会收到结果")
