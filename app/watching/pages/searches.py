"""Saved searches: kept from the search page, looked at, changed, locked, exported."""

import uuid
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts.deps import CurrentActor, FormData
from app.core import clock
from app.core.errors import EditConflict, FormRejected, Unavailable
from app.core.permissions import Actor
from app.core.runtime import Runtime
from app.core.sheets import Column
from app.indexing import finding
from app.indexing import queries as indexing
from app.indexing.schemas import FACET_TITLES, Card, SearchRequest
from app.watching import asking, service
from app.watching.models import PACE_LABELS, LockedList, Pace
from app.watching.pages.following import moment_of
from app.watching.queries import searches as queries
from app.watching.schemas import SearchForm
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.exports import sheet_response
from app.web.idempotent import idempotent
from app.web.policy import signed_in
from app.web.templating import redirect, render
from search.types import Ref, SearchUnavailable

router = APIRouter(prefix="/watching/searches")
NEW, ONE = "watching/new_search.html", "watching/search.html"
MOST_ROWS = 500
PACES = [(pace.value, label) for pace, label in PACE_LABELS.items()]


def _say(session: Session, wanted: SearchRequest) -> list[tuple[str, str]]:
    """Return a search in words: the text and each restriction."""
    labels = finding.labels_for(session)
    said = [("文字", wanted.text)] if wanted.text else []
    return said + [
        (FACET_TITLES[name], "、".join(labels.get(name, {}).get(value, value) for value in values))
        for name, values in wanted.chosen.items()
    ]


