"""Runs the cells of the table against the application."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.matrix import table
from tests.matrix.asking import Asker, outcome
from tests.matrix.calls import call_of

Cell = tuple[tuple[str, str, str], str]


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
    """Return the room that a route belongs to; what is nobody's alone is the `rest`."""
    words = route.split("/")
    named = {"enquiries": "deals", **{room: room for room in ("needs", "offerings", "organisations")}}
    return table.rooms().get(route) or next((named[word] for word in words if word in named), "rest")


def parts() -> list[str]:
    """Return the parts of the table."""
    return sorted({part_of(route) for route, _situation, _role in table.cells()})


def differences(asker: Asker, *, only: str) -> list[Difference]:
    """Return the cells of one part or route that answer otherwise."""
    cells = table.cells().items()
    return list(_differing(asker, (cell for cell in cells if only in {part_of(cell[0][0]), cell[0][0]})))


def first_opened(asker: Asker, part: str) -> Difference | None:
    """Return a cell of the part that the table shuts and that answers otherwise.

    Taking a check away opens doors: only shut ones are tried, one role of every line first, then the next.
    """
    rounds: dict[int, list[Cell]] = defaultdict(list)
    tried: dict[tuple[str, str], int] = defaultdict(int)
    for cell in table.cells().items():
        (route, situation, _role), expected = cell
        if part_of(route) == part and expected in {"forbidden", "gone", "refused"}:
            rounds[tried[route, situation]].append(cell)
            tried[route, situation] += 1
    return next(_differing(asker, (cell for number in sorted(rounds) for cell in rounds[number])), None)


def _differing(asker: Asker, cells: Iterable[Cell]) -> Iterator[Difference]:
    for (route, situation, role), expected in cells:
        method, url, call = call_of(route, asker.world, role, situation)
        got = outcome(asker.ask(role, method, url, **call))
        if got != expected:
            yield Difference(route, situation, role, expected, got)
