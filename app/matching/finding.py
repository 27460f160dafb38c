"""Matches for a sentence or a posted need; reads only, so a GET or a preview opens no write session.

Texts are masked before they are read; nothing of them is stored or logged here.
"""

import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from app.core import parameters
from app.core.money import MAX_FEN, wan_to_fen
from app.core.permissions import Actor, Permission, require
from app.matching import queries, view
from app.matching.facts import NeedInput
from app.matching.matcher import Matcher, MatchResult
from app.matching.schemas import Ask, PreviewIn
from app.matching.weights import load_weights
from app.offerings import xkqz
from search import SearchEngine

DEFAULT_LIMIT = 10


def preview(
    session: Session, engine: SearchEngine, actor: Actor, *, need: NeedInput, limit: int = DEFAULT_LIMIT
) -> MatchResult:
    """Return the ranked, explained list for one sentence with its corrections; only listed offerings."""
    codes = [need.industry] if need.industry else []
    industries, districts = queries.load_names(session, codes)
    matcher = Matcher(
        engine=engine,
        load=lambda ids: queries.load_offerings(session, ids),
        weights=load_weights(session),
        industry_names=industries,
        district_names=districts,
        fallback=lambda wanted: queries.list_fallback(session, actor, wanted),
    )
    return matcher.match(need, audience=actor.audiences, limit=limit)


def match_need(
    session: Session, engine: SearchEngine, actor: Actor, *, need_id: uuid.UUID, limit: int = DEFAULT_LIMIT
) -> MatchResult:
    """Return the list for an own need or draft, or as staff for one in sight; else raise NotFound or Forbidden."""
    facts = queries.load_need(session, actor, need_id)
    require(actor, Permission.matching_need_read, facts)
    return preview(session, engine, actor, need=queries.to_input(facts), limit=limit)


def ask_answer(
    session: Session, engine: SearchEngine, actor: Actor, *, ask: Ask, need_href: str, more_href: str = ""
) -> dict[str, Any]:
    """Return the `answer` view of the front page's sentence (templates/matching/_answer.html)."""
    result = preview(session, engine, actor, need=input_of_ask(ask))
    return _view(session, result, ask=ask, form="ask", need_href=need_href, more_href=more_href)


def need_answer(
    session: Session, engine: SearchEngine, actor: Actor, *, need_id: uuid.UUID, ask: Ask
) -> dict[str, Any]:
    """Return the context of a need's page of matches: its own fields, with the corrections laid over them."""
    facts = queries.load_need(session, actor, need_id)
    require(actor, Permission.matching_need_read, facts)
    result = preview(session, engine, actor, need=_laid_over(queries.to_input(facts), ask))
    answer = _view(session, result, ask=ask, form="need-match", need_href="", more_href="")
    return {"answer": answer, "need": facts, "session": session}


def _laid_over(need: NeedInput, ask: Ask) -> NeedInput:
    """The need with the page's corrections: a field given there wins, a struck-out one is gone for this list."""
    own = input_of_ask(ask)
    gone = {*ask.drop, *ask.dropped}
    return replace(
        need,
        scenario=own.scenario or (None if "scenario" in gone else need.scenario),
        industry=own.industry or (None if "industry" in gone else need.industry),
        district=own.district or (None if "district" in gone else need.district),
        budget_max_fen=own.budget_max_fen or (None if "budget_max_wan" in gone else need.budget_max_fen),
        days_max=own.days_max or (None if "days_max" in gone else need.days_max),
        pain_points=tuple(
            code for code in (*need.pain_points, *own.pain_points) if code not in own.not_pain_points
        ),
        not_pain_points=own.not_pain_points,
        not_scenarios=own.not_scenarios,
        not_conditions=own.not_conditions,
        not_quantities=own.not_quantities,
        not_industries=own.not_industries,
    )


def _view(
    session: Session, result: MatchResult, *, ask: Ask, form: str, need_href: str, more_href: str
) -> dict[str, Any]:
    choices = queries.load_choices(session)
    around = view.Around(
        form=form,
        kept=ask.kept,
        values={
            "scenario": ask.scenario,
            "industry": ask.industry,
            "district": ask.district,
            "budget_max_wan": ask.budget_max_wan,
            "days_max": ask.days_max,
        },
        scenarios=choices.scenarios,
        industries=choices.industries,
        districts=choices.districts,
        need_href=need_href,
        more_href=more_href,
        district_names=dict(choices.districts),
        industry_names=dict(choices.industries),
    )
    thresholds = xkqz.Thresholds.of(parameters.values(session, xkqz.PREFIX))
    return view.answer(result, around, weights=load_weights(session), thresholds=thresholds)


def input_of_preview(given: PreviewIn) -> NeedInput:
    """Return the API's request as matching takes it."""
    return NeedInput(
        text=given.text,
        scenario=given.scenario or None,
        industry=given.industry or None,
        district=given.district or None,
        budget_max_fen=given.budget_max_fen,
        days_max=given.days_max,
        pain_points=tuple(dict.fromkeys(given.pain_points)),
        conditions=tuple(dict.fromkeys(given.conditions)),
        not_pain_points=frozenset(given.not_pain_points),
        not_scenarios=frozenset(given.not_scenarios),
        not_conditions=frozenset(given.not_conditions),
        not_quantities=frozenset(given.not_quantities),
        not_industries=frozenset(given.not_industries),
    )


def input_of_ask(ask: Ask) -> NeedInput:
    """Return the front page's form as matching takes it; a figure that is none counts as not given."""
    return NeedInput(
        text=ask.text,
        scenario=ask.scenario or None,
        industry=ask.industry or None,
        district=ask.district or None,
        budget_max_fen=_fen(ask.budget_max_wan),
        days_max=_days(ask.days_max),
        pain_points=ask.pain_points,
        not_pain_points=frozenset(ask.not_pain_points),
        not_scenarios=frozenset(ask.not_scenarios),
        not_conditions=frozenset(ask.not_conditions),
        not_quantities=frozenset(ask.not_quantities),
        not_industries=frozenset(ask.not_industries),
    )


def _fen(text: str) -> int | None:
    try:
        fen = wan_to_fen(text) if text else 0
    except ValueError:
        return None
    return fen if 0 < fen <= MAX_FEN else None


def _days(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= 3650 else None