def _cards(
    session: Session, runtime: Runtime, actor: Actor, query: str, *, most: int
) -> tuple[list[Card], int]:
    """Return the present results with their total; each checked against the database.

    Raises:
        Unavailable: the engine is away; a list for the record must be whole.

    """
    cards: list[Card] = []
    total = 0
    for page in range(1, most // asking.SIZE + 1):
        wanted = asking.read(query, size=asking.SIZE)
        wanted = SearchRequest(wanted.text, wanted.chosen, wanted.sort, page, asking.SIZE)
        try:
            found = runtime.engine.search(finding.to_query(wanted, actor, facets=()))
        except SearchUnavailable as error:
            raise Unavailable("搜索服务正在恢复，请过一会儿再试") from error
        refs = [hit.ref for hit in found.hits]
        shown = indexing.load_cards(session, actor, refs)
        cards += [shown[ref] for ref in refs if ref in shown]
        total = found.total - (len(refs) - len(shown)) if page == 1 else total
        if len(refs) < asking.SIZE:
            break
    return cards, max(total, len(cards))


def _new(session: Session, query: str) -> dict[str, Any]:
    wanted = asking.read(query)
    return {"session": session, "query": asking.write(wanted), "said": _say(session, wanted), "paces": PACES}


@router.get("/new")
@signed_in
def ask_name(request: Request, session: ReadSession, actor: CurrentActor) -> Response:
    """Ask under which name and how often; the search stands in the address as on the search page."""
    del actor
    context = _new(session, request.url.query)
    name = "、".join(text for _title, text in context["said"])[:60] or "全部供给、需求和政策"
    return render(request, NEW, {**context, "values": {"name": name, "pace": Pace.daily.value}})


@router.post("")
@signed_in
@idempotent
def add_search(
    *, request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Keep the search; what it finds now is no news."""
    runtime.throttle.hit([("30/hour", f"search-saved:{actor.user_id}")])
    with form.rejecting(NEW, lambda fresh: _new(fresh, form.text("query"))):
        data = form.parse(SearchForm)
        known = _known(runtime, actor, data.query)
        row = service.add_search(
            session, actor, name=data.name, query=data.query, pace=data.pace, known=known
        )
    return redirect(request, f"/watching/searches/{row.id}", flash="已保存，有新的会告诉您")


def _known(runtime: Runtime, actor: Actor, query: str) -> list[Ref]:
    """Return what the search finds now; asked before the write transaction begins."""
    try:
        found = runtime.engine.search(finding.to_query(asking.newest(query), actor, facets=()))
    except SearchUnavailable as error:
        raise Unavailable("搜索服务正在恢复，请过一会儿再试") from error
    return [hit.ref for hit in found.hits]


def _one(session: Session, actor: Actor, search_id: uuid.UUID) -> dict[str, Any]:
    row = queries.get_search(session, actor, search_id)
    hits = queries.list_new_hits(session, [row]).get(row.id, [])
    cards = indexing.load_cards(session, actor, [Ref(hit.kind, str(hit.object_id)) for hit in hits])
    return {
        "session": session,
        "search": row,
        "said": _say(session, asking.read(row.query)),
        "cards": list(cards.values()),
        "locked": [item for item in queries.list_locked(session, actor) if item.query == row.query],
        "paces": PACES,
        "pace_label": PACE_LABELS[row.pace],
        "through": clock.now().isoformat(),
        "theirs": None,
        "stored": {"name": row.name, "pace": row.pace.value, "version": row.version},
    }


@router.get("/{search_id}")
@signed_in
def show_search(
    request: Request, session: ReadSession, actor: CurrentActor, search_id: uuid.UUID
) -> Response:
    """Show what is new of one search, its settings and its locked lists."""
    context = _one(session, actor, search_id)
    return render(request, ONE, {**context, "values": context["stored"]})


@router.post("/{search_id}/read")
@signed_in
def read_hits(
    request: Request, session: WriteSession, actor: CurrentActor, form: FormData, search_id: uuid.UUID
) -> Response:
    service.read_hits(session, actor, search_id=search_id, through=moment_of(form.text("through")))
    return redirect(request, f"/watching/searches/{search_id}", flash="新结果都看过了")


@router.post("/{search_id}/edit")
@signed_in
def change_search(
    request: Request, actor: CurrentActor, form: FormData, session: WriteSession, search_id: uuid.UUID
) -> Response:
    def again(fresh: Session) -> dict[str, Any]:
        return _one(fresh, actor, search_id)

    with form.rejecting(ONE, again):
        data = form.parse(SearchForm)
        try:
            service.change_search(
                session, actor, search_id=search_id, version=data.version, name=data.name, pace=data.pace
            )
        except EditConflict as error:
            raise _conflict(error, form.data, again) from error
    return redirect(request, f"/watching/searches/{search_id}", flash="已保存")


def _conflict(
    error: EditConflict, typed: dict[str, Any], again: Callable[[Session], dict[str, Any]]
) -> FormRejected:
    values = {**typed, "version": error.theirs["version"]}
    theirs = {**error.theirs, "pace_label": PACE_LABELS[Pace(error.theirs["pace"])]}
    rejected = FormRejected(
        template=ONE,
        context={"build": again, "values": values, "theirs": theirs},
        fields={"form": error.message},
    )
    rejected.status = error.status
    return rejected


@router.post("/{search_id}/remove")
@signed_in
def remove_search(
    request: Request, session: WriteSession, actor: CurrentActor, search_id: uuid.UUID
) -> Response:
    service.remove_search(session, actor, search_id=search_id)
    return redirect(request, "/watching", flash="已删除保存的搜索")


@router.post("/{search_id}/lock")
@signed_in
@idempotent
def lock_results(
    *,
    request: Request,
    actor: CurrentActor,
    session: WriteSession,
    runtime: RuntimeDep,
    search_id: uuid.UUID,
    form: FormData,
) -> Response:
    """Keep the results as they are now, for the record."""
    del form
    runtime.throttle.hit([("20/hour", f"results-locked:{actor.user_id}")])
    with runtime.database.reading() as reading:
        row = queries.get_search(reading, actor, search_id)
        cards, total = _cards(reading, runtime, actor, row.query, most=MOST_ROWS)
    service.lock_results(session, actor, search_id=search_id, cards=cards, total=total)
    return redirect(request, f"/watching/searches/{search_id}", flash="已固定，可以导出留底")


COLUMNS = [
    Column("序号", "number", kind="number", width=8),
    Column("名称", "title", width=44),
    Column("说明", "facts", width=40),
    Column("价格", "price", width=24),
    Column("上线", "term", width=14),
    Column("编号", "id", width=38),
]


def _line(number: int, card: Card) -> dict[str, Any]:
    return {
        "number": number,
        "title": card.title,
        "facts": "，".join(card.facts),
        "price": card.price,
        "term": card.term,
        "id": card.id,
    }


@router.get("/{search_id}/export.xlsx")
@signed_in
def export(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep, search_id: uuid.UUID
) -> Response:
    """Send the present results."""
    row = queries.get_search(session, actor, search_id)
    cards, total = _cards(session, runtime, actor, row.query, most=MOST_ROWS)
    said = "；".join(f"{title}：{text}" for title, text in _say(session, asking.read(row.query)))
    return sheet_response(
        request,
        runtime,
        actor,
        name="watching.results",
        title=f"搜索结果 {row.name}",
        columns=COLUMNS,
        rows=[_line(number, card) for number, card in enumerate(cards, 1)],
        notes=[f"条件：{said or '不限'}", f"共 {total} 项，列出 {len(cards)} 项"],
    )


@router.get("/locked/{locked_id}/export.xlsx")
@signed_in
def export_locked(
    request: Request, session: ReadSession, actor: CurrentActor, runtime: RuntimeDep, locked_id: uuid.UUID
) -> Response:
    """Send a locked list with its hash; what its owner may no longer see has no name in it."""
    row = queries.get_locked(session, actor, locked_id)
    return sheet_response(
        request,
        runtime,
        actor,
        name="watching.locked",
        title=f"固定的结果 {row.name}",
        columns=COLUMNS,
        rows=_locked_lines(session, actor, row),
        notes=[
            f"固定于 {clock.cn_datetime(row.locked_at)}；当时共 {row.total} 项，列出 {len(row.rows)} 项",
            f"校验码（SHA-256）：{row.digest}",
        ],
    )


def _locked_lines(session: Session, actor: Actor, row: LockedList) -> list[dict[str, Any]]:
    refs = [_ref_of(line) for line in row.rows]
    cards = indexing.load_cards(session, actor, refs)
    return [
        {
            "number": number,
            "title": cards[ref].title if ref in cards else "已不公开",
            "facts": "，".join(cards[ref].facts) if ref in cards else "",
            "price": line["price"] if ref in cards else "",
            "term": line["term"] if ref in cards else "",
            "id": line["id"],
        }
        for number, (ref, line) in enumerate(zip(refs, row.rows, strict=True), 1)
    ]


def _ref_of(line: dict[str, str]) -> Ref:
    kind = line["kind"]
    return Ref(kind if kind in {"need", "policy"} else "offering", line["id"])
