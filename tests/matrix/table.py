"""Reads table.yaml: (route, situation, role) → the expected outcome, every cell exactly once."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.matrix.world import ROLES

FILE = Path(__file__).with_name("table.yaml")
FOLDER = Path(__file__).with_name("tables")
OUTCOMES = ("ok", "sign_in", "forbidden", "gone", "refused")
ANY = "any"
Cells = dict[tuple[str, str, str], str]


class TableError(Exception):
    """The table says something twice, or names what there is not."""


def cells_of(text: str) -> Cells:
    """Return every cell of a table's text; a row without situations has the one situation `any`."""
    data = yaml.safe_load(text)
    groups: dict[str, Any] = data["groups"]
    found: Cells = {}
    for route, row in data["routes"].items():
        by_situation = row if row and all(isinstance(line, dict) for line in row.values()) else {ANY: row}
        for situation, line in by_situation.items():
            for role, outcome in _line(line, groups, f"{route} {situation}"):
                found[route, situation, role] = outcome
    return found


def _line(line: dict[str, Any], groups: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    rest = line.get("rest")
    named: dict[str, str] = {}
    for outcome, who in line.items():
        if outcome == "rest":
            continue
        if outcome not in OUTCOMES:
            raise TableError(f"{where}: no outcome {outcome}")
        for role in _roles(who, groups, where):
            if role in named:
                raise TableError(f"{where}: {role} stands under {named[role]} and {outcome}")
            named[role] = outcome
    for role in ROLES:
        yield role, named.get(role) or rest or ("sign_in" if role == "visitor" else "forbidden")


def _roles(who: Any, groups: dict[str, Any], where: str) -> Iterator[str]:
    for name in [who] if isinstance(who, str) else who:
        if name in groups:
            yield from _roles(groups[name], groups, where)
        elif name in ROLES:
            yield name
        else:
            raise TableError(f"{where}: no role or group {name}")


@cache
def _of_rooms() -> dict[Path, dict[str, Any]]:
    files = sorted(FOLDER.glob("*.yaml"))
    return {file: yaml.safe_load(file.read_text(encoding="utf-8"))["routes"] for file in files}


@cache
def rooms() -> dict[str, str]:
    """Return route → room for the tables in tables/; `accounts_doors.yaml` is a table of the room accounts."""
    return {route: file.stem.partition("_")[0] for file, routes in _of_rooms().items() for route in routes}


@cache
def cells() -> Cells:
    """Return the cells of table.yaml and of every room's own table in tables/ (with the groups of table.yaml)."""
    text = FILE.read_text(encoding="utf-8")
    found = cells_of(text)
    groups = yaml.safe_load(text)["groups"]
    for file, routes in _of_rooms().items():
        more = cells_of(yaml.safe_dump({"groups": groups, "routes": routes}, allow_unicode=True))
        twice = found.keys() & more.keys()
        if twice:
            raise TableError(f"{file.name}: {min(twice)} stands in two tables")
        found |= more
    return found
