"""The built wheel serves from a bare environment, outside the checkout, by the commands the image uses."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.packaging import commands
from tests.services.server import free_port
from tests.services.session import CHECKOUT
from tests.services.system import end_process

SECRET = "a-secret-of-this-test-0123456789-abcdef"


def run(command: str, *, python: Path, cwd: Path) -> None:
    """Run one of the listed commands with another Python; a star is expanded as a shell would."""
    words = shlex.split(command.replace("python ", f"{python} ", 1))
    expanded = [str(path) for word in words for path in (sorted(cwd.glob(word)) if "*" in word else [word])]
    result = subprocess.run(expanded, cwd=cwd, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder outside the checkout with dist/ in it."""
    made = tmp_path_factory.mktemp("wheel")
    # built from a copy, so that a parallel run never sees half a dist folder
    copy = made / "checkout"
    copy.mkdir()
    for name in ("app", "search", "templates", "migrations", "pyproject.toml", "README.md", "LICENSE"):
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, copy / name)
    run(commands.WHEEL, python=Path(sys.executable), cwd=copy)
    (copy / "dist").rename(made / "dist")
    shutil.rmtree(copy)
    return made


@pytest.fixture(scope="module")
def bare(folder: Path) -> Path:
    """The `bin` folder of an environment with what requirements/run.txt locks, and the wheel.

    The locked packages are linked from the environment of the tests, whose lock is constrained to the same
    versions: nothing is downloaded, and nothing else is there.
    """
    place = folder / "venv"
    venv.create(place, with_pip=True, symlinks=True)
    python = place / "bin" / "python"
    found = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    )
    target = Path(found.stdout.strip())
    lock = (CHECKOUT / "requirements" / "run.txt").read_text()
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, re.MULTILINE | re.IGNORECASE):
        package = distribution(name)
        assert package.version == version, f"{name} is {package.version} here and {version} in the lock"
        for file in package.files or []:
            if ".." in file.parts or "__pycache__" in file.parts:
                continue  # scripts of the packages; the product calls none
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.locate(), target / file)
    run(commands.INSTALL, python=python, cwd=folder)
    run(commands.CHECK, python=python, cwd=folder)
    return place / "bin"


def environment(bare: Path, data: Path, port: int, **more: str) -> dict[str, str]:
    return {
        "PATH": f"{bare}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "LANG": "C.UTF-8",
        "HOME": str(data),
        "FUNENG_DATA_DIR": str(data),
        "FUNENG_PUBLIC_URL": f"http://127.0.0.1:{port}",
    } | more


@contextmanager
def serving(bare: Path, data: Path, **more: str) -> Iterator[str]:
    """Set up and serve with the installed command alone, from a folder that is not the checkout."""
    port = free_port()
    settings = environment(bare, data, port, **more)
    data.mkdir()
    for command in (commands.MIGRATE, commands.REFERENCE):
        result = subprocess.run(
            [bare / "funeng", *command], cwd=data, env=settings, check=False, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            [bare / "funeng", *commands.SERVE, "--port", str(port)],
            cwd=data,
            env=settings,
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            assert process.poll() is None, (data / "log").read_text()
            try:
                fetch(f"{address}/readyz")
            except OSError:
                process_wait(process)
            else:
                break
        yield address
    finally:
        end_process(process)


def process_wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(0.05)
    except subprocess.TimeoutExpired:
        return


def fetch(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return bytes(answer.read())


def get(address: str) -> str:
    return fetch(address).decode()


def test_the_wheel_serves_from_a_bare_environment(bare: Path, tmp_path: Path):
    with serving(bare, tmp_path / "data") as address:
        assert get(f"{address}/readyz") == "ok"
        page = get(address)
        assert "赋能汇" in page
        files = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
        assert any(".css" in name for name in files)
        assert any("htmx" in name for name in files)
        for name in files:
            assert fetch(address + name)


def test_production_serves_with_its_own_secret_only(bare: Path, tmp_path: Path):
    more = {"FUNENG_ENV": "production", "FUNENG_SECRET_KEY": SECRET}
    with serving(bare, tmp_path / "data", **more) as address:
        assert get(f"{address}/readyz") == "ok"
    refused = subprocess.run(
        [bare / "funeng", "serve", "--port", "0"],
        cwd=tmp_path,
        env=environment(bare, tmp_path / "data", 1, FUNENG_ENV="production"),
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert refused.returncode == 2
    assert "FUNENG_SECRET_KEY" in refused.stderr


def test_the_bare_environment_uses_its_own_files(bare: Path, tmp_path: Path):
    code = (
        "import app, search, json; from app.core.settings import bundled;"
        "print(json.dumps([app.__file__, search.__file__, str(bundled('templates')), str(bundled('migrations'))]))"
    )
    result = subprocess.run(
        [bare / "python", "-c", code],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin"},
    )
    for place in json.loads(result.stdout):
        assert place.startswith(str(bare.parent)), place
        assert Path(place).exists()


def test_the_wheel_holds_the_product_and_nothing_else(folder: Path):
    (wheel,) = (folder / "dist").glob("funeng-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"app", "search", "funeng"}
    assert "app/web/static/vendor/htmx.min.js" in names
    assert "app/web/static/vendor/LICENSES.txt" in names
    assert any(name.startswith("app/_bundled/templates/") for name in names)
    assert any(name.startswith("app/_bundled/migrations/versions/") for name in names)
    assert not [name for name in names if "__pycache__" in name or "/var/" in name or name.endswith(".db")]
