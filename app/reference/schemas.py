"""What the pickers and programs get of reference rows, and what staff may type into the dictionary."""

import re
from datetime import date

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.reference.models import DictionaryKind, IndustryLevel


class DistrictOut(BaseModel):
    """`value`, `text` and `note` are what the searchable picker shows; the rest is for programs."""

    value: str
    text: str
    note: str
    code: str | None
    name: str
    region: str
    valid_from: date | None
    valid_to: date | None


class DistrictList(BaseModel):
    items: list[DistrictOut]


class IndustryOut(BaseModel):
    """`note` names the wider classes; `path` lists the names, widest first."""

    value: str
    text: str
    note: str
    level: IndustryLevel
    parent_code: str | None
    path: list[str]


class IndustryList(BaseModel):
    items: list[IndustryOut]


class ScenarioOut(BaseModel):
    code: str
    name: str
    group: str
    required: bool
    plain: str
    levels: list[str]
    source: str
    confidence: str


class ScenarioList(BaseModel):
    items: list[ScenarioOut]


class PainPointOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    code: str
    scenario_code: str
    name: str
    definition: str
    plain: str


class PainPointList(BaseModel):
    items: list[PainPointOut]


class DictionaryWordIn(BaseModel):
    """A word or a synonym group as staff type it; synonyms may be one text with commas between them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: DictionaryKind
    term: str = Field(min_length=1, max_length=60)
    synonyms: list[str] = Field(default_factory=list, max_length=20)
    is_active: bool = False
    confirmed: bool = False
    version: int | None = None

    @field_validator("synonyms", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return re.split(r"[,，;；、\n]", value) if isinstance(value, str) else value

    @field_validator("synonyms")
    @classmethod
    def _clean(cls, value: list[str]) -> list[str]:
        cleaned = list(dict.fromkeys(word.strip() for word in value if word.strip()))
        if any(len(word) > 60 for word in cleaned):
            raise ValueError("同义词每个不超过60个字")
        return cleaned


class TryIn(BaseModel):
    """A sentence to be read with the word as it is typed, before it is saved."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    sample: str = Field(min_length=2, max_length=300)


class ParameterIn(BaseModel):
    """A new value of a dated parameter as staff type it, and from which day it holds."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    value: str = Field(min_length=1, max_length=4000)
    valid_from: date
    note: str = Field(min_length=4, max_length=400)


class ParameterSetIn(BaseModel):
    """New values of parameters that hold only together: `entries` by the key's last part, as typed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    entries: dict[str, str] = Field(max_length=60)
    valid_from: date
    note: str = Field(min_length=4, max_length=400)

    def value_of(self, key: str) -> str:
        """Return what was typed for a key; an empty text when its field was missing."""
        return next((text[:40] for name, text in self.entries.items() if key.endswith(f".{name}")), "")


class CancelIn(BaseModel):
    """Which coming value is taken back, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    valid_from: date
    note: str = Field(min_length=4, max_length=400)
