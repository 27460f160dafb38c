import uuid

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.watching.models import Kind, Pace


class SearchForm(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = Field(min_length=1, max_length=60)
    pace: Pace = Pace.daily
    query: str = Field("", max_length=2000)
    version: int = 0

    @field_validator("name", mode="before")
    @classmethod
    def _trim(cls, value: object) -> object:
        return " ".join(value.split()) if isinstance(value, str) else value


class MarkForm(BaseModel):
    model_config = ConfigDict(extra="ignore")

    kind: Kind
    object_id: uuid.UUID
    back: str = Field("/watching", max_length=300)
