"""The vendor's side: write, change, submit, recall, withdraw."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.core import clock, drafts, parameters
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.permissions import Actor, Permission, require
from app.offerings import content, material, queries
from app.offerings import policy as _policy  # noqa: F401  registers the room's rules
from app.offerings.completeness import gaps
from app.offerings.models import Offering, OfferingMedia, OfferingState, ReviewDecision
from app.offerings.schemas import OfferingContent
from app.offerings.service import news
from app.offerings.service.common import add_review, check_codes, check_version, record
from app.offerings.service.media import has_waiting
from app.offerings.service.versions import keep_first, keep_version
from app.reference import queries as reference

FORM = "offerings.edit"
MAX_OWN = 300


def create_draft(
    session: Session,
    actor: Actor,
    *,
    given: OfferingContent,
    origin: str = "entered",
    offering_id: uuid.UUID | None = None,
) -> Offering:
    """Make a draft of the actor's organisation; only the title and kind must stand.

    Raises:
        Invalid: a code that the reference lists do not hold.
        Forbidden: the organisation is no vendor or institution.

    """
    require(actor, Permission.offerings_offering_create)
    if actor.organisation_id is None:
        raise Forbidden
    if sum(queries.count_own_by_state(session, actor).values()) >= MAX_OWN:
        raise Conflict(f"一家机构最多 {MAX_OWN} 项供给，请先整理已有的")
    check_codes(session, given)
    row = add_draft(
        session,
        actor,
        organisation_id=actor.organisation_id,
        given=given,
        origin=origin,
        offering_id=offering_id,
    )
    if actor.user_id is not None:
        drafts.remove(session, owner=drafts.user_owner(actor.user_id), form=FORM, object_id="")
    return row


def add_draft(
    session: Session,
    actor: Actor,
    *,
    organisation_id: uuid.UUID,
    given: OfferingContent,
    origin: str = "entered",
    offering_id: uuid.UUID | None = None,
) -> Offering:
    """Add the row of a draft whose codes and right were checked."""
    row = Offering(
        id=offering_id or uuid.uuid4(),
        organisation_id=organisation_id,
        state=OfferingState.draft,
        version=1,
        doc_version=1,
        origin=origin,
        created_by=actor.user_id,
        packages=[],
        cases=[],
    )
    content.write(row, given)
    session.add(row)
    session.flush()
    record(session, actor, "created", row)
    return row


def update_offering(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, given: OfferingContent, version: int
) -> Offering:
    """Save an edit made from `version`.

    A listed offering stays as it is for visitors: the new content waits in `pending` until staff approve it. Only a
    change that the centre's rule calls small (material.py) stands at once, and the reviewers are told.

    Raises:
        EditConflict: somebody saved meanwhile.
        Conflict: it is being reviewed; recall it first.

    """
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, Permission.offerings_offering_edit, row)
    check_version(session, row, version, given)
    if row.waits_for_review:
        raise Conflict("正在审核，先撤回再改")
    check_codes(session, given)
    at_once = False
    if row.state is OfferingState.listed:
        same = given == content.content_of(row)
        at_once = not same and _stands_at_once(session, row, given)
        row.pending = None if same or at_once else given.model_dump(mode="json")
    if at_once:
        keep_first(session, row)
    if at_once or row.state is not OfferingState.listed:
        content.write(row, given)
    row.version += 1
    session.flush()
    if at_once:
        keep_version(session, actor, row, is_minor=True)
        record(session, actor, "mended", row)
        news.tell_reviewers(session, row, "offering.mended", title=row.title)
    else:
        record(session, actor, "edited", row, pending=row.pending is not None)
    if actor.user_id is not None:
        drafts.remove(session, owner=drafts.user_owner(actor.user_id), form=FORM, object_id=row.id)
    return row


def describe_saved(row: Offering) -> str:
    """Return what the vendor reads after saving: a draft, a change that waits, or a small one that stands."""
    if row.state is not OfferingState.listed:
        return "已保存"
    if row.pending is None:
        return "已保存，企业看到的就是这一版"
    return "已保存；这次改动要审核，检查后提交"


def _stands_at_once(session: Session, row: Offering, given: OfferingContent) -> bool:
    """Whether the centre need not look at a change first: small by its rule, and nothing is missing after it."""
    rule = material.Rule.of(parameters.values(session, material.PREFIX))
    if material.needs_review(content.content_of(row), given, rule):
        return False
    return not gaps(given, organisation_verified=True, scenario_of=_scenario_of(session))


def _scenario_of(session: Session) -> dict[str, str]:
    points = reference.list_pain_points(session, include_retired=True)
    return {point.code: point.scenario_code for point in points}


def find_gaps(session: Session, row: Offering, *, organisation_verified: bool) -> dict[str, str]:
    """Return what the newest content lacks before it may be submitted."""
    return gaps(
        content.newest_of(row),
        organisation_verified=organisation_verified,
        scenario_of=_scenario_of(session),
    )


def may_submit(row: Offering, media: Sequence[OfferingMedia]) -> bool:
    """Whether there is something for the centre to look at: a text not listed, a change, a new picture."""
    if row.waits_for_review:
        return False
    return row.state is not OfferingState.listed or row.pending is not None or has_waiting(media)


def submit_offering(session: Session, actor: Actor, *, offering_id: uuid.UUID, version: int) -> Offering:
    """Hand an offering, or the change of a listed one, to the centre's reviewers.

    Raises:
        Invalid: what is missing, field by field.
        Conflict: nothing to submit, or already submitted.

    """
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, Permission.offerings_offering_submit, row)
    check_version(session, row, version)
    if row.waits_for_review:
        raise Conflict("已经提交，等中心审核")
    if not may_submit(row, queries.list_media(session, row.id)):
        raise Conflict("上架的内容没有改动，不用再提交")
    missing = find_gaps(session, row, organisation_verified=actor.organisation_verified)
    if missing:
        raise Invalid(missing, "还差几处才能提交")
    is_change = row.state is OfferingState.listed
    if is_change:
        row.pending_submitted_at = clock.now()
    else:
        row.state, row.submitted_at = OfferingState.submitted, clock.now()
    row.decision_reason = ""
    row.version += 1
    add_review(session, actor, row, ReviewDecision.submitted, is_change=is_change)
    record(session, actor, "submitted", row, change=is_change)
    news.tell_reviewers(session, row, "offering.submitted")
    return row


def recall_submission(session: Session, actor: Actor, *, offering_id: uuid.UUID, version: int) -> Offering:
    """Take back what waits for review, to change it; a listed text stays listed."""
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, Permission.offerings_offering_edit, row)
    check_version(session, row, version)
    if not row.waits_for_review:
        raise Conflict("没有在审核的内容")
    if row.state is OfferingState.submitted:
        row.state, row.submitted_at = OfferingState.draft, None
    else:
        row.pending_submitted_at = None
    row.version += 1
    record(session, actor, "recalled", row)
    return row


def discard_change(session: Session, actor: Actor, *, offering_id: uuid.UUID, version: int) -> Offering:
    """Drop the waiting change of a listed offering; what visitors see does not move."""
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, Permission.offerings_offering_edit, row)
    check_version(session, row, version)
    if row.pending is None:
        raise Conflict("没有等着的修改")
    row.pending, row.pending_submitted_at = None, None
    row.version += 1
    record(session, actor, "discarded", row)
    if actor.user_id is not None:
        drafts.remove(session, owner=drafts.user_owner(actor.user_id), form=FORM, object_id=row.id)
    return row


def withdraw_offering(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, version: int, reason: str = ""
) -> Offering:
    """Take an offering off the list (or end a draft); it can be submitted again later."""
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, Permission.offerings_offering_edit, row)
    check_version(session, row, version)
    if row.state is OfferingState.withdrawn:
        raise Conflict("已经下架")
    row.state = OfferingState.withdrawn
    row.pending_submitted_at, row.submitted_at = None, None
    if row.pending is not None:
        waiting = content.newest_of(row)
        row.pending = None
        content.write(row, waiting)
    row.version += 1
    add_review(session, actor, row, ReviewDecision.withdrawn, reason=reason)
    record(session, actor, "withdrawn", row)
    return row
