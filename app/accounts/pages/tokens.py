"""One's own API tokens."""

import uuid
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.accounts import queries, service
from app.accounts.deps import CurrentActor, FormData
from app.accounts.schemas import TokenForm
from app.core import clock
from app.core.permissions import Actor
from app.core.scopes import SCOPE_LABELS
from app.web.deps import ReadSession, RuntimeDep, WriteSession
from app.web.idempotent import idempotent
from app.web.policy import signed_in
from app.web.templating import redirect, render

router = APIRouter(prefix="/account/tokens")
TEMPLATE, PAGE = "accounts/tokens.html", "/account/tokens"
LIVES = ((30, "30 天"), (90, "90 天"), (180, "半年"), (service.MAX_DAYS, "一年"))


def _context(session: Session, actor: Actor) -> dict[str, Any]:
    rows = queries.list_api_tokens(session, service.user_id_of(actor))
    return {
        "session": session,
        "tokens": rows,
        "organisations": queries.organisation_names(session, [row.organisation_id for row in rows]),
        "scopes": [(scope.value, label, scope.value) for scope, label in SCOPE_LABELS.items()],
        "scope_labels": {scope.value: label for scope, label in SCOPE_LABELS.items()},
        "lives": LIVES,
        "moment": clock.now(),
    }


@router.get("")
@signed_in
def list_tokens(request: Request, actor: CurrentActor, session: ReadSession) -> Response:
    return render(request, TEMPLATE, {**_context(session, actor), "values": {"days": 90}})


@router.post("")
@signed_in
@idempotent
def make_token(
    *, request: Request, actor: CurrentActor, form: FormData, session: WriteSession, runtime: RuntimeDep
) -> Response:
    """Make one; its text travels once in the one-time notice's cookie and is stored nowhere."""
    with form.rejecting(TEMPLATE, lambda fresh: _context(fresh, actor)):
        runtime.throttle.hit([("20/hour", f"token-made:{actor.user_id}")], message="建令牌太频繁")
        data = form.parse(TokenForm)
        _row, text = service.make_token(session, actor, name=data.name, scopes=data.scopes, days=data.days)
    return redirect(request, PAGE, flash=text, kind="token")


@router.post("/{token_id}/revoke")
@signed_in
def revoke_token(
    request: Request, actor: CurrentActor, session: WriteSession, token_id: uuid.UUID
) -> Response:
    service.revoke_token(session, actor, token_id=token_id)
    return redirect(request, PAGE, flash="令牌已作废，用它的程序下一次请求就会被拒绝")
