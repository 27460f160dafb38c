"""What vendors and staff type about an offering, and what programs get."""

import unicodedata
import uuid
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.core.masking import ADDRESS, KIND_NAMES, mask_contacts
from app.core.money import wan_to_fen
from app.offerings.labels import CHECKS, RETURN_REASONS
from app.offerings.models import (
    ComponentType,
    OfferingKind,
    OfferingState,
    PriceMode,
    ProductClass,
    ReportReason,
    ReviewDecision,
    ServiceClass,
)

MAX_PRICE_FEN = 200_000_000_000  # 20 万 万元 (two billion yuan): what the index's sort keys can hold
MAX_PACKAGES, MAX_COMPONENTS, MAX_CASES = 5, 12, 6
MAX_DAYS = 1000


def _line(value: Any) -> Any:
    """Return one clean line of text: no control characters, single spaces."""
    if not isinstance(value, str):
        return value
    shown = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in value)
    return " ".join(shown.split())


def _no_contacts(value: str) -> str:
    found = [kind for kind in mask_contacts(value).found if kind != ADDRESS]
    if found:
        names = "、".join(KIND_NAMES[kind] for kind in found)
        raise ValueError(f"这里有{names}，请删去；双方同意对接后平台会交换联系方式")
    return value


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _wan(value: Any) -> Any:
    """Return fen for what was typed in 万元; blank is None."""
    return wan_to_fen(value) if isinstance(value, str) and value.strip() else _blank(value)


def _lines(value: Any) -> Any:
    """Return the non-empty lines of a text box; a list stays one."""
    if isinstance(value, str):
        value = value.splitlines()
    return [item for item in value if _line(item)] if isinstance(value, list) else value


def _not_below(high: int | None, low: int | None) -> int | None:
    if low is not None and high is not None and high < low:
        raise ValueError("最高价不能低于最低价")
    return high


def _unique(value: list[str]) -> list[str]:
    return list(dict.fromkeys(value))


