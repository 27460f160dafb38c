"""What comes in and goes out: forms around an enquiry, and its JSON."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.deals.models import MESSAGE, NOTE, Direction
from app.deals.states import EnquiryState, Party

Text = Annotated[str, Field(max_length=MESSAGE + 200)]
Note = Annotated[str, Field(max_length=NOTE)]
Code = Annotated[str, Field(max_length=40)]


def _ticked(value: object) -> object:
    return value not in {"", "0", "no", None, False}


Ticked = Annotated[bool, BeforeValidator(_ticked)]
MaybeId = Annotated[uuid.UUID | None, BeforeValidator(lambda value: value or None)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskForm(Strict):
    """`sealed` carries what the match card said, signed so that nobody writes his own reasons."""

    offering_id: uuid.UUID
    need_id: MaybeId = None
    message: Text = ""
    remove: Ticked = False
    share: Ticked = False
    sealed: str = Field("", max_length=12_000)


class OfferForm(Strict):
    need_id: uuid.UUID
    offering_id: uuid.UUID
    message: Text = ""
    remove: Ticked = False
    share: Ticked = False


class AcceptForm(Strict):
    """`share`: whether the other side may see one's contact; it has to be decided, not left open."""

    version: int
    share: Literal["yes", "no"]
    message: Text = ""
    remove: Ticked = False


class EndForm(Strict):
    version: int
    code: Code = ""
    note: Note = ""


class MessageForm(Strict):
    message: Text = ""
    remove: Ticked = False


class ReadForm(Strict):
    number: int = Field(ge=0, le=1_000_000)


class EmptyForm(Strict):
    pass


class OpenForm(Strict):
    reason: Note = ""


class StaffForm(Strict):
    version: int
    decision: Literal["extend", "end", "explain", "helped"]
    code: Code = ""
    note: Note = ""
    answer: Text = ""


class OneReason(Strict):
    code: Code = ""
    note: Note = ""


class ReasonsForm(Strict):
    """The bulk reason, and each vendor's own by the enquiry's id in hexadecimal."""

    bulk: OneReason = Field(default_factory=OneReason)
    reasons: dict[str, OneReason] = Field(default_factory=dict, max_length=200)


# --- JSON ---------------------------------------------------------------------------------------------------


class EnquiryCreate(Strict):
    """Forward: `offering_id`, with a `need_id` of one's own or without. Reverse: somebody's `need_id` and one's offering."""

    direction: Direction
    offering_id: uuid.UUID
    need_id: uuid.UUID | None = None
    message: str = Field(min_length=2, max_length=MESSAGE)
    remove_contacts: bool = False
    share_contacts: bool = False


class AcceptIn(Strict):
    share_contacts: bool
    message: str = Field("", max_length=MESSAGE)
    remove_contacts: bool = False


class EndIn(Strict):
    reason: str = Field(min_length=1, max_length=40)
    note: str = Field("", max_length=NOTE)


class MessageIn(Strict):
    message: str = Field(min_length=2, max_length=MESSAGE)
    remove_contacts: bool = False


class MessageOut(BaseModel):
    id: uuid.UUID
    number: int
    at: datetime
    party: Party
    text: str
    masked: list[str]
    has_file: bool
    retracted: bool


class MessageList(BaseModel):
    items: list[MessageOut]
    last_number: int
    read_number: int


class EnquiryOut(BaseModel):
    """An enquiry as this caller may read it; `firm` is null while the factory's name is not open to him."""

    id: uuid.UUID
    url: str
    direction: Direction
    state: EnquiryState
    version: int
    side: Party
    turn: Party | None
    actions: list[str]
    offering_id: uuid.UUID
    offering: str
    vendor_id: uuid.UUID
    vendor: str
    firm: str | None
    case_number: str | None
    need_title: str | None
    due_at: datetime | None
    reason: str
    unread: int
    contacts_open: bool
    created_at: datetime
    updated_at: datetime


class EnquiryList(BaseModel):
    items: list[EnquiryOut]
    total: int
    page: int
    size: int
