"""Rate limits. In memory with one server process, in the database with several (DESIGN, Transactions).

Every limit of a composed limit must allow; a refusal says when to try again.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.columns import BigId, UtcDateTime
from app.core.db import Base, Database
from app.core.errors import RateLimited


class ThrottleHit(Base):
    """One counted attempt, for limits shared by several processes or kept over a restart."""

    __tablename__ = "throttle_hits"
    __table_args__ = (Index(None, "key", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class Throttle:
    """Counts hits per key within moving windows such as `5/15minutes`."""

    def __init__(self, database: Database, *, shared: bool, factor: int = 1) -> None:
        """Make a throttle; `factor` loosens every limit for load and fault tests."""
        self._database = database
        self._factor = factor
        self._shared = shared
        self._memory = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, limits: Sequence[tuple[str, str]], *, message: str | None = None) -> None:
        """Count one hit on every `(limit, key)` pair, or raise `RateLimited` and count none.

        A limit is written as in `20/5minutes`.
        """
        parsed = [(self._parse(limit), key) for limit, key in limits]
        if self._shared:
            self._hit_database(parsed, message)
            return
        for item, key in parsed:
            if not self._memory.test(item, key):
                reset, _ = self._memory.get_window_stats(item, key)
                raise RateLimited(message, retry_after=max(1, int(reset - time.time())))
        for item, key in parsed:
            self._memory.hit(item, key)

    def _parse(self, limit: str) -> RateLimitItem:
        item = parse(limit)
        return type(item)(item.amount * self._factor, item.multiples) if self._factor > 1 else item

    def _hit_database(self, parsed: list[tuple[RateLimitItem, str]], message: str | None) -> None:
        with self._database.writing() as session:
            moment = clock.now()
            for item, key in parsed:
                seconds = item.get_expiry()
                since = moment - timedelta(seconds=seconds)
                count = session.scalar(
                    select(func.count(ThrottleHit.id)).where(ThrottleHit.key == key, ThrottleHit.at > since)
                )
                if (count or 0) >= item.amount:
                    raise RateLimited(message, retry_after=seconds)
            session.add_all(ThrottleHit(key=key, at=moment) for _, key in parsed)

    def sweep(self) -> None:
        """Forget hits older than a day."""
        with self._database.writing() as session:
            session.execute(delete(ThrottleHit).where(ThrottleHit.at < clock.now() - timedelta(days=1)))
