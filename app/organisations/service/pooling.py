"""Vendor pools: applying, deciding by condition, warning, mending, removing. Every step is a dated row."""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, clock, messages, parameters
from app.core.errors import Conflict, Invalid
from app.core.permissions import Actor, Permission, Role, require
from app.files import service as files
from app.files.service import Received
from app.organisations import pools, queries
from app.organisations.models import (
    Capacity,
    Organisation,
    PoolCriterion,
    PoolEntry,
    PoolMove,
    PoolState,
    PoolStep,
)
from app.organisations.queries import pools as pool_queries
from app.organisations.schemas.pools import MoveForm, PoolApplication, PoolDecision, WarningForm
from app.organisations.service.papers import POOL

VERIFY = Permission.organisations_organisation_verify
EDIT = Permission.organisations_organisation_edit


def apply(
    session: Session, actor: Actor, *, data: PoolApplication, received: Mapping[str, Received]
) -> PoolEntry:
    """Ask to be let into a pool, with a figure and evidence for each of its conditions.

    The thresholds of the day are kept with the application.

    Raises:
        Conflict: not a verified vendor, an application or admission stands, or too soon after a refusal.
        Invalid: a condition is left out.

    """
    own = queries.get_own(session, actor)
    require(actor, EDIT, own)
    _may_apply(session, own, data)
    wanted = pools.CRITERIA[data.pool]
    missing = {f"criteria-{item.code}-figure": "请填写" for item in wanted if item.code not in data.criteria}
    if missing or len(data.criteria) != len(wanted):
        raise Invalid(missing or {"form": "请按列出的条件逐条填写"})
    thresholds = parameters.values(session, pools.PREFIX)
    entry = PoolEntry(
        id=uuid.uuid4(),
        organisation_id=own.id,
        pool=data.pool,
        state=PoolState.applied,
        criteria=[
            PoolCriterion(
                id=uuid.uuid4(),
                code=item.code,
                position=position,
                required=int(thresholds[item.key(data.pool)]),
                figure=data.criteria[item.code].figure,
                evidence=data.criteria[item.code].evidence,
            )
            for position, item in enumerate(wanted)
        ],
        steps=[],
    )
    try:
        with session.begin_nested():
            session.add(entry)
    except IntegrityError as error:
        raise Conflict("这个池您已经申请过或已在库") from error
    for row in entry.criteria:
        if row.code in received:
            files.keep(
                session, actor, received[row.code], purpose=POOL, object_id=row.id, organisation_id=own.id
            )
    entry.organisation = own
    note(session, actor, entry, PoolMove.apply, "")
    _call_staff(session, entry, "新申请")
    session.flush()
    return entry


def _may_apply(session: Session, own: Organisation, data: PoolApplication) -> None:
    if not own.is_verified:
        raise Conflict("机构核验通过后才能申请入库")
    if not own.capacity_set & {Capacity.vendor, Capacity.institution}:
        raise Conflict("服务商池收服务商和第三方机构；请先在机构资料里加上这个身份")
    if pool_queries.find_alive(session, own.id, data.pool) is not None:
        raise Conflict("这个池您已经申请过或已在库")
    last = pool_queries.find_last_ended(session, own.id, data.pool)
    if last is None:
        return
    if pool_queries.find_open_appeal(session, last.id) is not None:
        raise Conflict("申诉还没有结果，有结果后再申请")
    days = int(parameters.value(session, pools.REAPPLY_DAYS))
    free = clock.local(last.updated_at).date() + timedelta(days=days)
    if clock.today() < free:
        raise Conflict(f"上次未通过或移出后要隔 {days} 天（中心规则），{clock.cn_date(free)}起可以再申请")


def withdraw(session: Session, actor: Actor, *, entry_id: uuid.UUID, data: MoveForm) -> PoolEntry:
    """Take back an application, or leave the pool; not while a warning stands."""
    entry = _own_entry(session, actor, entry_id, data.version)
    move(session, actor, entry, PoolMove.withdraw, data.reason)
    return entry


def answer(session: Session, actor: Actor, *, entry_id: uuid.UUID, data: MoveForm) -> PoolEntry:
    """Say what was mended after a warning; staff look at it again."""
    entry = _own_entry(session, actor, entry_id, data.version)
    move(session, actor, entry, PoolMove.answer, data.reason)
    _call_staff(session, entry, "整改待复核")
    return entry


def decide(session: Session, actor: Actor, *, entry_id: uuid.UUID, data: PoolDecision) -> PoolEntry:
    """Admit or refuse an application, with a finding on each condition.

    Raises:
        Conflict: it was decided already, or changed since the page was opened.
        Invalid: a condition without finding, one found met below its threshold, admission with one unmet, or a
            refusal that names none.

    """
    entry = _staff_entry(session, actor, entry_id, data.version)
    if entry.state is not PoolState.applied:
        raise Conflict("这份申请已经有人办过，或对方已撤回")
    problems: dict[str, str] = {}
    unmet = []
    for row in entry.criteria:
        found = data.findings.get(row.code)
        if found is None:
            problems[f"findings-{row.code}-met"] = "请逐条写结论"
            continue
        row.met, row.finding = found.met == "yes", found.finding
        if row.met and row.figure < row.required:
            problems[f"findings-{row.code}-met"] = f"对方填 {row.figure}，没有达到 {row.required}，不能算符合"
        if not row.met:
            unmet.append(row)
            if len(found.finding) < 4:
                problems[f"findings-{row.code}-finding"] = "请写明为什么不符合，对方会看到"
    if data.admit and unmet:
        problems.setdefault("form", f"有 {len(unmet)} 条不符合，不能入库")
    if not data.admit and not unmet:
        problems.setdefault("form", "每条都符合就不能拒绝；请指出不符合的那一条")
    if problems:
        raise Invalid(problems)
    if data.admit:
        entry.admitted_at = clock.now()
    move(session, actor, entry, PoolMove.admit if data.admit else PoolMove.refuse, data.reason)
    return entry


