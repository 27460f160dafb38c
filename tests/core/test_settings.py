"""What an installation may not start with."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.settings import Settings, development_secret

GOOD = "q8Zr2-Wm4xT_7vNc1-Kp9sLd3_Hf6yBg0-Ja5e"


def _make(tmp_path: Path, **given: Any) -> Settings:
    return Settings(data_dir=tmp_path, **given)


@pytest.mark.parametrize("secret", [None, "secret", "changeme", "a" * 64, "short-but-varied-1"])
def test_production_refuses_a_missing_default_or_weak_secret(tmp_path: Path, secret: str | None) -> None:
    with pytest.raises(ValidationError, match="FUNENG_SECRET_KEY"):
        _make(tmp_path, env="production", secret_key=secret)


def test_production_starts_with_a_good_secret(tmp_path: Path) -> None:
    assert _make(tmp_path, env="production", secret_key=GOOD).signing_keys() == [GOOD]


def test_development_makes_its_own_secret_once_and_keeps_it_private(tmp_path: Path) -> None:
    first = _make(tmp_path).signing_keys()
    assert first == _make(tmp_path).signing_keys()
    assert len(first[0]) >= 48
    assert (tmp_path / "secrets" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert development_secret(tmp_path, "another") != first[0]


def test_old_keys_still_read_and_the_new_one_signs(tmp_path: Path) -> None:
    from app.core.security import Signer

    old, new = Signer(["old-" + GOOD]), Signer(["old-" + GOOD, GOOD])
    assert new.read("x", old.sign("x", "value"), max_age_s=60) == "value"
    assert old.read("x", new.sign("x", "value"), max_age_s=60) is None
    assert new.read("y", new.sign("x", "value"), max_age_s=60) is None
    assert new.check_mac("csrf", "s", old.mac("csrf", "s"))
    assert not new.check_mac("csrf", "s", new.mac("csrf", "t"))


def test_sqlite_serves_one_process_only(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="SQLite serves one"):
        _make(tmp_path, processes=2, worker_in_process=False)


def test_several_processes_need_the_worker_apart(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="worker apart"):
        _make(tmp_path, processes=2, database_url="postgresql://x/y")


def test_production_refuses_what_loosens_it_for_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValidationError, match="RATE_FACTOR"):
        _make(tmp_path, env="production", secret_key=GOOD, rate_factor=10)
    monkeypatch.setattr("app.core.failpoints._name", "edge.before_commit")
    with pytest.raises(ValidationError, match="FAILPOINT"):
        _make(tmp_path, env="production", secret_key=GOOD)


def test_bad_proxy_networks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        _make(tmp_path, trusted_proxies=["anything"])
