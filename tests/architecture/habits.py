"""Who may do what: selects, writes, commits, routes, relationships, markup."""

import ast

from tests.architecture.tree import OUTSIDE, Import, Tree

POLICIES = {"public", "public_api", "signed_in", "permission"}
METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "api_route", "route"}

COMMITTERS = {
    "app/core/db.py": "the context managers that the others use",
    "app/core/after.py": "what must survive a refusal",
    "app/core/worker.py": "the worker",
    "app/core/jobs.py": "the worker",
    "app/core/throttle.py": "counts of refused attempts, outside the request's transaction",
    "app/web/deps.py": "the edge",
    "app/web/exports.py": "the edge: the audit row of a download, whose own request only reads",
    "app/accounts/deps.py": "the edge: touches the session's row at most once a minute",
    "app/cli.py": "commands",
    "app/runtime.py": "the worker, as it starts: releases what a dead one had leased",
    "app/demo/people.py": "commands: the seeding, one transaction per batch",
    "app/demo/listings.py": "commands: the seeding, one transaction per batch",
    "app/demo/posting.py": "commands: the seeding, one transaction per batch",
    "app/demo/enquiring.py": "commands: the seeding, one transaction per scene",
    "app/demo/standing.py": "commands: the seeding, one transaction per batch",
    "app/demo/load.py": "commands: the seeding, one transaction per batch",
    "app/indexing/service.py": "the drainer's and the rebuild's short transactions, in the worker",
}
"""Files that end a transaction, each with its reason. Every room's jobs.py is part of the worker."""

MARKUP = {"app/web/templating.py": "the two hidden fields, their values escaped by format()"}


def selects_stand_in_queries(tree: Tree) -> list[str]:
    """In a room only queries.py calls select(; core's own tables are read where they are defined."""
    found = []
    for source in tree.sources:
        if source.path.parts[0] == "search" or source.room == "core" or source.kind == "queries":
            continue
        for name, call in source.calls():
            raw = name == "text" and source.kind != "models"  # a constraint's condition is text too
            if name in {"select", ".query", ".select", ".exec_driver_sql"} or (
                raw and _imports_text(source.imports)
            ):
                found.append(source.at(call.lineno, f"{name.lstrip('.')}( outside queries.py"))
    return found


def _imports_text(imports: list[Import]) -> bool:
    return any(used.name in {"sqlalchemy.text", "sqlalchemy.sql.text"} for used in imports)


def queries_do_not_write(tree: Tree) -> list[str]:
    """queries.py reads: no add, delete, flush or merge on a session, no insert/update/delete statement."""
    writes = {".add", ".add_all", ".delete", ".flush", ".merge", "insert", "update", "delete"}
    found = []
    for source in tree.rooms:
        if source.kind == "queries":
            for name, call in source.calls():
                on_session = not name.startswith(".") or _is_session(call)
                if name in writes and on_session:
                    found.append(source.at(call.lineno, f"queries call {name.lstrip('.')}("))
    return found


def _is_session(call: ast.Call) -> bool:
    target = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(target, ast.Name) and "session" in target.id


def only_the_edge_commits(tree: Tree) -> list[str]:
    """A command never commits: its caller may have more to do in the same transaction."""
    found = []
    for source in tree.sources:
        path = str(source.path)
        if path in COMMITTERS or (source.kind == "jobs" and source.room not in OUTSIDE):
            continue
        if path.startswith("app/cli/") or source.path.parts[0] == "search":
            continue
        for name, call in source.calls():
            if name in {".commit", ".writing"}:
                found.append(
                    source.at(call.lineno, f"{name[1:]}( outside the edge, the worker and the command line")
                )
    return found


def routes_declare_their_policy(tree: Tree) -> list[str]:
    """Every route function says who may call it; create_app() asks the same again at start."""
    found = []
    for source in tree.sources:
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            names = [_decorator(decorator) for decorator in node.decorator_list]
            is_route = any(
                method in METHODS and (owner in {"app", "router"} or owner.endswith("_router"))
                for owner, method in names
            )
            declared = any(method in POLICIES for _owner, method in names)
            if is_route and not declared:
                found.append(source.at(node.lineno, f"the route {node.name} declares no policy"))
    return found


def _decorator(node: ast.expr) -> tuple[str, str]:
    """(owner, name) of a decorator: ('router', 'get') for @router.get(…), ('', 'public') for @public."""
    target = node.func if isinstance(node, ast.Call) else node
    if isinstance(target, ast.Attribute):
        owner = target.value.id if isinstance(target.value, ast.Name) else ""
        return owner, target.attr
    return "", target.id if isinstance(target, ast.Name) else ""


def relationships_raise(tree: Tree) -> list[str]:
    """No relationship loads by itself: `lazy="raise"`, so that a page's number of queries is what queries.py says."""
    found = []
    for source in tree.rooms:
        for name, call in source.calls():
            if name == "relationship":
                lazy = {word.arg: word.value for word in call.keywords}.get("lazy")
                if not (
                    isinstance(lazy, ast.Constant) and lazy.value in {"raise", "raise_on_sql", "write_only"}
                ):
                    found.append(source.at(call.lineno, 'a relationship without lazy="raise"'))
    return found


def nothing_is_marked_safe(tree: Tree) -> list[str]:
    """Markup( is for the reviewed places; everything else is escaped by the templates."""
    found = []
    for source in tree.sources:
        if str(source.path) in MARKUP:
            continue
        for name, call in source.calls():
            if name in {"Markup", ".Markup", "markup_safe"}:
                found.append(source.at(call.lineno, "Markup( outside the reviewed places"))
    return found


def engines_are_not_called_in_services(tree: Tree) -> list[str]:
    """Search is never on a write's path: a command leaves an outbox row, the worker tells the engine."""
    found = []
    for source in tree.rooms:
        if source.kind == "service" and source.room != "indexing":
            found += [
                source.at(used.line, f"a service imports {used.name}")
                for used in source.imports
                if used.is_in("search.open_engine", "search.SearchEngine", "search.interface")
            ]
    return found