def warn(session: Session, actor: Actor, *, entry_id: uuid.UUID, data: WarningForm) -> PoolEntry:
    """Warn a vendor in the pool, with a day until which it is to be mended.

    Raises:
        Conflict: the entry is not in the pool, or changed since the page was opened.
        Invalid: the day is not ahead.

    """
    entry = _staff_entry(session, actor, entry_id, data.version)
    days = int(parameters.value(session, pools.RECTIFY_DAYS))
    deadline = data.deadline or clock.today() + timedelta(days=days)
    if deadline <= clock.today():
        raise Invalid({"deadline": "整改期限要在今天以后"})
    move(session, actor, entry, PoolMove.warn, data.reason, deadline=deadline)
    return entry


def lift(session: Session, actor: Actor, *, entry_id: uuid.UUID, data: MoveForm) -> PoolEntry:
    """Find the vendor's answer right: the warning is over."""
    entry = _staff_entry(session, actor, entry_id, data.version)
    move(session, actor, entry, PoolMove.lift, data.reason)
    return entry


def remove(session: Session, actor: Actor, *, entry_id: uuid.UUID, data: MoveForm) -> PoolEntry:
    """Remove a vendor whose answer does not hold, or who gave none in time.

    Raises:
        Conflict: no warning stands, or its day has not passed and there is no answer yet.

    """
    entry = _staff_entry(session, actor, entry_id, data.version)
    if entry.state is PoolState.warned and entry.deadline is not None and clock.today() <= entry.deadline:
        raise Conflict(f"整改期限到{clock.cn_date(entry.deadline)}，到期前对方没有答复也不能移出")
    move(session, actor, entry, PoolMove.remove, data.reason)
    return entry


def move(
    session: Session,
    actor: Actor,
    entry: PoolEntry,
    step: PoolMove,
    reason: str,
    *,
    deadline: date | None = None,
) -> None:
    """Make one move of the entry, or raise `Conflict` when its state does not allow it."""
    following = pools.after(entry.state, step)
    if following is None:
        raise Conflict(f"现在是“{pools.STATE_LABELS[entry.state]}”，不能做“{pools.MOVE_LABELS[step]}”这一步")
    entry.state, entry.deadline = following, deadline
    if step is PoolMove.reinstate:
        entry.admitted_at = clock.now()
    entry.version += 1
    entry.updated_at = clock.now()
    row = note(session, actor, entry, step, reason, deadline=deadline)
    if step not in {PoolMove.appeal, PoolMove.withdraw, PoolMove.answer}:
        messages.post(
            session,
            "organisations.pool_moved",
            organisation_id=entry.organisation_id,
            payload={
                "title": pools.POOL_LABELS[entry.pool],
                "what": pools.MOVE_LABELS[step],
                "entry_id": str(entry.id),
            },
            dedupe_key=f"organisations.pool_moved:{row.id}",
        )
    session.flush()


def note(
    session: Session,
    actor: Actor,
    entry: PoolEntry,
    step: PoolMove,
    reason: str,
    *,
    deadline: date | None = None,
) -> PoolStep:
    """Add the dated row of a step, and its audit row."""
    row = PoolStep(
        id=uuid.uuid4(),
        entry_id=entry.id,
        position=len(entry.steps),
        move=step,
        reason=reason,
        deadline=deadline,
        at=clock.now(),
        by=actor.user_id,
    )
    entry.steps.append(row)
    audit.record(
        session,
        actor,
        "organisations.pool.moved",
        kind="pool_entry",
        object_id=entry.id,
        data={"pool": entry.pool.value, "move": step.value, "state": entry.state.value},
    )
    return row


def _own_entry(session: Session, actor: Actor, entry_id: uuid.UUID, version: int) -> PoolEntry:
    own = queries.get_own(session, actor)
    entry = pool_queries.get_entry(session, actor, entry_id, lock=True)
    require(actor, EDIT, entry.organisation)
    if entry.organisation_id != own.id or entry.version != version:
        raise Conflict("这条记录刚有变化，请刷新后再看一遍")
    return entry


def _staff_entry(session: Session, actor: Actor, entry_id: uuid.UUID, version: int) -> PoolEntry:
    entry = pool_queries.get_entry(session, actor, entry_id, lock=True)
    require(actor, VERIFY, entry.organisation)
    if entry.version != version:
        raise Conflict("这条记录刚有变化，请刷新后再看一遍")
    return entry


def _call_staff(session: Session, entry: PoolEntry, what: str) -> None:
    messages.post(
        session,
        "organisations.pool_to_decide",
        role=Role.reviewer,
        payload={
            "name": entry.organisation.name,
            "title": pools.POOL_LABELS[entry.pool],
            "what": what,
            "entry_id": str(entry.id),
        },
        dedupe_key=f"organisations.pool_to_decide:{entry.id}:{len(entry.steps)}",
    )