Line = Annotated[str, BeforeValidator(_line), AfterValidator(_no_contacts)]
Text = Annotated[str, AfterValidator(_no_contacts)]
Fen = Annotated[int, Field(ge=0, le=MAX_PRICE_FEN)] | None
FormFen = Annotated[Fen, BeforeValidator(_wan)]
Days = Annotated[Annotated[int, Field(ge=0, le=MAX_DAYS)] | None, BeforeValidator(_blank)]
Year = Annotated[Annotated[int, Field(ge=2000, le=2100)] | None, BeforeValidator(_blank)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
Codes = Annotated[list[Code], AfterValidator(_unique)]
ScenarioCode = Annotated[Annotated[str, Field(pattern=r"^S\d\d$")] | None, BeforeValidator(_blank)]
IndustryCode = Annotated[Annotated[str, Field(pattern=r"^C\d{2,4}$")] | None, BeforeValidator(_blank)]
Short = Annotated[Line, Field(min_length=1, max_length=60)]


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ComponentContent(Input):
    type: ComponentType = ComponentType.other
    title: Line = Field("", max_length=60)
    amount_fen: Fen = None
    note: Line = Field("", max_length=200)


class PackageContent(Input):
    title: Line = Field("", max_length=40)
    price_mode: PriceMode = PriceMode.project
    price_unit: Line = Field("", max_length=20)
    price_label: Line = Field("", max_length=40)
    price_min_fen: Fen = None
    price_max_fen: Fen = None
    note: Line = Field("", max_length=300)
    components: list[ComponentContent] = Field(default_factory=list, max_length=MAX_COMPONENTS)

    @field_validator("price_max_fen")
    @classmethod
    def _ordered(cls, value: int | None, info: ValidationInfo) -> int | None:
        return _not_below(value, info.data.get("price_min_fen"))

    @model_validator(mode="after")
    def _one_figure(self) -> "PackageContent":
        """One figure alone is a fixed price."""
        if self.price_min_fen is None:
            self.price_min_fen = self.price_max_fen
        if self.price_max_fen is None:
            self.price_max_fen = self.price_min_fen
        return self


class CaseContent(Input):
    customer: Line = Field("", max_length=120)
    customer_consented: bool = False
    industry_code: IndustryCode = None
    scenario_code: ScenarioCode = None
    effect_metric: Line = Field("", max_length=60)
    effect_before: Line = Field("", max_length=40)
    effect_after: Line = Field("", max_length=40)
    effect_unit: Line = Field("", max_length=20)
    year: Year = None
    evidence: Line = Field("", max_length=400)


class OfferingContent(Input):
    """The whole content of an offering, amounts in fen; a draft may lack everything but its title."""

    kind: OfferingKind
    title: Annotated[Line, Field(min_length=2, max_length=60)]
    summary: Line = Field("", max_length=300)
    body: Text = Field("", max_length=4000)
    product_class: Annotated[ProductClass | None, BeforeValidator(_blank)] = None
    service_class: Annotated[ServiceClass | None, BeforeValidator(_blank)] = None
    vendor_kind: Line = Field("", max_length=40)
    scenario_codes: Codes = Field(default_factory=list, max_length=6)
    pain_point_codes: Codes = Field(default_factory=list, max_length=12)
    industry_codes: Codes = Field(default_factory=list, max_length=31)
    go_live_days: Days = None
    training_days: Days = None
    prerequisites: Annotated[list[Short], BeforeValidator(_lines)] = Field(
        default_factory=list, max_length=12
    )
    condition_codes: Codes = Field(default_factory=list, max_length=30)
    not_suitable: Line = Field("", max_length=400)
    exit_terms: Line = Field("", max_length=400)
    packages: list[PackageContent] = Field(default_factory=list, max_length=MAX_PACKAGES)
    cases: list[CaseContent] = Field(default_factory=list, max_length=MAX_CASES)

    @model_validator(mode="after")
    def _classes(self) -> "OfferingContent":
        if self.kind is not OfferingKind.solution:
            self.product_class = None
        if self.kind is not OfferingKind.service:
            self.service_class = None
        return self


class ComponentForm(Input):
    type: ComponentType = ComponentType.other
    title: Line = Field("", max_length=60)
    amount: FormFen = None
    note: Line = Field("", max_length=200)


class PackageForm(Input):
    """A package as typed: amounts in 万元."""

    title: Line = Field("", max_length=40)
    price_mode: PriceMode = PriceMode.project
    price_unit: Line = Field("", max_length=20)
    price_label: Line = Field("", max_length=40)
    price_min: FormFen = None
    price_max: FormFen = None
    note: Line = Field("", max_length=300)
    components: list[ComponentForm] = Field(default_factory=list, max_length=MAX_COMPONENTS)

    @field_validator("price_max")
    @classmethod
    def _ordered(cls, value: int | None, info: ValidationInfo) -> int | None:
        return _not_below(value, info.data.get("price_min"))


class OfferingForm(OfferingContent):
    """The editor's form. `version` is what the editor saw, 0 for a new one; empty rows are left out."""

    version: int = 0
    packages: list[PackageForm] = Field(default_factory=list, max_length=MAX_PACKAGES)  # type: ignore[assignment]  # typed in 万元

    def content(self) -> OfferingContent:
        """Return the content in fen.

        Raises:
            ValidationError: a rule over several fields, such as a price range upside down.

        """
        data = self.model_dump(exclude={"version", "packages", "cases"})
        data["packages"] = [
            {
                **package.model_dump(exclude={"price_min", "price_max", "components"}),
                "price_min_fen": package.price_min,
                "price_max_fen": package.price_max,
                "components": [
                    {**item.model_dump(exclude={"amount"}), "amount_fen": item.amount}
                    for item in package.components
                    if item.title or item.amount is not None or item.note
                ],
            }
            for package in self.packages
            if package.title
            or package.price_min is not None
            or package.price_max is not None
            or package.components
        ]
        data["cases"] = [case.model_dump() for case in self.cases if case.customer or case.effect_metric]
        return OfferingContent.model_validate(data)


class OfferingDraftIn(Input):
    """`POST /api/v1/offerings`."""

    content: OfferingContent


class OfferingPatchIn(Input):
    """`PATCH /api/v1/offerings/{id}`: the whole content and the version it was made from."""

    version: int
    content: OfferingContent


class VersionForm(Input):
    version: int


class WithdrawForm(VersionForm):
    reason: Line = Field("", max_length=300)


class DecisionForm(VersionForm):
    """A reviewer's decision; `confirmed` names the cases (positions) whose evidence was checked."""

    decision: ReviewDecision
    reason_codes: Codes = Field(default_factory=list, max_length=len(RETURN_REASONS))
    reason: Annotated[str, Field(max_length=1000)] = ""
    checks: Codes = Field(default_factory=list, max_length=len(CHECKS))
    confirmed: list[int] = Field(default_factory=list, max_length=MAX_CASES)

    @model_validator(mode="after")
    def _known(self) -> "DecisionForm":
        if self.decision not in {ReviewDecision.listed, ReviewDecision.returned}:
            raise ValueError("请选择通过或退回")
        if not set(self.reason_codes) <= set(RETURN_REASONS) or not set(self.checks) <= set(CHECKS):
            raise ValueError("请从列出的选项中选择")
        return self


class ReportForm(Input):
    reason: ReportReason
    text: Annotated[str, Field(max_length=1000)] = ""


class ResolveForm(Input):
    upheld: bool
    take_down: bool = False
    resolution: Annotated[str, Field(max_length=1000)] = ""


class ComponentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    type: ComponentType
    title: str
    amount_fen: int | None
    note: str


class PackageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    position: int
    title: str
    price_mode: PriceMode
    price_unit: str
    price_label: str
    price_min_fen: int | None
    price_max_fen: int | None
    note: str
    components: list[ComponentOut]


class CaseOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    customer: str
    industry_code: str | None
    scenario_code: str | None
    effect_metric: str
    effect_before: str
    effect_after: str
    effect_unit: str
    year: int | None
    confirmed: bool


class EvidenceOut(BaseModel):
    title: str
    text: str
    rule: str
    verdict: str


class LetterOut(BaseModel):
    letter: str
    label: str
    promise: str | None
    verdict: str
    evidence: list[EvidenceOut]


class VendorOut(BaseModel):
    id: uuid.UUID
    name: str
    verified: bool


class OfferingOut(BaseModel):
    """An offering as its page shows it; `price_from_fen` is None when no price can be compared."""

    id: uuid.UUID
    kind: OfferingKind
    state: OfferingState
    title: str
    summary: str
    body: str
    product_class: ProductClass | None
    service_class: ServiceClass | None
    scenario_codes: list[str]
    pain_point_codes: list[str]
    industry_codes: list[str]
    go_live_days: int | None
    training_days: int | None
    prerequisites: list[str]
    condition_codes: list[str]
    not_suitable: str
    exit_terms: str
    packages: list[PackageOut]
    cases: list[CaseOut]
    price_from_fen: int | None
    price_to_fen: int | None
    price_text: str
    letters: list[LetterOut]
    organisation: VendorOut
    origin: str
    version: int
    listed_at: datetime | None
    has_pending_change: bool | None


class OfferingItemOut(BaseModel):
    id: uuid.UUID
    kind: OfferingKind
    title: str
    summary: str
    scenario_codes: list[str]
    price_from_fen: int | None
    price_text: str
    go_live_days: int | None
    organisation: VendorOut
    origin: str
    listed_on: date | None


class OfferingPage(BaseModel):
    items: list[OfferingItemOut]
    total: int
    page: int
    size: int
