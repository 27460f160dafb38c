"""Demo sizes of firms and vendors in the pools, declared, applied for and decided through the room's own commands."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.core.runtime import Runtime
from app.demo.people import Cast, Progress
from app.organisations import pools
from app.organisations.models import Pool, PoolEntry
from app.organisations.queries import pools as pool_queries
from app.organisations.queries import standing
from app.organisations.schemas.pools import PoolApplication, PoolDecision
from app.organisations.schemas.standing import SizeForm
from app.organisations.service import declare_size, pooling

#: (firm, people at the year's end, revenue in 万元)
SIZES = (("E01", 210, "3100"), ("E10", 85, "1800"), ("E12", 210, "280"))
#: (vendor, pool, each figure above its threshold by, whether staff have decided)
PLACES = (
    ("V01", Pool.light, 3, True),
    ("V02", Pool.light, 1, True),
    ("V03", Pool.integrator, 2, True),
    ("V04", Pool.light, 0, False),
)
EVIDENCE = "示例：虚构的客户和日期，只用来演示评审的样子"


def seed_standing(runtime: Runtime, cast: Cast, progress: Progress) -> None:
    """Declare the sizes and fill the pools; a second run changes nothing."""
    with runtime.database.writing() as session:
        for firm, staff, revenue in SIZES:
            _size(session, cast, firm, staff, revenue)
        for vendor, pool, above, decided in PLACES:
            with clock.frozen(clock.now() - timedelta(days=40 if decided else 1)):
                _place(session, cast, vendor, pool, above, decided=decided)
    progress(len(SIZES) + len(PLACES), len(SIZES) + len(PLACES), "示例规模和服务商池")


def _size(session: Session, cast: Cast, firm: str, staff: int, revenue: str) -> None:
    actor, organisation = cast.owners.get(firm), cast.organisations.get(firm)
    if actor is None or organisation is None or standing.list_sizes(session, organisation):
        return
    year = clock.today().year - 1
    declare_size(session, actor, data=SizeForm(year=year, staff_count=staff, revenue=revenue))


def _place(
    session: Session, cast: Cast, vendor: str, pool: Pool, above: int, *, decided: bool
) -> PoolEntry | None:
    actor, organisation = cast.owners.get(vendor), cast.organisations.get(vendor)
    if actor is None or organisation is None:
        return None
    if pool_queries.list_entries(session, cast.reviewer, organisation_id=organisation):
        return None
    wanted = {
        item.code: {"figure": item.default + above, "evidence": EVIDENCE} for item in pools.CRITERIA[pool]
    }
    data = PoolApplication.model_validate({"pool": pool, "criteria": wanted})
    entry = pooling.apply(session, actor, data=data, received={})
    if decided:
        findings = {row.code: {"met": "yes", "finding": "示例：演示数据"} for row in entry.criteria}
        decision = PoolDecision.model_validate(
            {"version": entry.version, "admit": True, "findings": findings, "reason": "示例：演示数据"}
        )
        pooling.decide(session, cast.reviewer, entry_id=entry.id, data=decision)
    return entry
