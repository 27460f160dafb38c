"""Asks as a role, and says in the table's words what came back.

Speaks ASGI to the real application without threads in between: thousands of requests, most of them refusals,
would otherwise spend their time waiting for each other's threads.
"""

import asyncio
import contextvars
import html
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlencode, urlsplit

import anyio.to_thread
from fastapi import FastAPI

from app.core.runtime import Runtime
from app.core.security import new_token, token_hash
from app.core.throttle import Throttle
from tests.matrix.world import World
from tests.services.databases import SharedDatabase

CODES = {401: "sign_in", 403: "forbidden", 404: "gone", 409: "refused", 422: "refused"}


BOUNDARY = "bounds-of-the-matrix"


def multipart(data: Mapping[str, Any], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """Return a multipart body of fields and files."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    parts = [
        f'{head}"{name}"\r\n\r\n{value}\r\n'.encode()
        for name, values in data.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    for name, (filename, content) in files.items():
        lead = f'{head}"{name}"; filename="{filename}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        parts.append(lead.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text; a workbook's or archive's parts one after the other."""
        if self.content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
                parts = [archive.read(name).decode("utf-8", "replace") for name in archive.namelist()]
            return html.unescape("\n".join([*archive.namelist(), *parts]))
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def is_page(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/html")


async def _inline(work: Callable[..., Any], *arguments: Any, **_options: Any) -> Any:
    return work(*arguments)


class Asker:
    """One client for all roles; whatever a request writes is undone before the next one."""

    def __init__(self, app: FastAPI, database: SharedDatabase, world: World) -> None:
        self.app, self.database, self.world = app, database, world
        self.runtime: Runtime = app.state.runtime
        self.runtime.throttle = Throttle(database, shared=False, factor=10_000)
        self._pre = new_token()
        self._cookies = {"visitor": f"funeng_pre={self.runtime.signer.sign('pre', self._pre)}"}
        for role, token in world.tokens.items():
            self._cookies[role] = f"funeng={token}"
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1)
        self._threads = anyio.to_thread.run_sync

    def __enter__(self) -> Self:
        anyio.to_thread.run_sync = _inline  # type: ignore[assignment]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        anyio.to_thread.run_sync = self._threads
        self._thread.shutdown()
        self._loop.close()

    def csrf(self, role: str) -> str:
        if role == "visitor":
            return self.runtime.signer.mac("csrf-pre", self._pre)
        return self.runtime.signer.mac("csrf", token_hash(self.world.tokens[role]))

    def ask(self, role: str, method: str, url: str, *, keep: bool = False, **more: Any) -> Answer:
        """Send a request with the role's cookie and token; `keep` leaves what it wrote.

        `data` is a form (lists repeat their name), `files` its uploads (name → file name and bytes), `json` a body,
        `headers` are added.
        """
        headers = {"host": urlsplit(self.runtime.settings.public_url).netloc, "cookie": self._cookies[role]}
        body = b""
        if method != "GET":
            headers |= {"x-csrf-token": self.csrf(role), "idempotency-key": new_token()}
        if "files" in more:
            headers["content-type"] = f"multipart/form-data; boundary={BOUNDARY}"
            body = multipart(more.get("data", {}), more["files"])
        elif "data" in more:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(more["data"], doseq=True).encode()
        elif "json" in more:
            headers["content-type"] = "application/json"
            body = json.dumps(more["json"]).encode()
        elif "content" in more:
            body = more["content"]
        headers |= {"content-length": str(len(body)), **more.get("headers", {})}
        point = self.database._connection.begin_nested()
        try:
            sent = self._send(method, url, headers, body)
            context = contextvars.copy_context()
            # in a thread of its own: a browser test may have left its loop running in this one
            return self._thread.submit(context.run, self._loop.run_until_complete, sent).result()
        finally:
            if keep:
                point.commit()
            else:
                point.rollback()

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        path, _, query = url.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode("ascii", "replace"),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8000),
        }
        sent: list[Any] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        try:
            await self.app(scope, receive, send)
        except Exception:  # the application answers 500 and then raises for the server's log
            if not sent:
                raise
        start = next(message for message in sent if message["type"] == "http.response.start")
        return Answer(
            start["status"],
            {name.decode().lower(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in sent),
        )


def outcome(answer: Answer) -> str:
    """Return the table's word for an answer; a redirect to the sign-in page is `sign_in`."""
    status = answer.status_code
    if status == 303 and answer.headers["location"].startswith("/sign-in?"):
        return "sign_in"
    return "ok" if status in {200, 201, 303} else CODES.get(status, str(status))
