"""What people type about an organisation's standing: size, qualifications, claims, appeals; and what staff decide."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from app.core.money import wan_to_fen
from app.organisations.models import REASON, STATEMENT, ClaimKind, QualificationKind
from app.organisations.schemas import MAX_STAFF, Line

STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True, validate_default=True)
FIRST_YEAR = 2000
SHORTEST = 10


def _blank_to_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def plain_number(value: Any) -> Any:
    return value.strip().replace(",", "").replace("，", "") if isinstance(value, str) else value


class SizeForm(BaseModel):
    """A finished year: people at its end, revenue in 万元."""

    model_config = STRICT

    year: int = Field(ge=FIRST_YEAR, le=2100)
    staff_count: Annotated[int, BeforeValidator(plain_number)] = Field(ge=1, le=MAX_STAFF)
    revenue: Annotated[str, BeforeValidator(plain_number)] = Field(max_length=20)

    @field_validator("revenue")
    @classmethod
    def _revenue(cls, value: str) -> str:
        wan_to_fen(value)
        return value


class QualificationForm(BaseModel):
    model_config = STRICT

    kind: QualificationKind
    number: Line = Field("", max_length=60)
    issuer: Line = Field("", max_length=80)
    valid_from: date
    valid_to: Annotated[date | None, BeforeValidator(_blank_to_none)] = None

    @field_validator("issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        if len(value) < 2:
            raise ValueError("请照证书或公告写发证单位，例如：重庆市经济和信息化委员会")
        return value

    @model_validator(mode="after")
    def _dates(self) -> "QualificationForm":
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("到期的日子不能早于开始的日子")
        return self


class QualificationDecision(BaseModel):
    model_config = STRICT

    confirm: bool
    reason: str = Field("", max_length=REASON)


class ClaimForm(BaseModel):
    """Why the centre should give somebody else the admin's rights."""

    model_config = STRICT

    code: Line = Field("", max_length=60)
    kind: ClaimKind
    statement: str = Field("", max_length=STATEMENT)

    @field_validator("statement")
    @classmethod
    def _statement(cls, value: str) -> str:
        return long_enough(value, "请写明情况：您是谁、在单位做什么、现在的管理员是谁或为什么不在了")


class ClaimDecision(BaseModel):
    """`uphold` hands over to the claimant; `others_leave` also ends everybody else's membership."""

    model_config = STRICT

    uphold: bool
    others_leave: bool = False
    reason: str = Field("", max_length=REASON)

    @field_validator("reason")
    @classmethod
    def _reason(cls, value: str) -> str:
        return reason_given(value)


class AppointForm(BaseModel):
    model_config = STRICT

    membership: str = Field("", max_length=36)
    reason: str = Field("", max_length=REASON)

    @field_validator("reason")
    @classmethod
    def _reason(cls, value: str) -> str:
        return reason_given(value)


class AppealForm(BaseModel):
    model_config = STRICT

    statement: str = Field("", max_length=STATEMENT)

    @field_validator("statement")
    @classmethod
    def _statement(cls, value: str) -> str:
        return long_enough(value, "请写明哪里不对、有什么依据")


class AppealDecision(BaseModel):
    model_config = STRICT

    uphold: bool
    reason: str = Field("", max_length=REASON)

    @field_validator("reason")
    @classmethod
    def _reason(cls, value: str) -> str:
        return reason_given(value)


def long_enough(value: str, words: str) -> str:
    if len(value) < SHORTEST:
        raise ValueError(words)
    return value


def reason_given(value: str) -> str:
    if len(value) < 4:
        raise ValueError("请写明原因，对方会看到")
    return value
