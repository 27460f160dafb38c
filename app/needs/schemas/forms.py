"""Forms of people around a need: beginning, publishing, ending, asking, voting, deciding, grouping."""

import uuid
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from app.needs.models import Outcome
from app.needs.schemas.fields import (
    MAX_FEN,
    Line,
    Name,
    NeedFields,
    PainPoints,
    Paragraphs,
    Problem,
    ShortCode,
    none_if_blank,
    read_number,
)


class StartForm(BaseModel):
    """The sentence of the front page, with what was read from it if the visitor left it standing."""

    model_config = ConfigDict(extra="forbid")

    text: Problem = ""
    scenario: ShortCode = None
    pain_points: PainPoints = Field(default_factory=list, max_length=20)
    industry: Name = None
    district: Name = None
    budget_max_fen: Annotated[int | None, read_number(MAX_FEN)] = None
    days_max: Annotated[int | None, read_number(1095)] = None

    @field_validator("text")
    @classmethod
    def _text(cls, value: str) -> str:
        if not value:
            raise ValueError("用自己的话写一句，例如：夜班冲床停了没人知道，早上接班才发现")
        return value

    def fields(self) -> NeedFields:
        """Return what the draft begins with."""
        return NeedFields(
            problem=self.text,
            scenario=self.scenario,
            pain_points=self.pain_points[:6],
            industry=self.industry,
            district=self.district,
            budget_max_fen=self.budget_max_fen,
            wanted_days=self.days_max,
        )


class PublishForm(BaseModel):
    """`basis` says on what ground staff publish for the firm; nobody else is asked for it."""

    model_config = ConfigDict(extra="forbid")

    version: int
    basis: Line = Field("", max_length=200)


class WithdrawForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    code: str = Field("", max_length=20)
    reason: Line = Field("", max_length=200)


class OutcomeForm(BaseModel):
    """What came of a need; `chosen` is an organisation of the list, `chosen_name` one off the platform."""

    model_config = ConfigDict(extra="forbid")

    version: int
    outcome: Outcome
    reason_code: str = Field("", max_length=20)
    reason: Line = Field("", max_length=200)
    chosen: Annotated[uuid.UUID | None, BeforeValidator(none_if_blank)] = None
    chosen_name: Line = Field("", max_length=80)


class QuestionForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Line = Field("", max_length=300)


class AnswerForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    answer: Paragraphs = Field("", max_length=1000)


class HideForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    reason: Line = Field("", max_length=200)


class VoteForm(BaseModel):
    """Whether one understands the need; `lines` are gate lines that one does not."""

    model_config = ConfigDict(extra="forbid")

    clear: str = Field(pattern="^(yes|no)$")
    lines: list[Annotated[str, Field(max_length=20)]] = Field(default_factory=list, max_length=5)
    remark: Line = Field("", max_length=200)


class HandledForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Line = Field("", max_length=200)


class GroupForm(BaseModel):
    """What staff decide on a group; `need_ids` only when it is split."""

    model_config = ConfigDict(extra="forbid")

    version: int
    title: Line = Field("", max_length=60)
    reason: Line = Field("", max_length=200)
    need_ids: list[uuid.UUID] = Field(default_factory=list, max_length=200)


class JoinForm(BaseModel):
    """A firm's word on its place in a group."""

    model_config = ConfigDict(extra="forbid")

    need_id: uuid.UUID
    join: bool = False


class DecisionForm(BaseModel):
    """What staff decide on a held need: `reasons` are codes of `review.REASONS`."""

    model_config = ConfigDict(extra="forbid")

    version: int
    decision: str = Field(pattern="^(publish|return)$")
    reasons: list[Annotated[str, Field(max_length=20)]] = Field(default_factory=list, max_length=10)
    note: Paragraphs = Field("", max_length=500)
