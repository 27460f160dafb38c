"""How the installation stands, for staff: what works, what waits, what should worry them."""

import platform
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy
from sqlalchemy.orm import Session

from app import __version__
from app.core import audit_chain, clock, health, outbox, outgoing
from app.core.jobs import JobState
from app.core.permissions import Actor, Permission, require
from app.core.runtime import Runtime
from app.core.settings import ScannerKind
from app.desk import queries
from search.types import Status

STARTED = time.monotonic()
BACKLOG_S, LETTERS_S, BEAT_S = 60, 900, 60
BACKUP = timedelta(days=1)
LEAST_FREE = 0.1


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the page: `tone` is ok, warn or stop."""

    title: str
    text: str
    tone: str = "ok"
    href: str = ""


def facts(session: Session, runtime: Runtime, actor: Actor) -> list[Fact]:
    """Return the lines of the health page; asks the engine once and the database a constant number of times."""
    require(actor, Permission.desk_health_read)
    return [
        _database(session, runtime),
        _engine(runtime),
        _outbox(session),
        _letters(session),
        _jobs(session),
        _worker(runtime),
        _scanner(session, runtime),
        _disk(runtime),
        _audit(session, runtime),
        _backup(runtime),
        Fact("版本", _versions(session)),
        Fact("已运行", _span(timedelta(seconds=time.monotonic() - STARTED))),
    ]


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    return f"{days} 天 {hours} 小时" if days else f"{hours} 小时 {minutes % 60} 分钟"


def _database(session: Session, runtime: Runtime) -> Fact:
    begun = time.perf_counter()
    session.execute(sqlalchemy.text("SELECT 1"))
    ms = (time.perf_counter() - begun) * 1000
    problems = health.readiness(runtime)
    name = "SQLite" if runtime.database.is_sqlite else "PostgreSQL"
    if problems:
        return Fact("数据库", f"{name}：{'；'.join(problems)}", "stop")
    return Fact("数据库", f"{name} 正常，应答 {ms:.1f} 毫秒")


def _engine(runtime: Runtime) -> Fact:
    found = runtime.engine.health()
    backend = runtime.settings.search.backend.value
    if found.status is Status.READY:
        return Fact("搜索", f"{backend} 正常，{found.documents} 份文档", href="/desk/index")
    if found.status is Status.STALE:
        return Fact("搜索", f"{backend} 要重建，搜索照常：{found.detail}", "warn", "/desk/index")
    return Fact("搜索", f"{backend} 连不上，正用简化检索：{found.detail}", "stop", "/desk/index")


def _outbox(session: Session) -> Fact:
    state = outbox.backlog(session)
    if state.dead:
        return Fact(
            "等着进搜索的", f"{state.pending} 条在等，{state.dead} 条多次失败", "stop", "/desk/failed"
        )
    late = state.oldest_seconds > BACKLOG_S
    wait = f"，最久的等了 {int(state.oldest_seconds)} 秒" if state.pending else ""
    return Fact("等着进搜索的", f"{state.pending} 条{wait}", "warn" if late else "ok")


def _letters(session: Session) -> Fact:
    state = outgoing.backlog(session)
    wait = f"，最久的等了 {state.oldest_s // 60} 分钟" if state.waiting else ""
    text = f"{state.waiting} 封在等{wait}"
    if state.dead:
        return Fact("邮件和短信", f"{text}，{state.dead} 封没发出去", "stop")
    return Fact("邮件和短信", text, "warn" if state.oldest_s > LETTERS_S else "ok")


def _jobs(session: Session) -> Fact:
    counts = queries.count_jobs(session)
    failed = counts.get(JobState.failed, 0)
    text = f"{counts.get(JobState.running, 0)} 个在跑，{counts.get(JobState.queued, 0)} 个排队"
    if failed:
        return Fact("后台任务", f"{text}，{failed} 个失败", "stop", "/desk/failed")
    return Fact("后台任务", text)


def _worker(runtime: Runtime) -> Fact:
    if runtime.worker is None:
        return Fact("后台进程", "不在本进程内，由 funeng worker 单独运行")
    idle = time.monotonic() - runtime.worker.last_beat
    if idle > BEAT_S:
        return Fact("后台进程", f"{int(idle)} 秒没有动静", "warn")
    return Fact("后台进程", "在本进程内，正常")


def _scanner(session: Session, runtime: Runtime) -> Fact:
    waiting = queries.summarise_quarantine(session)
    kind = runtime.settings.files.scanner
    held = f"，{waiting.count} 个文件等着查" if waiting.count else ""
    if kind is ScannerKind.none:
        if runtime.settings.is_production:
            return Fact("查毒", f"没有配置，上传的文件都打不开{held}", "stop")
        return Fact("查毒", "开发环境不查毒")
    late = waiting.oldest is not None and waiting.oldest < clock.now() - timedelta(minutes=10)
    return Fact("查毒", f"clamd {runtime.settings.files.clamd}{held}", "warn" if late else "ok")


def _disk(runtime: Runtime) -> Fact:
    usage = shutil.disk_usage(runtime.settings.data_dir)
    share = usage.free / usage.total
    text = f"还剩 {usage.free / 1e9:.1f} GB（{share:.0%}）"
    return Fact("磁盘", text, "ok" if share > LEAST_FREE else "warn")


def _audit(session: Session, runtime: Runtime) -> Fact:
    state = audit_chain.state(session, runtime.settings)
    waiting = state.rows - state.linked
    kept = f"，链头留存于 {state.anchor.day}" if state.anchor else "，链头还没有留存过"
    text = f"{state.linked} 条已入链" + (f"，{waiting} 条等着" if waiting else "") + kept
    return Fact("审计链", text, "ok" if waiting < audit_chain.BATCH else "warn")


def _backup(runtime: Runtime) -> Fact:
    found = health.last_backup(runtime.settings)
    if found is None:
        return Fact("备份", "还没有做过（funeng backup）", "warn")
    at, name = found
    late = at < clock.now() - BACKUP
    return Fact("备份", f"{clock.cn_datetime(at)}，{name}", "warn" if late else "ok")


def _versions(session: Session) -> str:
    dialect = session.get_bind().dialect
    server = ".".join(str(part) for part in getattr(dialect, "server_version_info", None) or ())
    return (
        f"平台 {__version__}，Python {platform.python_version()}，"
        f"SQLAlchemy {sqlalchemy.__version__}，{dialect.name} {server}"
    )
