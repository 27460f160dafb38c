"""Neutral requests as Elasticsearch bodies, and its answers back. Core query types only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from search.analysis.plan import AnyOf, BestOf, Node, Term
from search.flow import Found, Request, Response
from search.types import Filter


def translate(node: Node) -> dict[str, Any]:
    if isinstance(node, Term):
        return {"term": {node.field: {"value": node.token, "boost": node.boost}}}
    if isinstance(node, AnyOf):
        if len(node.children) == 1:
            return translate(node.children[0])
        children = [translate(child) for child in node.children]
        if node.minimum >= len(children):
            return {"bool": {"must": children}}
        return {"bool": {"should": children, "minimum_should_match": node.minimum}}
    if isinstance(node, BestOf):
        return {"dis_max": {"queries": [translate(child) for child in node.children]}}
    return {"bool": {"must": [translate(node.must)], "should": [translate(child) for child in node.extra]}}


def body(request: Request) -> dict[str, Any]:
    """Facets' choices filter after counting (`post_filter`), so each facet can leave its own aside."""
    chosen = tuple(f for f in request.filters if f.field in request.facets)
    always = tuple(f for f in request.filters if f.field not in request.facets)
    conditions: list[dict[str, Any]] = [{"terms": {"audience": sorted(request.audience)}}]
    conditions += _terms(always)
    for bound in request.ranges:
        limits = {"gte": bound.at_least, "lte": bound.at_most}
        conditions.append({"range": {bound.field: {k: v for k, v in limits.items() if v is not None}}})
    query: dict[str, Any] = {"filter": conditions}
    if request.node is not None:
        query["must"] = [translate(request.node)]
    made: dict[str, Any] = {
        "query": {"bool": query},
        "size": request.size,
        "track_total_hits": True,
        "_source": ["source"],
    }
    if chosen:
        made["post_filter"] = {"bool": {"filter": _terms(chosen)}}
    if request.sort is not None and request.size:
        made["sort"] = [{request.sort: "asc" if request.ascending else "desc"}, {"key": "asc"}]
        made["track_scores"] = False
    if request.facets:
        made["aggs"] = {name: _aggregation(name, chosen, request.facet_size) for name in request.facets}
    return made


def _terms(filters: Iterable[Filter]) -> list[dict[str, Any]]:
    return [{"terms": {f.field: sorted(set(f.values))}} for f in filters]


def _aggregation(name: str, chosen: tuple[Filter, ...], size: int) -> dict[str, Any]:
    counts = {"terms": {"field": name, "size": size}}
    others = [f for f in chosen if f.field != name]
    if not others:
        return counts
    return {"filter": {"bool": {"filter": _terms(others)}}, "aggs": {"counts": counts}}


def response(request: Request, answer: Mapping[str, Any]) -> Response:
    hits = answer["hits"]
    scored = request.sort is None
    found = [
        Found(float(hit["_score"] or 0.0) if scored else 0.0, hit["_id"], hit["_source"].get("source", ""))
        for hit in hits["hits"]
    ]
    facets = {}
    for name in request.facets:
        aggregation = answer["aggregations"][name]
        buckets = aggregation.get("counts", aggregation)["buckets"]
        facets[name] = [(str(b["key"]), int(b["doc_count"])) for b in buckets]
    return Response(int(hits["total"]["value"]), found, facets)
