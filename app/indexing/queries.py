"""What a search reads from the database: the rows behind the hits, and the simplified search."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core import parameters
from app.core.kept import Kept, Recent
from app.core.money import format_range
from app.core.permissions import Actor
from app.indexing.schemas import KIND_LABELS, Card, SearchRequest
from app.needs import policy as need_policy
from app.needs import queries as needs
from app.needs.models import Need, NeedState
from app.offerings import pricing, xkqz
from app.offerings import queries as offerings
from app.offerings.models import Offering, ProductClass
from app.organisations.models import Organisation
from app.policies import queries as policies
from app.policies import reading as policy_reading
from app.policies.models import Policy
from app.reference import queries as reference
from search.schema import GO_LIVE_BANDS
from search.types import Ref

SNIPPET = 120
MOST_DAYS = 100_000
CELL_STATES = {xkqz.Verdict.passed: "promise", xkqz.Verdict.failed: "failed", xkqz.Verdict.unknown: "none"}


@dataclass(frozen=True, slots=True)
class Names:
    """Display names by code."""

    districts: dict[str, str]
    scenarios: dict[str, str]
    industries: dict[str, str]


def _load_names(session: Session) -> Names:
    return Names(
        districts=reference.district_names(session),
        scenarios={row.code: row.name for row in reference.list_scenarios(session)},
        industries=reference.industry_names(session),
    )


def _load_limits(session: Session) -> xkqz.Thresholds:
    return xkqz.Thresholds.of(parameters.values(session, xkqz.PREFIX))


names = Kept(_load_names, seconds=30.0)
limits = Kept(_load_limits, seconds=30.0)
offering_cards: Recent[Card] = Recent(4096)


def find_visible(session: Session, actor: Actor, refs: Sequence[Ref]) -> set[Ref]:
    """Return those of the hits that the actor may see right now, in a query per kind."""
    queries = {
        "offering": (offerings.visible_to(actor), Offering.id),
        "need": (needs.visible_to(actor), Need.id),
        "policy": (policies.visible_to(actor), Policy.id),
    }
    found: set[Ref] = set()
    for kind, (query, column) in queries.items():
        ids = [uuid.UUID(ref.id) for ref in refs if ref.kind == kind]
        if ids:
            rows = session.scalars(query.with_only_columns(column).where(column.in_(ids)))
            found |= {Ref(kind, str(row)) for row in rows}
    return found


def load_cards(session: Session, actor: Actor, refs: Sequence[Ref]) -> dict[Ref, Card]:
    """Return the cards of those hits that the actor may see right now, in at most eight queries."""
    wanted: dict[str, list[uuid.UUID]] = defaultdict(list)
    for ref in refs:
        wanted[ref.kind].append(uuid.UUID(ref.id))
    cards: dict[Ref, Card] = {}
    if wanted["offering"]:
        cards |= _offering_cards(session, actor, wanted["offering"])
    if wanted["need"]:
        cards |= _need_cards(session, actor, wanted["need"])
    if wanted["policy"]:
        for row in session.scalars(policies.visible_to(actor).where(Policy.id.in_(wanted["policy"]))):
            ref = Ref("policy", str(row.id))
            cards[ref] = Card(
                kind="policy",
                id=ref.id,
                title=row.name,
                url=f"/policies/{row.slug}",
                facts=tuple(part for part in ("政策", row.doc_no, row.issuer) if part),
                snippet=policy_reading.summary(row.kind, row.facts)[:SNIPPET],
            )
    return cards


def _offering_cards(session: Session, actor: Actor, ids: list[uuid.UUID]) -> dict[Ref, Card]:
    """Check visibility in the database; what a card says is kept by the version of its offering."""
    visible = session.execute(
        offerings.visible_to(actor)
        .where(Offering.id.in_(ids))
        .with_only_columns(Offering.id, Offering.doc_version)
    ).all()
    thresholds = limits.get(session)
    cards: dict[Ref, Card] = {}
    wanting: dict[uuid.UUID, int] = {}
    for key, version in visible:
        kept = offering_cards.get(session, (key, version, thresholds))
        if kept is None:
            wanting[key] = version
        else:
            cards[Ref("offering", kept.id)] = kept
    for card, key in _read_offering_cards(session, list(wanting), thresholds):
        offering_cards.put(session, (key, wanting[key], thresholds), card)
        cards[Ref("offering", card.id)] = card
    return cards


def _read_offering_cards(
    session: Session, ids: list[uuid.UUID], thresholds: xkqz.Thresholds
) -> Iterator[tuple[Card, uuid.UUID]]:
    rows = offerings.list_by_ids(session, ids) if ids else []
    vendors = _organisations(session, {row.organisation_id for row in rows})
    districts = names.get(session).districts
    for row in rows:
        vendor = vendors[row.organisation_id]
        facts = [KIND_LABELS[row.kind.value], vendor.display_name, districts.get(vendor.district_slug, "")]
        if vendor.is_verified:
            facts.append("已核验")
        card = Card(
            kind=row.kind.value,
            id=str(row.id),
            title=row.title,
            url=f"/offerings/{row.id}",
            facts=tuple(part for part in facts if part),
            price=pricing.entry_text(row.packages),
            term=f"{row.go_live_days} 天上线" if row.go_live_days is not None else "",
            cells=tuple(
                {"letter": letter.letter, "state": CELL_STATES[letter.verdict]}
                for letter in xkqz.letters(offerings.facts_of(row, vendor), thresholds)
            ),
            snippet=(row.summary or row.body)[:SNIPPET],
        )
        yield card, row.id


def _need_cards(session: Session, actor: Actor, ids: list[uuid.UUID]) -> dict[Ref, Card]:
    rows = session.scalars(needs.visible_to(actor).where(Need.id.in_(ids))).all()
    owners = _organisations(session, {row.organisation_id for row in rows})
    districts = names.get(session).districts
    cards: dict[Ref, Card] = {}
    for row in rows:
        shown = (
            owners[row.organisation_id].display_name if need_policy.knows_name(actor, row) else "厂名不公开"
        )
        ref = Ref("need", str(row.id))
        cards[ref] = Card(
            kind="need",
            id=ref.id,
            title=row.title,
            url=f"/needs/{row.case_number}",
            facts=tuple(
                part for part in ("企业需求", shown, districts.get(row.district_slug or "", "")) if part
            ),
            price=f"预算 {format_range(row.budget_min_fen, row.budget_max_fen)}"
            if row.budget_max_fen
            else "",
            snippet=row.problem[:SNIPPET],
        )
    return cards


def _organisations(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, Organisation]:
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(Organisation).where(Organisation.id.in_(ids)))}


def find_simplified(session: Session, actor: Actor, request: SearchRequest) -> tuple[list[Ref], int]:
    """Return a page of hits without the engine: LIKE on title and text, every filter but the price's.

    Every word must appear. Facets need the engine and are not counted; a comparable price needs more than SQL.
    """
    kinds = set(request.chosen.get("kind", ()))
    parts: list[tuple[str, Select[Any], InstrumentedAttribute[Any]]] = []
    if not kinds or kinds & {"solution", "service", "equipment"}:
        listed = offerings.visible_to(actor).where(offerings.PUBLIC)
        query = _containing(listed, request, Offering.title, Offering.summary, Offering.body)
        if kinds:
            query = query.where(Offering.kind.in_(kinds & {"solution", "service", "equipment"}))
        parts.append(("offering", query.where(*_offering_conditions(request.chosen)), Offering.id))
    if "need" in kinds or (not kinds and not request.chosen):
        published = needs.visible_to(actor).where(Need.state == NeedState.published)
        query = _containing(published, request, Need.title, Need.problem)
        parts.append(("need", query.where(*_need_conditions(request.chosen)), Need.id))
    if "policy" in kinds or (not kinds and not request.chosen):
        parts.append(("policy", _containing(policies.visible_to(actor), request, Policy.name), Policy.id))
    refs: list[Ref] = []
    total = 0
    skip, room = (request.page - 1) * request.size, request.size
    for kind, query, key in parts:
        count = session.scalar(select(func.count()).select_from(query.with_only_columns(key).subquery())) or 0
        if room and skip < count:
            ids = session.scalars(query.with_only_columns(key).order_by(key).offset(skip).limit(room)).all()
            refs.extend(Ref(kind, str(item)) for item in ids)
            room -= len(ids)
        skip = max(0, skip - count)
        total += count
    return refs, total


def _offering_conditions(chosen: Mapping[str, Sequence[str]]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.get("product_class"):
        known = [item for item in ProductClass if item.value in chosen["product_class"]]
        found.append(Offering.product_class.in_(known))
    if chosen.get("scenario"):
        found.append(or_(*(offerings.has_code(Offering.scenario_codes, code) for code in chosen["scenario"])))
    if chosen.get("industry"):
        codes = cast(Offering.industry_codes, String)
        named = (codes.contains(f'"{code}', autoescape=True) for code in chosen["industry"])
        found.append(or_(codes == "[]", *named))  # no industry named: it is for any
    if chosen.get("district"):
        there = select(Organisation.id).where(Organisation.district_slug.in_(chosen["district"]))
        found.append(Offering.organisation_id.in_(there))
    if chosen.get("go_live_band"):
        bands = [band for band in GO_LIVE_BANDS if band.code in chosen["go_live_band"]]
        days = Offering.go_live_days
        found.append(
            or_(false(), *(days.between(band.at_least, band.at_most or MOST_DAYS) for band in bands))
        )
    return found


def _need_conditions(chosen: Mapping[str, Sequence[str]]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.get("scenario"):
        found.append(Need.scenario_code.in_(chosen["scenario"]))
    if chosen.get("industry"):
        found.append(
            or_(*(Need.industry_code.startswith(code, autoescape=True) for code in chosen["industry"]))
        )
    if chosen.get("district"):
        found.append(Need.district_slug.in_(chosen["district"]))
    return found


def _containing(
    query: Select[Any], request: SearchRequest, *columns: InstrumentedAttribute[str]
) -> Select[Any]:
    for word in request.text.split()[:6]:
        condition = columns[0].icontains(word, autoescape=True)
        for column in columns[1:]:
            condition = condition | column.icontains(word, autoescape=True)
        query = query.where(condition)
    return query
