"""The vendor's own offerings: list, editor, preview, submit, withdraw."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock, drafts, parameters
from app.core.errors import EditConflict, FormRejected, Invalid
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission, require
from app.offerings import content, differences, editor, labels, pricing, queries, service
from app.offerings.models import OfferingState
from app.offerings.pages import views
from app.offerings.schemas import OfferingForm, VersionForm, WithdrawForm
from app.offerings.service import term
from app.offerings.service.draft import FORM, find_gaps, may_submit
from app.reference import queries as reference
from app.reference.models import IndustryLevel
from app.web.deps import ReadSession, WriteSession
from app.web.forms import Form
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/workspace/offerings")
CREATE = Permission.offerings_offering_create
EDIT = Permission.offerings_offering_edit
OWN = frozenset({"act", "offering_id"})
EDITOR, ROWS = "offerings/edit.html", "offerings/_editor_rows.html"


@router.get("")
@permission(EDIT)
def list_own(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """List the organisation's offerings by state."""
    wanted = OfferingState(state) if state in set(OfferingState) else None
    found = queries.list_own(session, actor, state=wanted, request=PageRequest.of(page, 20))
    counts = queries.count_own_by_state(session, actor)
    return render(
        request,
        "offerings/own.html",
        {
            "session": session,
            "found": found,
            "state": wanted,
            "counts": counts,
            "all_count": sum(counts.values()),
            "states": list(OfferingState),
            "state_labels": labels.STATE_LABELS,
            "state_tones": labels.STATE_TONES,
            "kind_labels": labels.KIND_LABELS,
            "entry_text": pricing.entry_text,
        },
    )


def _editor(
    session: Session, actor: Actor, values: dict[str, Any], offering_id: uuid.UUID | None, **more: Any
) -> dict[str, Any]:
    row = queries.get_offering(session, actor, offering_id) if offering_id else None
    return {
        **views.editor(session, values),
        "offering": row,
        "state_label": labels.STATE_LABELS[row.state] if row else "",
        "conflict": None,
        "restored_at": None,
        "opened": "",
        "values": values,
        **more,
    }


def _restored(
    session: Session, actor: Actor, offering_id: uuid.UUID | None, values: dict[str, Any], *, fresh: bool
) -> tuple[dict[str, Any], datetime | None]:
    """Return the values typed earlier and not saved with their time, else the given ones and None."""
    if actor.user_id is None or fresh:
        return values, None
    owner = drafts.user_owner(actor.user_id)
    found = drafts.find(session, owner=owner, form=FORM, object_id=offering_id or "")
    if found is None:
        return values, None
    return editor.normalise({**editor.blank(), **found.data}), found.saved_at


def _typed(form: Form) -> dict[str, Any]:
    """Return what was typed, rows as lists, without the names that steer the editor itself."""
    return editor.normalise({key: value for key, value in form.data.items() if key not in OWN})


@router.get("/new")
@permission(CREATE)
def new(request: Request, session: ReadSession, actor: CurrentActor, fresh: bool = False) -> Response:
    """Show an empty editor, or what was typed before and not saved."""
    values, restored_at = _restored(session, actor, None, editor.blank(), fresh=fresh)
    return render(request, EDITOR, _editor(session, actor, values, None, restored_at=restored_at))


