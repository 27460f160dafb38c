"""Every read of reference rows. All of them are public: there is nothing to hide in an official list."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import Base
from app.core.errors import NotFound
from app.core.pagination import Paged, PageRequest
from app.core.parameters import ParameterChange, ParameterRow
from app.reference.models import (
    Cluster,
    DictionaryKind,
    DictionaryWord,
    District,
    DistrictChange,
    EliminationRule,
    EnergyLevel,
    Industry,
    IndustryLevel,
    PainPoint,
    Questionnaire,
    Scenario,
)
from search.types import Lexicon

MAX_ROWS = 50


def _on_day(query: Select[District], on: date | None) -> Select[District]:
    day = on or clock.today()
    return query.where(
        or_(District.valid_from.is_(None), District.valid_from <= day),
        or_(District.valid_to.is_(None), District.valid_to > day),
    ).order_by(District.position)


def _containing(text: str) -> list[str]:
    return [part for part in text.lower().split() if part][:5]


def list_districts(session: Session, *, on: date | None = None, text: str = "") -> Sequence[District]:
    """Return the districts of a day (today by default) that match the text by code, name or pinyin."""
    query = _on_day(select(District), on)
    for part in _containing(text):
        query = query.where(District.search_text.contains(part, autoescape=True))
    return session.scalars(query).all()


def get_district(session: Session, slug: str) -> District:
    """Return a district, former ones included, or raise NotFound."""
    found = session.get(District, slug)
    if found is None:
        raise NotFound("没有这个区县")
    return found


def find_district(session: Session, slug: str) -> District | None:
    return session.get(District, slug)


def find_district_named(session: Session, typed: str, *, on: date | None = None) -> District | None:
    """Return the district that a form's text means: its slug, code, name or short name, on the day."""
    text = typed.strip()
    names = (District.slug == text, District.code == text, District.name == text, District.short_name == text)
    return session.scalars(_on_day(select(District).where(or_(*names)), on)).first()


def find_district_by_code(session: Session, code: str, *, on: date | None = None) -> District | None:
    """Return the district that had this GB/T 2260 code on the day, if any."""
    return session.scalars(_on_day(select(District).where(District.code == code), on)).first()


def district_names(session: Session) -> dict[str, str]:
    """Return slug → short name, former districts included (old records still show theirs)."""
    return {row.slug: row.short_name for row in session.scalars(select(District))}


def list_successors(session: Session, slug: str) -> Sequence[DistrictChange]:
    """Return where a former district went: one row per successor, whole or in part."""
    query = select(DistrictChange).where(DistrictChange.old_slug == slug).order_by(DistrictChange.position)
    return session.scalars(query).all()


def list_former(session: Session, typed: str) -> Sequence[DistrictChange]:
    """Return where a former district of this name (with or without 区 or 县) went, whole or in part."""
    text = typed.strip()
    names = (text, f"{text}区", f"{text}县")
    query = select(DistrictChange).where(DistrictChange.old_name.in_(names))
    return session.scalars(query.order_by(DistrictChange.position)).all()


def list_industries(session: Session, *, level: IndustryLevel | None = None) -> Sequence[Industry]:
    """Return industry classes by code, of one level or all."""
    query = select(Industry).order_by(Industry.code)
    if level is not None:
        query = query.where(Industry.level == level)
    return session.scalars(query).all()


def find_industry(session: Session, text: str, *, limit: int = 20) -> Sequence[Industry]:
    """Return classes that match the text by code, name or pinyin: exact first, then the wider class first."""
    parts = _containing(text)
    if not parts:
        return list_industries(session, level=IndustryLevel.division)
    query = select(Industry)
    for part in parts:
        query = query.where(Industry.search_text.contains(part, autoescape=True))
    found = session.scalars(query.order_by(Industry.code).limit(400)).all()
    needle = parts[0]

    def rank(row: Industry) -> tuple[bool, bool, int, str]:
        exact = needle in (row.code.lower(), row.name.lower())
        begins = row.name.lower().startswith(needle) or row.code.lower().startswith(needle)
        return (not exact, not begins, len(row.code), row.code)

    return sorted(found, key=rank)[: min(limit, MAX_ROWS)]


