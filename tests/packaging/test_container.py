"""Dockerfile and compose.yaml, checked without a container engine: by reading them as one would."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.core.settings import Env, Settings
from tests.packaging import commands
from tests.services import elastic
from tests.services.session import CHECKOUT

VARIABLE = re.compile(r"\$\{([A-Z_]+)(:[?-][^}]*)?\}")
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN")


def instructions(text: str) -> list[list[tuple[str, str]]]:
    """The stages of a Dockerfile, each a list of (instruction, rest), continued lines joined."""
    stages: list[list[tuple[str, str]]] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest.strip()))
    return stages


def words(stage: list[tuple[str, str]], instruction: str) -> list[str]:
    return [rest for word, rest in stage if word == instruction]


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    return instructions((CHECKOUT / "Dockerfile").read_text())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((CHECKOUT / "compose.yaml").read_text()))


class TestDockerfile:
    def test_builds_with_the_commands_of_the_wheel_test(self, stages: list[list[tuple[str, str]]]):
        build, run = stages
        assert words(build, "RUN") == commands.BUILD_STAGE
        own = [command for command in words(run, "RUN") if "pip" in command]
        assert own == commands.RUN_STAGE

    def test_starts_the_installed_command(self, stages: list[list[tuple[str, str]]]):
        (entry,), (command,) = words(stages[-1], "ENTRYPOINT"), words(stages[-1], "CMD")
        assert yaml.safe_load(entry) == ["funeng"]
        assert yaml.safe_load(command)[:1] == commands.SERVE

    def test_stands_on_one_pinned_base_of_the_locks_python(self, stages: list[list[tuple[str, str]]]):
        bases = {words(stage, "FROM")[0].split()[0] for stage in stages}
        assert len(bases) == 1
        (base,) = bases
        name, version = base.split(":")
        assert "/" not in name
        assert re.match(r"\d+\.\d+\.\d+-", version), "an exact version"
        lock = (CHECKOUT / "requirements" / "run.txt").read_text()
        assert f"with Python {'.'.join(version.split('.')[:2])}\n" in lock

    def test_runs_as_somebody_who_owns_nothing_of_it(self, stages: list[list[tuple[str, str]]]):
        run = stages[-1]
        (user,) = words(run, "USER")
        assert int(user) > 0
        after = [word for word, _ in run[[word for word, _ in run].index("USER") :]]
        assert not {"RUN", "COPY", "ADD"} & set(after)

    def test_has_a_health_check_that_needs_no_other_tool(self, stages: list[list[tuple[str, str]]]):
        (check,) = words(stages[-1], "HEALTHCHECK")
        program = yaml.safe_load(check.partition("CMD ")[2])
        assert program[:2] == ["python", "-c"]
        assert "/readyz" in program[2]
        compile(program[2], "healthcheck", "exec")

    def test_copies_only_what_is_there_and_not_ignored(self, stages: list[list[tuple[str, str]]]):
        allowed = {
            line[1:] for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
        }
        for stage in stages:
            for rest in words(stage, "COPY"):
                if rest.startswith("--from"):
                    continue
                for source in shlex.split(rest)[:-1]:
                    assert (CHECKOUT / source).exists(), source
                    assert source in allowed or source.split("/")[0] in allowed, source

    def test_holds_no_secret(self, stages: list[list[tuple[str, str]]]):
        for stage in stages:
            for rest in words(stage, "ENV") + words(stage, "ARG"):
                assert not SECRET.search(rest), rest


class TestCompose:
    def test_has_the_parts_of_an_installation(self, compose: dict[str, Any]):
        assert {"proxy", "app", "worker", "database", "search"} <= set(compose["services"])

    def test_runs_the_commands_of_the_wheel_test(self, compose: dict[str, Any]):
        services = compose["services"]
        assert services["migrate"]["command"] == commands.MIGRATE
        assert services["reference"]["command"] == commands.REFERENCE
        assert services["app"]["command"][:1] == commands.SERVE
        assert services["worker"]["command"] == commands.WORKER
        for name in ("migrate", "reference"):
            assert services[name]["restart"] == "no"
        waits = services["app"]["depends_on"]
        assert waits["reference"] == {"condition": "service_completed_successfully"}
        assert services["reference"]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }

    def test_names_images_without_a_registry_and_with_an_exact_version(self, compose: dict[str, Any]):
        for name, service in compose["services"].items():
            assert re.fullmatch(r"([a-z]+/)?[a-z]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", service["image"]), name

    def test_runs_the_tested_elasticsearch(self, compose: dict[str, Any]):
        images = {
            service["image"]
            for service in compose["services"].values()
            if "elasticsearch" in service["image"]
        }
        assert images == {f"elasticsearch:{elastic.VERSION}"}

    def test_switches_the_searchs_security_on(self, compose: dict[str, Any]):
        settings = compose["services"]["search"]["environment"]
        assert settings["xpack.security.enabled"] == "true"
        assert settings["xpack.security.http.ssl.enabled"] == "true"
        ours = compose["services"]["app"]["environment"]
        assert ours["FUNENG_SEARCH__URL"].startswith("https://")
        assert ours["FUNENG_SEARCH__CA_CERTS"]
        assert ours["FUNENG_SEARCH__USERNAME"] != "elastic", "a user with the rights it needs and no more"

    def test_opens_the_proxy_only(self, compose: dict[str, Any]):
        assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
        assert compose["networks"]["inside"]["internal"] is True
        reaching_out = {
            name for name, item in compose["services"].items() if "outside" in item.get("networks", [])
        }
        # the proxy is reached; ours send mail and webhooks; the scanner fetches signatures: no store of data is among them
        assert reaching_out == {"proxy", "app", "worker", "migrate", "reference", "scanner"}
        for name, service in compose["services"].items():
            assert (
                name in reaching_out
                or service.get("networks") == ["inside"]
                or service.get("network_mode") == "none"
            )

    def test_scans_uploads_and_sends_letters(self, compose: dict[str, Any]):
        ours = compose["services"]["worker"]["environment"]
        assert ours["FUNENG_FILES__SCANNER"] == "clamd"
        assert ours["FUNENG_FILES__CLAMD"].partition(":")[0] in compose["services"]
        assert ours["FUNENG_MAIL__HOST"]

    def test_trusts_the_proxys_address_and_no_other(self, compose: dict[str, Any]):
        proxy = compose["services"]["proxy"]["networks"]["inside"]["ipv4_address"]
        trusted = yaml.safe_load(compose["services"]["app"]["environment"]["FUNENG_TRUSTED_PROXIES"])
        assert trusted == [proxy]

    def test_has_no_default_secret(self):
        for path in ("compose.yaml", "deploy/env.example", "deploy/Caddyfile"):
            text = (CHECKOUT / path).read_text()
            for name, default in VARIABLE.findall(text):
                if SECRET.search(name):
                    assert default.startswith(":?"), f"{path}: {name} has a default or may be empty"
        for name, _, value in (line.partition("=") for line in example_lines()):
            assert value == "", f"deploy/env.example gives a value for {name}"

    def test_asks_for_what_the_example_lists(self):
        asked = {
            name
            for name, default in VARIABLE.findall((CHECKOUT / "compose.yaml").read_text())
            if default[:2] == ":?"
        }
        assert asked == {line.partition("=")[0] for line in example_lines()}

    def test_sets_settings_that_exist_and_are_accepted(
        self, compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        given = {
            name: VARIABLE.sub(fill, value)
            for name, value in compose["services"]["app"]["environment"].items()
        }
        for name in given:
            model: Any = Settings
            for part in name.removeprefix("FUNENG_").lower().split("__"):
                assert part in model.model_fields, name
                model = model.model_fields[part].annotation
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        settings = Settings(data_dir=tmp_path)
        assert settings.env is Env.production
        assert settings.https
        assert not settings.is_sqlite
        assert not settings.worker_in_process


def example_lines() -> list[str]:
    lines = (CHECKOUT / "deploy" / "env.example").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def fill(match: re.Match[str]) -> str:
    """A plausible value for a variable of .env."""
    if (match[2] or "").startswith(":-"):
        return match[2][2:]
    return "funeng.example" if "DOMAIN" in match[1] else "Zx8-2Qw7_Lk5Jh4Gf3Ds1Ap0Mn6Bv9Cy"


@pytest.mark.parametrize("script", sorted((CHECKOUT / "deploy").glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_sound_bash(script: Path):
    subprocess.run(["bash", "-n", script], check=True)
    assert script.read_text().splitlines()[2] == "set -euo pipefail"
    assert script.stat().st_mode & 0o111
