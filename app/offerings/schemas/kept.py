"""What is typed about people to ask, certificates, pictures, and what staff find out."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from app.core import clock
from app.offerings.models import CheckState
from app.offerings.schemas.offering import Input, Line

PHONE = re.compile(r"[+0-9][0-9 \-()（）转]{5,28}")
FINDINGS = (CheckState.confirmed, CheckState.unreachable, CheckState.denied)


def _phone(value: str) -> str:
    if not PHONE.fullmatch(value):
        raise ValueError("请填能打通的电话，例如：023-6000 0000")
    return value


def _year(value: int) -> int:
    if not 2015 <= value <= clock.today().year:
        raise ValueError(f"请填目录年份，2015 到 {clock.today().year}")
    return value


class ReferenceForm(Input):
    """Whom staff may ask about a case. `consented`: he agreed to be called by the centre about it."""

    case_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    contact_name: Annotated[str, Field(min_length=2, max_length=40)]
    contact_phone: Annotated[str, Field(max_length=30), AfterValidator(_phone)]
    contact_role: Annotated[str, Field(max_length=60)] = ""
    consented: bool = False

    @model_validator(mode="after")
    def _agreed(self) -> "ReferenceForm":
        if not self.consented:
            raise ValueError("要先征得本人同意，再勾选「本人同意中心联系」")
        return self


class DropReferenceForm(Input):
    case_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CheckForm(Input):
    """What staff found out; the vendor reads the note."""

    version: int
    decision: CheckState
    note: Annotated[str, Field(max_length=400)] = ""

    @model_validator(mode="after")
    def _known(self) -> "CheckForm":
        if self.decision not in FINDINGS:
            raise ValueError("请选核实的结果")
        if self.decision is not CheckState.confirmed and len(self.note.strip()) < 4:
            raise ValueError("请写明怎么回事，机构会看到；不要写对方的姓名电话")
        return self


class FirstOfKindForm(Input):
    certificate: Annotated[Line, Field(min_length=4, max_length=80)]
    catalogue_year: Annotated[int, AfterValidator(_year)]


class MediaForm(Input):
    """A picture's words for people who do not see it; a brochure's name."""

    title: Annotated[Line, Field(min_length=2, max_length=80)]


class MoveForm(Input):
    """A step of a picture: earlier in the order, or away."""

    act: Annotated[str, Field(pattern=r"^(earlier|remove)$")]
