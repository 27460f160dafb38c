"""The two faces of an error: a page or JSON, by router; error pages query nothing."""

from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from jinja2 import TemplateNotFound
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.core import logging
from app.core.errors import (
    AppError,
    Conflict,
    EditConflict,
    FormRejected,
    Hindered,
    Invalid,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from app.core.permissions import ANONYMOUS
from app.core.reasons import message_of
from app.web import sessions
from app.web.headers import set_headers
from app.web.templating import ENVIRONMENT, is_fragment, page_context, render

log = logging.get("web")
HTTP_TEXTS = {404: "没有找到这个页面，或者您看不到它", 405: "这个地址不支持这种操作", 413: "提交的内容太大"}


def wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/") or request.url.path in {"/healthz", "/readyz", "/metrics"}


def _json(request: Request, error: AppError) -> JSONResponse:
    body: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "request_id": request.scope.get("state", {}).get("request_id"),
    }
    if isinstance(error, Invalid | FormRejected):
        body["fields"] = error.fields
    if isinstance(error, EditConflict):
        body["theirs"] = dict(error.theirs)
    return JSONResponse({"error": body}, error.status)


def _page(request: Request, error: AppError) -> Response:
    context = page_context(request)
    context.update(
        error=error, status=error.status, request_id=request.scope.get("state", {}).get("request_id")
    )
    try:
        template = ENVIRONMENT.get_template(f"errors/{error.status}.html")
    except TemplateNotFound:
        template = ENVIRONMENT.get_template("errors/500.html")
    response = HTMLResponse(template.render(context), status_code=error.status)
    response.headers["Vary"] = "HX-Request"
    response.headers["Cache-Control"] = "no-store"
    sessions.finish(request, response, context)
    return response


def answer(request: Request, error: AppError) -> Response:
    """Return the error as the caller reads it: JSON under `/api/`, else a page; 401 leads to sign-in."""
    response: Response
    if wants_json(request):
        response = _json(request, error)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, FormRejected):
        response = _form_again(request, error)
    elif isinstance(error, Unauthenticated) and not is_fragment(request):
        back = request.url.path if request.method in {"GET", "HEAD"} else "/"
        query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
        response = RedirectResponse(f"/sign-in?next={quote(back + query)}", status_code=303)
    elif isinstance(error, Hindered):
        response = _to_the_step(request, error)
    else:
        response = _page(request, error)
    if isinstance(error, RateLimited | Unavailable):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _to_the_step(request: Request, error: Hindered) -> Response:
    """Lead to the page where the person does what is asked first, and back afterwards."""
    safe = request.method in {"GET", "HEAD"}
    query = f"?{request.url.query}" if request.url.query and safe else ""
    place = f"{error.leads_to}?next={quote((request.url.path if safe else '/') + query)}"
    if is_fragment(request):
        response = _page(request, error)
        response.headers["HX-Redirect"] = place
        return response
    return RedirectResponse(place, status_code=303)


def _form_again(request: Request, error: FormRejected) -> Response:
    build = error.context.get("build")
    context: dict[str, Any] = {key: value for key, value in error.context.items() if key != "build"}
    with request.app.state.runtime.database.reading() as session:
        if callable(build):
            context = {**build(session), **context}
        context["errors"] = error.fields
        context.setdefault("session", session)
        return render(request, error.template, context, status_code=error.status)


def _from_database(error: Exception) -> AppError:
    text = str(getattr(error, "orig", error)).lower()
    if "full" in text or "no space" in text:
        return Unavailable("存储空间已满，暂时不能保存；浏览不受影响", code="storage_full", retry_after=60)
    return Unavailable()


def install(app: FastAPI) -> None:
    """Give the application its handlers."""

    @app.exception_handler(AppError)
    def _app_error(request: Request, error: AppError) -> Response:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 413:
            return answer(request, TooLarge())
        shown = AppError(HTTP_TEXTS.get(error.status_code, "请求无法处理"))
        shown.status = error.status_code
        shown.code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
        response = answer(request, shown)
        for name, value in (error.headers or {}).items():
            response.headers[name] = value
        return response

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> Response:
        fields: dict[str, str] = {}
        for item in error.errors():
            path = "-".join(str(part) for part in item["loc"] if part not in {"body", "query", "path"})
            fields.setdefault(path or "body", message_of(item))
            if item["loc"] and item["loc"][0] == "path":
                return answer(request, _not_found())
        return answer(request, Invalid(fields))

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    @app.exception_handler(DBAPIError)
    def _database(request: Request, error: Exception) -> Response:
        log.warning("database unavailable", error=str(error)[:300])
        request.state.actor = getattr(request.state, "actor", ANONYMOUS)
        if isinstance(error, DataError):  # PostgreSQL keeps no NUL, for one
            return answer(request, Invalid({"form": "里面有不能保存的字符，请删掉再试"}))
        if isinstance(
            error, IntegrityError
        ):  # two did the same thing in the same moment; the other came first
            return answer(request, Conflict("刚才有另一次提交占了先，请刷新后再试"))
        if isinstance(error, OperationalError | PoolTimeout) or getattr(
            error, "connection_invalidated", False
        ):
            return answer(request, _from_database(error))
        return answer(request, _internal(error))

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> Response:
        response = answer(request, _internal(error))
        request_id = request.scope.get("state", {}).get("request_id", "")
        https = request.app.state.runtime.settings.https
        set_headers(response.headers, request.url.path, request_id, https=https)  # sent outside the edge
        return response


def _not_found() -> AppError:
    shown = AppError(HTTP_TEXTS[404])
    shown.status, shown.code = 404, "not_found"
    return shown


def _internal(error: Exception) -> AppError:
    log.error("unexpected error", exc_info=error)
    shown = AppError("系统出错了，已经记下；请稍后再试")
    shown.status, shown.code = 500, "internal"
    return shown
