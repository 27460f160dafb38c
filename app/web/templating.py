"""Our own Jinja environment: always escaping, strict about names, no inline script or style."""

import secrets
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.core import clock, money
from app.core.permissions import ANONYMOUS, ROLE_LABELS, Actor, can
from app.core.settings import bundled
from app.web import csrf, panels, sessions
from app.web.forms import value_of
from app.web.static import static_url


def build_environment() -> Environment:
    """Return the environment shared by pages, mails and fragments."""
    environment = Environment(
        loader=FileSystemLoader(bundled("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["static"] = static_url
    environment.globals["can"] = can
    environment.globals["role_labels"] = ROLE_LABELS
    environment.filters.update(
        wan=money.format_wan,
        wan_number=money.fen_to_wan,
        cn_date=clock.cn_date,
        cn_datetime=clock.cn_datetime,
        ago=clock.cn_ago,
    )
    environment.globals["wan_range"] = money.format_range
    environment.globals["value_of"] = value_of
    return environment


ENVIRONMENT = build_environment()


def is_fragment(request: Request) -> bool:
    """Return whether htmx asks for a part of the page (never on a history restore)."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def page_context(request: Request) -> dict[str, Any]:
    """Return what every template may use: actor, site, tokens, flash."""
    settings = request.app.state.runtime.settings
    actor: Actor = getattr(request.state, "actor", ANONYMOUS)
    token = csrf.token_for(request)
    return {
        "request": request,
        "actor": actor,
        "path": request.url.path,
        "site": {
            "name": settings.site.name,
            "centre_name": settings.site.centre_name,
            "city": settings.site.city,
            "icp": settings.site.icp,
            "telephone": settings.site.telephone,
            "public_url": settings.public_url.rstrip("/"),
            "demo": bool(request.app.state.runtime.extra.get("demo")),
        },
        "csrf_token": token,
        "csrf_field": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(token),
        "idempotency_field": lambda: Markup('<input type="hidden" name="idempotency_key" value="{}">').format(
            secrets.token_urlsafe(18)
        ),
        "flash": sessions.read_flash(request),
        "is_fragment": False,
        "values": {},
        "errors": {},
    }


def render(
    request: Request,
    name: str,
    context: dict[str, Any] | None = None,
    *,
    status_code: int = 200,
    fragment: str | None = None,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    """Return the page, or its `fragment` when htmx asks for one; panels get the request's session.

    Call it inside the route: templates may not load anything lazily.
    """
    full = page_context(request)
    full.update(context or {})
    if fragment is not None and is_fragment(request):
        name, full["is_fragment"] = fragment, True
    session = full.get("session")
    full["panels"] = lambda place, **named: (
        panels.parts(session, full["actor"], place, **named) if session is not None else []
    )
    response = HTMLResponse(
        ENVIRONMENT.get_template(name).render(full), status_code=status_code, headers=headers
    )
    response.headers["Vary"] = "HX-Request"
    if full["actor"].signed_in:
        response.headers["Cache-Control"] = "no-store"
    sessions.finish(request, response, full)
    return response


def redirect(request: Request, url: str, *, flash: str | None = None, kind: str = "ok") -> Response:
    """Return a 303 to one of our own pages, with an optional one-time notice."""
    if not url.startswith("/") or url.startswith("//") or "\\" in url:
        raise ValueError("redirects stay on our own pages")
    response = RedirectResponse(url, status_code=303)
    if flash is not None:
        sessions.flash(request, response, flash, kind=kind)
    return response


def safe_next(value: str | None, default: str = "/") -> str:
    """Return a same-origin path from a `next` parameter, else the default."""
    if not value or not value.startswith("/") or value.startswith("//"):
        return default
    if (
        "\\" in value
        or any(ord(char) < 32 for char in value)
        or "%2f%2f" in value.lower()
        or "%5c" in value.lower()
    ):
        return default
    return value
