from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.core.messages import TOPICS
from app.notifications.models import MailPace


class HookForm(BaseModel):
    model_config = ConfigDict(extra="ignore")

    url: str = Field(min_length=1, max_length=500)
    topics: list[str] = Field(default_factory=list, max_length=20)
    version: int = 0

    @field_validator("url")
    @classmethod
    def _trim(cls, value: str) -> str:
        return value.strip()


class PreferencesForm(BaseModel):
    """`mail-<topic>` as typed, nested by the form reader; topics not sent stay as they are."""

    model_config = ConfigDict(extra="ignore")

    mail: dict[str, MailPace] = Field(default_factory=dict)
    sms: list[str] = Field(default_factory=list, max_length=20)

    @field_validator("mail")
    @classmethod
    def _known(cls, value: dict[str, MailPace]) -> dict[str, MailPace]:
        return {topic: pace for topic, pace in value.items() if topic in TOPICS}

    @field_validator("sms")
    @classmethod
    def _topics(cls, value: list[str]) -> list[str]:
        return [topic for topic in value if topic in TOPICS]
