"""What people type about an organisation, and what programs get."""

import re
import unicodedata
import uuid
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from app.accounts.schemas import EMAIL
from app.core.masking import ADDRESS as ADDRESS_KIND
from app.core.masking import KIND_NAMES, mask_contacts
from app.core.permissions import Role
from app.organisations.models import ADDRESS, INTRO, NAME, REASON, SHORT_NAME, Capacity, Decision
from app.organisations.verification import CHECKS

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4}")
MAX_STAFF = 1_000_000


def _line(value: Any) -> Any:
    """Return one clean line of text: no control characters, single spaces."""
    if not isinstance(value, str):
        return value
    shown = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in value)
    return " ".join(shown.split())


def _number_or_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Line = Annotated[str, BeforeValidator(_line)]


class OrganisationFields(BaseModel):
    """What an organisation says about itself. `district` and `industry` take a slug, a code or a name."""

    # defaults are checked too: a browser sends nothing for boxes that nobody ticked
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, validate_default=True)

    name: Line = Field("", max_length=NAME)
    short_name: Line = Field("", max_length=SHORT_NAME)
    capacities: list[Capacity] = Field(default_factory=list, max_length=len(Capacity))
    district: Line = Field("", max_length=80)
    industry: Line = Field("", max_length=80)
    address: Line = Field("", max_length=ADDRESS)
    staff_count: Annotated[int | None, BeforeValidator(_number_or_none)] = Field(None, ge=1, le=MAX_STAFF)
    intro: str = Field("", max_length=INTRO)
    contact_name: Line = Field("", max_length=40)
    contact_mobile: Line = Field("", max_length=20)
    contact_email: Line = Field("", max_length=254)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        value = value.replace("(", "（").replace(")", "）")
        if len(value) < 2:
            raise ValueError("请填营业执照上的全称，例如：示例精密机械有限公司")
        return value

    @field_validator("capacities")
    @classmethod
    def _capacities(cls, value: list[Capacity]) -> list[Capacity]:
        if not value:
            raise ValueError("至少选一项；几种身份都有就都选上")
        return list(dict.fromkeys(value))

    @field_validator("district")
    @classmethod
    def _district(cls, value: str) -> str:
        if not value:
            raise ValueError("请选企业实际所在的区县，不一定是注册地")
        return value

    @field_validator("intro")
    @classmethod
    def _intro(cls, value: str) -> str:
        found = [kind for kind in mask_contacts(value).found if kind != ADDRESS_KIND]
        if found:
            names = "、".join(KIND_NAMES[kind] for kind in found)
            raise ValueError(
                f"介绍是公开的，里面有{names}，请删去；联系方式填在联系人那一栏，双方同意后才互相看到"
            )
        return value

    @field_validator("contact_name")
    @classmethod
    def _contact_name(cls, value: str) -> str:
        if not value:
            raise ValueError("请填一位能答复的人，例如：王工")
        return value

    @field_validator("contact_mobile")
    @classmethod
    def _contact_mobile(cls, value: str) -> str:
        digits = unicodedata.normalize("NFKC", value).replace(" ", "")
        if not PHONE.fullmatch(digits):
            raise ValueError("请填手机号（11 位）或带区号的座机，例如 13800000000 或 023-60000000")
        return digits

    @field_validator("contact_email")
    @classmethod
    def _contact_email(cls, value: str) -> str:
        value = value.lower()
        if value and not EMAIL.fullmatch(value):
            raise ValueError("邮箱写法不对，例如 li@example.cn；没有可以不填")
        return value


class OrganisationCreate(OrganisationFields):
    credit_code: Line = Field("", max_length=60)


class OrganisationUpdate(OrganisationFields):
    """An edit; `version` is what the editor saw. `credit_code` may be mended until the first verification."""

    version: int
    credit_code: Line = Field("", max_length=60)
    submit: bool = False


class JoinForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Line = Field("", max_length=60)
    note: Line = Field("", max_length=200)


class MemberRoleForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role

    @field_validator("role")
    @classmethod
    def _role(cls, value: Role) -> Role:
        if value not in {Role.member, Role.organisation_admin}:
            raise ValueError("机构里只有成员和管理员两种角色")
        return value


class DecisionForm(BaseModel):
    """What staff decide: `checks` are the points found right, `faults` those found wrong."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    version: int
    decision: Decision
    checks: list[str] = Field(default_factory=list, max_length=len(CHECKS))
    faults: list[str] = Field(default_factory=list, max_length=len(CHECKS))
    reason: str = Field("", max_length=REASON - 200)

    @model_validator(mode="after")
    def _known(self) -> "DecisionForm":
        if not set(self.checks) | set(self.faults) <= set(CHECKS):
            raise ValueError("请从列出的核对项中选择")
        return self


class ReasonForm(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, validate_default=True)

    reason: str = Field("", max_length=REASON)

    @field_validator("reason")
    @classmethod
    def _reason(cls, value: str) -> str:
        if len(value) < 4:
            raise ValueError("请写明原因，对方会看到")
        return value


class CodeProblemOut(BaseModel):
    fault: str
    message: str
    position: int | None
    found: str | None
    expected: str | None


class CodeCheckOut(BaseModel):
    """Whether a credit code holds, which check failed if not, and whether it is taken."""

    code: str
    valid: bool
    registered: bool
    problems: list[CodeProblemOut]


class OrganisationOut(BaseModel):
    """The public fields of an organisation; `district` is a slug, `industry` a class of GB/T 4754."""

    id: uuid.UUID
    name: str
    short_name: str
    capacities: list[Capacity]
    district: str
    industry: str | None
    verified: bool
    demo: bool
