"""Who may import whom: the order of the rooms and the table of files in a room (DESIGN, Layout)."""

import ast

from tests.architecture.tree import EDGE, OUTSIDE, Source, Tree

ORDER: tuple[frozenset[str], ...] = tuple(
    frozenset(level.split())
    for level in (
        "reference",
        "accounts",
        "files",
        "organisations",
        "policies",
        "offerings needs",
        "matching",
        "deals",
        "assessments finance projects chains",
        "venues",
        "events",
        "statistics",
        "indexing",
        "watching",
        "desk",
        "front",
        "demo",  # composes the 示例 data of every room, as a person would through the commands
    )
)
"""Lower rooms first; rooms of one level are siblings."""
LEAVES = frozenset({"notifications"})
"""Rooms that nobody imports; they may import core, web and accounts."""
RANK = {room: number for number, level in enumerate(ORDER) for room in level} | dict.fromkeys(
    LEAVES, len(ORDER)
)


def room_order(tree: Tree) -> list[str]:
    """A room imports lower rooms only: never a higher one, never a sibling, never what puts them together."""
    found = []
    for source in tree.rooms:
        if source.room not in RANK:
            found.append(source.at(1, f"the room {source.room} has no place in the order"))
            continue
        for used in source.imports:
            if used.room in {"", source.room, "__version__"} | OUTSIDE:
                continue
            if used.room in EDGE:
                found.append(
                    source.at(used.line, f"a room imports app.{used.room}, which puts the rooms together")
                )
            elif used.room not in RANK:
                found.append(
                    source.at(used.line, f"imports app.{used.room}, which has no place in the order")
                )
            elif used.room in LEAVES or RANK[used.room] >= RANK[source.room]:
                relation = "its sibling" if RANK[used.room] == RANK[source.room] else "the higher room"
                found.append(source.at(used.line, f"{source.room} imports {relation} {used.room}"))
            elif source.room in LEAVES and used.room != "accounts":
                found.append(source.at(used.line, f"the leaf {source.room} imports {used.room}"))
    return found


def core_and_web(tree: Tree) -> list[str]:
    """Core knows neither the web nor the rooms; web, the HTTP edge every room shares, knows core only."""
    found = []
    for source in tree.sources:
        for used in source.imports:
            if source.room == "core":
                bad = used.is_in("fastapi", "starlette") or used.room not in {"", "core", "__version__"}
            elif source.room == "web":
                bad = used.room not in {"", "core", "web", "__version__"}
            else:
                bad = False
            if bad:
                found.append(source.at(used.line, f"{source.room} imports {used.name}"))
    return found


def search_stands_alone(tree: Tree) -> list[str]:
    """Search imports nothing of app; each engine's library is imported in that engine's folder only."""
    homes = {
        "elasticsearch": "search/elastic/",
        "elastic_transport": "search/elastic/",
        "tantivy": "search/embedded/",
    }
    found = []
    for source in tree.sources:
        for used in source.imports:
            if source.path.parts[0] == "search" and used.is_in("app"):
                found.append(source.at(used.line, f"search imports {used.name}"))
            library = used.name.split(".")[0]
            if library in homes and not str(source.path).startswith(homes[library]):
                found.append(source.at(used.line, f"{library} is imported outside {homes[library]}"))
            inside = used.is_in("search.elastic", "search.embedded", "search.guard", "search.analysis")
            if source.room and inside and not _may_analyse(source, used.name):
                found.append(
                    source.at(used.line, f"{used.name}: the only door of search is search/__init__.py")
                )
    return found


def _may_analyse(source: Source, name: str) -> bool:
    # the text pipeline is pure functions of a text and a lexicon; matching reads a need's words with it
    return name.startswith("search.analysis") and source.kind not in {"models", "schemas", "pages", "api"}


WEB = ("fastapi", "starlette", "jinja2", "app.web")
DATABASE = ("sqlalchemy",)


def _foreign_room(source: Source, used_room: str) -> bool:
    return used_room not in {"", source.room, "__version__"} | OUTSIDE


def files_in_a_room(tree: Tree) -> list[str]:
    """What each file of a room may import (DESIGN's table); a file of another name follows the service's rules."""
    found = []
    for source in tree.rooms:
        for used in source.imports:
            reason = _refuse(source, used.name, used.room, used.kind)
            if reason:
                found.append(source.at(used.line, f"{source.kind} imports {used.name}: {reason}"))
    return found


def _refuse(source: Source, name: str, room: str, kind: str) -> str:
    def within(*packages: str) -> bool:
        return any(name == package or name.startswith(f"{package}.") for package in packages)

    own = room == source.room
    foreign = _foreign_room(source, room)
    role = source.kind
    if role in {"pages", "api", "deps", "panels"}:  # the edge; a panel is a piece of a page
        if within(*DATABASE) and not within("sqlalchemy.orm.Session"):
            return "pages ask the room's queries and service" if role != "deps" else ""
        if foreign and kind in {"pages", "api", "jobs", "indexing"}:
            return "of lower rooms, only commands, queries, their types and accounts.deps are used"
        return ""
    if within(*WEB):
        return "only pages and api know the web"
    if own and kind in {"pages", "api", "deps"}:
        return "nothing below the edge knows pages or routes"
    if role == "models":
        if foreign:
            return "other rooms' tables are named by a string"
        if own and kind in {"service", "queries", "jobs", "indexing"}:
            return "models are the bottom of the room"
    if role == "schemas":
        if within(*DATABASE):
            return "schemas know no session"
        if own and kind in {"service", "queries", "jobs", "indexing"}:
            return "schemas know core and the room's enums"
    if role == "policy":
        if within(*DATABASE):
            return "a policy decides from what it is given, without a session"
        if foreign or (own and kind not in {"models", "policy"}):
            return "a policy knows core.permissions and the room's models"
    if role == "queries":
        if own and kind in {"service", "jobs", "indexing"}:
            return "queries read"
        if foreign and kind == "service":
            return "queries call no command, of lower rooms neither"
    if role == "indexing" and within("search.elastic", "search.embedded"):
        return "indexing makes documents, it knows no engine"
    if foreign and kind in {"pages", "api", "jobs", "deps"}:
        return "of lower rooms, only commands, queries and their types are used"
    return ""


def rooms_open_with_words(tree: Tree) -> list[str]:
    """A room's __init__.py is a docstring: what the room owns, its words, its neighbours. No code."""
    found = []
    for source in tree.rooms:
        if source.path.name != "__init__.py" or len(source.path.parts) != 3:
            continue
        if ast.get_docstring(source.tree) is None:
            found.append(source.at(1, "the room has no docstring"))
        elif len(source.tree.body) > 1:
            found.append(source.at(source.tree.body[1].lineno, "code in a room's __init__.py"))
    return found