@router.post("")
@permission(CREATE)
@idempotent
def create(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    """Save a new draft and show how it will look."""
    form.data = _typed(form)
    with form.rejecting(EDITOR, lambda fresh: _editor(fresh, actor, form.data, None)):
        data = form.parse(OfferingForm)
        row = service.create_draft(session, actor, given=data.content())
    return redirect(request, f"/workspace/offerings/{row.id}", flash="草稿已存，检查一遍再提交审核")


@router.post("/rows")
@permission(EDIT)
def change_rows(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    """Add or remove a package, a component or a case; what was typed stays, nothing is submitted."""
    act = form.text("act")
    offering_id = _own_id(session, actor, form.text("offering_id"))
    form.data = editor.rearrange(_typed(form), act)
    values = form.data
    _keep(session, actor, offering_id, values)
    context = _editor(session, actor, values, offering_id, opened=act.removeprefix("points:"))
    return render(request, EDITOR, context, fragment=ROWS)


@router.get("/points/{scenario}")
@permission(EDIT)
def show_points(
    request: Request, session: ReadSession, scenario: Annotated[str, Path(pattern=r"^S\d\d$")]
) -> Response:
    """Send the pain points of one scenario as boxes; the editor asks when the scenario is opened."""
    points = reference.list_pain_points(session, scenario=scenario)
    return render(request, "offerings/_points.html", {"points": points, "chosen": []})


@router.post("/autosave")
@permission(EDIT)
def autosave(actor: CurrentActor, form: FormData, session: WriteSession) -> JSONResponse:
    """Keep what is being typed, as typed, outside the offering itself."""
    offering_id = _own_id(session, actor, form.text("offering_id"))
    _keep(session, actor, offering_id, _typed(form))
    return JSONResponse({"saved_at": f"{clock.local(clock.now()):%H:%M}"})


@router.get("/industries")
@permission(EDIT)
def show_industries(
    request: Request,
    session: ReadSession,
    chosen: Annotated[list[str], Query(alias="not", max_length=40)] = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """Send the divisions of industry that are not chosen yet as boxes; the editor asks when the list is opened."""
    found = reference.list_industries(session, level=IndustryLevel.division)
    rest = [(row.code, row.name) for row in found if row.code not in chosen]
    return render(request, "offerings/_industries.html", {"industries": rest})


def _own_id(session: Session, actor: Actor, text: str) -> uuid.UUID | None:
    """Return the id of an offering that the actor may edit, None for a new one; else NotFound or Forbidden."""
    if not text:
        require(actor, CREATE)
        return None
    try:
        wanted = uuid.UUID(text)
    except ValueError as error:
        raise Invalid({"form": "请从列表重新打开这一项"}) from error
    require(actor, EDIT, queries.get_offering(session, actor, wanted))
    return wanted


def _keep(session: Session, actor: Actor, offering_id: uuid.UUID | None, values: dict[str, Any]) -> None:
    if actor.user_id is not None:
        drafts.save(
            session,
            owner=drafts.user_owner(actor.user_id),
            form=FORM,
            object_id=offering_id or "",
            data=values,
        )


@router.get("/{offering_id}")
@permission(EDIT)
def preview(request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID) -> Response:
    """Show the offering as visitors will see it, what is still missing, and the next step."""
    return render(request, "offerings/preview.html", _preview(session, actor, offering_id))


def _preview(session: Session, actor: Actor, offering_id: uuid.UUID) -> dict[str, Any]:
    row = queries.get_with_reviews(session, actor, offering_id)
    require(actor, EDIT, row)
    shown = content.shadow_of(row, content.newest_of(row))
    missing = find_gaps(session, row, organisation_verified=actor.organisation_verified)
    return {
        "session": session,
        **views.detail(session, shown, whole=True),
        "row": row,
        "can_submit": may_submit(row, queries.list_media(session, row.id)),
        "missing": [(differences.field_label(path), text, path) for path, text in missing.items()],
        "state_label": labels.STATE_LABELS[row.state],
        "state_tone": labels.STATE_TONES[row.state],
        "decision_labels": labels.DECISION_LABELS,
        "renewable": term.may_renew(row, first_days=int(parameters.value(session, term.FIRST))),
        "history": sorted(row.reviews, key=lambda review: review.at, reverse=True),
    }


@router.get("/{offering_id}/edit")
@permission(EDIT)
def edit(
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    offering_id: uuid.UUID,
    fresh: bool = False,
) -> Response:
    """Show the editor with the newest content, or with what was typed and not saved."""
    row = queries.get_offering(session, actor, offering_id)
    require(actor, EDIT, row)
    saved = editor.values_of(content.newest_of(row), row.version)
    values, restored_at = _restored(session, actor, offering_id, saved, fresh=fresh)
    return render(request, EDITOR, _editor(session, actor, values, offering_id, restored_at=restored_at))


@router.post("/{offering_id}/edit")
@permission(EDIT)
def save(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    """Save the edit; a newer version of somebody else is shown beside what was typed."""
    form.data = _typed(form)
    with form.rejecting(EDITOR, lambda fresh: _editor(fresh, actor, form.data, offering_id)):
        data = form.parse(OfferingForm)
        try:
            row = service.update_offering(
                session, actor, offering_id=offering_id, given=data.content(), version=data.version
            )
        except EditConflict as error:
            raise _conflict(actor, form, offering_id, error) from error
    return redirect(request, f"/workspace/offerings/{row.id}", flash=service.describe_saved(row))


def _conflict(actor: Actor, form: Form, offering_id: uuid.UUID, error: EditConflict) -> FormRejected:
    """Show both versions; saving once more then means "mine, knowingly"."""
    typed = {**form.data, "version": str(error.theirs["version"])}
    rejected = FormRejected(
        template=EDITOR,
        context={
            "build": lambda fresh: _editor(fresh, actor, typed, offering_id),
            "values": typed,
            "conflict": error.theirs["changes"],
        },
        fields={"form": "别人刚改过这一项：下面列出哪里不同，再点一次保存就以您的为准"},
    )
    rejected.status = error.status
    return rejected


@router.post("/{offering_id}/submit")
@permission(Permission.offerings_offering_submit)
def submit(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    with form.rejecting("offerings/preview.html", lambda fresh: _preview(fresh, actor, offering_id)):
        data = form.parse(VersionForm)
        service.submit_offering(session, actor, offering_id=offering_id, version=data.version)
    url = f"/workspace/offerings/{offering_id}"
    return redirect(request, url, flash="已提交，中心审核后会发消息给您")


@router.post("/{offering_id}/recall")
@permission(EDIT)
def recall(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    with form.rejecting("offerings/preview.html", lambda fresh: _preview(fresh, actor, offering_id)):
        data = form.parse(VersionForm)
        service.recall_submission(session, actor, offering_id=offering_id, version=data.version)
    return redirect(request, f"/workspace/offerings/{offering_id}/edit", flash="已撤回，可以改了")


@router.post("/{offering_id}/discard")
@permission(EDIT)
def discard(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    with form.rejecting("offerings/preview.html", lambda fresh: _preview(fresh, actor, offering_id)):
        data = form.parse(VersionForm)
        service.discard_change(session, actor, offering_id=offering_id, version=data.version)
    return redirect(request, f"/workspace/offerings/{offering_id}", flash="改动已放弃，上架的内容没有变")


@router.post("/{offering_id}/renew")
@permission(EDIT)
def renew(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    """Say that what is listed still holds: it stays, or comes back, for another term."""
    with form.rejecting("offerings/preview.html", lambda fresh: _preview(fresh, actor, offering_id)):
        data = form.parse(VersionForm)
        row = service.renew_offering(session, actor, offering_id=offering_id, version=data.version)
    url = f"/workspace/offerings/{offering_id}"
    return redirect(request, url, flash=f"已续期到 {clock.cn_date(row.expires_at)}，企业看得到")


def _withdraw_page(session: Session, actor: Actor, offering_id: uuid.UUID) -> dict[str, Any]:
    row = queries.get_offering(session, actor, offering_id)
    require(actor, EDIT, row)
    return {
        "session": session,
        "title": f"下架「{row.title}」？",
        "text": "企业马上看不到它，搜索和推荐里也没有了。内容留着，改好还能再提交。",
        "action": f"/workspace/offerings/{row.id}/withdraw",
        "fields": {"version": row.version},
        "label": "下架",
        "danger": True,
        "back": f"/workspace/offerings/{row.id}",
    }


@router.get("/{offering_id}/withdraw")
@permission(EDIT)
def confirm_withdrawal(
    request: Request, session: ReadSession, actor: CurrentActor, offering_id: uuid.UUID
) -> Response:
    return render(request, "layouts/confirm.html", _withdraw_page(session, actor, offering_id))


@router.post("/{offering_id}/withdraw")
@permission(EDIT)
def withdraw(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, offering_id: uuid.UUID
) -> Response:
    with form.rejecting("offerings/preview.html", lambda fresh: _preview(fresh, actor, offering_id)):
        data = form.parse(WithdrawForm)
        service.withdraw_offering(
            session, actor, offering_id=offering_id, version=data.version, reason=data.reason
        )
    return redirect(request, "/workspace/offerings", flash="已下架")
