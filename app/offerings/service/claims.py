"""What a vendor claims and staff check: a customer who can be asked about a case, a certificate of 首台(套)."""

import uuid

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from app.core.permissions import Actor, Permission, Role, require
from app.files import service as files
from app.files.models import StoredFile
from app.files.service import Received
from app.offerings import content, queries
from app.offerings.models import CaseReference, CheckState, FirstOfKind, Offering, OfferingKind
from app.offerings.schemas import CheckForm, FirstOfKindForm, ReferenceForm
from app.offerings.service import news

CERTIFICATE = "offerings.first_of_kind"
EDIT, REVIEW = Permission.offerings_offering_edit, Permission.offerings_offering_review

audit.register_name("offerings.reference.given", "提供案例证明人")
audit.register_name("offerings.reference.removed", "撤回案例证明人")
audit.register_name("offerings.reference.confirmed", "案例核实属实")
audit.register_name("offerings.reference.unreachable", "案例证明人联系不上")
audit.register_name("offerings.reference.denied", "案例被客户否认，不再公开")
audit.register_name("offerings.first_of_kind.claimed", "申明首台(套)")
audit.register_name("offerings.first_of_kind.confirmed", "首台(套)核实属实")
audit.register_name("offerings.first_of_kind.unreachable", "首台(套)材料待补")
audit.register_name("offerings.first_of_kind.denied", "首台(套)没有核实通过")


def _record(session: Session, actor: Actor, name: str, row: CaseReference | FirstOfKind) -> None:
    audit.record(
        session,
        actor,
        f"offerings.{name}",
        kind="offering",
        object_id=row.offering_id,
        data={"claim": str(row.id), "version": row.version},
    )


def _check_version(row: CaseReference | FirstOfKind, version: int) -> None:
    if row.version != version:
        raise EditConflict(yours={"version": version}, theirs={"version": row.version, "changes": []})


def give_reference(
    session: Session, actor: Actor, *, offering_id: uuid.UUID, given: ReferenceForm
) -> CaseReference:
    """Name somebody whom the centre may ask about a case of the newest text; replaces an earlier one.

    Raises:
        Invalid: the case's words changed meanwhile.
        Conflict: the case is confirmed already.

    """
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, EDIT, row)
    if actor.on_behalf:  # a consent is the organisation's own to state
        raise Forbidden("代办时不能替机构表示同意")
    case = next(
        (item for item in content.newest_of(row).cases if content.case_key(item) == given.case_key), None
    )
    if case is None:
        raise Invalid({"form": "这个案例的文字刚改过，请刷新后再填"})
    found = queries.find_reference(session, row.id, given.case_key)
    if found is not None and found.state is CheckState.confirmed:
        raise Conflict("这个案例已经核实过，不用再填")
    if found is None:
        found = CaseReference(id=uuid.uuid4(), offering_id=row.id, case_key=given.case_key, version=0)
        session.add(found)
    found.customer = case.customer
    found.contact_name, found.contact_phone = given.contact_name, given.contact_phone
    found.contact_role, found.given_by, found.created_at = given.contact_role, actor.user_id, clock.now()
    found.state, found.note, found.decided_at, found.decided_by = CheckState.waiting, "", None, None
    found.version += 1
    session.flush()
    _record(session, actor, "reference.given", found)
    news.tell_reviewers(session, row, "reference.given", key=f"{found.id}:{found.version}")
    return found


def drop_reference(session: Session, actor: Actor, *, offering_id: uuid.UUID, case_key: str) -> None:
    """Take back a person's name and number, for good; what staff found about the case stays."""
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, EDIT, row)
    found = queries.find_reference(session, row.id, case_key)
    if found is None:
        raise NotFound("这个案例没有证明人")
    _record(session, actor, "reference.removed", found)
    session.delete(found)


def decide_reference(
    session: Session, actor: Actor, *, reference_id: uuid.UUID, decision: CheckForm
) -> CaseReference:
    """Write down what the customer said; a confirmed case is marked so, a denied one is hidden. Tells the vendor.

    Raises:
        Conflict: decided already.
        EditConflict: the vendor named somebody else meanwhile.

    """
    found = queries.get_reference(session, reference_id)
    row = queries.get_for_update(session, actor, found.offering_id)
    require(actor, REVIEW, row)
    _check_version(found, decision.version)
    if found.state not in {CheckState.waiting, CheckState.unreachable}:
        raise Conflict("这一件已经核实过")
    found.state, found.note = decision.decision, decision.note.strip()
    found.decided_by, found.decided_at = actor.user_id, clock.now()
    found.version += 1
    apply_findings(row, [found])
    session.flush()
    verb = f"reference.{found.state.value}"
    _record(session, actor, verb, found)
    news.tell_vendor(session, row, verb, key=f"{found.id}:{found.version}")
    return found


