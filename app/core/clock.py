"""The one clock: UTC inside, Asia/Shanghai on screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """Return the calendar date in the city."""
    return now().astimezone(LOCAL).date()


def local(moment: datetime) -> datetime:
    return moment.astimezone(LOCAL)


def cn_date(value: date | datetime | None) -> str:
    """Return `2026年11月23日`; an aware datetime is first moved to the city's time."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        value = local(value).date()
    return f"{value.year}年{value.month}月{value.day}日"


def cn_datetime(value: datetime | None) -> str:
    """Return `2026年11月23日 14:03` in the city's time."""
    if value is None:
        return "—"
    moment = local(value)
    return f"{cn_date(moment)} {moment:%H:%M}"


def cn_ago(value: datetime) -> str:
    """Return a rough age such as `3 小时前`, for queues."""
    seconds = max(0, int((now() - value).total_seconds()))
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds // size} {unit}前"
    return "刚刚"


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Stop the clock at `moment` (aware) inside the block; for tests."""
    if moment.tzinfo is None:
        raise ValueError("a frozen clock needs an aware datetime")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
