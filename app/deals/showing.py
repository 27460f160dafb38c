"""Which fields one side of an enquiry may read of the other, by state and consent (RELIABILITY A4). Pure."""

from enum import StrEnum

from app.deals.states import OPENED, REVEALING, EnquiryState, Party


class Field(StrEnum):
    """`name` is the firm's own name, `need` the fields of its need, `contact` person, telephone and e-mail."""

    name = "name"
    need = "need"
    contact = "contact"


def readable(
    *,
    reader: Party,
    state: EnquiryState,
    both_consent: bool,
    name_hidden: bool,
    need_visible: bool,
) -> frozenset[Field]:
    """Return what `reader` (`sme`, `vendor` or `staff`) may read of the other side.

    `name_hidden`: the need hides its factory's name. `need_visible`: the reader sees the need anyway. Staff read
    contacts on the organisation's own page, where each look has its own rule, never here.
    """
    revealing = state in REVEALING and both_consent
    found: set[Field] = set()
    if revealing and reader in {Party.sme, Party.vendor}:
        found.add(Field.contact)
    if reader is not Party.vendor:
        return frozenset(found | {Field.name, Field.need})
    if not name_hidden or revealing:
        found.add(Field.name)
    if need_visible or state in OPENED:
        found.add(Field.need)
    return frozenset(found)
