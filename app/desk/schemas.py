"""What people and staff type at the desk."""

from datetime import date, datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.core import clock
from app.desk.models import Audience


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class HelpForm(Input):
    """A request for help. `website` is seen by programs only: whoever fills it in is one."""

    text: str = Field(min_length=4, max_length=2000)
    contact: str = Field(default="", max_length=120)
    path: str = Field(default="", max_length=200)
    website: str = Field(default="", max_length=200)


class HelpNoteForm(Input):
    text: str = Field(min_length=2, max_length=2000)
    key: str = Field(default="", max_length=200)


class HelpAnswerForm(Input):
    text: str = Field(min_length=2, max_length=2000)
    version: int
    close: bool = False


class AnnouncementForm(Input):
    """An announcement as staff type it; days are the city's, both ends included."""

    title: str = Field(min_length=4, max_length=80)
    text: str = Field(min_length=4, max_length=4000)
    audience: Audience
    starts_on: date
    ends_on: date | None = None
    pinned: bool = False
    version: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_end(cls, data: object) -> object:
        if isinstance(data, dict) and not str(data.get("ends_on") or "").strip():
            return {**data, "ends_on": None}
        return data

    @model_validator(mode="after")
    def _in_order(self) -> "AnnouncementForm":
        for day in (self.starts_on, self.ends_on):
            if day is not None and not 2000 <= day.year <= 2100:
                raise ValueError("日期写到 2000 年至 2100 年之间")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("结束的日子不能早于开始的日子")
        return self

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.starts_on, time.min, tzinfo=clock.LOCAL)

    @property
    def ends_at(self) -> datetime | None:
        """The first moment after the last day."""
        if self.ends_on is None:
            return None
        return datetime.combine(self.ends_on + timedelta(days=1), time.min, tzinfo=clock.LOCAL)
