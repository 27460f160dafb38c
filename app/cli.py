"""The command `funeng`: one entry for serving, setting up and looking after an installation."""

import json
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.core import logging
from app.core.errors import AppError
from app.core.runtime import Runtime
from app.core.settings import get_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
evaluate_app = typer.Typer(no_args_is_help=True, help="Measure search and matching on labelled files.")
app.add_typer(evaluate_app, name="evaluate")
console = Console(stderr=True)
Port = Annotated[int, typer.Option(envvar="PORT", min=0, max=65535)]
Backend = Annotated[str, typer.Option(help="embedded or elasticsearch")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]


def _runtime(*, worker: bool = True) -> Runtime:
    from app import routes
    from app.runtime import build_runtime

    settings = get_settings()
    logging.configure(as_json=settings.log_json)
    routes.load_hooks()
    return build_runtime(settings, worker=worker)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


@app.command()
def serve(
    port: Port = 8000,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
) -> None:
    """Serve the platform; with the default settings the worker runs in the same process."""
    import uvicorn

    settings = get_settings()
    logging.configure(as_json=settings.log_json)
    _announce(host, port)
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=settings.processes if settings.processes > 1 else None,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        server_header=False,
        date_header=True,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=15,
        timeout_keep_alive=15,
        h11_max_incomplete_event_size=64 * 1024,
    )


def _announce(host: str, port: int) -> None:
    from app.demo import signins

    settings = get_settings()
    print(f"\n  赋能汇 Funeng  http://{host}:{port}\n", flush=True)
    if settings.is_production:
        _first_admin()
        return
    _enrol_demo_staff()
    for line in signins.lines(settings):
        print(f"  {line}", flush=True)
    print("  Ctrl-C 停止\n", flush=True)


def _enrol_demo_staff() -> None:
    """Give demo staff of an older installation their second factor; without a schema there is nobody yet."""
    from sqlalchemy.exc import SQLAlchemyError

    from app.core.db import Database
    from app.demo.people import enrol_staff

    database = Database(get_settings())
    try:
        with database.writing() as session:
            enrol_staff(session, get_settings())
    except SQLAlchemyError:
        return
    finally:
        database.dispose()


@app.command()
def totp(login: Annotated[str, typer.Argument(help="Part of a demo sign-in's name.")] = "") -> None:
    """Print the current codes of the demo sign-ins (development only)."""
    from app.demo import signins

    settings = get_settings()
    if settings.is_production:
        print("生产环境没有示例账号")
        raise typer.Exit(1)
    for each in signins.with_second_factor():
        if login in each.login:
            print(f"{signins.code_now(settings, each.login)}  {each.login:<26}{each.label}")


def _first_admin() -> None:
    from app.accounts import service

    runtime = _runtime()
    with runtime.database.writing() as session:
        token = service.make_first_admin_token(session)
    if token is not None:
        print(
            f"  第一位管理员：{runtime.settings.public_url}/first-admin?token={token}（24 小时内有效，只显示一次）"
        )


@app.command()
def worker() -> None:
    """Run the worker as a process of its own (set FUNENG_WORKER_IN_PROCESS=false for the servers)."""
    from app.runtime import LexiconKeeper, build_worker

    runtime = _runtime()
    keeper = LexiconKeeper(runtime)
    keeper.start()
    loop = build_worker(runtime)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    loop.start()
    stop.wait()
    loop.stop()
    runtime.engine.close()


@app.command()
def migrate(revision: str = "head") -> None:
    """Bring the database's schema to the newest revision."""
    from app.core.db import build_engine
    from app.core.migrations import upgrade

    engine = build_engine(get_settings(), worker=True)
    upgrade(engine, revision)
    engine.dispose()


