"""`@idempotent`: a creating route does its work once per key and replays the stored answer."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from app.core import idempotency
from app.core.errors import AppError
from app.core.security import token_hash
from app.web import sessions
from app.web.forms import Form

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
CREATED = 201
REPLAYED_HEADERS = ("location", "content-type")


class KeyRequired(AppError):
    status = 400
    code = "idempotency_key_required"
    default = "缺少提交编号，请刷新页面后再提交"


def idempotent(endpoint: Endpoint) -> Endpoint:
    """Wrap a route whose parameters include `request: Request` and `session: WriteSession`.

    The key comes from the hidden field `idempotency_key` or the header `Idempotency-Key`; the row is
    written in the same transaction as the effect, so a crash leaves no stuck key.
    """

    @wraps(endpoint)
    def run(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(endpoint).bind(*args, **kwargs).arguments
        request: Request = bound["request"]
        session: Session = bound["session"]
        form: Form = getattr(request.state, "form", None) or Form()
        key = request.headers.get("idempotency-key") or form.idempotency_key
        if not key:
            if form.data:
                raise KeyRequired
            return endpoint(*args, **kwargs)
        payload = form.data or {
            name: jsonable_encoder(value)
            for name, value in bound.items()
            if hasattr(value, "model_dump") or isinstance(value, str | int)
        }
        row, first = idempotency.begin(
            session,
            owner=_owner(request),
            route=f"{request.method} {request.url.path}"[:160],
            key=key,
            digest=idempotency.request_hash(payload),
        )
        if not first:
            headers = {name: str(value) for name, value in row.headers.items()}
            return Response(content=row.body, status_code=row.status, headers=headers)
        result = endpoint(*args, **kwargs)
        if not isinstance(result, Response):
            result = JSONResponse(jsonable_encoder(result), status_code=CREATED)
        row.status = result.status_code
        row.body = bytes(result.body)
        row.headers = {name: result.headers[name] for name in REPLAYED_HEADERS if name in result.headers}
        return result

    return run  # type: ignore[return-value]  # wraps keeps the endpoint's own signature for FastAPI


def _owner(request: Request) -> str:
    actor = getattr(request.state, "actor", None)
    if actor is not None and actor.user_id is not None:
        return f"user:{actor.user_id}"
    return f"anon:{token_hash(sessions.pre_token(request))[:64]}"
