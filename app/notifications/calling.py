"""Calls a webhook without becoming a way into the house (RELIABILITY I3).

Only https to a public domain name. The name is resolved here and the connection goes to exactly the address that
was checked, so an answer that changes between check and call (DNS rebinding) gains nothing. No redirects, three
seconds in all; the status is all that counts, the answer's text is never read.
"""

import hashlib
import hmac
import http.client
import ipaddress
import json
import re
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.core.settings import HookSettings

TIMEOUT_S = 3.0
SLOW = "3 秒内没有完整答复"
PORTS = frozenset({443, 8443})
_NAME = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_PRIVATE_NAMES = (
    "localhost",
    ".localhost",
    ".local",
    ".localdomain",
    ".internal",
    ".intranet",
    ".lan",
    ".home.arpa",
    ".arpa",
    ".test",
    ".onion",
)
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_resolver = ThreadPoolExecutor(max_workers=4, thread_name_prefix="funeng-resolve")


class UnsafeAddress(Exception):
    """The address may not be called; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    port: int
    path: str
    trusted: bool
    """Named in `allowed_hosts`: the guard against private addresses does not apply (tests)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or the reason why there is none."""

    status: int | None
    error: str = ""

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def parse(url: str, given: HookSettings) -> Target:
    """Return the parts of an address that may be called.

    Raises:
        UnsafeAddress: it is not plain https to a public domain name.

    """
    if not 12 <= len(url) <= 500 or any(not 33 <= ord(char) <= 126 for char in url) or "\\" in url:
        raise UnsafeAddress("请填完整的网址，例如 https://erp.example.com/funeng；不含空格和中文")
    try:
        parts = urlsplit(url)
        port = 443 if parts.port is None else parts.port
    except ValueError as error:
        raise UnsafeAddress("网址的写法不对") from error
    host = parts.hostname or ""
    if parts.scheme != "https" or not url.startswith("https://"):
        raise UnsafeAddress("只能推送到 https 网址")
    if "@" in parts.netloc or parts.fragment:
        raise UnsafeAddress("网址里不能带用户名、密码或 # 片段")
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    if f"{host}:{port}" in given.allowed_hosts:
        return Target(host, port, path, trusted=True)
    if _NAME.fullmatch(host) is None:
        raise UnsafeAddress("请填域名，不能填 IP 地址或内网主机名")
    if host.endswith(_PRIVATE_NAMES):
        raise UnsafeAddress("这是内网域名，平台不能访问")
    if port not in PORTS:
        raise UnsafeAddress("端口只能是 443 或 8443")
    return Target(host, port, path, trusted=False)


def is_public(address: str) -> bool:
    """Return whether an IP address is on the open Internet, also when it wraps an IPv4 address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found.teredo is not None:
            inner = found.teredo[1]
        if any(found in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if int(found) >> 32 == 0:  # ::a.b.c.d, long deprecated and still parsed
            return False
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


def resolve(target: Target) -> str:
    """Return the address to connect to; every address of the name must be public.

    Raises:
        UnsafeAddress: one of them is private, or the name has none within the time.

    """
    ask = _resolver.submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
    try:
        found = [str(entry[4][0]) for entry in ask.result(timeout=TIMEOUT_S)]
    except (OSError, TooSlow, UnicodeError) as error:
        raise UnsafeAddress("域名解析不了") from error
    if not found:
        raise UnsafeAddress("域名解析不了")
    if not target.trusted and not all(is_public(address) for address in found):
        raise UnsafeAddress("域名指向内网地址，已拒绝")
    return found[0]


def sign(secret: str, moment: int, body: bytes) -> str:
    """Return the signature header: HMAC-SHA256 over `timestamp.body`."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class _Pinned(http.client.HTTPSConnection):
    """A TLS connection to one checked address under the host's own name."""

    def __init__(self, target: Target, address: str, context: ssl.SSLContext) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT_S, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT_S)
        try:
            held = self._tls.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        self.sock = held  # from here on the clock over the whole call can cut it, in the handshake too
        held.do_handshake()


def call(
    url: str, *, event: str, delivery: str, secret: str, body: dict[str, Any], given: HookSettings
) -> Answer:
    """POST the signed JSON once and return what came of it; never raises."""
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    moment = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Funeng-Webhook/1",
        "X-Funeng-Event": event,
        "X-Funeng-Delivery": delivery,
        "X-Funeng-Signature": sign(secret, moment, payload),
        "Connection": "close",
    }
    try:
        target = parse(url, given)
        address = resolve(target)
    except UnsafeAddress as error:
        return Answer(None, str(error))
    context = ssl.create_default_context(cafile=str(given.ca_certs) if given.ca_certs else None)
    connection = _Pinned(target, address, context)
    # each read has its own time limit; the clock over all of them ends a server that drips
    late = threading.Event()
    watchdog = threading.Timer(TIMEOUT_S, _cut, args=(connection, late))
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", target.path, payload, headers)
        answer = connection.getresponse()
    except ssl.SSLCertVerificationError:
        return Answer(None, "对方的证书验证不过")
    except (OSError, http.client.HTTPException, ValueError) as error:
        slow = late.is_set() or isinstance(error, TimeoutError)
        return Answer(None, SLOW if slow else "连接不上或答复不完整")
    finally:
        watchdog.cancel()
        connection.close()
    if late.is_set():  # what was cut in its headers may look whole
        return Answer(None, SLOW)
    if 300 <= answer.status < 400:
        return Answer(answer.status, "对方要求跳转，平台不跟随")
    return Answer(answer.status, "" if 200 <= answer.status < 300 else "对方没有接收")


def _cut(connection: http.client.HTTPSConnection, late: threading.Event) -> None:
    late.set()
    held = connection.sock
    if held is not None:
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
