"""What vendors type into an application to a pool, and what staff find and decide."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from app.organisations.models import REASON, STATEMENT, Pool
from app.organisations.schemas.standing import STRICT, long_enough, plain_number, reason_given

MAX_FIGURE = 100_000


class CriterionAnswer(BaseModel):
    """The vendor's figure for one condition, and what stands behind it."""

    model_config = STRICT

    figure: Annotated[int, BeforeValidator(plain_number)] = Field(ge=0, le=MAX_FIGURE)
    evidence: str = Field("", max_length=STATEMENT)

    @field_validator("evidence")
    @classmethod
    def _evidence(cls, value: str) -> str:
        return long_enough(value, "请写出依据，评审时逐条核对，例如企业名称、从哪天开始用")


class PoolApplication(BaseModel):
    model_config = STRICT

    pool: Pool
    criteria: dict[Annotated[str, Field(max_length=40)], CriterionAnswer] = Field(
        default_factory=dict, max_length=10
    )


class Finding(BaseModel):
    """What staff found on one condition."""

    model_config = STRICT

    met: Literal["yes", "no"]
    finding: str = Field("", max_length=REASON)


class PoolDecision(BaseModel):
    model_config = STRICT

    version: int
    admit: bool
    findings: dict[Annotated[str, Field(max_length=40)], Finding] = Field(default_factory=dict, max_length=10)
    reason: str = Field("", max_length=REASON)


class WarningForm(BaseModel):
    """What is wrong and until when it is to be mended; without a date the centre's usual days count."""

    model_config = STRICT

    version: int
    reason: str = Field("", max_length=REASON)
    deadline: Annotated[
        date | None, BeforeValidator(lambda value: None if value in ("", None) else value)
    ] = None

    @field_validator("reason")
    @classmethod
    def _reason(cls, value: str) -> str:
        return reason_given(value)


class MoveForm(BaseModel):
    """A step with its reason, on what one saw."""

    model_config = STRICT

    version: int
    reason: str = Field("", max_length=STATEMENT)

    @field_validator("reason")
    @classmethod
    def _reason(cls, value: str) -> str:
        return reason_given(value)
