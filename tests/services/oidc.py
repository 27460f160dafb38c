"""A real OpenID provider on a free port, in a thread of this process; tests may twist what it answers."""

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

import httpx2
import werkzeug.serving

Twist = Callable[[Any], Any]


@dataclass
class Provider:
    """Where it is, what it was asked for, and what a test makes of its JSON answers (path → function)."""

    issuer: str
    twists: dict[str, Twist] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)

    def put_user(self, subject: str, **claims: Any) -> None:
        httpx2.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def approve(self, url: str, subject: str, **changed: str) -> str:
        """Sign in there and agree; returns where the browser is sent back to. `changed` are query parameters."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query)) | changed
        answer = httpx2.post(urlunsplit(parts._replace(query=urlencode(query))), data={"sub": subject})
        assert answer.status_code == 302, answer.text[:300]
        return str(answer.headers["location"])

    def deny(self, url: str) -> str:
        return str(httpx2.post(url, data={"action": "deny"}).headers["location"])


@contextmanager
def running_provider(*, token_age: timedelta = timedelta(hours=1)) -> Iterator[Provider]:
    """Run it while the block lasts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it still uses authlib's older names
        import oidc_provider_mock

        inner = oidc_provider_mock.app(access_token_max_age=token_age)
    provider = Provider("")

    def app(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            provider.forms.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
            environ["wsgi.input"] = BytesIO(body)
        twist = provider.twists.get(environ["PATH_INFO"])
        if twist is None:
            return inner(environ, start_response)
        kept: dict[str, Any] = {}

        def keep(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            kept.update(status=status, headers=headers)

        raw = b"".join(inner(environ, keep))
        changed = json.dumps(twist(json.loads(raw))).encode()
        headers = [pair for pair in kept["headers"] if pair[0].lower() != "content-length"]
        start_response(kept["status"], [*headers, ("Content-Length", str(len(changed)))])
        return [changed]

    server = werkzeug.serving.make_server("localhost", 0, app, threaded=True)
    provider.issuer = f"http://localhost:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
