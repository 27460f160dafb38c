"""Cookies: the signed-in session, the visitor's pre-session and the one-time flash."""

from typing import Any

from fastapi import Request, Response

from app.core.security import Signer, new_token, token_hash
from app.core.settings import Settings

ABSOLUTE_S = 12 * 3600
PRE_LIFE_S = 7 * 24 * 3600


def cookie_name(settings: Settings, base: str) -> str:
    """Return `__Host-…` whenever the public address is https; a plain name in development only."""
    return f"__Host-{base}" if settings.https else base


def _set(response: Response, settings: Settings, base: str, value: str, max_age: int | None) -> None:
    response.set_cookie(
        cookie_name(settings, base),
        value,
        max_age=max_age,
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


def session_token(request: Request) -> str | None:
    settings: Settings = request.app.state.runtime.settings
    return request.cookies.get(cookie_name(settings, "funeng"))


def set_session(request: Request, response: Response, token: str) -> None:
    settings: Settings = request.app.state.runtime.settings
    _set(response, settings, "funeng", token, ABSOLUTE_S)


def clear_session(request: Request, response: Response) -> None:
    settings: Settings = request.app.state.runtime.settings
    response.delete_cookie(
        cookie_name(settings, "funeng"), path="/", secure=settings.https, httponly=True, samesite="lax"
    )


def put(request: Request, response: Response, base: str, value: str, max_age: int) -> None:
    """Set a short-lived cookie of ours (a half-done sign-in); `value` is a token or sealed."""
    settings: Settings = request.app.state.runtime.settings
    _set(response, settings, base, value, max_age)


def find(request: Request, base: str) -> str | None:
    settings: Settings = request.app.state.runtime.settings
    return request.cookies.get(cookie_name(settings, base))


def drop(request: Request, response: Response, base: str) -> None:
    settings: Settings = request.app.state.runtime.settings
    response.delete_cookie(
        cookie_name(settings, base), path="/", secure=settings.https, httponly=True, samesite="lax"
    )


def pre_token(request: Request) -> str:
    """Return the visitor's random pre-session token, made now when there is none (set on the answer)."""
    known: str | None = getattr(request.state, "pre_token", None)
    if known is None:
        settings: Settings = request.app.state.runtime.settings
        signer: Signer = request.app.state.runtime.signer
        signed = request.cookies.get(cookie_name(settings, "funeng_pre"), "")
        known = signer.read("pre", signed, max_age_s=PRE_LIFE_S) if signed else None
        if known is None:
            known = new_token()
            request.state.pre_is_new = True
        request.state.pre_token = known
    return known


def anonymous_owner(request: Request) -> str:
    """Return the owner under which a visitor's drafts are kept."""
    return f"anon:{token_hash(pre_token(request))}"


def flash(request: Request, response: Response, text: str, *, kind: str = "ok") -> None:
    """Show `text` once on the next page (kind: ok, warn, stop, info)."""
    settings: Settings = request.app.state.runtime.settings
    signer: Signer = request.app.state.runtime.signer
    _set(response, settings, "funeng_flash", signer.sign("flash", f"{kind}|{text}"), 60)


def read_flash(request: Request) -> tuple[str, str] | None:
    settings: Settings = request.app.state.runtime.settings
    signer: Signer = request.app.state.runtime.signer
    signed = request.cookies.get(cookie_name(settings, "funeng_flash"), "")
    value = signer.read("flash", signed, max_age_s=60) if signed else None
    if value is None:
        return None
    kind, _, text = value.partition("|")
    return kind, text


def finish(request: Request, response: Response, context: dict[str, Any]) -> None:
    """Set what rendering brought up: a new pre-session, a used flash."""
    settings: Settings = request.app.state.runtime.settings
    signer: Signer = request.app.state.runtime.signer
    if getattr(request.state, "pre_is_new", False):
        _set(response, settings, "funeng_pre", signer.sign("pre", request.state.pre_token), PRE_LIFE_S)
    if context.get("flash") is not None:
        response.delete_cookie(
            cookie_name(settings, "funeng_flash"),
            path="/",
            secure=settings.https,
            httponly=True,
            samesite="lax",
        )
