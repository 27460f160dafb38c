"""The API's OpenAPI document: how to be let in, and every refusal with its shape."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.core.scopes import SCOPE_LABELS, Scope
from app.web.policy import RouteInfo, scope_of, walk_routes

PREFIX = "/api/v1"
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, in words for a person (`message`, `hint`) and for a program (`code`).",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "description": "stable, such as `not_found` or `scope_missing`"},
                "message": {"type": "string"},
                "hint": {"type": ["string", "null"]},
                "request_id": {"type": ["string", "null"]},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "path of the field → reason",
                },
                "theirs": {"type": "object", "description": "what the other one saved (409)"},
            },
        }
    },
}
EVERYWHERE = {
    "401": "No sign-in where one is needed, or a token that is wrong, expired or revoked",
    "403": "Not your right, not in the token's scopes, or without the CSRF token",
    "404": "Nothing there, or nothing that you may see",
    "409": "Not in this state, or somebody saved first",
    "422": "The input breaks a rule; `fields` says which and why",
    "429": "Too often; `Retry-After` says when again",
    "503": "Busy or out of service for a moment; `Retry-After` says when again",
}
WRITING = {
    "400": "The request cannot be read",
    "413": "More than the limit",
}
IF_MATCH = {"428": "`If-Match` with the version that was read is missing"}
SCHEMES: dict[str, Any] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal API token (`fn_…`) from /account/tokens; no CSRF token is needed. Scopes: "
        + ", ".join(scope.value for scope in SCOPE_LABELS),
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-funeng",
        "description": "The browser's session; unsafe requests carry `X-CSRF-Token` from /api/v1/me.",
    },
}


def install(app: FastAPI) -> None:
    """Give the application an OpenAPI document that says what really happens."""

    def build() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]  # the documented way to extend it


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        routes=list(app.routes),
        description="统一的 JSON 接口。金额一律为整数分；时间一律为带时区的 ISO 8601。",
    )
    api = {path: item for path, item in document["paths"].items() if path.startswith(PREFIX)}
    document["paths"] = api
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = SCHEMES
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(name, None)
    for route in walk_routes(app.routes):
        operation = api.get(route.path, {}).get(route.method.lower())
        if operation is not None:
            _complete(operation, route)
    return document


def _complete(operation: dict[str, Any], route: RouteInfo) -> None:
    scope = scope_of(route.endpoint)
    needed = [] if scope in {None, Scope.open} else [scope.value] if scope else []
    operation["security"] = [{"token": needed}, {"session": []}, {}]
    if needed:
        operation["description"] = f"{operation.get('description', '')}\n\nScope: `{needed[0]}`.".strip()
    refusals = dict(EVERYWHERE)
    if route.method != "GET":
        refusals |= WRITING
    if any(given["name"].lower() == "if-match" for given in operation.get("parameters", [])):
        refusals |= IF_MATCH
    responses = operation.setdefault("responses", {})
    for status, text in refusals.items():
        responses[status] = {
            "description": text,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in {"429", "503"}:
            responses[status]["headers"] = {
                "Retry-After": {"description": "seconds", "schema": {"type": "integer"}}
            }