@app.command("verify-audit")
def verify_audit(
    anchor: Annotated[Path | None, typer.Option(help="File with heads of the chain kept elsewhere.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every row of the audit trail against its signature, the chain and its kept heads; 1 when something is wrong."""
    from app.core import audit_chain
    from app.core.db import Database

    database = Database(get_settings(), worker=True)
    try:
        heads = audit_chain.read_anchors(anchor) if anchor is not None else None
    except ValueError as error:
        console.print(f"核对不了：{error}")
        raise typer.Exit(2) from error
    if heads == []:
        console.print(f"核对不了：{anchor} 里没有链头")
        raise typer.Exit(2)
    with database.writing() as session:  # what no worker has linked yet is late, not wrong
        audit_chain.seal(session, everything=True)
    report = audit_chain.verify(database, anchors=heads)
    database.dispose()
    if as_json:
        print(json.dumps({name: getattr(report, name) for name in report.__slots__}, ensure_ascii=False))
    else:
        console.print(
            f"{report.rows} 条记录，{report.linked} 条入链，{report.waiting} 条等着，{report.anchors} 个留存的链头"
        )
        for line in report.problems:
            console.print(f"  {line}")
        console.print("核对无误" if not report.broken else f"有 {report.broken} 处不对")
    if report.broken:
        raise typer.Exit(1)


@app.command("load-reference")
def load_reference() -> None:
    """Load the official lists and the dictionary; repeating changes nothing."""
    from app.policies import service as policies
    from app.reference import service

    runtime = _runtime()
    with runtime.database.writing() as session:
        counts = service.load_reference(session)
    with runtime.database.writing() as session:
        policies.load_policies(session)
    console.print(f"参考数据已就绪：{counts}")


@app.command()
def seed(
    offerings: Annotated[int, typer.Option(help="Make this many varied offerings for load tests.")] = 0,
) -> None:
    """Put in the demo data (示例), or N generated offerings with --offerings; refused in production."""
    from app.demo import seed as demo

    runtime = _runtime()
    with _progress() as progress:
        bar = progress.add_task("示例数据", total=None)

        def show(done: int, total: int, text: str) -> None:
            progress.update(bar, completed=done, total=total or None, description=text or "示例数据")

        if offerings:
            demo.seed_load(runtime, offerings, show)
        else:
            demo.seed_demo(runtime, show)


@app.command()
def setup() -> None:
    """Migrate, load the reference data and, the first time in development, the demo data."""
    from app.demo import seed as demo

    started = time.monotonic()
    migrate()
    load_reference()
    runtime = _runtime()
    if not runtime.settings.is_production and demo.is_empty(runtime):
        seed(0)
        _rebuild(runtime)
    runtime.engine.close()
    console.print(f"准备完成，用时 {time.monotonic() - started:.1f} 秒")


def _rebuild(runtime: Runtime) -> dict[str, Any]:
    from app.indexing import service

    with _progress() as progress:
        bar = progress.add_task("建立索引", total=None)
        return service.rebuild(
            runtime.database,
            runtime.engine,
            lambda done, total, text: progress.update(
                bar, completed=done, total=total or None, description=f"建立索引 {text}"
            ),
        )


@app.command()
def reindex() -> None:
    """Rebuild the search index; hands the work to a living worker and shows its progress."""
    from app.core.jobs import Job, JobState, enqueue
    from app.indexing.service import REBUILD
    from search.types import WriterBusy

    runtime = _runtime()
    try:
        console.print_json(data=_rebuild(runtime))
    except WriterBusy:
        with runtime.database.writing() as session:
            job_id = enqueue(session, REBUILD, key=REBUILD).id
        with _progress() as progress:
            bar = progress.add_task("由运行中的服务建立索引", total=None)
            while True:
                with runtime.database.reading() as session:
                    row = session.get(Job, job_id)
                if row is None or row.state in {JobState.done, JobState.failed}:
                    break
                progress.update(bar, completed=row.done, total=row.total or None)
                time.sleep(0.3)
        if row is None or row.state is JobState.failed:
            raise typer.Exit(1) from None


@app.command()
def check(
    repair: Annotated[bool, typer.Option(help="Queue every drifted object again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare every row with the search index, both ways; exits with 1 when they differ."""
    from app.indexing import service

    runtime = _runtime()
    drift = service.find_drift(runtime.database, runtime.engine)
    if repair:
        service.repair(runtime.database, drift)
    result = {
        "checked": drift.checked,
        "missing": len(drift.missing),
        "differing": len(drift.differing),
        "ghosts": len(drift.ghosts),
    }
    print(json.dumps(result) if as_json else f"核对 {drift.checked} 条，偏差 {drift.total} 条：{result}")
    if drift.total:
        raise typer.Exit(1)


@app.command("admin-token")
def admin_token() -> None:
    """Print a new one-time token for the first administrator, while there is no account."""
    _first_admin()


@app.command()
def backup(target: Path) -> None:
    """Write one archive with the database and the uploads; the index is rebuilt on restore."""
    from app import backup as archive

    info = archive.create(get_settings(), target)
    console.print(f"已备份到 {target}：{info}")


@app.command()
def restore(
    source: Path,
    yes: Annotated[bool, typer.Option("--yes", help="Replace what is there.")] = False,
) -> None:
    """Put a backup back: database, uploads, migrations, then a new index."""
    from app import backup as archive

    archive.restore(get_settings(), source, replace=yes)
    migrate()
    runtime = _runtime()
    _forget_again(runtime)
    _rebuild(runtime)
    runtime.engine.close()
    console.print("已恢复，索引已重建")


def _forget_again(runtime: Runtime) -> None:
    """Erase the people whom the backup brought back (`erased.txt` in the data folder)."""
    from app.accounts.service import replay_tombstones
    from app.routes import load_hooks

    load_hooks()
    with runtime.database.writing() as session:
        count = replay_tombstones(session)
    if count:
        console.print(f"已再次删除 {count} 位注销用户的信息")


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document."""
    from app.main import create_app

    print(json.dumps(create_app().openapi(), ensure_ascii=False, indent=1))


@evaluate_app.command("search")
def evaluate_search(
    corpus: Annotated[Path, typer.Option(exists=True, dir_okay=False)],
    queries: Annotated[Path, typer.Option(exists=True, dir_okay=False)],
    backend: Backend = "embedded",
    as_json: AsJson = False,
) -> None:
    """Measure the product's own text pipeline and engine on a labelled retrieval set."""
    from search.evaluation import evaluate_search as run

    result = run(corpus, queries, backend=backend, settings=get_settings().search_options())
    _print_result(result.report, as_json=as_json)


@evaluate_app.command("match")
def evaluate_match(
    offerings: Annotated[Path, typer.Option(exists=True, dir_okay=False)],
    needs: Annotated[Path, typer.Option(exists=True, dir_okay=False)],
    backend: Backend = "embedded",
    as_json: AsJson = False,
) -> None:
    """Measure the product's own matching on labelled needs, each from its text alone."""
    from app.matching.evaluation import evaluate_match as run

    _print_result(
        run(offerings, needs, backend=backend, settings=get_settings().search_options()), as_json=as_json
    )


def _print_result(result: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        console.print_json(data=result)


def main() -> None:
    """Run the command; what a person did wrong is one line, not a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except AppError as error:
        console.print(f"{error.message}{'；' if error.hint else ''}{error.hint or ''}")
        sys.exit(1)
