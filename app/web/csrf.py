"""Cross-site request forgery: our origin on every unsafe request, and a token bound to the session.

Visitors get a token bound to their signed pre-session, so sign-in and registration are covered too.
"""

from urllib.parse import urlsplit

from fastapi import Request

from app.core.errors import CsrfRefused
from app.core.security import Signer, token_hash
from app.web import sessions

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
HEADER = "x-csrf-token"
FIELD = "csrf_token"


def token_for(request: Request) -> str:
    """Return the token that this visitor's forms carry."""
    signer: Signer = request.app.state.runtime.signer
    current = sessions.session_token(request)
    if current is not None and getattr(request.state, "signed_in", False):
        return signer.mac("csrf", token_hash(current))
    return signer.mac("csrf-pre", sessions.pre_token(request))


def check_origin(request: Request) -> None:
    """Refuse an unsafe request that a browser says came from elsewhere."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        raise CsrfRefused("这次提交来自别的网站，已拒绝")
    origin = request.headers.get("origin")
    if origin is None:
        return
    runtime = request.app.state.runtime
    ours = {urlsplit(runtime.settings.public_url).netloc}
    if not runtime.settings.is_production:
        ours.add(request.headers.get("host", ""))
    if urlsplit(origin).netloc not in ours:
        raise CsrfRefused("这次提交来自别的网站，已拒绝")


def check(request: Request, given: str | None) -> None:
    """Refuse an unsafe request whose token is missing or belongs to another session."""
    signer: Signer = request.app.state.runtime.signer
    current = sessions.session_token(request)
    given = request.headers.get(HEADER) or given or ""
    if current is not None and getattr(request.state, "signed_in", False):
        good = signer.check_mac("csrf", token_hash(current), given)
    else:
        good = signer.check_mac("csrf-pre", sessions.pre_token(request), given)
    if not good:
        raise CsrfRefused
