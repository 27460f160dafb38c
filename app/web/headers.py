"""Middleware without a framework: request id, body limit, security headers, the log of failures."""

import re
import time
import uuid

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import logging
from app.core.settings import Settings

log = logging.get("web")
BODY_LIMIT, UPLOAD_LIMIT = 1_000_000, 12_000_000
UPLOAD_PATHS = re.compile(r"/(uploads?|import)(/|$)")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'"
)
REQUESTS = Counter("funeng_requests_total", "Requests", ["method", "status"])
SECONDS = Histogram("funeng_request_seconds", "Request time")


class Edge:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.https = settings.https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        limit = UPLOAD_LIMIT if UPLOAD_PATHS.search(scope["path"]) else BODY_LIMIT
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        started = time.perf_counter()
        status = 500

        async def limited_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                set_headers(MutableHeaders(scope=message), scope["path"], request_id, https=self.https)
            await send(message)

        received = 0

        async def limited_receive() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise HTTPException(413)
            return message

        try:
            if declared.isdigit() and int(declared) > limit:
                answer = JSONResponse(
                    {
                        "error": {
                            "code": "too_large",
                            "message": f"提交的内容太大，最多 {limit // 1_000_000} MB",
                        }
                    },
                    413,
                )
                await answer(scope, receive, limited_send)
                return
            await self.app(scope, limited_receive, limited_send)
        finally:
            elapsed = time.perf_counter() - started
            REQUESTS.labels(scope["method"], str(status)).inc()
            SECONDS.observe(elapsed)
            if status >= 500:
                log.error(
                    "request failed",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    ms=round(elapsed * 1000),
                )


def set_headers(headers: MutableHeaders, path: str, request_id: str, *, https: bool) -> None:
    """Set what every answer carries (RELIABILITY S8)."""
    headers["X-Request-ID"] = request_id
    headers.setdefault("Content-Security-Policy", CSP)  # an uploaded file carries a stricter one
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "DENY"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if path.startswith("/api/") and "cache-control" not in headers:
        headers["Cache-Control"] = "no-store"
