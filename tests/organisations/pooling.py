"""Applications to vendor pools for tests, and the moves that staff and vendors make."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.core.permissions import Actor, Role
from app.organisations import pools
from app.organisations.models import Capacity, Organisation, Pool, PoolEntry, PoolMove
from app.organisations.schemas.pools import MoveForm, PoolApplication, PoolDecision, WarningForm
from app.organisations.schemas.standing import AppealDecision, AppealForm
from app.organisations.service import appealing, pooling
from tests.factories.accounts import actor_of, make_staff
from tests.factories.organisations import acting_for, add_member, make_organisation

REASON = "示例：到厂里看过，写明原因"


def application(pool: Pool = Pool.light, figure: int = 6, **more: Any) -> PoolApplication:
    answers = {
        item.code: {"figure": figure, "evidence": "示例甲厂、示例乙厂，去年三月开始用"}
        for item in pools.CRITERIA[pool]
    }
    return PoolApplication.model_validate({"pool": pool, "criteria": {**answers, **more}})


def found(entry: PoolEntry, *, admit: bool = True, **unmet: str) -> PoolDecision:
    findings = {
        row.code: {"met": "no", "finding": unmet[row.code]} if row.code in unmet else {"met": "yes"}
        for row in entry.criteria
    }
    return PoolDecision.model_validate(
        {"version": entry.version, "admit": admit, "findings": findings, "reason": REASON}
    )


def moved(entry: PoolEntry) -> MoveForm:
    return MoveForm(version=entry.version, reason=REASON)


class Play:
    """One vendor, two reviewers, and every move by its name; each raises when it cannot be made."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.vendor: Organisation = make_organisation(session, Capacity.vendor)
        self.admin: Actor = acting_for(add_member(session, self.vendor), self.vendor)
        self.reviewer = actor_of(make_staff(session), Role.reviewer)
        self.second = actor_of(make_staff(session), Role.reviewer)
        self.entry: PoolEntry = pooling.apply(session, self.admin, data=application(), received={})

    def make(self, move: PoolMove) -> None:
        moves: dict[PoolMove, Callable[[], object]] = {
            PoolMove.admit: lambda: self._decide(admit=True),
            PoolMove.refuse: lambda: self._decide(admit=False, gains="没有测过"),
            PoolMove.withdraw: lambda: self._own(pooling.withdraw),
            PoolMove.answer: lambda: self._own(pooling.answer),
            PoolMove.warn: lambda: pooling.warn(
                self.session,
                self.reviewer,
                entry_id=self.entry.id,
                data=WarningForm(version=self.entry.version, reason=REASON),
            ),
            PoolMove.lift: lambda: self._staff(pooling.lift),
            PoolMove.remove: lambda: self._staff(pooling.remove),
            PoolMove.appeal: self.appeal,
            PoolMove.reinstate: lambda: self.decide_appeal(uphold=True),
            PoolMove.reject_appeal: lambda: self.decide_appeal(uphold=False),
        }
        moves[move]()

    def _decide(self, *, admit: bool, **unmet: str) -> None:
        pooling.decide(
            self.session, self.reviewer, entry_id=self.entry.id, data=found(self.entry, admit=admit, **unmet)
        )

    def _own(self, command: Callable[..., object]) -> None:
        command(self.session, self.admin, entry_id=self.entry.id, data=moved(self.entry))

    def _staff(self, command: Callable[..., object]) -> None:
        command(self.session, self.reviewer, entry_id=self.entry.id, data=moved(self.entry))

    def appeal(self) -> None:
        self.appealed = appealing.appeal_pool_decision(
            self.session,
            self.admin,
            entry_id=self.entry.id,
            data=AppealForm(statement="客户改造前后的数都量过，见附件"),
            received=None,
        )

    def decide_appeal(self, *, uphold: bool) -> None:
        appealing.decide_appeal(
            self.session,
            self.second,
            appeal_id=self.appealed.id,
            data=AppealDecision(uphold=uphold, reason=REASON),
        )
