"""The application in this process, asked through Starlette's test client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.core.db import Database
from app.core.runtime import Runtime
from app.core.settings import Settings
from app.core.throttle import Throttle
from app.main import create_app
from app.runtime import build_runtime
from search import open_engine


@dataclass
class Swap:
    """One application whose database, limits and engine are exchanged from test to test."""

    app: FastAPI
    runtime: Runtime

    @contextmanager
    def using(self, settings: Settings, database: Database) -> Iterator[FastAPI]:
        runtime = self.runtime
        before = (runtime.settings, runtime.database, runtime.throttle, runtime.engine)
        runtime.settings, runtime.database = settings, database
        runtime.throttle = Throttle(database, shared=False)
        runtime.engine = open_engine(settings.search_options())
        runtime.extra.clear()
        runtime.ready = True
        try:
            yield self.app
        finally:
            runtime.engine.close()
            runtime.settings, runtime.database, runtime.throttle, runtime.engine = before


@contextmanager
def swapping_app(settings: Settings) -> Iterator[Swap]:
    runtime = build_runtime(settings)
    try:
        yield Swap(create_app(settings, runtime=runtime), runtime)
    finally:
        runtime.engine.close()
        runtime.database.dispose()


class Client(TestClient):
    """A test client that hands the test's own changes over before each request.

    The test's session is committed (into the outer transaction, see `SharedDatabase`) and emptied, so the
    application finds only what is in the database, and the test reads afresh what the request changed.
    """

    def __init__(self, app: FastAPI, *, session: Session, **options: Any) -> None:
        runtime: Runtime = app.state.runtime
        defaults: dict[str, Any] = {"follow_redirects": False, "base_url": runtime.settings.public_url}
        super().__init__(app, **(defaults | options))
        self.session = session

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self.session.commit()
        self.session.expunge_all()
        return super().request(*args, **kwargs)

    def submit(
        self, page: str, data: Mapping[str, Any] | None = None, *, action: str | None = None, **more: Any
    ) -> Any:
        """Open a page, fill in its form and send it, with the hidden fields that a browser would send.

        `action` names the form by the path it posts to; without it the page has one form that posts to `page`.
        """
        shown = self.get(page)
        assert shown.status_code == 200, f"{page}: {shown.status_code}"
        wanted = action or urlsplit(page).path
        forms = [
            form
            for form in find_forms(shown.text)
            if form.action in {wanted, "" if action is None else wanted}
        ]
        assert len(forms) == 1, f"{len(forms)} forms on {page} post to {wanted}"
        return self.post(wanted, data={**forms[0].fields, **(data or {})}, **more)


@dataclass
class Form:
    """A form as served: where it posts to and the values of its fields as they stand."""

    action: str
    fields: dict[str, Any]


class _FormParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form" and given.get("method", "").lower() == "post":
            self.forms.append(Form(urlsplit(given.get("action", "")).path, {}))
            self._open = True
        elif tag == "input" and self._open and "name" in given:
            unchecked = given.get("type") in {"checkbox", "radio"} and "checked" not in given
            if given.get("type") not in {"submit", "file"} and not unchecked:
                self._add(given["name"], given.get("value", ""))

    def _add(self, name: str, value: str) -> None:
        fields = self.forms[-1].fields
        if name in fields:
            known = fields[name]
            fields[name] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            fields[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


def find_forms(html: str) -> list[Form]:
    """The posting forms of a page with the values of their input fields (not of textareas and selects)."""
    parser = _FormParser()
    parser.feed(html)
    return parser.forms
