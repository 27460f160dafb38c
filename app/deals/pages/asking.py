"""The two forms that begin an enquiry: 问一问 from an offering or match card, 我能做 from a need."""

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.errors import NotFound
from app.core.masking import KIND_NAMES, split_contacts
from app.core.pagination import MAX_SIZE, PageRequest
from app.core.permissions import Actor, Permission
from app.core.runtime import Runtime
from app.deals import rules, service
from app.deals.schemas import AskForm, OfferForm
from app.matching import finding, view
from app.needs import queries as needs
from app.needs.models import Confidentiality, Need, NeedState
from app.offerings import queries as offerings
from app.offerings.models import OfferingState
from app.organisations import queries as organisations
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.forms import Form
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/enquiries")
CREATE = Permission.deals_enquiry_create
SEAL, SEAL_S = "deals-reasons", 86_400
MOST_REASONS = 5
MaybeId = Annotated[uuid.UUID | None, Query()]


def caught(form: Form, name: str = "message") -> dict[str, Any]:
    """Return the typed text in pieces when contact details were found in it, for marking them on the form."""
    pieces = split_contacts(form.text(name))
    found = any(kind for _piece, kind in pieces)
    return {"caught": [(piece, KIND_NAMES.get(kind, "")) for piece, kind in pieces] if found else []}


def _published(session: Session, actor: Actor) -> list[Need]:
    page = needs.list_own(session, actor, PageRequest.of(1, MAX_SIZE))
    return [need for need in page.items if need.state is NeedState.published]


def _asking(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, need_id: uuid.UUID | None, reasons: Any = ()
) -> dict[str, Any]:
    offering = offerings.get_offering(session, actor, offering_id)
    own = offering.organisation_id == actor.organisation_id
    if offering.state is not OfferingState.listed and not own:
        raise NotFound(offerings.GONE)
    published = _published(session, actor)
    need = next((item for item in published if item.id == need_id), None)
    draft = None
    if need_id is not None and need is None:
        draft = needs.get_need(session, actor, need_id)
        if draft.organisation_id != actor.organisation_id:
            raise NotFound(needs.GONE)
    names = organisations.organisation_names(session, [offering.organisation_id])
    return {
        "session": session,
        "offering": offering,
        "own": own,
        "vendor": names.get(offering.organisation_id, ""),
        "needs": [(str(item.id), f"{item.case_number} {item.title}") for item in published],
        "need": need,
        "draft": draft,
        "secret": need is not None and need.confidentiality is not Confidentiality.public,
        "reasons": list(reasons),
        "days": rules.number(session, rules.ANSWER),
        "verified": actor.organisation_verified,
        "caught": [],
        "values": {"need_id": str(need_id or ""), "message": ""},
    }


def _reasons(
    session: Session, runtime: Runtime, actor: Actor, offering_id: uuid.UUID, need: Need
) -> list[dict[str, Any]]:
    """Return why this offering stands in the need's list, as its card says; empty when it does not stand there."""
    result = finding.match_need(session, runtime.engine, actor, need_id=need.id)
    for item in result.ranking.items:
        if item.offering.id == offering_id:
            return [
                {"points": reason["points_text"], "text": reason["text"]}
                for reason in view.reasons_of(item)
                if reason["counted"]
            ][:MOST_REASONS]
    return []


@router.get("/ask")
@permission(CREATE)
def ask_page(
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    offering: MaybeId = None,
    need: MaybeId = None,
) -> Response:
    """Ask a vendor about an offering; from a match card its reasons come along, signed."""
    if offering is None:
        return redirect(request, "/search")
    context = _asking(session, actor, offering_id=offering, need_id=need)
    if context["need"] is not None:
        context["reasons"] = _reasons(session, runtime, actor, offering, context["need"])
        told = json.dumps([str(offering), str(need), context["reasons"]], ensure_ascii=False)
        context["values"]["sealed"] = runtime.signer.sign(SEAL, told)
    return render(request, "deals/ask.html", context)


def _unsealed(runtime: Runtime, data: AskForm) -> list[dict[str, Any]]:
    told = runtime.signer.read(SEAL, data.sealed, max_age_s=SEAL_S) if data.sealed else None
    if told is None:
        return []
    offering_id, need_id, reasons = json.loads(told)
    fits = (offering_id, need_id) == (str(data.offering_id), str(data.need_id))
    return list(reasons) if fits else []


@router.post("/ask")
@permission(CREATE)
@idempotent
def ask(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Send the request to the vendor."""
    data = form.parse(AskForm)

    def again(fresh: Session) -> dict[str, Any]:
        known = _asking(
            fresh,
            actor,
            offering_id=data.offering_id,
            need_id=data.need_id,
            reasons=_unsealed(runtime, data),
        )
        return {**known, **caught(form)}

    with form.rejecting("deals/ask.html", again):
        row = service.ask_vendor(
            session,
            actor,
            offering_id=data.offering_id,
            need_id=data.need_id,
            request=service.Request(
                data.message, remove=data.remove, share=data.share, reasons=_unsealed(runtime, data)
            ),
        )
    return redirect(request, f"/enquiries/{row.id}", flash="已发给服务商，答复了会通知您")


def _offering(session: Session, actor: Actor, need_id: uuid.UUID) -> dict[str, Any]:
    need = needs.get_need(session, actor, need_id)
    found = offerings.list_own(
        session, actor, state=OfferingState.listed, request=PageRequest.of(1, MAX_SIZE)
    )
    return {
        "session": session,
        "need": need,
        "own": need.organisation_id == actor.organisation_id,
        "open": need.state is NeedState.published,
        "offerings": [(str(item.id), item.title) for item in found.items],
        "days": rules.number(session, rules.ANSWER),
        "verified": actor.organisation_verified,
        "caught": [],
        "values": {"message": "", "offering_id": str(found.items[0].id) if found.total == 1 else ""},
    }


@router.get("/offer")
@permission(CREATE)
def offer_page(request: Request, session: ReadSession, actor: CurrentActor, need: MaybeId = None) -> Response:
    """Offer on a need with one of one's listed offerings."""
    if need is None:
        return redirect(request, "/search?kind=need")
    return render(request, "deals/offer.html", _offering(session, actor, need))


@router.post("/offer")
@permission(CREATE)
@idempotent
def offer(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    """Send the offer to the firm."""

    def again(fresh: Session) -> dict[str, Any]:
        return {**_offering(fresh, actor, uuid.UUID(form.text("need_id"))), **caught(form)}

    need_id = form.text("need_id")
    with form.rejecting("deals/offer.html", again if _is_id(need_id) else _nothing):
        data = form.parse(OfferForm)
        row = service.offer_on_need(
            session,
            actor,
            need_id=data.need_id,
            offering_id=data.offering_id,
            request=service.Request(data.message, remove=data.remove, share=data.share),
        )
    return redirect(request, f"/enquiries/{row.id}", flash="已发给企业，答复了会通知您")


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _nothing(_session: Session) -> dict[str, Any]:
    raise NotFound(needs.GONE)
