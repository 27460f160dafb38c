"""Help: the form that every page leads to, the asker's page, and the staff's queue of requests."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.errors import EditConflict, Forbidden, FormRejected, NotFound
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.core.sheets import Column
from app.desk import queries
from app.desk.models import HelpRequest, HelpState
from app.desk.schemas import HelpAnswerForm, HelpForm, HelpNoteForm
from app.desk.service import helping
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.idempotent import idempotent
from app.web.limits import per_address
from app.web.policy import permission, public
from app.web.templating import is_fragment, redirect, render, safe_next

router = APIRouter()
ANSWER = Permission.desk_help_answer
STATES = {HelpState.open: "等着答复", HelpState.answered: "已答复", HelpState.closed: "已办结"}
TONES = {HelpState.open: "now", HelpState.answered: "ok", HelpState.closed: ""}
PAGE, EXPORTED = 30, 5000
Number = Annotated[str, Query(max_length=20)]
Key = Annotated[str, Query(max_length=100)]


@router.get("/help")
@public
def form_page(
    request: Request, came_from: Annotated[str, Query(alias="from", max_length=300)] = ""
) -> Response:
    """Show the form; the page that one came from is attached, without what stands behind its question mark."""
    values = {"path": safe_next(came_from, "").partition("?")[0][:200]}
    return render(
        request, "desk/help.html", {"values": values, "sent": None}, fragment="desk/_help_form.html"
    )


@router.post("/help")
@public
@idempotent
def ask(
    *, request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Take in a request; a filled-in hidden field gets the same thanks and leaves nothing behind."""
    template = "desk/_help_form.html" if is_fragment(request) else "desk/help.html"
    with form.rejecting(template, lambda _fresh: {"sent": None}):
        data = form.parse(HelpForm)
        if data.website:
            return redirect(request, "/help")
        who = str(actor.user_id) if actor.user_id else ""
        per_address(request, runtime, "help", "5/hour", "20/day", message="求助发得太多了")
        if who:
            runtime.throttle.hit([("20/day", f"help:{who}")], message="求助发得太多了")
        row = helping.ask(
            session, actor, text=data.text, contact=data.contact, path=data.path.partition("?")[0]
        )
    key = helping.sign(runtime.settings, row.number)
    if is_fragment(request):
        context = {"sent": {"number": row.number, "href": f"/help/{row.number}?key={key}"}}
        return render(request, "desk/_help_form.html", context)
    flash = f"已收到，求助号 {row.number}。存好这一页的地址，答复会出现在这里。"
    return redirect(request, f"/help/{row.number}?key={key}", flash=flash)


def _load(session: Session, runtime: Any, actor: Actor, number: str, key: str) -> HelpRequest:
    if helping.opens(runtime.settings, number, key):
        return queries.get_help_by_key(session, number)
    if not actor.signed_in:
        raise NotFound("没有这个求助，或者地址抄漏了")
    return queries.get_help(session, actor, number)


def _asker_context(session: Session, runtime: Any, actor: Actor, number: str, key: str) -> dict[str, Any]:
    row = _load(session, runtime, actor, number, key)
    return {"session": session, "row": row, "state": (STATES[row.state], TONES[row.state]), "key": key}


@router.get("/help/{number}")
@public
def show(
    *,
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    number: str,
    key: Key = "",
) -> Response:
    """Show a request to who asked: signed in, or by the address that was given."""
    return render(request, "desk/help_asked.html", _asker_context(session, runtime, actor, number, key))


@router.post("/help/{number}/notes")
@public
@idempotent
def add_note(
    *,
    request: Request,
    actor: CurrentActor,
    form: FormData,
    session: WriteSession,
    runtime: RuntimeDep,
    number: str,
) -> Response:
    """Add to one's request."""
    key = form.text("key")[:100]
    with form.rejecting(
        "desk/help_asked.html", lambda fresh: _asker_context(fresh, runtime, actor, number, key)
    ):
        row = _load(session, runtime, actor, number, key)
        if actor.is_staff and not key and row.user_id != actor.user_id:
            raise Forbidden("答复求助请到待办里办")
        per_address(request, runtime, "help-note", "20/hour", message="写得太频繁了")
        helping.add(session, actor, row=row, text=form.parse(HelpNoteForm).text)
    return redirect(request, f"/help/{number}" + (f"?key={key}" if key else ""), flash="已补上，中心会再看")


