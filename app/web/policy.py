"""Every route declares who may call it; `accounts.deps.enforce` reads the declaration.

A route without one fails at start, and the reviewed route × role table is compared with what happens.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from fastapi.routing import APIRoute

from app.core.permissions import Permission
from app.core.scopes import Scope

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
ATTRIBUTE, SCOPE_ATTRIBUTE = "__funeng_policy__", "__funeng_scope__"


class Access(StrEnum):
    public = "public"
    signed_in = "signed_in"
    permission = "permission"


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    access: Access
    permission: Permission | None = None
    csrf: bool = True
    gated: bool = True


def _declare(policy: RoutePolicy) -> Callable[[Endpoint], Endpoint]:
    def keep(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, ATTRIBUTE, policy)
        return endpoint

    return keep


def public(endpoint: Endpoint) -> Endpoint:
    """Anyone may call; unsafe methods still need our origin and a token."""
    return _declare(RoutePolicy(Access.public))(endpoint)


def public_api(endpoint: Endpoint) -> Endpoint:
    """Anyone may call without a CSRF token: the route changes nothing that belongs to a session."""
    return _declare(RoutePolicy(Access.public, csrf=False))(endpoint)


def signed_in(endpoint: Endpoint) -> Endpoint:
    """Any signed-in person."""
    return _declare(RoutePolicy(Access.signed_in))(endpoint)


def beforehand(endpoint: Endpoint) -> Endpoint:
    """Also for whoever must first set up a second factor or change an old password; stands on top."""
    return _declare(replace(policy_of(endpoint), gated=False))(endpoint)


def permission(needed: Permission) -> Callable[[Endpoint], Endpoint]:
    """Only an actor whose `needed` rule could ever hold; the service asks again with the object."""
    return _declare(RoutePolicy(Access.permission, needed))


def scope(needed: Scope) -> Callable[[Endpoint], Endpoint]:
    """Say which scope a program's token needs for this API route; a route without one takes no token."""

    def keep(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, SCOPE_ATTRIBUTE, needed)
        return endpoint

    return keep


def scope_of(endpoint: Callable[..., Any]) -> Scope | None:
    found = getattr(endpoint, SCOPE_ATTRIBUTE, None)
    return found if isinstance(found, Scope) else None


@dataclass(frozen=True, slots=True)
class RouteInfo:
    method: str
    path: str
    endpoint: Callable[..., Any]


def walk_routes(routes: Iterable[Any]) -> Iterator[RouteInfo]:
    """Yield every route of an application, also those of included routers (FastAPI keeps them nested)."""
    for route in routes:
        if isinstance(route, APIRoute):
            found: list[Any] = [route]
        elif hasattr(route, "effective_route_contexts"):
            found = list(route.effective_route_contexts())
        else:
            continue
        for item in found:
            for method in sorted(item.methods - {"HEAD"}):
                yield RouteInfo(method, item.path, item.endpoint)


def policy_of(endpoint: Callable[..., Any]) -> RoutePolicy:
    found = getattr(endpoint, ATTRIBUTE, None)
    if not isinstance(found, RoutePolicy):
        raise TypeError(f"route {endpoint.__module__}.{endpoint.__qualname__} declares no policy")
    return found
