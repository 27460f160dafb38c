"""Elasticsearch gone, hanging, refusing, or with security on."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from search import EngineSettings, open_engine
from search.guard import GuardedEngine, State
from search.types import Document, Outcome, SearchUnavailable, Status
from tests.search.factories import find, ids, offering, put


@contextmanager
def silent_server(answer: bytes = b"") -> Iterator[str]:
    """Accepts every connection and says `answer`, or nothing at all."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)
                if answer:
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()
        thread.join(5)


def test_a_dead_server_fails_fast_and_opens_the_breaker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    engine = open_engine(EngineSettings(backend="elasticsearch", hosts=(url,)))
    assert isinstance(engine, GuardedEngine)
    for _ in range(3):
        with pytest.raises(SearchUnavailable):
            find(engine, "设备")
    assert engine.breaker.state is State.OPEN
    started = time.monotonic()
    with pytest.raises(SearchUnavailable, match="paused"):
        find(engine, "设备")
    assert time.monotonic() - started < 0.1
    assert engine.health().status is Status.DOWN
    engine.warm()
    with pytest.raises(SearchUnavailable):
        engine.write([offering("a", "一")])
    engine.close()


def test_a_hanging_server_costs_a_second() -> None:
    with silent_server() as url:
        engine = open_engine(EngineSettings(backend="elasticsearch", hosts=(url,), search_timeout=0.5))
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(SearchUnavailable):
                find(engine, "设备")
            assert time.monotonic() - started < 2
        with pytest.raises(SearchUnavailable, match="paused"):
            engine.suggest("设", audience=frozenset({"public"}))
        engine.close()


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable", "500 Oops"])
def test_a_refusing_server_is_unavailable_not_an_error(status: str) -> None:
    body = b"{}"
    head = f"HTTP/1.1 {status}\r\nX-Elastic-Product: Elasticsearch\r\nContent-Type: application/json\r\n"
    answer = f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    with silent_server(answer) as url:
        engine = open_engine(EngineSettings(backend="elasticsearch", hosts=(url,), search_timeout=2.0))
        with pytest.raises(SearchUnavailable, match=status[:3]):
            find(engine, "设备")
        engine.close()


def call(url: str, method: str, path: str, body: dict[str, Any] | None = None, auth: str = "") -> Any:
    request = urllib.request.Request(
        f"{url}/{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json", **({"Authorization": auth} if auth else {})},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


@pytest.fixture
def settings(elasticsearch_url: str, index_prefix: str) -> EngineSettings:
    return EngineSettings(
        backend="elasticsearch",
        hosts=(elasticsearch_url,),
        index_prefix=index_prefix,
        search_timeout=10.0,
        write_timeout=30.0,
    )


def test_a_blocked_index_means_retry(settings: EngineSettings, elasticsearch_url: str) -> None:
    """A disk past its flood stage makes an index read-only; the outbox keeps the document."""
    engine = open_engine(settings)
    put(engine, offering("a", "一"))
    index = engine.metadata().generation
    block = {"index.blocks.read_only_allow_delete": True}
    call(elasticsearch_url, "PUT", f"{index}/_settings", block)
    report = engine.write([offering("b", "二")])
    assert [i.outcome for i in report.items] == [Outcome.RETRY]
    assert find(engine).total == 1
    call(elasticsearch_url, "PUT", f"{index}/_settings", {"index.blocks.read_only_allow_delete": None})
    put(engine, offering("b", "二"))
    assert find(engine).total == 2
    engine.close()


def test_a_deleted_alias_is_noticed_and_nothing_is_written_astray(
    settings: EngineSettings, elasticsearch_url: str
) -> None:
    engine = open_engine(settings)
    put(engine, offering("a", "一"))
    index = engine.metadata().generation
    call(
        elasticsearch_url,
        "POST",
        "_aliases",
        {"actions": [{"remove": {"index": index, "alias": f"{settings.index_prefix}-live"}}]},
    )
    report = engine.write([offering("b", "二")])  # the engine still believes in its alias for a second
    assert [i.outcome for i in report.items] == [Outcome.RETRY]
    with pytest.raises(SearchUnavailable):
        find(engine)
    names = call(elasticsearch_url, "GET", f"{settings.index_prefix}-*")
    assert list(names) == [index]  # no index came into being under the alias's name
    engine.close()


def test_what_the_mapping_refuses_is_one_rejection(settings: EngineSettings, elasticsearch_url: str) -> None:
    """A field the server's mapping does not know, as after a forgotten rebuild, hits one document only."""
    engine = open_engine(settings)
    put(engine, offering("a", "一"))
    from search.elastic.writing import bulk_lines, outcomes
    from search.encode import tokeniser_for

    batch = [offering("ok", "好"), offering("odd", "怪"), Document.tombstone("offering", "gone", 2)]
    lines, refused = bulk_lines(batch, tokeniser_for(()))
    lines[3]["telephone"] = "示例"
    body = "".join(json.dumps(line) + "\n" for line in lines)
    request = urllib.request.Request(
        f"{elasticsearch_url}/{settings.index_prefix}-live/_bulk?require_alias=true&refresh=true",
        data=body.encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        items = json.loads(answer.read())["items"]
    results = outcomes(batch, refused, items)
    assert [r.outcome for r in results] == [Outcome.OK, Outcome.REJECTED, Outcome.OK]
    assert "strict" in results[1].reason
    assert sorted(ids(find(engine))) == ["a", "ok"]
    engine.close()


def test_a_rebuild_taken_over_cannot_be_published(settings: EngineSettings) -> None:
    engine = open_engine(settings)
    put(engine, offering("a", "一"))
    first = engine.begin_rebuild()
    second = engine.begin_rebuild()
    report = first.write([offering("a", "一")])
    assert [i.outcome for i in report.items] == [Outcome.RETRY]
    assert first.generation not in call(settings.hosts[0], "GET", f"{settings.index_prefix}-*")
    with pytest.raises(SearchUnavailable):
        first.publish()
    first.abandon()
    second.write([offering("a", "一"), offering("b", "二")])
    second.publish()
    assert find(engine).total == 2
    engine.close()


def test_security(elasticsearch_secured: dict[str, str]) -> None:
    common: dict[str, Any] = {
        "backend": "elasticsearch",
        "hosts": (elasticsearch_secured["url"],),
        "index_prefix": "secured",
        "search_timeout": 10.0,
        "write_timeout": 30.0,
    }
    user, password = elasticsearch_secured["user"], elasticsearch_secured["password"]
    engine = open_engine(EngineSettings(**common, username=user, password=password))
    put(engine, offering("a", "设备点检"))
    assert find(engine, "点检").total == 1
    for wrong in ({}, {"username": user, "password": "wrong"}, {"api_key": "bm9uZTpub25l"}):
        stranger = open_engine(EngineSettings(**common, **wrong))
        with pytest.raises(SearchUnavailable, match="401"):
            find(stranger, "点检")
        stranger.close()
    auth = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    for name in call(elasticsearch_secured["url"], "GET", "secured-*", auth=auth):
        call(elasticsearch_secured["url"], "DELETE", name, auth=auth)
    engine.close()
    assert password not in repr(EngineSettings(**common, username=user, password=password))
