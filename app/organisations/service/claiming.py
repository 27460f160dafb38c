"""Who runs an organisation: claims by people who say it is theirs, and admins that staff appoint."""

import uuid

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import queries as people
from app.accounts import service as accounts
from app.accounts.models import MembershipState
from app.core import audit, clock, messages
from app.core.errors import Conflict, Invalid, NotFound
from app.core.permissions import Actor, Permission, Role, require
from app.files import service as files
from app.files.service import Received
from app.organisations import queries
from app.organisations.models import ClaimKind, ClaimState, Organisation, OrganisationClaim
from app.organisations.queries import standing as standing_queries
from app.organisations.schemas.standing import AppointForm, ClaimDecision, ClaimForm
from app.organisations.service.papers import CLAIM
from app.organisations.service.registering import check_code


def open_claim(
    session: Session, actor: Actor, *, data: ClaimForm, received: Received | None
) -> OrganisationClaim:
    """Ask the centre for the admin's rights on an organisation; its people are told that it is being looked into.

    Raises:
        NotFound: nobody registered this code.
        Invalid: a dispute without any paper.
        Conflict: the actor runs it already, or has asked already.

    """
    require(actor, Permission.organisations_organisation_create)
    organisation = queries.find_by_code(session, check_code(data.code))
    if organisation is None or actor.user_id is None:
        raise NotFound("这个信用代码还没有登记", hint="您可以自己登记它")
    if received is None and data.kind is ClaimKind.dispute:
        raise Invalid({"file": "请附一份能证明的材料：营业执照，或盖章的说明"})
    membership = people.find_membership(session, actor.user_id, organisation.id)
    active = membership is not None and membership.state is MembershipState.active
    if active and membership is not None and membership.role is Role.organisation_admin:
        raise Conflict("您就是它的管理员")
    row = OrganisationClaim(
        id=uuid.uuid4(),
        organisation_id=organisation.id,
        claimant_id=actor.user_id,
        kind=data.kind,
        statement=data.statement,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Conflict("您已经提过，中心正在核实") from error
    if received is not None:
        files.keep(session, actor, received, purpose=CLAIM, object_id=row.id, organisation_id=None)
    _record(session, actor, row, "opened")
    _tell_organisation(session, row, organisation, "claim_opened")
    messages.post(
        session,
        "organisations.claim_to_decide",
        role=Role.reviewer,
        payload={"name": organisation.name, "claim_id": str(row.id)},
        dedupe_key=f"organisations.claim_to_decide:{row.id}",
    )
    return row


def withdraw_claim(session: Session, actor: Actor, *, claim_id: uuid.UUID) -> OrganisationClaim:
    row = standing_queries.get_claim(session, actor, claim_id)
    if row.claimant_id != actor.user_id:
        raise NotFound("没有这件事，或者不是您提的")
    if row.state is not ClaimState.open:
        raise Conflict("这件事已经有了结果")
    row.state, row.decided_at = ClaimState.withdrawn, clock.now()
    _record(session, actor, row, "withdrawn")
    _tell_organisation(session, row, row.organisation, "claim_dismissed")
    return row


def decide_claim(
    session: Session, actor: Actor, *, claim_id: uuid.UUID, data: ClaimDecision
) -> OrganisationClaim:
    """Hand the organisation over to the claimant, or not; both sides are told.

    When upheld, every admin but the claimant loses the membership, so that their next request no longer acts for
    the organisation; `others_leave` ends the other members' too. What they invited others with opens nothing any more.

    Raises:
        Conflict: it was decided or withdrawn already, or a role of the claimant excludes membership.

    """
    row = standing_queries.get_claim(session, actor, claim_id)
    organisation = queries.get_for_update(session, actor, row.organisation_id)
    require(actor, Permission.organisations_organisation_verify, organisation)
    if row.state is not ClaimState.open:
        raise Conflict("这件事已经有人办过，或对方已撤回")
    row.state = ClaimState.upheld if data.uphold else ClaimState.refused
    row.reason, row.decided_at, row.decided_by = data.reason, clock.now(), actor.user_id
    _record(session, actor, row, row.state.value)
    messages.post(
        session,
        f"organisations.claim_{row.state.value}",
        user_id=row.claimant_id,
        payload={"name": organisation.name},
        dedupe_key=f"organisations.claim_decided:{row.id}",
    )
    if not data.uphold:
        _tell_organisation(session, row, organisation, "claim_dismissed")
        return row
    _end_memberships(session, actor, row, organisation, all_of_them=data.others_leave)
    accounts.revoke_open_invitations(session, actor, organisation_id=organisation.id)
    _make_admin(session, actor, row.claimant_id, organisation)
    audit.record(
        session,
        actor,
        "organisations.organisation.handed_over",
        kind="organisation",
        object_id=organisation.id,
        data={"claim": str(row.id), "user": str(row.claimant_id)},
    )
    _tell_organisation(session, row, organisation, "handed_over")
    session.flush()
    return row


def appoint_admin(
    session: Session, actor: Actor, *, organisation_id: uuid.UUID, data: AppointForm
) -> Organisation:
    """Make a member (or applicant) the admin of an organisation that has none.

    Raises:
        Conflict: it has an admin.
        Invalid: nobody chosen, or somebody who is neither a member nor an applicant.

    """
    organisation = queries.get_for_update(session, actor, organisation_id)
    require(actor, Permission.organisations_organisation_verify, organisation)
    if not standing_queries.lacks_admin(session, organisation.id):
        raise Conflict("它有管理员；要换人请走归属异议")
    known = standing_queries.list_candidates(session, [organisation.id])
    chosen = next((item for item in known if str(item.id) == data.membership), None)
    if chosen is None:
        raise Invalid({"membership": "请从列出的成员或申请人里选一位"})
    accounts.revoke_open_invitations(session, actor, organisation_id=organisation.id)
    _make_admin(session, actor, chosen.user_id, organisation)
    audit.record(
        session,
        actor,
        "organisations.organisation.handed_over",
        kind="organisation",
        object_id=organisation.id,
        data={"user": str(chosen.user_id), "reason": data.reason},
    )
    messages.post(
        session,
        "organisations.appointed",
        user_id=chosen.user_id,
        payload={"name": organisation.name},
        dedupe_key=f"organisations.appointed:{chosen.id}:{clock.now().isoformat()}",
    )
    session.flush()
    return organisation


def _end_memberships(
    session: Session, actor: Actor, row: OrganisationClaim, organisation: Organisation, *, all_of_them: bool
) -> None:
    for item in people.list_memberships(session, organisation.id, MembershipState.active):
        if item.user_id == row.claimant_id or not (all_of_them or item.role is Role.organisation_admin):
            continue
        accounts.end_membership(session, actor, membership=item)
        messages.post(
            session,
            "organisations.rights_ended",
            user_id=item.user_id,
            payload={"name": organisation.name},
            dedupe_key=f"organisations.rights_ended:{row.id}:{item.id}",
        )


def _make_admin(session: Session, actor: Actor, user_id: uuid.UUID, organisation: Organisation) -> None:
    membership = people.find_membership(session, user_id, organisation.id)
    if membership is not None and membership.state is MembershipState.requested:
        accounts.decide_membership(session, actor, membership=membership, accept=True)
    if membership is not None and membership.state is MembershipState.active:
        accounts.set_membership_role(session, actor, membership=membership, role=Role.organisation_admin)
    else:
        accounts.add_membership(
            session,
            actor,
            user_id=user_id,
            organisation_id=organisation.id,
            role=Role.organisation_admin,
        )
    accounts.adopt_organisation(session, user_id=user_id, organisation_id=organisation.id)


def _tell_organisation(
    session: Session, row: OrganisationClaim, organisation: Organisation, name: str
) -> None:
    messages.post(
        session,
        f"organisations.{name}",
        organisation_id=organisation.id,
        payload={"name": organisation.name},
        dedupe_key=f"organisations.{name}:{row.id}",
    )


def _record(session: Session, actor: Actor, row: OrganisationClaim, verb: str) -> None:
    audit.record(
        session,
        actor,
        f"organisations.claim.{verb}",
        kind="claim",
        object_id=row.id,
        data={"organisation": str(row.organisation_id), "kind": row.kind.value},
    )
