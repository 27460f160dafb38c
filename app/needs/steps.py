"""The steps of the task list, each a small form over the fields of a need."""

from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from app.needs.models import BaselineHow, Confidentiality, FundSource, Urgency
from app.needs.schemas import (
    EQUIPMENT,
    MAX_ROWS,
    METRIC,
    NOTE,
    TITLE,
    BaselineFields,
    Conditions,
    Count,
    Days,
    Fen,
    Line,
    Name,
    NeedFields,
    PainPoints,
    Paragraphs,
    Problem,
    ShortCode,
    check_day,
    check_range,
    none_if_blank,
    wan,
)


class StepForm(BaseModel):
    """One step of the page; `version` is what the writer saw, `go` the button that was pressed."""

    model_config = ConfigDict(extra="forbid")
    renamed: ClassVar[dict[str, str]] = {}

    version: int
    go: str = Field("next", max_length=10)

    def values(self) -> dict[str, Any]:
        return self.model_dump(exclude={"version", "go"})

    def fields(self) -> NeedFields:
        """Return the step's fields as every command takes them."""
        values = self.values()
        return NeedFields.model_validate(
            {self.renamed.get(name, name): value for name, value in values.items()}
        )


class ProblemForm(StepForm):
    problem: Problem = ""
    title: Line = Field("", max_length=TITLE)
    scenario: ShortCode = None
    pain_points: PainPoints = Field(default_factory=list, max_length=6)
    industry: Name = None
    district: Name = None


class BaselineForm(StepForm):
    """Lines that nobody filled in stay as None until the end, so that an error names the line it stands on."""

    baselines: list[BaselineFields | None] = Field(default_factory=list, max_length=MAX_ROWS)
    equipment: Line = Field("", max_length=EQUIPMENT)
    machine_count: Count = None
    baseline_note: Paragraphs = Field("", max_length=NOTE)

    @field_validator("baselines", mode="before")
    @classmethod
    def _written(cls, rows: Any) -> Any:
        if not isinstance(rows, list):
            return rows
        return [row if not isinstance(row, dict) or _is_written(row) else None for row in rows]

    def values(self) -> dict[str, Any]:
        found = super().values()
        return {**found, "baselines": [row for row in found["baselines"] if row is not None]}


def _is_written(row: dict[str, Any]) -> bool:
    """Whether a line says anything: a value, that nobody has counted, or a question too long to be one of ours."""
    value = str(row.get("value") or "").strip()
    return (
        bool(value) or row.get("how") == BaselineHow.not_counted.value or len(str(row.get("metric"))) > METRIC
    )


class BudgetForm(StepForm):
    renamed: ClassVar[dict[str, str]] = {"budget_min": "budget_min_fen", "budget_max": "budget_max_fen"}

    budget_min: Annotated[Fen, BeforeValidator(wan)] = None
    budget_max: Annotated[Fen, BeforeValidator(wan)] = None
    fund_sources: list[FundSource] = Field(default_factory=list, max_length=len(FundSource))

    @field_validator("budget_max")
    @classmethod
    def _order(cls, value: int | None, info: Any) -> int | None:
        check_range(info.data.get("budget_min"), value)
        return value


class TimeForm(StepForm):
    wanted_by: Annotated[date | None, BeforeValidator(none_if_blank)] = None
    wanted_days: Days = None
    urgency: Annotated[Urgency | None, BeforeValidator(none_if_blank)] = None

    @field_validator("wanted_by")
    @classmethod
    def _ahead(cls, value: date | None) -> date | None:
        return check_day(value)


class ConditionsForm(StepForm):
    conditions: Conditions = Field(default_factory=dict)
    conditions_note: Paragraphs = Field("", max_length=NOTE)


class AudienceForm(StepForm):
    confidentiality: Confidentiality = Confidentiality.public
    hide_name: bool = False


STEPS: dict[str, type[StepForm]] = {
    "problem": ProblemForm,
    "baseline": BaselineForm,
    "budget": BudgetForm,
    "time": TimeForm,
    "conditions": ConditionsForm,
    "audience": AudienceForm,
}
