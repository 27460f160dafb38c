"""Generations of the embedded index on disk, the alias that names the serving one, and the writer lease.

<data_dir>/alias.json            {"serving": "gen-…"}, replaced atomically
<data_dir>/writer.lock           held (flock) by the one process that writes
<data_dir>/gen-<time>-<rand>/    one tantivy index each, with its own build.json
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from search.analysis.tokens import PIPELINE_VERSION
from search.schema import SCHEMA_VERSION
from search.types import Lexicon, WriterBusy

_KEEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Build:
    """How a generation was made; stands in its build.json."""

    pipeline_version: str
    schema_version: str
    lexicon_version: str
    words: tuple[str, ...]
    begun_at: str
    published_at: str | None = None
    retired_at: str | None = None
    #: False for a generation that began empty under live writes: it lacks whatever was there before.
    complete: bool = False

    @classmethod
    def now(cls, lexicon: Lexicon) -> Build:
        return cls(
            PIPELINE_VERSION, SCHEMA_VERSION, lexicon.version, lexicon.words, datetime.now(UTC).isoformat()
        )


class Store:
    """The folder of generations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lease: IO[str] | None = None

    # -- lease ---------------------------------------------------------------------------------------------

    def take_lease(self) -> None:
        """Makes this process the writer; the kernel frees the lease when the process dies, however it dies."""
        if self._lease is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = (self.folder / "writer.lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise WriterBusy("another process writes this index") from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._lease = handle

    def release_lease(self) -> None:
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    # -- alias ---------------------------------------------------------------------------------------------

    def alias_stamp(self) -> tuple[int, int] | None:
        """Changes whenever another generation is published."""
        try:
            stat = (self.folder / "alias.json").stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns

    def serving(self) -> str | None:
        try:
            name = json.loads((self.folder / "alias.json").read_text(encoding="utf-8"))["serving"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return name if isinstance(name, str) else None

    def publish(self, name: str, *, complete: bool) -> None:
        """Names the serving generation in one atomic step, durable before it returns."""
        moment = datetime.now(UTC).isoformat()
        former = self.serving()
        self.write_build(name, replace(self.read_build(name), published_at=moment, complete=complete))
        _replace_file(self.folder / "alias.json", json.dumps({"serving": name}))
        if former is not None and former != name:
            with suppress(OSError, ValueError, TypeError):  # a broken former one must not stop the new one
                self.write_build(former, replace(self.read_build(former), retired_at=moment))

    # -- generations ---------------------------------------------------------------------------------------

    def path(self, name: str) -> Path:
        return self.folder / name

    def create(self, lexicon: Lexicon) -> str:
        name = f"gen-{datetime.now(UTC):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        self.path(name).mkdir(parents=True)
        self.write_build(name, Build.now(lexicon))
        return name

    def read_build(self, name: str) -> Build:
        raw = json.loads((self.path(name) / "build.json").read_text(encoding="utf-8"))
        return Build(**{**raw, "words": tuple(raw["words"])})

    def write_build(self, name: str, build: Build) -> None:
        _replace_file(self.path(name) / "build.json", json.dumps(asdict(build), ensure_ascii=False))

    def remove(self, name: str) -> None:
        shutil.rmtree(self.path(name), ignore_errors=True)

    def sweep(self) -> list[str]:
        """Removes rebuilds that were never published and generations retired for a day; returns their names."""
        serving = self.serving()
        swept = []
        for path in sorted(self.folder.glob("gen-*")):
            if path.name != serving and self._is_over(path.name):
                self.remove(path.name)
                swept.append(path.name)
        return swept

    def _is_over(self, name: str) -> bool:
        try:
            build = self.read_build(name)
        except (OSError, ValueError, TypeError, KeyError):
            return True
        if build.published_at is None:
            return True
        if build.retired_at is None:
            return False
        return datetime.now(UTC) - datetime.fromisoformat(build.retired_at) > _KEEP


def _replace_file(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
