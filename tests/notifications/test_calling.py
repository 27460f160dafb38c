"""Webhooks never become a way into the house (RELIABILITY I3): bypass forms, rebinding, redirects, slow and large answers."""

import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.settings import HookSettings
from app.notifications import calling
from tests.notifications.servers import HookServer, hook_server, make_certificates

BYPASS = [
    "http://erp.example.com/x",
    "HTTPS://127.0.0.1/x",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/latest/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://erp/",
    "https://db.internal/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://erp.example.com@127.0.0.1/",
    "https://user:pass@erp.example.com/",
    "https://erp.example.com\\@127.0.0.1/",
    "https:\\\\127.0.0.1/",
    "https://erp.example.com:22/",
    "https://erp.example.com:99999/",
    "https://erp.example.com:0/",
    "https://erp.example.com/x y",
    "https://erp.example.com/\r\nHost: 127.0.0.1",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://erp.example.com/#x@127.0.0.1",
    "https:///erp.example.com/",
    "//erp.example.com/",
    "https:erp.example.com/",
    "ftp://erp.example.com/",
    "gopher://erp.example.com/",
    "file:///etc/passwd",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1.in-addr.arpa/",
    "https://erp.example.1/",
    "https://-erp.example.com/",
    f"https://erp.example.com/{'x' * 500}",
]
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "192.0.2.1",
    "::1",
    "::",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:0:0:0:0:80ff:fefe",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1%eth0",
    "ff02::1",
    "2001:db8::1",
]
PUBLIC = ["8.8.8.8", "223.5.5.5", "2400:3200::1"]
NOBODY = HookSettings()


@pytest.mark.parametrize("url", BYPASS)
def test_a_bypass_form_is_refused(url: str) -> None:
    with pytest.raises(calling.UnsafeAddress):
        calling.parse(url, NOBODY)


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example.com/funeng",
        "https://a-b.example.com.cn:8443/x?y=1",
        "https://xn--fiqs8s.example.cn",
    ],
)
def test_a_plain_address_is_taken(url: str) -> None:
    assert calling.parse(url, NOBODY).trusted is False


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_known(address: str) -> None:
    assert not calling.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_known(address: str) -> None:
    assert calling.is_public(address)


def answers(monkeypatch: pytest.MonkeyPatch, *given: list[str]) -> list[str]:
    """Have names resolve to these addresses, call by call; returns the addresses that were connected to."""
    waiting, met = list(given), []

    def look_up(_host: str, port: int, **_more: Any) -> list[Any]:
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def connect(address: tuple[str, int], *_rest: Any) -> socket.socket:
        met.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    return met


def call(url: str, given: HookSettings = NOBODY) -> calling.Answer:
    return calling.call(
        url, event="needs.need.published", delivery="d", secret="s", body={"id": 1}, given=given
    )


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    met = answers(monkeypatch, [address])
    assert call("https://erp.example.com/").error == "域名指向内网地址，已拒绝"
    assert met == []


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    met = answers(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    assert call("https://erp.example.com/").status is None
    assert met == []


def test_the_connection_goes_to_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the second answer leads inside, and nobody asks a second time."""
    met = answers(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    assert call("https://erp.example.com/").error == "连接不上或答复不完整"
    assert met == ["8.8.8.8"]


def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert call("https://erp.example.com/").error == "域名解析不了"


# --- a real https server -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[HookServer, HookSettings]]:
    certificates = make_certificates(tmp_path_factory.mktemp("certificates"))
    with hook_server(certificates) as server:
        yield server, HookSettings(allowed_hosts=[server.host], ca_certs=certificates.authority)


def test_a_call_arrives_signed(other: tuple[HookServer, HookSettings]) -> None:
    server, given = other
    server.calls.clear()
    answer = call(server.url("/ok?a=1"), given)
    assert answer == calling.Answer(204)
    assert answer.good
    (got,) = server.calls
    moment, _, signature = got.headers["X-Funeng-Signature"].removeprefix("t=").partition(",v1=")
    assert abs(int(moment) - time.time()) < 5
    expected = hmac.new(b"s", f"{moment}.".encode() + got.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signature, expected)
    assert got.headers["X-Funeng-Event"] == "needs.need.published"
    assert (got.path, got.json, got.headers["Host"]) == ("/ok?a=1", {"id": 1}, server.host)


def test_a_redirect_is_not_followed(other: tuple[HookServer, HookSettings]) -> None:
    server, given = other
    server.calls.clear()
    answer = call(server.url("/redirect"), given)
    assert (answer.status, answer.good) == (302, False)
    assert [got.path for got in server.calls] == ["/redirect"]


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_three_seconds_and_no_more(other: tuple[HookServer, HookSettings], path: str) -> None:
    server, given = other
    began = time.monotonic()
    answer = call(server.url(path), given)
    assert time.monotonic() - began < 4.5
    assert answer.error == "3 秒内没有完整答复"


def test_a_handshake_that_drips_is_cut_too() -> None:
    """Each byte comes within its own limit: a record's head that promises 16 KB, then one byte after the other."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        peer, _address = listening.accept()
        with peer:
            peer.sendall(b"\x16\x03\x03\x40\x00")
            for _ in range(16):
                time.sleep(0.5)
                try:
                    peer.sendall(b"\x02")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    host = f"localhost:{listening.getsockname()[1]}"
    began = time.monotonic()
    answer = call(f"https://{host}/ok", HookSettings(allowed_hosts=[host]))
    assert time.monotonic() - began < 4.5
    assert answer.error == "3 秒内没有完整答复"
    thread.join(10)
    listening.close()


def test_a_large_answer_is_not_read_to_its_end(other: tuple[HookServer, HookSettings]) -> None:
    server, given = other
    began = time.monotonic()
    assert call(server.url("/huge"), given).status == 200
    assert time.monotonic() - began < 2


def test_a_certificate_that_nobody_vouches_for(other: tuple[HookServer, HookSettings]) -> None:
    server, _given = other
    server.calls.clear()
    answer = call(server.url(), HookSettings(allowed_hosts=[server.host]))
    assert answer.error == "对方的证书验证不过"
    assert server.calls == []


def test_control_without_the_guard_the_inside_is_reached(other: tuple[HookServer, HookSettings]) -> None:
    """The same address is refused as soon as it is not on the tests' list."""
    server, given = other
    assert call(server.url(), given).good
    assert call(server.url(), NOBODY).status is None
