"""The staff's pages of the search dictionary."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.pagination import PageRequest
from app.core.permissions import Permission
from app.core.sheets import Column
from app.reference import queries, service, wording
from app.reference.deps import CurrentActor, FormData
from app.reference.models import DictionaryKind
from app.reference.schemas import DictionaryWordIn, TryIn
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.forms import Form
from app.web.idempotent import idempotent
from app.web.policy import permission
from app.web.templating import redirect, render
from search.types import Status

router = APIRouter(prefix="/staff")
KINDS = [(DictionaryKind.synonym.value, "同义词"), (DictionaryKind.word.value, "行业词")]
EDIT = Permission.reference_dictionary_edit
PAGE, EXPORTED = 50, 5000
ACTS = {
    DictionaryKind.synonym: "同义词马上起作用",
    DictionaryKind.word: "行业词要等索引重建完才起作用，半分钟内会自动开始",
}


@router.get("/dictionary")
@permission(EDIT)
def list_words(
    *,
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    q: Annotated[str, Query(max_length=60)] = "",
    kind: DictionaryKind | None = None,
    page: Annotated[int, Query(ge=1, le=500)] = 1,
    deleted: uuid.UUID | None = None,
) -> Response:
    """Show the dictionary; right after a deletion with the way back."""
    found = queries.search_dictionary(session, text=q, kind=kind, request=PageRequest.of(page, PAGE))
    gone = queries.get_dictionary_word(session, deleted) if deleted else None
    context = {
        "session": session,
        "found": found,
        "kinds": KINDS,
        "values": {"q": q, "kind": kind.value if kind else ""},
        "gone": gone if gone is not None and gone.deleted_at is not None else None,
        "stale": runtime.engine.health().status is Status.STALE,
        "bin": queries.list_deleted_words(session),
    }
    return render(request, "reference/dictionary.html", context)


@router.get("/dictionary/export.xlsx")
@permission(EDIT)
def export_words(
    *,
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    actor: CurrentActor,
    q: Annotated[str, Query(max_length=60)] = "",
    kind: DictionaryKind | None = None,
) -> Response:
    found = queries.search_dictionary(session, text=q, kind=kind, request=PageRequest.of(1, EXPORTED))
    names = dict(KINDS)
    columns = [
        Column("词", "term", width=24),
        Column("类别", lambda row: names[row.kind.value]),
        Column("同义词", lambda row: "、".join(row.synonyms), width=60),
        Column("在用", lambda row: "是" if row.is_active else "停用"),
        Column("作者", "author"),
        Column("改于", "edited_at", "datetime", 18),
        Column("版本", "version", "number", 8),
    ]
    return sheet_response(
        request,
        runtime,
        actor,
        name="reference.dictionary",
        title="搜索词典",
        columns=columns,
        rows=found.items,
    )


@router.get("/dictionary/new")
@permission(EDIT)
def new_word(request: Request, session: ReadSession) -> Response:
    values = {"kind": DictionaryKind.synonym.value, "is_active": "1"}
    return render(request, "reference/word.html", {**_context(session), "values": values})


@router.post("/dictionary/new")
@permission(EDIT)
@idempotent
def add_word(request: Request, actor: CurrentActor, form: FormData, session: WriteSession) -> Response:
    with form.rejecting("reference/word.html", _context):
        word = service.save_word(session, actor, data=form.parse(DictionaryWordIn, _word(form)))
    return redirect(request, "/staff/dictionary", flash=f"已加入“{word.term}”，{ACTS[word.kind]}")


@router.post("/dictionary/try")
@permission(EDIT)
def try_new(request: Request, actor: CurrentActor, form: FormData, session: ReadSession) -> Response:
    """Read a sentence with the word as it is typed; nothing is saved."""
    return _tried(request, actor, form, session, None)


@router.get("/dictionary/{word_id}")
@permission(EDIT)
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
@permission(EDIT)
def change_word(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, word_id: uuid.UUID
) -> Response:
    with form.rejecting("reference/word.html", lambda fresh: _context(fresh, word_id)):
        word = service.save_word(
            session, actor, data=form.parse(DictionaryWordIn, _word(form)), word_id=word_id
        )
    return redirect(request, "/staff/dictionary", flash=f"已保存“{word.term}”，{ACTS[word.kind]}")


@router.post("/dictionary/{word_id}/delete")
@permission(EDIT)
def delete_word(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, word_id: uuid.UUID
) -> Response:
    version = form.text("version")
    word = service.delete_word(
        session,
        actor,
        word_id=word_id,
        version=int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0,
    )
    return redirect(request, f"/staff/dictionary?deleted={word_id}", flash=f"已删除“{word.term}”")


@router.post("/dictionary/{word_id}/restore")
@permission(EDIT)
def restore_word(
    request: Request, actor: CurrentActor, session: WriteSession, word_id: uuid.UUID
) -> Response:
    word = service.restore_word(session, actor, word_id=word_id)
    return redirect(request, f"/staff/dictionary/{word_id}", flash=f"已恢复“{word.term}”，{ACTS[word.kind]}")


@router.post("/dictionary/{word_id}/try")
@permission(EDIT)
def try_changed(
    request: Request, actor: CurrentActor, form: FormData, session: ReadSession, word_id: uuid.UUID
) -> Response:
    return _tried(request, actor, form, session, word_id)


def _tried(request: Request, actor: Any, form: Form, session: Session, word_id: uuid.UUID | None) -> Response:
    with form.rejecting("reference/word.html", lambda fresh: _context(fresh, word_id)):
        text = form.parse(TryIn, {"sample": form.text("sample")}).sample
        data = form.parse(DictionaryWordIn, _word(form))
        if data.kind is DictionaryKind.synonym and not data.synonyms:
            raise Invalid({"synonyms": "先填一个同义词再试"})
        tried = wording.try_word(session, actor, data=data, word_id=word_id, text=text)
        context = {**_context(session, word_id), "tried": tried, "values": form.data}
    return render(request, "reference/word.html", context)


def _word(form: Form) -> dict[str, Any]:
    return {name: value for name, value in form.data.items() if name != "sample"}


def _context(session: Session, word_id: uuid.UUID | None = None) -> dict[str, Any]:
    word = queries.get_dictionary_word(session, word_id) if word_id is not None else None
    return {"session": session, "word": word, "kinds": KINDS, "tried": None}
