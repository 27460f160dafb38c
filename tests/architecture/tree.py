"""A checkout as the rules see it: its committed files and, for Python, their syntax trees and imports."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

EDGE = {"main", "routes", "cli", "runtime", "models_all"}
"""Modules directly in app/ that put the rooms together; no room imports them."""
OUTSIDE = {"core", "web", "data"}


@dataclass(frozen=True)
class Source:
    """One Python file: `path` relative to the checkout, e.g. app/needs/service/publish.py."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @property
    def room(self) -> str:
        """The room (or core, web) of a file in app/, '' for the files that put them together."""
        parts = self.path.parts
        return parts[1] if parts[0] == "app" and len(parts) > 2 else ""

    @property
    def kind(self) -> str:
        """The role of the file in its room: service.py and service/publish.py are both 'service'."""
        return PurePosixPath(self.path.parts[2]).stem if self.room else self.path.stem

    @property
    def module(self) -> str:
        parts = list(self.path.with_suffix("").parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def imports(self) -> list["Import"]:
        """Every imported module with its line, wherever it stands, also inside functions."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [Import(name.name, node.lineno) for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:  # relative: resolved against the package
                    package = self.module.split(".")
                    if self.path.name != "__init__.py":
                        package = package[:-1]
                    package = package[: len(package) - node.level + 1]
                    base = ".".join([*package, *([node.module] if node.module else [])])
                # `from app.core import clock` imports a module, `from app.core.clock import now` a name in one
                found += [Import(f"{base}.{name.name}", node.lineno) for name in node.names]
        return found

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """(what is called, the call): 'select' for `select(…)`, '.commit' for `session.commit()`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                if isinstance(node.func, ast.Name):
                    yield node.func.id, node
                elif isinstance(node.func, ast.Attribute):
                    yield f".{node.func.attr}", node

    def at(self, line: int, message: str) -> str:
        return f"{self.path}:{line}: {message}"


@dataclass(frozen=True)
class Import:
    name: str
    line: int

    def is_in(self, *packages: str) -> bool:
        return any(self.name == package or self.name.startswith(f"{package}.") for package in packages)

    @property
    def room(self) -> str:
        """The room (or core, web) that is imported from, '' when it is none of app's packages."""
        parts = self.name.split(".")
        return parts[1] if parts[0] == "app" and len(parts) > 1 else ""

    @property
    def kind(self) -> str:
        parts = self.name.split(".")
        return parts[2] if len(parts) > 2 else ""


class Tree:
    """The files of a folder: those that git would commit, or all of them where there is no repository."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def files(self) -> list[PurePosixPath]:
        if (self.root / ".git").exists():
            command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            listed = subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout
            names = [PurePosixPath(name) for name in listed.split("\0") if name]
            return sorted(name for name in names if (self.root / name).is_file())
        return sorted(
            PurePosixPath(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()
        )

    def read(self, path: PurePosixPath) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def named(self, *suffixes: str, under: tuple[str, ...] = ()) -> Iterator[PurePosixPath]:
        for path in self.files:
            if path.suffix in suffixes and (not under or path.parts[0] in under):
                yield path

    @cached_property
    def sources(self) -> list[Source]:
        """The Python files of the product: app and search."""
        return [Source(path, self.read(path)) for path in self.named(".py", under=("app", "search"))]

    @property
    def rooms(self) -> list[Source]:
        """The files of the rooms: not core, not web, not what puts them together."""
        return [source for source in self.sources if source.room and source.room not in OUTSIDE]
