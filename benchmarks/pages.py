"""Every page against its own template from ready data plus its own SQL run bare: same process, same run, demo data.

A page is asked for as the first of the demo people who may open it. Its context and its statements are recorded once;
the reference is a route that renders the same template from that context, plus the recorded statements sent over the
bare driver. Pages that ask the search engine have their own measure (search_page.py) and are named below.

Repeat with: .venv/bin/python benchmarks/pages.py [part of an address …]
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Template
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts import service as accounts
from app.accounts.models import User
from app.core import clock
from app.core.db import Base
from app.core.settings import Settings
from app.main import create_app
from app.runtime import build_runtime
from app.web import sessions, templating
from app.web.policy import public, walk_routes

ROUNDS, LIMIT = 40, 2.0
PEOPLE = (
    "",
    "qiye-admin",
    "fuwushang",
    "yunying",
    "shenhe",
    "shenji",
    "xitong",
    "anquan",
    "quxian",
    "shiji",
    "jinrong",
)
ENGINE = re.compile(r"^/(search|match)?$|/matches|/preview$")
"""Pages whose work is a question to the search engine: benchmarks/search_page.py and match_page measure them."""


@dataclass
class Recording:
    """What one request rendered and asked of the database."""

    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    parts: list[Any] = field(default_factory=list)
    statements: list[tuple[str, Any]] = field(default_factory=list)


def recorded_render(found: Recording) -> Callable[..., str]:
    """Return what stands in for Jinja's own `render` while a page is recorded."""
    real = Template.render

    def render(template: Template, context: dict[str, Any]) -> str:
        ask: Callable[..., Any] | None = context.get("panels")

        def panels(place: str, **named: Any) -> Any:
            assert ask is not None
            parts = ask(place, **named)
            found.parts.append(parts)
            return parts

        text = real(template, context | ({"panels": panels} if ask else {}))
        found.template, found.context = str(template.name), dict(context)
        return text

    return render


real_rollback = Session.rollback


def let_go(session: Session) -> None:
    """End a recorded request's session without emptying what it loaded: the rows are shown again."""
    session.expunge_all()
    real_rollback(session)


@contextmanager
def recording(app: FastAPI) -> Iterator[Recording]:
    found = Recording()
    engine = app.state.runtime.database.engine

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        found.statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with (
            patch.object(Template, "render", recorded_render(found)),
            patch.object(Session, "rollback", let_go),
        ):
            yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def prepare(folder: Path) -> None:
    """Set up an installation with demo data, as `make run` does."""
    subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "setup"],
        env=os.environ | {"FUNENG_DATA_DIR": str(folder)},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def tokens(app: FastAPI) -> dict[str, str]:
    """Return a session's token for each of the demo people."""
    found = {"": ""}
    with app.state.runtime.database.writing() as session:
        for name in PEOPLE[1:]:
            user = session.scalar(select(User).where(User.email == f"{name}@demo.example"))
            if user is not None:
                found[name] = accounts.start_session(
                    session, user, ip="127.0.0.1", agent="benchmark", second_factor_at=clock.now()
                )
    return found


def ids(app: FastAPI) -> dict[str, list[str]]:
    """Return up to 40 values for every path parameter, from the table that its name points at."""
    found: dict[str, list[str]] = {}
    with app.state.runtime.database.reading() as session:
        for mapper in Base.registry.mappers:
            model = mapper.class_
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower()
            for key in ("id", "slug", "code", "case_number", "key"):
                if key in mapper.columns:
                    values = session.scalars(select(mapper.columns[key]).limit(40)).all()
                    found.setdefault(f"{name}_{key}", [str(value) for value in values])
                    found.setdefault(key, []).extend(str(value) for value in values)
                    if key == "case_number":
                        found.setdefault("reference", []).extend(str(value) for value in values)
                        found.setdefault("number", []).extend(str(value) for value in values)
    return found


