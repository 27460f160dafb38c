"""Backup and restore: the database and the uploads in one archive with a manifest of hashes.

The search index is left out: it is rebuilt from the database. PostgreSQL needs `pg_dump` and
`pg_restore` of the server's version on the path.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from app import __version__
from app.core import clock, health
from app.core.errors import AppError
from app.core.settings import Settings

MANIFEST, SQLITE_NAME, DUMP_NAME, UPLOADS = "manifest.json", "funeng.db", "funeng.dump", "uploads"


class BackupError(AppError):
    """What went wrong, in words for the operator."""

    code = "backup_failed"


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _postgres(command: str, settings: Settings, *arguments: str) -> None:
    program = shutil.which(command)
    if program is None:
        raise BackupError(f"找不到 {command}：请安装与数据库同版本的 PostgreSQL 客户端")
    url = make_url(settings.database_url).set(drivername="postgresql")
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}  # in the arguments `ps` would show it
    bare = url._replace(password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603  fixed program, our own arguments
        [program, *arguments, "--dbname", bare],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | secret,
    )
    if done.returncode:
        raise BackupError(f"{command} 失败：{done.stderr.strip()[-500:]}")


def _sqlite_path(settings: Settings) -> Path:
    return Path(make_url(settings.database_url).database or "")


def create(settings: Settings, target: Path) -> dict[str, Any]:
    """Write the archive to `target` while the platform runs; returns the manifest.

    SQLite is copied by its online backup, PostgreSQL by `pg_dump` in one snapshot.
    """
    if target.exists():
        raise BackupError(f"{target} 已经存在，请换一个文件名")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="funeng-backup-") as scratch:
        folder = Path(scratch)
        if settings.is_sqlite:
            with (
                closing(sqlite3.connect(_sqlite_path(settings))) as source,
                closing(sqlite3.connect(folder / SQLITE_NAME)) as copy,
            ):
                source.backup(copy)
        else:
            _postgres("pg_dump", settings, "--format=custom", "--no-owner", "--file", str(folder / DUMP_NAME))
        uploads = settings.data_dir / UPLOADS
        if uploads.is_dir():
            shutil.copytree(uploads, folder / UPLOADS)
        manifest = {
            "version": __version__,
            "created_at": clock.now().isoformat(),
            "database": "sqlite" if settings.is_sqlite else "postgresql",
            "files": {
                str(path.relative_to(folder)): _digest(path)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            },
        }
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
        partial = target.with_name(target.name + ".partial")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)  # it holds personal data and password hashes
        with tarfile.open(partial, "w:gz") as archive:
            for path in sorted(folder.iterdir()):
                archive.add(path, arcname=path.name)
        partial.rename(target)
    done = {"files": len(manifest["files"]), "bytes": target.stat().st_size}
    note = {"created_at": manifest["created_at"], "name": target.name, **done}
    (settings.data_dir / health.LAST_BACKUP).write_text(json.dumps(note))
    return done


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError) as error:
        raise BackupError(f"{source} 不是完整的备份：{error}") from error
    for name, digest in manifest["files"].items():
        path = folder / name
        if not path.is_file() or _digest(path) != digest:
            raise BackupError(f"备份里的 {name} 缺失或已损坏，没有恢复任何内容")
    return manifest


def restore(settings: Settings, source: Path, *, replace: bool) -> None:
    """Put the archive's database and uploads in place; nothing is touched unless it is whole.

    Raises:
        BackupError: damaged archive, another kind of database, or data in place without `replace`.

    """
    with tempfile.TemporaryDirectory(prefix="funeng-restore-") as scratch:
        folder = Path(scratch)
        manifest = _unpack(source, folder)
        if (manifest["database"] == "sqlite") != settings.is_sqlite:
            raise BackupError(f"备份来自 {manifest['database']}，现在设置的是另一种数据库")
        if settings.is_sqlite:
            database = _sqlite_path(settings)
            if database.exists() and not replace:
                raise BackupError(f"{database} 已有数据；确定要替换请加 --yes，并先停止服务")
            database.parent.mkdir(parents=True, exist_ok=True)
            for suffix in ("-wal", "-shm"):
                database.with_name(database.name + suffix).unlink(missing_ok=True)
            fresh = database.with_name(database.name + ".restored")
            shutil.copy2(folder / SQLITE_NAME, fresh)
            fresh.replace(database)
        else:
            flags = ["--clean", "--if-exists"] if replace else []
            _postgres(
                "pg_restore", settings, "--no-owner", "--exit-on-error", *flags, str(folder / DUMP_NAME)
            )
        uploads = settings.data_dir / UPLOADS
        if (folder / UPLOADS).is_dir():
            if uploads.exists():
                shutil.rmtree(uploads)
            shutil.copytree(folder / UPLOADS, uploads)
    shutil.rmtree(settings.index_dir, ignore_errors=True)
