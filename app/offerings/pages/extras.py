"""What a vendor keeps beside the text: pictures and brochures, people to ask about cases, 首台(套)."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core.errors import Invalid
from app.core.permissions import Actor, Permission, require
from app.files import service as files
from app.files.service import Received
from app.offerings import content, labels, queries, service
from app.offerings.models import CheckState, MediaKind, Offering
from app.offerings.pages import views
from app.offerings.schemas import DropReferenceForm, FirstOfKindForm, MediaForm, MoveForm, ReferenceForm
from app.offerings.service.claims import CERTIFICATE
from app.offerings.service.media import MOST, PURPOSE
from app.web.deps import ReadSession, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/workspace/offerings/{offering_id}")
EDIT = Permission.offerings_offering_edit
MEDIA, REFERENCES, FIRST = "offerings/media.html", "offerings/references.html", "offerings/first_of_kind.html"


def _uploaded(form: FormData) -> Received | Invalid | None:
    """Open the upload before any transaction begins; what is wrong with it is told by the page."""
    upload = form.files.get("file")
    if upload is None or not upload.filename:
        return None
    try:
        return files.receive(upload, allow=files.PAPERS)
    except Invalid as error:
        return error


Uploaded = Annotated[Received | Invalid | None, Depends(_uploaded)]


def _own(session: Session, actor: Actor, offering_id: uuid.UUID) -> Offering:
    row = queries.get_offering(session, actor, offering_id)
    require(actor, EDIT, row)
    return row


def _media(session: Session, actor: Actor, offering_id: uuid.UUID) -> dict[str, Any]:
    row = _own(session, actor, offering_id)
    by_id = {file.id: file for file in queries.list_own_files(session, PURPOSE, row.id)}
    known = [
        (item, by_id[item.file_id]) for item in queries.list_media(session, row.id) if item.file_id in by_id
    ]
    return {
        "session": session,
        "offering": row,
        "pictures": [pair for pair in known if pair[0].kind is MediaKind.picture],
        "brochures": [pair for pair in known if pair[0].kind is MediaKind.brochure],
        "most": {kind.value: number for kind, number in MOST.items()},
    }


@router.get("/media")
@permission(EDIT)
def show_media(
    request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID
) -> Response:
    """Show the pictures and brochures with their order, and a place to add one."""
    return render(request, MEDIA, _media(session, actor, offering_id))


@router.post("/media/uploads")
@permission(EDIT)
@idempotent
def add_media(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    uploaded: Uploaded,
    session: WriteSession,
    offering_id: uuid.UUID,
) -> Response:
    with form.rejecting(MEDIA, lambda fresh: _media(fresh, actor, offering_id)):
        data = form.parse(MediaForm)
        if uploaded is None:
            raise Invalid({"file": "请选一个文件：JPG、PNG 图片或 PDF，最多 10 MB"})
        if isinstance(uploaded, Invalid):
            raise uploaded
        service.add_media(session, actor, offering_id=offering_id, received=uploaded, title=data.title)
    url = f"/workspace/offerings/{offering_id}/media"
    return redirect(request, url, flash="已上传，查毒通过、中心审核后企业看得到")


@router.post("/media/{media_id}")
@permission(EDIT)
def change_media(
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    offering_id: uuid.UUID,
    media_id: uuid.UUID,
) -> Response:
    with form.rejecting(MEDIA, lambda fresh: _media(fresh, actor, offering_id)):
        data = form.parse(MoveForm)
        service.change_media(session, actor, offering_id=offering_id, media_id=media_id, act=data.act)
    url = f"/workspace/offerings/{offering_id}/media"
    return redirect(request, url, flash="已删去" if data.act == "remove" else "顺序已调整")


def _references(session: Session, actor: Actor, offering_id: uuid.UUID) -> dict[str, Any]:
    row = _own(session, actor, offering_id)
    known = queries.list_references(session, row.id)
    cases = [(content.case_key(case), case) for case in content.newest_of(row).cases]
    return {
        "session": session,
        "offering": row,
        "cases": [(key, case, known.get(key)) for key, case in cases],
        "left": [found for key, found in known.items() if key not in dict(cases)],
        "check_labels": labels.CHECK_LABELS,
        "check_tones": labels.CHECK_TONES,
    }


@router.get("/references")
@permission(EDIT)
def show_references(
    request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID
) -> Response:
    """Show each case with whom the centre may ask about it."""
    return render(request, REFERENCES, _references(session, actor, offering_id))


@router.post("/references")
@permission(EDIT)
@idempotent
def give_reference(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    with form.rejecting(REFERENCES, lambda fresh: _references(fresh, actor, offering_id)):
        data = form.parse(ReferenceForm)
        service.give_reference(session, actor, offering_id=offering_id, given=data)
    url = f"/workspace/offerings/{offering_id}/references"
    return redirect(request, url, flash="已交给中心核实，结果会发消息给您")


@router.post("/references/remove")
@permission(EDIT)
def drop_reference(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    with form.rejecting(REFERENCES, lambda fresh: _references(fresh, actor, offering_id)):
        data = form.parse(DropReferenceForm)
        service.drop_reference(session, actor, offering_id=offering_id, case_key=data.case_key)
    return redirect(
        request, f"/workspace/offerings/{offering_id}/references", flash="证明人的姓名和电话已删去"
    )


def _first(session: Session, actor: Actor, offering_id: uuid.UUID) -> dict[str, Any]:
    row = _own(session, actor, offering_id)
    claim = queries.find_first_of_kind(session, row.id)
    return {
        "session": session,
        "offering": row,
        "claim": claim,
        "confirmed": claim is not None and claim.state is CheckState.confirmed,
        "papers": queries.list_own_files(session, CERTIFICATE, row.id),
        "policy": views.FIRST_OF_KIND_POLICY,
        "check_labels": labels.CHECK_LABELS,
        "check_tones": labels.CHECK_TONES,
        "values": {
            "certificate": claim.certificate if claim else "",
            "catalogue_year": claim.catalogue_year if claim else "",
        },
    }


@router.get("/first-of-kind")
@permission(EDIT)
def show_first_of_kind(
    request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID
) -> Response:
    """Show the claim of 首台(套) with what the policy says."""
    return render(request, FIRST, _first(session, actor, offering_id))


@router.post("/first-of-kind/uploads")
@permission(EDIT)
@idempotent
def claim_first_of_kind(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    uploaded: Uploaded,
    session: WriteSession,
    offering_id: uuid.UUID,
) -> Response:
    with form.rejecting(FIRST, lambda fresh: _first(fresh, actor, offering_id)):
        data = form.parse(FirstOfKindForm)
        if isinstance(uploaded, Invalid):
            raise uploaded
        service.claim_first_of_kind(session, actor, offering_id=offering_id, given=data, received=uploaded)
    url = f"/workspace/offerings/{offering_id}/first-of-kind"
    return redirect(request, url, flash="已交给中心核实；核实通过才标「首台(套)」")
