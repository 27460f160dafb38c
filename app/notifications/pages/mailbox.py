"""The mailbox of development: every mail and SMS as it would arrive. In production there is no such page."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from app.core import letters, outgoing
from app.core.errors import NotFound
from app.core.outgoing import CHANNEL_LABELS, STATE_LABELS, Body, Letter
from app.core.settings import Settings
from app.web.deps import ReadSession, RuntimeDep
from app.web.policy import public
from app.web.templating import render

router = APIRouter(prefix="/dev/mailbox")


def _refuse(settings: Settings) -> None:
    if settings.is_production:
        raise NotFound


def _row(settings: Settings, letter: Letter) -> dict[str, object]:
    return {
        "letter": letter,
        "channel": CHANNEL_LABELS[letter.channel],
        "state": STATE_LABELS[letter.state],
        "body": outgoing.body_of(settings, letter),
    }


@router.get("")
@public
def show_mailbox(
    request: Request,
    session: ReadSession,
    runtime: RuntimeDep,
    to: Annotated[str, Query(max_length=254)] = "",
) -> Response:
    """List the latest letters, of one recipient or all."""
    _refuse(runtime.settings)
    rows = outgoing.list_latest(session, to=to.strip() or None)
    context = {"rows": [_row(runtime.settings, row) for row in rows], "to": to.strip(), "session": session}
    return render(request, "notifications/mailbox.html", context)


@router.get("/{letter_id}")
@public
def show_letter(
    request: Request, session: ReadSession, runtime: RuntimeDep, letter_id: uuid.UUID
) -> Response:
    """Show one letter with its headers and text."""
    _refuse(runtime.settings)
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound
    context = {"row": _row(runtime.settings, letter), "session": session}
    return render(request, "notifications/letter.html", context)


@router.get("/{letter_id}/html")
@public
def show_html(session: ReadSession, runtime: RuntimeDep, letter_id: uuid.UUID) -> Response:
    """Show the HTML part alone, in a sandbox that runs nothing and admits only the mails' own style block."""
    _refuse(runtime.settings)
    letter = session.get(Letter, letter_id)
    body: Body | None = outgoing.body_of(runtime.settings, letter) if letter is not None else None
    if body is None or body.html is None:
        raise NotFound
    policy = (
        f"default-src 'none'; style-src {letters.style_hash()}; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return HTMLResponse(body.html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})
