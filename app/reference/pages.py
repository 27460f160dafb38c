"""The staff's pages: the search dictionary, and the centre's own rules as dated parameters."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.core import clock, parameters
from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.reference import queries, rules, service
from app.reference.models import DictionaryKind
from app.reference.schemas import DictionaryWordIn, ParameterIn
from app.web.deps import ReadSession, WriteSession
from app.web.forms import Form, load_form
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/staff")
KINDS = [(DictionaryKind.synonym.value, "同义词"), (DictionaryKind.word.value, "行业词")]
PAGE = 50


def current_actor(request: Request) -> Actor:
    """Return who asks, as the edge found it; this room stands below `accounts` and cannot import its name for it."""
    actor: Actor = request.state.actor
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]
FormData = Annotated[Form, Depends(load_form)]


@router.get("/dictionary")
@permission(Permission.reference_dictionary_edit)
def list_words(
    *,
    request: Request,
    session: ReadSession,
    q: Annotated[str, Query(max_length=60)] = "",
    kind: DictionaryKind | None = None,
    page: Annotated[int, Query(ge=1, le=500)] = 1,
) -> Response:
    found = queries.search_dictionary(session, text=q, kind=kind, request=PageRequest.of(page, PAGE))
    values = {"q": q, "kind": kind.value if kind else ""}
    return render(
        request,
        "reference/dictionary.html",
        {"session": session, "found": found, "kinds": KINDS, "values": values},
    )


@router.get("/dictionary/new")
@permission(Permission.reference_dictionary_edit)
def new_word(request: Request, session: ReadSession) -> Response:
    values = {"kind": DictionaryKind.synonym.value, "is_active": "1"}
    return render(request, "reference/word.html", {**_context(session), "values": values})


@router.post("/dictionary/new")
@permission(Permission.reference_dictionary_edit)
@idempotent
def add_word(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting("reference/word.html", _context):
        word = service.save_word(session, actor, data=form.parse(DictionaryWordIn))
    return redirect(request, "/staff/dictionary", flash=f"已加入“{word.term}”")


@router.get("/dictionary/{word_id}")
@permission(Permission.reference_dictionary_edit)
def show_word(request: Request, session: ReadSession, word_id: uuid.UUID) -> Response:
    context = _context(session, word_id)
    word = context["word"]
    values = {
        "kind": word.kind.value,
        "term": word.term,
        "synonyms": "、".join(word.synonyms),
        "is_active": "1" if word.is_active else "",
        "version": word.version,
    }
    return render(request, "reference/word.html", {**context, "values": values})


@router.post("/dictionary/{word_id}")
@permission(Permission.reference_dictionary_edit)
def change_word(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, word_id: uuid.UUID
) -> Response:
    with form.rejecting("reference/word.html", lambda fresh: _context(fresh, word_id)):
        word = service.save_word(session, actor, data=form.parse(DictionaryWordIn), word_id=word_id)
    return redirect(request, "/staff/dictionary", flash=f"已保存“{word.term}”")


def _context(session: Session, word_id: uuid.UUID | None = None) -> dict[str, Any]:
    word = queries.get_dictionary_word(session, word_id) if word_id is not None else None
    return {"session": session, "word": word, "kinds": KINDS}


@router.get("/parameters")
@permission(Permission.reference_parameter_edit)
def list_parameters(request: Request, session: ReadSession) -> Response:
    rows = queries.list_parameter_rows(session)
    today = clock.today()
    shown = []
    for item in parameters.declared():
        own = [row for row in rows if row.key == item.key]
        held = next((row for row in own if row.valid_from <= today), None)
        shown.append(
            {
                "declared": item,
                "unit": rules.unit_of(item),
                "value": rules.text_of(item, item.default if held is None else held.value),
                "since": held.valid_from if held is not None else None,
                "coming": [row.valid_from for row in own if row.valid_from > today],
            }
        )
    return render(request, "reference/parameters.html", {"session": session, "rows": shown})


@router.get("/parameters/{key}")
@permission(Permission.reference_parameter_edit)
def show_parameter(request: Request, session: ReadSession, key: str) -> Response:
    context = _parameter(session, key)
    values = {"value": context["value"], "valid_from": clock.today().isoformat(), "note": ""}
    return render(request, "reference/parameter.html", {**context, "values": values})


@router.post("/parameters/{key}")
@permission(Permission.reference_parameter_edit)
def change_parameter(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, key: str
) -> Response:
    with form.rejecting("reference/parameter.html", lambda fresh: _parameter(fresh, key)):
        row = service.set_parameter(session, actor, key=key, data=form.parse(ParameterIn))
    return redirect(request, "/staff/parameters", flash=f"已保存，{clock.cn_date(row.valid_from)}起生效")


def _parameter(session: Session, key: str) -> dict[str, Any]:
    declared = service.get_parameter(key)
    rows = queries.list_parameter_rows(session, key=key)
    return {
        "session": session,
        "declared": declared,
        "unit": rules.unit_of(declared),
        "value": rules.text_of(declared, parameters.value(session, key)),
        "default": rules.text_of(declared, declared.default),
        "history": [(row, rules.text_of(declared, row.value)) for row in rows],
    }
