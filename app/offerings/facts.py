"""An offering as other rooms read it: frozen, complete, without a session. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.offerings.models import ComponentType, OfferingKind, PriceMode, ProductClass, ServiceClass


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    type: ComponentType
    title: str
    amount_fen: int | None


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """A package; `components` in the vendor's order."""

    title: str
    price_mode: PriceMode
    price_unit: str
    price_label: str
    price_min_fen: int | None
    price_max_fen: int | None
    components: tuple[ComponentFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFacts:
    customer: str
    industry_code: str | None
    scenario_code: str | None
    effect_metric: str
    effect_before: str
    effect_after: str
    effect_unit: str
    confirmed: bool

    @property
    def is_measurable(self) -> bool:
        return bool(self.effect_metric and self.effect_before and self.effect_after)


@dataclass(frozen=True, slots=True)
class OfferingFacts:
    """What matching and the letters need of one offering.

    `industry_codes` empty means any industry. `price_from_fen` and `price_to_fen` span the comparable
    first-year totals over all packages, both None when nothing can be compared (「需核实」).
    """

    id: uuid.UUID
    kind: OfferingKind
    title: str
    summary: str
    body: str
    product_class: ProductClass | None
    service_class: ServiceClass | None
    scenario_codes: tuple[str, ...]
    pain_point_codes: tuple[str, ...]
    industry_codes: tuple[str, ...]
    go_live_days: int | None
    training_days: int | None
    prerequisites: tuple[str, ...]
    condition_codes: frozenset[str]
    exit_terms: str
    packages: tuple[PackageFacts, ...]
    cases: tuple[CaseFacts, ...]
    price_from_fen: int | None
    price_to_fen: int | None
    price_text: str
    organisation_id: uuid.UUID
    organisation_name: str
    organisation_verified: bool
    district_slug: str | None
    vendor_kind: str
    origin: str
    version: int
    doc_version: int
    listed_at: datetime | None
