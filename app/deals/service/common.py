"""What the commands share: the one step of the machine, contact details in texts, daily allowances."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, EditConflict, Invalid, RateLimited
from app.core.masking import KIND_NAMES, find_contacts, mask_contacts
from app.core.permissions import Actor
from app.deals import labels, queries, rules
from app.deals.models import MESSAGE, NOTE, DealQuota, Enquiry, EnquiryEvent
from app.deals.states import TIMERS, Action, EnquiryState, Party, find_step

for _action, _text in labels.ACTION.items():
    audit.register_name(f"deals.enquiry.{_action.value}", f"意向：{_text}")

UNVERIFIED = "机构核验通过后才能办这一步；现在可以先看、先写需求"


def require_verified(actor: Actor) -> None:
    """Raise Conflict for people of an organisation that the centre has not verified, or has suspended."""
    if not actor.organisation_verified:
        raise Conflict(UNVERIFIED)


def check_version(enquiry: Enquiry, version: int) -> None:
    """Raise `EditConflict` when something happened since the reader's page was made."""
    if enquiry.version != version:
        text, _tone = labels.STATE[enquiry.state]
        raise EditConflict(
            yours={"version": version},
            theirs={"version": enquiry.version, "state": enquiry.state.value},
            message=f"刚才有了变化，现在是「{text}」；请看过最新情况再办",
        )


def take(
    session: Session,
    actor: Actor,
    enquiry: Enquiry,
    action: Action,
    *,
    parties: frozenset[Party],
    side: Party,
    code: str | None = None,
    note: str = "",
) -> None:
    """Do one step of the machine on a locked enquiry: state, timer, history and audit row.

    Raises:
        Conflict: nobody in these parts may do this in this state.

    """
    step = find_step(enquiry.state, action, parties)
    if step is None:
        text, _tone = labels.STATE[enquiry.state]
        raise Conflict(f"这条意向现在是「{text}」，不能再这样办")
    if step.reason and not code:
        raise RuntimeError(f"{action} needs a reason")
    moment = clock.now()
    set_timer(session, enquiry, step.to)
    enquiry.state, enquiry.version = step.to, enquiry.version + 1
    if code:
        enquiry.reason_code, enquiry.reason_note = code, note
        enquiry.reason_by_system = side is Party.system
    if action in {Action.accept, Action.decline}:
        enquiry.answered_at = moment
    if step.to not in TIMERS:
        enquiry.ended_at = None if step.to is EnquiryState.chosen else moment
        enquiry.help_asked_at = enquiry.help_asked_by = None
    write_event(session, actor, enquiry, action, side=side, code=code, note=note)


def write_event(
    session: Session,
    actor: Actor,
    enquiry: Enquiry,
    action: Action,
    *,
    side: Party,
    code: str | None = None,
    note: str = "",
) -> None:
    """Add a line to the enquiry's history and to the audit (codes only)."""
    session.add(
        EnquiryEvent(
            id=uuid.uuid4(),
            enquiry_id=enquiry.id,
            version=enquiry.version,
            at=clock.now(),
            action=action,
            state=enquiry.state,
            party=side,
            user_id=actor.user_id,
            reason_code=code,
            note=note,
        )
    )
    audit.record(
        session,
        actor,
        f"deals.enquiry.{action.value}",
        kind="enquiry",
        object_id=enquiry.id,
        data={"state": enquiry.state.value, **({"reason": code} if code else {})},
    )
    session.flush()


def set_timer(session: Session, enquiry: Enquiry, state: EnquiryState) -> None:
    """Wind up the timer of `state`, from now; reads first, so that nothing half-written is flushed."""
    timer = rules.due(session, state)
    before = rules.number(session, rules.REMIND) if state is EnquiryState.open else 0
    moment = clock.now()
    enquiry.due_at = moment + timer[1] if timer else None
    enquiry.remind_at = None
    if state is EnquiryState.open and enquiry.due_at is not None:
        enquiry.remind_at = max(moment, enquiry.due_at - timedelta(days=before))


def clean_message(
    text: str, *, remove: bool, may_share: bool, field: str = "message"
) -> tuple[str, list[str]]:
    """Return the text as it may be sent, and the kinds of contact detail taken out of it.

    Raises:
        Invalid: it is empty, too long, or carries contact details that may not be shared yet (unless `remove`).

    """
    text = text.strip()
    if len(text) < 2:
        raise Invalid({field: "请写一两句：您想问什么、想要什么"})
    if len(text) > MESSAGE:
        raise Invalid({field: f"最多 {MESSAGE} 个字"})
    if may_share:
        return text, []
    masked = mask_contacts(text)
    if masked.found and not remove:
        raise Invalid({field: caught_words(text)})
    return masked.text, list(masked.found)


def caught_words(text: str) -> str:
    """Return why a text was not sent, for the reader of a form."""
    kinds = sorted({found.kind for found in find_contacts(text)})
    names = "、".join(KIND_NAMES[kind] for kind in kinds)
    return f"里面有{names}，还没有发出。双方都同意互看之前，联系方式不在文字里传；同意后平台会互换"


def clean_note(note: str, code: str, *, field: str = "note") -> str:
    """Return the sentence beside a reason code; 「别的原因」 needs one, and it carries no contact details either."""
    note = note.strip()
    if len(note) > NOTE:
        raise Invalid({field: f"最多 {NOTE} 个字"})
    if code == labels.OTHER and len(note) < 2:
        raise Invalid({field: "选了「别的原因」，请写一句"})
    if find_contacts(note):
        raise Invalid({field: caught_words(note)})
    return note


def check_code(action: Action, side: Party, code: str, *, field: str = "code") -> None:
    if code not in labels.choices(action, side):
        raise Invalid({field: "请选一条理由"})


def use_quota(session: Session, owner: str, limit: int, *, message: str) -> None:
    """Use one of today's allowance. A guarded update: of any number at once no more than `limit` get through.

    Raises:
        RateLimited: it is used up; midnight in the city begins a new one.

    """
    insert_day(session, owner)
    if not take_one(session, owner, limit):
        raise RateLimited(message, retry_after=rules.end_of_day_s())


def insert_day(session: Session, owner: str) -> None:
    """Begin today's count, if nobody has."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        insert(DealQuota)
        .values(owner=owner, day=clock.today(), taken=0)
        .on_conflict_do_nothing(index_elements=["owner", "day"])
    )


def take_one(session: Session, owner: str, limit: int) -> bool:
    """Count one more of today's, if there is one left; returns whether there was."""
    taken = session.execute(
        update(DealQuota)
        .where(DealQuota.owner == owner, DealQuota.day == clock.today(), DealQuota.taken < limit)
        .values(taken=DealQuota.taken + 1)
        .returning(DealQuota.taken)
    )
    return taken.first() is not None


def forget_quotas(session: Session) -> None:
    """Forget allowances older than two days."""
    session.execute(delete(DealQuota).where(DealQuota.day < clock.today() - timedelta(days=2)))


def offering_title(session: Session, enquiry: Enquiry) -> str:
    """Return the offering's title for notices; only offerings that were listed can be enquired about."""
    return queries.offering_titles(session, [enquiry.offering_id]).get(enquiry.offering_id, "")


def both_consent(session: Session, enquiry: Enquiry) -> bool:
    """Return whether both sides let each other see their contacts now."""
    given = queries.list_consents(session, [enquiry.id]).get(enquiry.id, {})
    return {enquiry.sme_id, enquiry.vendor_id} <= set(given)
