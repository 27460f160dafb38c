"""Neutral requests as tantivy queries. Built from terms only: its query parser raises on users' text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tantivy
from tantivy import Occur
from tantivy import Query as TQuery

from search.analysis.plan import AnyOf, BestOf, Node, Scored, Term
from search.flow import Found, Request, Response
from search.types import Filter


def translate(schema: tantivy.Schema, node: Node) -> TQuery:
    if isinstance(node, Term):
        query = TQuery.term_query(schema, node.field, node.token, "freq")
        return query if node.boost == 1.0 else TQuery.boost_query(query, node.boost)
    if isinstance(node, AnyOf):
        return _any(schema, node.children, node.minimum)
    if isinstance(node, BestOf):
        return TQuery.disjunction_max_query([translate(schema, child) for child in node.children])
    return TQuery.boolean_query(
        [
            (Occur.Must, translate(schema, node.must)),
            *((Occur.Should, translate(schema, child)) for child in node.extra),
        ]
    )


def _any(schema: tantivy.Schema, children: Sequence[Node], minimum: int) -> TQuery:
    if len(children) == 1:
        return translate(schema, children[0])
    occur = Occur.Must if minimum >= len(children) else Occur.Should
    clauses = [(occur, translate(schema, child)) for child in children]
    if occur is Occur.Must or minimum <= 1:
        return TQuery.boolean_query(clauses)
    return TQuery.boolean_query(clauses, minimum_number_should_match=minimum)


def run(searcher: tantivy.Searcher, schema: tantivy.Schema, request: Request) -> Response:
    """One request: hits and total in one pass, all facets without a choice in a second, each other by itself."""
    conditions = _conditions(schema, request, request.filters)
    query = _bounded(schema, request.node, conditions)
    total, found = 0, []
    if request.size:
        order = tantivy.Order.Asc if request.ascending else tantivy.Order.Desc
        result = (
            searcher.search(query, request.size, count=True)
            if request.sort is None
            else searcher.search(query, request.size, count=True, order_by_field=request.sort, order=order)
        )
        total = counted(result)
        scored = request.sort is None
        found = [Found(float(s) if scored else 0.0, handle=address) for s, address in result.hits]
    elif not request.facets:
        total = counted(searcher.search(_unscored(schema, request.node, conditions), 1, count=True))
    facets = _facets(searcher, schema, request) if request.facets else {}
    if request.facets and not request.size:
        total = counted(searcher.search(_unscored(schema, request.node, conditions), 1, count=True))
    return Response(total, found, facets)


def counted(result: tantivy.SearchResult) -> int:
    return int(result.count)  # type: ignore[attr-defined]  # its stub forgot it


def _facets(
    searcher: tantivy.Searcher, schema: tantivy.Schema, request: Request
) -> dict[str, list[tuple[str, int]]]:
    chosen = {f.field for f in request.filters}
    together = tuple(name for name in request.facets if name not in chosen)
    passes: list[tuple[tuple[str, ...], tuple[Filter, ...]]] = []
    if together:
        passes.append((together, request.filters))
    passes += [
        ((name,), tuple(f for f in request.filters if f.field != name))
        for name in request.facets
        if name in chosen
    ]
    counts: dict[str, list[tuple[str, int]]] = {}
    for names, filters in passes:
        query = _unscored(schema, request.node, _conditions(schema, request, filters))
        wanted = {name: {"terms": {"field": name, "size": request.facet_size}} for name in names}
        answer = searcher.aggregate(query, wanted)
        for name in names:
            counts[name] = [(b["key"], int(b["doc_count"])) for b in answer[name]["buckets"]]
    return counts


def _conditions(schema: tantivy.Schema, request: Request, filters: Iterable[Filter]) -> list[TQuery]:
    found = [_one_of(schema, "audience", sorted(request.audience))]
    found += [_one_of(schema, f.field, sorted(set(f.values))) for f in filters]
    found += [
        TQuery.range_query(schema, bound.field, tantivy.FieldType.Integer, bound.at_least or 0, bound.at_most)
        for bound in request.ranges
    ]
    return found


def _one_of(schema: tantivy.Schema, field: str, values: Sequence[str]) -> TQuery:
    if len(values) == 1:
        return TQuery.term_query(schema, field, values[0], "basic")
    return TQuery.term_set_query(schema, field, list(values))


def _bounded(schema: tantivy.Schema, node: Node | None, conditions: list[TQuery]) -> TQuery:
    clauses = [(Occur.Must, TQuery.const_score_query(condition, 0.0)) for condition in conditions]
    if node is not None:
        clauses.append((Occur.Must, translate(schema, node)))
    return TQuery.boolean_query(clauses)


def _unscored(schema: tantivy.Schema, node: Node | None, conditions: list[TQuery]) -> TQuery:
    """For counting: what only adds to scores is left out."""
    return _bounded(schema, node.must if isinstance(node, Scored) else node, conditions)
