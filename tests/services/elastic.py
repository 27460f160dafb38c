"""A real Elasticsearch node of our own, from the distribution that Maven Central carries."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
import zipfile
from base64 import b64encode
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services.system import (
    NotReadyError,
    cache_dir,
    drop_privileges,
    end_process,
    hand_over,
    install,
    is_alive,
    server_environment,
    wait_for_end,
)

VERSION = "9.5.0"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
OLDEST_JAVA = 21


def home() -> Path:
    return cache_dir() / f"elasticsearch-{VERSION}"


def ensure() -> Path:
    """Fetch and unpack the server once per machine."""
    java_home()
    if not (home() / "bin" / "elasticsearch").exists():
        archive = _download()
        # unpacked beside its place and moved there, so that a stopped run leaves no half server
        with tempfile.TemporaryDirectory(dir=cache_dir()) as folder:
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)
            unpacked = Path(folder) / home().name
            for script in (unpacked / "bin").iterdir():
                script.chmod(0o755)
            shutil.rmtree(home(), ignore_errors=True)
            unpacked.rename(home())
    _make_readable(home())
    return home()


def _download() -> Path:
    folder = cache_dir() / "downloads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} cannot be made ({error.strerror}); set FUNENG_CACHE_DIR to a folder of yours"
        raise NotReadyError(msg) from error
    archive = folder / f"elasticsearch-{VERSION}.zip"
    if archive.exists() and zipfile.is_zipfile(archive):
        return archive
    if shutil.which("mvn") is None:
        install("maven", reason="Maven, which fetches Elasticsearch for the tests")
    print(f"fetching Elasticsearch {VERSION} (130 MB, once) …", flush=True)
    command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
    result = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if result.returncode != 0 or not archive.exists():
        msg = f"Maven could not fetch {ARTIFACT}:\n{(result.stdout + result.stderr)[-1500:]}"
        raise NotReadyError(msg)
    return archive


def _make_readable(folder: Path) -> None:
    """The unprivileged user must reach the server through every folder above it."""
    for path in [folder, *folder.parents]:
        if not path.stat().st_mode & 0o001:
            if path == folder or path == cache_dir():
                path.chmod(0o755)
            else:
                msg = f"{path} is closed to other users; set FUNENG_CACHE_DIR to a folder they can reach"
                raise NotReadyError(msg)


def java_home() -> Path:
    """The first Java of `OLDEST_JAVA` or newer: FUNENG_JAVA_HOME, JAVA_HOME, then /usr/lib/jvm."""
    named = [os.environ.get("FUNENG_JAVA_HOME"), os.environ.get("JAVA_HOME")]
    places = [Path(name) for name in named if name] + sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    for place in places:
        release = place / "release"
        if not release.exists() or not (place / "bin" / "java").exists():
            continue
        version = re.search(r'JAVA_VERSION="(\d+)', release.read_text())
        if version and int(version[1]) >= OLDEST_JAVA:
            return place
    msg = (
        f"missing: a Java of version {OLDEST_JAVA} or newer, which Elasticsearch {VERSION} needs (only the tests do). "
        "Install one (Temurin 21 or 25; Debian 12 packages none) and set FUNENG_JAVA_HOME to its folder."
    )
    raise NotReadyError(msg)


class Elasticsearch:
    """One node in `folder`, on free ports of the loopback interface.

    `security=(user, password)` switches authentication on. `kill()`, `pause()`, `resume()` and a second
    `start()` on the same data serve the fault tests; the port stays the same over restarts.
    """

    def __init__(
        self,
        folder: Path,
        *,
        heap: str = "512m",
        quick_start: bool = True,
        security: tuple[str, str] | None = None,
        settings: dict[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.security = security
        # the second compiler makes the start slower and the steady state faster: benchmarks want it on
        compiler = " -XX:TieredStopAtLevel=1" if quick_start else ""
        self._java_options = f"-Xms{heap} -Xmx{heap}{compiler}"
        self._more = settings or {}
        self._ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._home = ensure()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._ports['http']}"

    @property
    def transport(self) -> str:
        """The address other nodes of a cluster find this one at."""
        return f"127.0.0.1:{self._ports['transport']}"

    @property
    def pid(self) -> int:
        """The server itself, not the launcher that watches it."""
        return int((self.folder / "pid").read_text())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the node and return when it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start the node without waiting; several nodes can boot at once, each with `wait()` afterwards."""
        (self.folder / "pid").unlink(missing_ok=True)
        for name in ("http", "transport"):
            (self.folder / "logs" / f"{name}.ports").unlink(missing_ok=True)
        self._configure()
        command = [
            *drop_privileges(),
            str(self._home / "bin" / "elasticsearch"),
            "-p",
            str(self.folder / "pid"),
        ]
        with (self.folder / "console.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _configure(self) -> None:
        settings = {
            "cluster.name": "funeng-tests",
            "node.name": self.folder.name,
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            "network.host": "127.0.0.1",
            "http.port": str(self._ports.get("http", 0)),
            "transport.port": str(self._ports.get("transport", 0)),
            "node.portsfile": "true",
            "discovery.type": "single-node",
            "xpack.security.enabled": "true" if self.security else "false",
            "cluster.routing.allocation.disk.threshold_enabled": "false",
            "action.auto_create_index": "false",
        } | self._more
        config = self.folder / "config"
        fresh = not config.exists()
        if fresh:
            shutil.copytree(self._home / "config", config)
            for name in ("data", "logs", "tmp"):
                (self.folder / name).mkdir()
        lines = [f"{name}: {value}" for name, value in settings.items()]
        (config / "elasticsearch.yml").write_text("\n".join(lines) + "\n")
        hand_over(self.folder)
        if fresh and self.security:
            user, password = self.security
            tool = str(self._home / "bin" / "elasticsearch-users")
            command = [*drop_privileges(), tool, "useradd", user, "-p", password, "-r", "superuser"]
            subprocess.run(command, cwd=self.folder, env=self._environment(), check=True, capture_output=True)

    def _environment(self) -> dict[str, str]:
        return server_environment(
            ES_JAVA_HOME=str(java_home()),
            ES_PATH_CONF=str(self.folder / "config"),
            ES_TMPDIR=str(self.folder / "tmp"),
            ES_JAVA_OPTS=self._java_options,
            # the launcher is a Java program too; it needs next to nothing
            CLI_JAVA_OPTS="-Xms4m -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
        )

    def wait(self, seconds: float = 120) -> None:
        """Return when the node answers `cluster.health`; it lacks `GET /`, which answers 405."""
        deadline = time.monotonic() + seconds
        while True:
            for name in ("http", "transport"):
                listed = self.folder / "logs" / f"{name}.ports"
                if listed.exists() and (match := re.search(r"127\.0\.0\.1:(\d+)", listed.read_text())):
                    self._ports[name] = int(match[1])
            if self._is_up():
                return
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "console.log").read_text(errors="replace")[-3000:]
                msg = f"Elasticsearch did not start:\n{log}"
                raise NotReadyError(msg)
            time.sleep(0.1)

    def _is_up(self) -> bool:
        if "http" not in self._ports:
            return False
        try:
            return self.request("/_cluster/health", timeout=2)["status"] in {"green", "yellow"}
        except OSError:
            return False

    def request(self, path: str, *, timeout: float = 10) -> dict[str, object]:
        """GET a path as JSON, with the credentials when there are any."""
        request = urllib.request.Request(self.url + path)
        if self.security:
            request.add_header(
                "Authorization", "Basic " + b64encode(":".join(self.security).encode()).decode()
            )
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return dict(json.load(answer))

    def stop(self) -> None:
        """End it in order, even when it was paused."""
        if self._process is None:
            return
        self.resume()
        server = self.pid if (self.folder / "pid").exists() else None
        end_process(self._process, seconds=30)
        self._process = None
        if server is not None:
            wait_for_end([server])

    def kill(self) -> None:
        """Kill -9 of the server; the launcher notices and ends too."""
        assert self._process is not None
        server = self.pid
        os.kill(server, signal.SIGKILL)
        wait_for_end([server])
        end_process(self._process, seconds=10)
        self._process = None

    def pause(self) -> None:
        """Freeze the server: connections are accepted by the kernel and then hang."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if (self.folder / "pid").exists() and is_alive(self.pid):
            os.kill(self.pid, signal.SIGCONT)


def delete_indices(url: str, prefix: str) -> None:
    """Remove what a test made; by name, since a wildcard delete is refused by default."""
    with urllib.request.urlopen(
        f"{url}/_cat/indices/{prefix}*?format=json&expand_wildcards=all", timeout=30
    ) as answer:
        names = [row["index"] for row in json.load(answer)]
    for name in names:
        urllib.request.urlopen(urllib.request.Request(f"{url}/{name}", method="DELETE"), timeout=30).close()