def apply_findings(row: Offering, found: list[CaseReference]) -> None:
    """Mark the cases that the people asked have confirmed or denied; the words must be those they were asked of."""
    by_key = {item.case_key: item for item in found}
    for case in row.cases:
        asked = by_key.get(content.case_key(case))
        if asked is not None and asked.state is CheckState.confirmed:
            case.confirmed, case.confirmed_at, case.denied_at = True, asked.decided_at, None
        elif asked is not None and asked.state is CheckState.denied:
            case.confirmed, case.confirmed_at, case.denied_at = False, None, asked.decided_at


def claim_first_of_kind(
    session: Session,
    actor: Actor,
    *,
    offering_id: uuid.UUID,
    given: FirstOfKindForm,
    received: Received | None,
) -> FirstOfKind:
    """Claim that an equipment is 首台(套), with its certificate; nothing is shown before staff confirm it.

    Raises:
        Conflict: no equipment, or confirmed already.
        Invalid: no certificate was ever uploaded.

    """
    row = queries.get_for_update(session, actor, offering_id)
    require(actor, EDIT, row)
    if row.kind is not OfferingKind.equipment:
        raise Conflict("只有「设备」类的供给可以申明首台(套)")
    found = queries.find_first_of_kind(session, row.id)
    if found is not None and found.state is CheckState.confirmed:
        raise Conflict("已经核实过，不用再填")
    if received is None and not queries.has_file(session, CERTIFICATE, row.id):
        raise Invalid({"file": "请附上认定证书或公布文件，PDF 或图片"})
    if found is None:
        found = FirstOfKind(id=uuid.uuid4(), offering_id=row.id, version=0)
        session.add(found)
    found.certificate, found.catalogue_year = given.certificate, given.catalogue_year
    found.state, found.note, found.decided_at, found.decided_by = CheckState.waiting, "", None, None
    found.given_by, found.created_at = actor.user_id, clock.now()
    found.version += 1
    session.flush()
    if received is not None:
        for old in queries.list_own_files(session, CERTIFICATE, row.id):
            files.remove(session, actor, old)
        files.keep(
            session,
            actor,
            received,
            purpose=CERTIFICATE,
            object_id=row.id,
            organisation_id=row.organisation_id,
        )
    _record(session, actor, "first_of_kind.claimed", found)
    news.tell_reviewers(session, row, "first_of_kind.claimed", key=f"{found.id}:{found.version}")
    return found


def decide_first_of_kind(
    session: Session, actor: Actor, *, claim_id: uuid.UUID, decision: CheckForm
) -> FirstOfKind:
    """Confirm a certificate of 首台(套) or say why not; tells the vendor.

    Raises:
        Conflict: decided already.
        EditConflict: the vendor changed the claim meanwhile.

    """
    found = queries.get_first_of_kind(session, claim_id)
    row = queries.get_for_update(session, actor, found.offering_id)
    require(actor, REVIEW, row)
    _check_version(found, decision.version)
    if found.state is not CheckState.waiting:
        raise Conflict("这一件已经核实过")
    found.state, found.note = decision.decision, decision.note.strip()
    found.decided_by, found.decided_at = actor.user_id, clock.now()
    found.version += 1
    session.flush()
    _record(session, actor, f"first_of_kind.{found.state.value}", found)
    told = "confirmed" if found.state is CheckState.confirmed else "denied"
    news.tell_vendor(session, row, f"first_of_kind.{told}", key=f"{found.id}:{found.version}")
    return found


def _may_read_certificate(session: Session, actor: Actor, file: StoredFile) -> bool:
    """Its organisation and the reviewers."""
    own = actor.organisation_id is not None and file.organisation_id == actor.organisation_id
    del session
    return own or actor.has(Role.reviewer)


files.register_reader(CERTIFICATE, _may_read_certificate)
