"""Panels: how a lower room's page shows an upper room's data without importing it.

The upper room registers a panel for a named place with its policy and its number of queries; the page
asks by name: `{% for part in panels("offering.detail.facts", offering=offering) %}{% include
part.template %}{% endfor %}`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.core.permissions import Actor, Permission, can

Build = Callable[..., dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    place: str
    template: str
    build: Build
    queries: int
    permission: Permission | None
    order: int


@dataclass(frozen=True, slots=True)
class Part:
    template: str
    data: dict[str, Any]


_panels: dict[str, list[Panel]] = {}


def _name(build: Build) -> str:
    return f"{build.__module__}.{build.__qualname__}"


def register(
    place: str, *, template: str, queries: int, permission: Permission | None = None, order: int = 50
) -> Callable[[Build], Build]:
    """Register `build(session, actor, **named) -> data | None` for a place; None shows nothing.

    `queries` is the panel's promised number of statements (a test counts); `permission` None means
    public.
    """

    def keep(build: Build) -> Build:
        known = _panels.setdefault(place, [])
        name = (build.__module__, build.__qualname__)
        if all((panel.build.__module__, panel.build.__qualname__) != name for panel in known):
            known.append(Panel(place, template, build, queries, permission, order))
            known.sort(key=lambda panel: panel.order)
        return build

    return keep


def parts(session: Session, actor: Actor, place: str, **named: Any) -> list[Part]:
    """Return what the actor may see at this place, in order."""
    found: list[Part] = []
    for panel in _panels.get(place, []):
        if panel.permission is not None and not can(actor, panel.permission):
            continue
        data = panel.build(session, actor, **named)
        if data is not None:
            found.append(Part(panel.template, data))
    return found


def registered() -> list[Panel]:
    return [panel for known in _panels.values() for panel in known]
