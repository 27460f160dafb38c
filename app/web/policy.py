"""Every route declares who may call it; `accounts.deps.enforce` reads the declaration.

A route without one fails at start, and the reviewed route × role table is compared with what happens.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from fastapi.routing import APIRoute

from app.core.permissions import Permission

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
ATTRIBUTE = "__funeng_policy__"


class Access(StrEnum):
    public = "public"
    signed_in = "signed_in"
    permission = "permission"


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    access: Access
    permission: Permission | None = None
    csrf: bool = True


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


def permission(needed: Permission) -> Callable[[Endpoint], Endpoint]:
    """Only an actor whose `needed` rule could ever hold; the service asks again with the object."""
    return _declare(RoutePolicy(Access.permission, needed))


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