def find_industry_named(session: Session, typed: str) -> Industry | None:
    """Return the class that a form's text means: its code or its full name (the widest of equal names)."""
    text = typed.strip()
    query = select(Industry).where(or_(Industry.code == text.upper(), Industry.name == text))
    return session.scalars(query.order_by(Industry.code)).first()


def get_industry(session: Session, code: str) -> Industry:
    found = session.get(Industry, code)
    if found is None:
        raise NotFound("没有这个行业代码")
    return found


def industry_path(code: str) -> list[str]:
    """Return the class and its wider classes, widest first: C1311 → C13, C131, C1311."""
    return [code[:length] for length in (3, 4, 5) if length <= len(code)]


def ancestors(session: Session, code: str) -> Sequence[Industry]:
    """Return the rows of the class and its wider classes, widest first; nothing for an unknown code."""
    query = select(Industry).where(Industry.code.in_(industry_path(code))).order_by(Industry.code)
    return session.scalars(query).all()


def industry_names(session: Session, codes: Sequence[str] | None = None) -> dict[str, str]:
    """Return code → name, of all classes or of the given ones."""
    query = select(Industry.code, Industry.name)
    if codes is not None:
        query = query.where(Industry.code.in_(list(codes)))
    return dict(list(session.execute(query)))


def list_clusters(session: Session) -> Sequence[Cluster]:
    return session.scalars(select(Cluster).order_by(Cluster.position)).all()


def list_scenarios(session: Session) -> Sequence[Scenario]:
    """Return S01 … S16."""
    return session.scalars(select(Scenario).order_by(Scenario.code)).all()


def get_scenario(session: Session, code: str) -> Scenario:
    found = session.get(Scenario, code)
    if found is None:
        raise NotFound("没有这个应用场景")
    return found


def scenario_groups(session: Session) -> list[tuple[str, list[Scenario]]]:
    """Return the four groups in their official order, each with its scenarios."""
    groups: dict[str, list[Scenario]] = {}
    for row in list_scenarios(session):
        groups.setdefault(row.group_name, []).append(row)
    return list(groups.items())


def list_pain_points(
    session: Session, *, scenario: str | None = None, include_retired: bool = False
) -> Sequence[PainPoint]:
    """Return the centre's pain points in use, of one scenario or all."""
    query = select(PainPoint).order_by(PainPoint.scenario_code, PainPoint.position)
    if scenario is not None:
        query = query.where(PainPoint.scenario_code == scenario)
    if not include_retired:
        query = query.where(PainPoint.is_active)
    return session.scalars(query).all()


def get_pain_point(session: Session, code: str) -> PainPoint:
    found = session.get(PainPoint, code)
    if found is None:
        raise NotFound("没有这个难点")
    return found


def get_questionnaire(session: Session, key: str) -> Questionnaire:
    found = session.get(Questionnaire, key)
    if found is None:
        raise NotFound("没有这份评测问卷")
    return found


def list_energy_levels(session: Session, *, product: str) -> Sequence[EnergyLevel]:
    query = select(EnergyLevel).where(EnergyLevel.product == product).order_by(EnergyLevel.position)
    return session.scalars(query).all()


def list_elimination_rules(session: Session) -> Sequence[EliminationRule]:
    return session.scalars(select(EliminationRule).order_by(EliminationRule.position)).all()


