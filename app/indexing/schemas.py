"""What a search takes and gives; the JSON shapes are part of the API's promise."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from pydantic import BaseModel

from search.types import Segment, Sort

MAX_TEXT = 200
FACETS = ("kind", "product_class", "scenario", "industry", "district", "price_band", "go_live_band")
FACET_TITLES = {
    "kind": "类别",
    "product_class": "产品类别",
    "scenario": "应用场景",
    "industry": "适用行业",
    "district": "区县",
    "price_band": "价格",
    "go_live_band": "上线天数",
}
SORT_LABELS = {
    Sort.RELEVANCE: "最相关",
    Sort.PRICE_UP: "价格从低到高",
    Sort.PRICE_DOWN: "价格从高到低",
    Sort.GO_LIVE: "上线最快",
    Sort.NEWEST: "最新发布",
}
KIND_LABELS = {
    "solution": "解决方案",
    "service": "第三方服务",
    "equipment": "设备",
    "need": "企业需求",
    "policy": "政策",
}


@dataclass(frozen=True)
class SearchRequest:
    """A search as its address says it."""

    text: str = ""
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    size: int = 20

    def url(self, path: str = "/search", **changes: object) -> str:
        """Return the shareable address of this search with some parts changed.

        `page=2` or `text="…"` replace; `drop=("scenario", "S08")` removes one choice, `drop=("scenario", None)` all.
        """
        chosen = {name: list(values) for name, values in self.chosen.items()}
        drop = changes.get("drop")
        if isinstance(drop, tuple):
            name, value = drop
            chosen[name] = [item for item in chosen.get(name, []) if value is not None and item != value]
        pairs: list[tuple[str, str]] = []
        text = str(changes.get("text", self.text))
        if text:
            pairs.append(("q", text))
        for name in FACETS:
            pairs.extend((name, value) for value in chosen.get(name, []))
        if self.sort is not Sort.RELEVANCE:
            pairs.append(("sort", self.sort.value))
        page = changes.get("page", 1)
        if isinstance(page, int) and page > 1:
            pairs.append(("page", str(page)))
        return f"{path}?{urlencode(pairs)}" if pairs else path


@dataclass(frozen=True, slots=True)
class Card:
    """What a result row shows of one object, read from the database after the visibility check."""

    kind: str
    id: str
    title: str
    url: str
    facts: tuple[str, ...] = ()
    price: str = ""
    term: str = ""
    cells: tuple[dict[str, str], ...] = ()
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    card: Card
    title: tuple[Segment, ...]
    snippet: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class FacetView:
    name: str
    title: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Loosen:
    """One restriction to drop and how many hits that brings."""

    href: str
    label: str
    gain: str
    note: str


@dataclass(frozen=True, slots=True)
class Found:
    results: tuple[Result, ...]
    total: int
    facets: tuple[FacetView, ...]
    corrected: str | None = None
    degraded: bool = False
    loosen: tuple[Loosen, ...] = ()


class FacetValueOut(BaseModel):
    value: str
    label: str
    count: int


class SearchItemOut(BaseModel):
    kind: str
    id: str
    title: str
    highlight: str
    url: str


class SearchOut(BaseModel):
    """`highlight` is plain text; `facets` maps a facet's name to its values with counts."""

    items: list[SearchItemOut]
    total: int
    facets: dict[str, list[FacetValueOut]]
    degraded: bool
    corrected: str | None = None


class SuggestionOut(BaseModel):
    text: str
    note: str = ""
    url: str


class SuggestionsOut(BaseModel):
    items: list[SuggestionOut]
