"""The two commands: what they call, what they skip the second time, what they say when something is missing."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.services.session import CHECKOUT


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/setup.py, its stamps in a folder of the test."""
    spec = importlib.util.spec_from_file_location("funeng_setup", CHECKOUT / "scripts" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "STAMPS", tmp_path / "stamps")
    return module


def make(*words: str) -> str:
    """What make would run, without running it."""
    command = ["make", "--no-print-directory", "-n", *words]
    return subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout


def test_run_sets_up_and_serves_on_the_given_port():
    shown = make("run", "PORT=8123")
    assert "scripts/setup.py run" in shown
    assert ".venv/bin/funeng serve --port 8123" in shown


def test_test_checks_its_servers_before_any_test():
    shown = make("test")
    assert (
        shown.index("setup.py dev") < shown.index("tests.services.preflight") < shown.index("scripts/test.py")
    )


def test_every_target_is_documented():
    text = (CHECKOUT / "Makefile").read_text()
    listed = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert {"run", "setup", "test", "test-long", "check", "bench", "lock", "clean", "assets"} <= listed
    readme = (CHECKOUT / "README.md").read_text()
    for target in ("run", "setup", "test", "test-long", "check", "bench"):
        assert f"make {target}" in readme


def test_ci_calls_what_the_readme_says():
    script = (CHECKOUT / ".ci" / "run").read_text().splitlines()
    assert [line for line in script if line.startswith(("exec", "make"))] == ["exec make test"]
    assert (CHECKOUT / ".ci" / "run").stat().st_mode & 0o111


def test_a_step_is_skipped_until_what_it_was_made_from_changes(setup: ModuleType, tmp_path: Path):
    lock = tmp_path / "lock.txt"
    lock.write_text("a==1")
    key = setup.fingerprint([lock])
    assert not setup.is_current("packages", key)
    setup.stamp("packages", key)
    assert setup.is_current("packages", setup.fingerprint([lock]))
    lock.write_text("a==2")
    assert not setup.is_current("packages", setup.fingerprint([lock]))


def test_data_is_prepared_again_when_it_is_gone_or_the_code_changed(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    runs: list[list[str]] = []
    monkeypatch.setattr(setup, "run", lambda command: runs.append([str(word) for word in command]))
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setenv("FUNENG_DATA_DIR", str(tmp_path / "data"))
    code = tmp_path / "app" / "cli.py"
    code.parent.mkdir()
    code.write_text("1")
    progress = setup.Progress(1)

    def prepared() -> bool:
        """Whether `funeng setup` was called; the database is there afterwards."""
        before = len(runs)
        setup.prepare_data(progress)
        (tmp_path / "data" / "funeng.db").touch()
        return len(runs) > before

    assert prepared()
    assert runs[0][-1] == "setup"
    assert not prepared()
    code.write_text("2")
    assert prepared()
    assert not prepared()
    (tmp_path / "data" / "funeng.db").unlink()
    assert prepared()
    monkeypatch.setenv("FUNENG_DATABASE_URL", "postgresql://elsewhere/funeng")
    assert prepared()
    assert prepared()


def test_a_failed_step_says_what_to_do(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def refuse(level: str) -> None:
        raise setup.SetupError(f"no network for {level}")

    monkeypatch.setattr(setup, "prepare", refuse)
    monkeypatch.setattr(sys, "argv", ["setup.py", "run"])
    assert setup.main() == 1
    assert "Setup stopped: no network for run" in capsys.readouterr().err


def test_ctrl_c_ends_in_one_line(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def interrupt(_level: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "prepare", interrupt)
    monkeypatch.setattr(sys, "argv", ["setup.py", "run"])
    assert setup.main() == 130
    assert "goes on from here" in capsys.readouterr().err


def test_an_old_python_is_refused_by_name(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(setup, "OLDEST", (99, 0))
    monkeypatch.setattr(sys, "argv", ["setup.py", "run"])
    assert setup.main() == 1
    assert "Python 99.0 or newer is needed" in capsys.readouterr().err


def test_setup_needs_only_the_standard_library():
    text = (CHECKOUT / "scripts" / "setup.py").read_text()
    names = re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE)
    assert set(names) <= sys.stdlib_module_names


def test_every_dependency_has_its_reason():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    named = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    wanted = {re.split(r"[\[<>=~!; ]", name)[0].lower() for name in named}
    assets = re.findall(r'^    "([^"]+)": "\d', (CHECKOUT / "package.json").read_text(), re.MULTILINE)
    text = (CHECKOUT / "docs" / "dependencies.md").read_text()
    listed = re.findall(r"^\| `([^`]+)` \| \S", text, re.MULTILINE)
    assert sorted(listed) == sorted(wanted | set(assets))


def test_the_locks_hold_what_is_asked_for():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    pins = {
        name: dict(
            re.findall(
                r"^([a-z0-9._-]+)==(\S+)",
                (CHECKOUT / "requirements" / name).read_text(),
                re.MULTILINE | re.IGNORECASE,
            )
        )
        for name in ("run.txt", "setup.txt", "dev.txt")
    }
    for name in project["dependencies"]:
        assert re.split(r"[\[<>=~!; ]", name)[0].lower() in pins["run.txt"], name
    for lock in ("setup.txt", "dev.txt"):
        for name, version in pins["run.txt"].items():
            assert pins[lock].get(name) == version, f"{name} differs between run.txt and {lock}"
