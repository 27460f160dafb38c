"""Runs the cells of the table against the application."""

from dataclasses import dataclass

from tests.matrix import table
from tests.matrix.asking import Asker, outcome
from tests.matrix.calls import call_of


@dataclass(frozen=True)
class Difference:
    route: str
    situation: str
    role: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.route} [{self.situation}] as {self.role}: {self.got}, the table says {self.expected}"


def part_of(route: str) -> str:
    """Return the part of the table that a route belongs to: a room's name or `rest`."""
    words = route.split("/")
    return next((part for part in ("enquiries", "needs", "offerings", "organisations") if part in words), "rest")


def differences(asker: Asker, *, only: str = "", stop: bool = False) -> list[Difference]:
    """Return the cells (of one part or route) that answer otherwise; `stop` at the first."""
    found: list[Difference] = []
    for (route, situation, role), expected in table.cells().items():
        if only not in {"", part_of(route), route}:
            continue
        method, url, call = call_of(route, asker.world, role, situation)
        got = outcome(asker.ask(role, method, url, **call))
        if got != expected:
            found.append(Difference(route, situation, role, expected, got))
            if stop:
                break
    return found
