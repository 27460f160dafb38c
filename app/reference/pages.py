"""The staff's pages for the search dictionary: find, add, change and retire words and synonym groups."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from app.core.pagination import PageRequest
from app.core.permissions import Actor, Permission
from app.reference import queries, service
from app.reference.models import DictionaryKind
from app.reference.schemas import DictionaryWordIn
from app.web.deps import ReadSession, WriteSession
from app.web.forms import Form, load_form
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render

router = APIRouter(prefix="/staff/dictionary")
KINDS = [(DictionaryKind.synonym.value, "同义词"), (DictionaryKind.word.value, "行业词")]
PAGE = 50


def current_actor(request: Request) -> Actor:
    """Return who asks, as the edge found it; this room stands below `accounts` and cannot import its name for it."""
    actor: Actor = request.state.actor
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]
FormData = Annotated[Form, Depends(load_form)]


@router.get("")
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


@router.get("/new")
@permission(Permission.reference_dictionary_edit)
def new_word(request: Request, session: ReadSession) -> Response:
    values = {"kind": DictionaryKind.synonym.value, "is_active": "1"}
    return render(request, "reference/word.html", {**_context(session), "values": values})


@router.post("/new")
@permission(Permission.reference_dictionary_edit)
@idempotent
def add_word(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting("reference/word.html", _context):
        word = service.save_word(session, actor, data=form.parse(DictionaryWordIn))
    return redirect(request, "/staff/dictionary", flash=f"已加入“{word.term}”")


@router.get("/{word_id}")
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


@router.post("/{word_id}")
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