def first_answer(
    client: TestClient, people: dict[str, str], path: str, known: dict[str, list[str]]
) -> tuple[str, str] | None:
    """Return (person, address) of the first page that a route shows to somebody."""
    names = re.findall(r"\{(\w+)\}", path)
    for place in range(40 if names else 1):
        url = path
        for name in names:
            values = known.get(name) or known.get("id") or []
            if place >= len(values):
                return None
            url = url.replace(f"{{{name}}}", values[place])
        for person, token in people.items():
            client.cookies.clear()
            if token:
                client.cookies.set("funeng", token)
            answer = client.get(url, follow_redirects=False)
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                return person, url
    return None


def p95(figures: list[float]) -> float:
    return sorted(figures)[int(len(figures) * 0.95) - 1]


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def run_bare(app: FastAPI, statements: list[tuple[str, Any]]) -> Callable[[], None]:
    """Return a call that sends the statements over the driver and fetches all rows."""

    def ask() -> None:
        connection = app.state.runtime.database.engine.raw_connection()
        try:
            cursor = connection.cursor()
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
                if cursor.description:
                    cursor.fetchall()
            cursor.close()
        finally:
            connection.close()

    return ask


def measure(
    app: FastAPI, client: TestClient, url: str, ready: dict[str, Recording]
) -> tuple[float, float, int]:
    """Return p95 of the page and of its reference in ms, and how many statements the page sends."""
    for _ in range(3):
        client.get(url)
    with recording(app) as page:
        client.get(url)
    ready["now"] = page
    with recording(app) as frame:
        client.get("/bench-page")
    own = page.statements[len(frame.statements) :]  # what the gate asks stands in both requests
    bare = run_bare(app, [item for item in own if item[0].lstrip().upper().startswith("SELECT")])
    whole, reference = [], []
    for _ in range(ROUNDS):
        whole.append(timed(lambda: client.get(url)))
        reference.append(timed(lambda: client.get("/bench-page")) + timed(bare))
    return p95(whole), p95(reference), len(own)


def main() -> int:
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="funeng-pages-") as name:
        folder = Path(name)
        prepare(folder)
        settings = Settings(data_dir=folder, worker_in_process=False, rate_factor=10_000)
        app = create_app(settings, runtime=build_runtime(settings))
        ready: dict[str, Recording] = {}

        @app.get("/bench-page", include_in_schema=False)
        @public
        def bench_page(request: Request) -> Response:
            page = ready["now"]
            parts = iter(page.parts)
            context = templating.page_context(request) | page.context | {"flash": None}
            context["panels"] = lambda _place, **_named: next(parts)
            response = HTMLResponse(templating.ENVIRONMENT.get_template(page.template).render(context))
            sessions.finish(request, response, context)
            return response

        people, known = tokens(app), ids(app)
        slow, skipped, ratios = [], [], []
        with TestClient(app, base_url=settings.public_url) as client:
            for route in walk_routes(app.routes):
                path = route.path
                if route.method != "GET" or path.startswith("/api/") or path == "/bench-page":
                    continue
                if wanted and not any(part in path for part in wanted):
                    continue
                found = first_answer(client, people, path, known)
                if found is None or ENGINE.search(path):
                    skipped.append(path)
                    continue
                person, url = found
                client.cookies.clear()
                if people[person]:
                    client.cookies.set("funeng", people[person])
                page, reference, statements = measure(app, client, url, ready)
                if page / reference > LIMIT:  # a busy moment is no verdict
                    page, reference, statements = measure(app, client, url, ready)
                ratio = page / reference
                ratios.append(ratio)
                print(
                    f"{ratio:5.2f}  {page:6.1f} ms  {reference:6.1f} ms  {statements:3d} SQL  {person or 'visitor':10} {path}"
                )
                if ratio > LIMIT:
                    slow.append(path)
    print(f"{len(ratios)} pages: median {statistics.median(ratios):.2f}, most {max(ratios):.2f}")
    print(f"not measured (no page for anybody here, or the search engine's): {', '.join(skipped)}")
    print("within the figure" if not slow else f"OUTSIDE the figure (≤ {LIMIT}): {', '.join(slow)}")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