def list_dictionary(
    session: Session, *, kind: DictionaryKind | None = None, include_retired: bool = True
) -> Sequence[DictionaryWord]:
    """Return rows of the search dictionary by term."""
    query = (
        select(DictionaryWord)
        .where(DictionaryWord.deleted_at.is_(None))
        .order_by(DictionaryWord.kind, DictionaryWord.position, DictionaryWord.term)
    )
    if kind is not None:
        query = query.where(DictionaryWord.kind == kind)
    if not include_retired:
        query = query.where(DictionaryWord.is_active)
    return session.scalars(query).all()


def search_dictionary(
    session: Session, *, text: str, kind: DictionaryKind | None, request: PageRequest
) -> Paged[DictionaryWord]:
    """Return a page of the dictionary whose term or any synonym holds the text, the latest edits first."""
    needle = text.strip().lower()
    rows = list_dictionary(session, kind=kind)
    found = [row for row in rows if any(needle in word.lower() for word in (row.term, *row.synonyms))]
    found.sort(key=lambda row: (row.edited_at is None, -row.edited_at.timestamp() if row.edited_at else 0.0))
    return Paged(
        items=found[request.offset : request.offset + request.size],
        total=len(found),
        page=request.page,
        size=request.size,
    )


def get_dictionary_word(session: Session, word_id: uuid.UUID) -> DictionaryWord:
    found = session.get(DictionaryWord, word_id)
    if found is None:
        raise NotFound("没有这个词条")
    return found


def find_dictionary_word(session: Session, *, kind: DictionaryKind, term: str) -> DictionaryWord | None:
    query = select(DictionaryWord).where(DictionaryWord.kind == kind, DictionaryWord.term == term)
    return session.scalars(query).first()


def list_parameter_rows(session: Session, *, key: str | None = None) -> Sequence[ParameterRow]:
    """Return the stored values of dated parameters, of one key or all, the latest first."""
    query = select(ParameterRow).order_by(ParameterRow.key, ParameterRow.valid_from.desc())
    if key is not None:
        query = query.where(ParameterRow.key == key)
    return session.scalars(query).all()


def list_parameter_changes(session: Session, *, key: str, limit: int = 200) -> Sequence[ParameterChange]:
    """Return what was done to a parameter, the latest first."""
    return session.scalars(
        select(ParameterChange)
        .where(ParameterChange.key == key)
        .order_by(ParameterChange.at.desc(), ParameterChange.id)
        .limit(limit)
    ).all()


def author_names(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """Return id → name of people (a table of the room above)."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    users = Base.metadata.tables["users"]
    return dict(list(session.execute(select(users.c.id, users.c.name).where(users.c.id.in_(wanted)))))


def list_deleted_words(session: Session, *, limit: int = 50) -> Sequence[DictionaryWord]:
    """Return the words that staff took out, the latest first."""
    return session.scalars(
        select(DictionaryWord)
        .where(DictionaryWord.deleted_at.is_not(None))
        .order_by(DictionaryWord.deleted_at.desc())
        .limit(limit)
    ).all()


def build_lexicon(session: Session) -> Lexicon:
    """Freeze the dictionary for the search layer; equal rows give an equal version.

    Only `words` reach into the index (a change asks for a rebuild); synonyms and terms act at query time.
    """
    rows = list_dictionary(session, include_retired=False)
    scenarios = list_scenarios(session)
    points = list_pain_points(session)
    synonyms = tuple(
        (row.term, *row.synonyms) for row in rows if row.kind is DictionaryKind.synonym and row.synonyms
    )
    words = {row.term for row in rows if row.kind is DictionaryKind.word} | {row.name for row in scenarios}
    terms = {term for group in synonyms for term in group}
    terms |= {row.name for row in points} | {keyword for row in scenarios for keyword in row.keywords}
    contents = [sorted(words), synonyms, sorted(terms - words)]
    raw = json.dumps(contents, ensure_ascii=False, separators=(",", ":"))
    return Lexicon(
        version=hashlib.blake2b(raw.encode(), digest_size=8).hexdigest(),
        words=tuple(sorted(words)),
        synonyms=synonyms,
        terms=tuple(sorted(terms - words)),
    )