@router.get("/desk/help")
@permission(ANSWER)
def queue(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Show the queue with the request that waits longest open."""
    number = queries.find_next_help(session)
    if number is None:
        return render(request, "desk/help_queue.html", _queue(session, actor, None))
    return render(request, "desk/help_queue.html", _open(session, actor, number))


@router.get("/desk/help/all")
@permission(ANSWER)
def list_all(
    *,
    request: Request,
    session: ReadSession,
    actor: CurrentActor,
    state: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    """Show every request, also the answered ones."""
    found = queries.list_help(session, actor, state=_state_of(state), request=PageRequest.of(page, PAGE))
    rows = [(row, STATES[row.state], TONES[row.state], helping.contact_kind(row)) for row in found.items]
    context = {
        "session": session,
        "found": found,
        "rows": rows,
        "states": [(each.value, text) for each, text in STATES.items()],
        "values": {"state": state},
    }
    return render(request, "desk/help_all.html", context)


@router.get("/desk/help/export.xlsx")
@permission(ANSWER)
def export(
    *,
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    state: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The list as an Excel file, without contacts: who answers opens the request."""
    found = queries.list_help(session, actor, state=_state_of(state), request=PageRequest.of(1, EXPORTED))
    columns = [
        Column("求助号", "number"),
        Column("状态", lambda row: STATES[row.state]),
        Column("提交", "created_at", "datetime", 18),
        Column("页面", "path", width=24),
        Column("说了什么", "text", width=60),
        Column("答复", lambda row: "\n".join(note.text for note in row.notes if note.by_staff), width=60),
        Column("怎么回", helping.contact_kind),
    ]
    return sheet_response(
        request, runtime, actor, name="desk.help", title="求助", columns=columns, rows=found.items
    )


def _state_of(text: str) -> HelpState | None:
    return HelpState(text) if text in set(HelpState) else None


def _queue(session: Session, actor: Actor, current: str | None) -> dict[str, Any]:
    del actor
    rows = queries.list_open_help(session, limit=100)
    return {
        "session": session,
        "rows": [
            {
                "href": f"/desk/help/{row.number}",
                "title": row.text[:40],
                "age": clock.cn_ago(row.waiting_since).removesuffix("前"),
                "late": False,
                "reasons": [row.number, row.path],
                "current": row.number == current,
            }
            for row in rows
        ],
        "total": queries.summarise_help(session).count,
        "row": None,
        "theirs": False,
    }


def _open(session: Session, actor: Actor, number: str) -> dict[str, Any]:
    row = queries.get_help(session, actor, number)
    people = [row.user_id] if row.user_id else []
    people += [note.author_id for note in row.notes if note.author_id]
    return {
        **_queue(session, actor, number),
        "row": row,
        "state": (STATES[row.state], TONES[row.state]),
        "names": queries.names_of(session, people),
        "ready": helping.templates(session),
        "contact": helping.contact_kind(row),
        "is_open": row.state is not HelpState.closed,
        "version": row.version,
    }


@router.get("/desk/help/{number}")
@permission(ANSWER)
def show_item(request: Request, session: ReadSession, actor: CurrentActor, number: str) -> Response:
    return render(request, "desk/help_queue.html", _open(session, actor, number))


@router.post("/desk/help/{number}/answer")
@permission(ANSWER)
def answer(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, number: str
) -> Response:
    """Answer (and perhaps close) the request and open the next one."""

    def again(fresh: Session) -> dict[str, Any]:
        return _open(fresh, actor, number)

    with form.rejecting("desk/help_queue.html", again):
        data = form.parse(HelpAnswerForm)
        try:
            helping.answer(
                session, actor, number=number, version=data.version, text=data.text, close=data.close
            )
        except EditConflict as error:
            context = {"build": lambda fresh: {**again(fresh), "theirs": True}, "values": form.data}
            rejected = FormRejected(
                template="desk/help_queue.html", context=context, fields={"form": error.message}
            )
            rejected.status = error.status
            raise rejected from error
        following = queries.find_next_help(session)
    url = f"/desk/help/{following}" if following else "/desk/help"
    return redirect(request, url, flash="已答复，这是下一件" if following else "已答复，没有下一件了")


@router.post("/desk/help/{number}/close")
@permission(ANSWER)
def close(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, number: str
) -> Response:
    version = form.text("version")
    helping.close(
        session,
        actor,
        number=number,
        version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0,
    )
    following = queries.find_next_help(session)
    return redirect(request, f"/desk/help/{following}" if following else "/desk/help", flash="已办结")
