"""Tables of reference rows. Keys are official codes where they exist and own slugs where they may not."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.core import clock
from app.core.columns import IdMixin, Json, UtcDateTime, enum_column
from app.core.db import Base
from app.core.loaded import LoadedMixin

SLUG = 80


class IndustryLevel(StrEnum):
    division = "大类"
    group = "中类"
    class_ = "小类"


class DictionaryKind(StrEnum):
    """A `word` keeps the segmenter from cutting it apart; a `synonym` row is a group of equal terms."""

    word = "word"
    synonym = "synonym"


class DecimalText(TypeDecorator[Decimal]):
    """A decimal figure kept as it stands in the standard: SQLite has no exact decimals of its own."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        del dialect
        return None if value is None else Decimal(value)


class District(LoadedMixin, Base):
    """A district, county or functional area, valid on the days `valid_from <= day < valid_to`.

    `code` (GB/T 2260) is missing where none was published; never make one up.
    """

    __tablename__ = "districts"

    slug: Mapped[str] = mapped_column(String(SLUG), primary_key=True)
    code: Mapped[str | None] = mapped_column(String(6))
    name: Mapped[str] = mapped_column(String(60))
    short_name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    unit_kind: Mapped[str] = mapped_column(String(60))
    region: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(String(200))


class DistrictChange(LoadedMixin, Base):
    """Where a former district or code went, for records older than the change."""

    __tablename__ = "district_changes"

    key: Mapped[str] = mapped_column(String(2 * SLUG), primary_key=True)
    old_code: Mapped[str | None] = mapped_column(String(6))
    old_name: Mapped[str] = mapped_column(String(60))
    old_slug: Mapped[str | None] = mapped_column(ForeignKey("districts.slug"), index=True)
    new_slug: Mapped[str] = mapped_column(ForeignKey("districts.slug"), index=True)
    effective_on: Mapped[date | None] = mapped_column(Date)
    is_whole: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str] = mapped_column(Text, default="")


class Industry(LoadedMixin, Base):
    """A class of GB/T 4754-2017, manufacturing: C13 (大类), C131 (中类), C1311 (小类)."""

    __tablename__ = "industries"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    level: Mapped[IndustryLevel] = mapped_column(enum_column(IndustryLevel))
    name: Mapped[str] = mapped_column(String(80))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("industries.code"), index=True)
    remark: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(String(300))


class Cluster(LoadedMixin, Base):
    """An industrial cluster of the city's plan; the lists have been redrawn before, so rows are editable."""

    __tablename__ = "clusters"

    slug: Mapped[str] = mapped_column(String(SLUG), primary_key=True)
    tier: Mapped[str] = mapped_column(String(20))
    tier_name: Mapped[str] = mapped_column(String(60))
    number: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(60))
    target_scale: Mapped[str] = mapped_column(String(20))
    industry_codes: Mapped[list[str]] = mapped_column(Json)


class Scenario(LoadedMixin, Base):
    """One of the 16 application scenarios with the official sentences of levels 1-4.

    `keywords` and `plain` (the owner's words for the front page) are the centre's own.
    """

    __tablename__ = "scenarios"

    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    group_name: Mapped[str] = mapped_column(String(20))
    is_required: Mapped[bool] = mapped_column(Boolean)
    level1: Mapped[str] = mapped_column(Text)
    level2: Mapped[str] = mapped_column(Text)
    level3: Mapped[str] = mapped_column(Text)
    level4: Mapped[str] = mapped_column(Text)
    keywords: Mapped[list[str]] = mapped_column(Json)
    plain: Mapped[str] = mapped_column(String(40))

    @property
    def levels(self) -> tuple[str, str, str, str]:
        return (self.level1, self.level2, self.level3, self.level4)


class PainPoint(LoadedMixin, Base):
    """One of the centre's pain points: a name, a neutral definition and a plain sentence."""

    __tablename__ = "pain_points"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    scenario_code: Mapped[str] = mapped_column(ForeignKey("scenarios.code"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    definition: Mapped[str] = mapped_column(String(300))
    plain: Mapped[str] = mapped_column(String(40))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    author: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(Integer, default=1)


class DictionaryWord(IdMixin, LoadedMixin, Base):
    """A domain word or a group of synonyms of the search dictionary."""

    __tablename__ = "dictionary_words"
    __table_args__ = (Index("uq_dictionary_words_kind_term", "kind", "term", unique=True),)

    kind: Mapped[DictionaryKind] = mapped_column(enum_column(DictionaryKind))
    term: Mapped[str] = mapped_column(String(60))
    synonyms: Mapped[list[str]] = mapped_column(Json, default=list)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    author: Mapped[str] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, onupdate=clock.now)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Taken out by staff: no longer shown nor used, and loading the package does not bring it back."""


class Questionnaire(LoadedMixin, Base):
    """A whole assessment questionnaire (questions, options with scores, level rule) as one dated document."""

    __tablename__ = "questionnaires"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    doc_no: Mapped[str] = mapped_column(String(80))
    issued_on: Mapped[date] = mapped_column(Date)
    body: Mapped[dict[str, Any]] = mapped_column(Json)


class EnergyLevel(LoadedMixin, Base):
    """Thresholds of one product under one condition; a missing value was not transcribed or is not set.

    `at_least` tells the direction: an efficiency reaches its level from above, a loss from below.
    """

    __tablename__ = "energy_levels"
    __table_args__ = (Index(None, "product", "metric"),)

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    product: Mapped[str] = mapped_column(String(60))
    standard_no: Mapped[str] = mapped_column(String(80))
    standard_name: Mapped[str] = mapped_column(String(120))
    effective_on: Mapped[date | None] = mapped_column(Date)
    table_name: Mapped[str] = mapped_column(String(60))
    condition: Mapped[str] = mapped_column(String(200))
    metric: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(40))
    at_least: Mapped[bool | None] = mapped_column(Boolean)
    advanced: Mapped[Decimal | None] = mapped_column(DecimalText)
    saving: Mapped[Decimal | None] = mapped_column(DecimalText)
    access: Mapped[Decimal | None] = mapped_column(DecimalText)
    note: Mapped[str] = mapped_column(Text, default="")


class EliminationRule(LoadedMixin, Base):
    """Equipment that the 2024 catalogue has eliminated; without its condition known the answer is 疑似."""

    __tablename__ = "elimination_rules"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    condition: Mapped[str] = mapped_column(String(200), default="")
    device_type: Mapped[str] = mapped_column(String(40))
