"""The runner of `make test-long`: what passed is not run again, what failed is; each leaves a dated page."""

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from tests.services.session import CHECKOUT

STEPS = """
[[step]]
name = "good"
shows = "a step that passes"
command = ["python", "-c", "print('fine')"]
minutes = 1

[[step]]
name = "bad"
shows = "a step that fails"
command = ["python", "-c", "import os; print(os.environ['FUNENG_TEST_SCALE']); raise SystemExit(3)"]
minutes = 1
"""


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("funeng_long", CHECKOUT / "scripts" / "long.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "funeng_long", module)
    spec.loader.exec_module(module)
    (tmp_path / "long.toml").write_text(STEPS)
    monkeypatch.setattr(module, "STEPS", tmp_path / "long.toml")
    monkeypatch.setattr(module, "EVIDENCE", tmp_path / "evidence")
    monkeypatch.setattr(module, "DONE", tmp_path / "done")
    monkeypatch.setattr(module, "state", lambda: "0123456789ab")
    return module


def pages(folder: Path) -> dict[str, str]:
    return {path.stem[11:]: path.read_text() for path in (folder / "evidence").glob("*.txt")}


def test_a_run_leaves_pages_and_goes_on_with_what_failed(
    long: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.argv", ["long.py"])
    assert long.main() == 1
    found = pages(tmp_path)
    assert "passed in" in found["good"]
    assert "fine" in found["good"]
    assert "FAILED in" in found["bad"]
    assert "full" in found["bad"]
    assert "commit 0123456789ab" in found["good"]
    capsys.readouterr()
    assert long.main() == 1
    assert "1 run, 1 done before, failed: bad" in capsys.readouterr().out


def test_another_commit_begins_again(
    long: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.argv", ["long.py", "good"])
    assert long.main() == 0
    monkeypatch.setattr(long, "state", lambda: "ba9876543210")
    monkeypatch.setattr("sys.argv", ["long.py", "--list"])
    capsys.readouterr()
    assert long.main() == 0
    assert "done" not in capsys.readouterr().out


def test_an_unknown_step_is_refused(
    long: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("sys.argv", ["long.py", "nonsense"])
    assert long.main() == 2
    assert "nonsense" in capsys.readouterr().err


def test_the_real_steps_name_what_is_there():
    steps = tomllib.loads((CHECKOUT / "tests" / "long.toml").read_text())["step"]
    assert len({step["name"] for step in steps}) == len(steps)
    for step in steps:
        for word in step["command"]:
            if "/" in word:
                assert (CHECKOUT / word).exists(), word
