"""中心代录: what a firm asked the centre to write down for it, with the ground, open to the firm's veto."""

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Invalid
from app.core.permissions import Actor
from app.needs import queries
from app.needs.models import Need, NeedRecording
from app.needs.service import news

audit.register_name("needs.need.recorded", "代企业提需求")

BASIS = 200


def note_recording(session: Session, actor: Actor, need: Need) -> None:
    """Mark a draft that staff write for the firm."""
    session.add(NeedRecording(need_id=need.id, recorded_by=actor.user_id, recorded_at=clock.now(), basis=""))


def confirm_recording(session: Session, actor: Actor, need: Need, basis: str) -> None:
    """Keep on what ground staff send a need to the gate for its firm; the firm's administrators are told.

    Raises:
        Invalid: no ground is given and none stands.

    """
    row = queries.find_recording(session, need.id)
    if len(basis) < 4 and (row is None or not row.basis):
        raise Invalid({"basis": "写一句依据，例如：11 月 23 日王厂长来电口述，已念给他听过"})
    if row is None:
        row = NeedRecording(need_id=need.id, recorded_by=actor.user_id, recorded_at=clock.now(), basis="")
        session.add(row)
    if len(basis) >= 4:
        row.basis, row.recorded_by, row.recorded_at = basis, actor.user_id, clock.now()
    audit.record(session, actor, "needs.need.recorded", kind="need", object_id=need.id)
    news.tell_owner(session, need, "needs.need.recorded")
