"""The other side, for real: a mail server and an https server with certificates of our own authority."""

import datetime as dt
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    authority: Path
    server: Path
    """Certificate and key of `localhost` and 127.0.0.1."""

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.server)
        return made


def make_certificates(folder: Path) -> Certificates:
    moment = dt.datetime.now(dt.UTC)

    def build(name: str, key: Any, issuer: x509.Name, signer: Any, *, authority: bool) -> x509.Certificate:
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - dt.timedelta(days=1))
            .not_valid_after(moment + dt.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
        )
        if authority:
            usage = dict.fromkeys(
                (
                    "digital_signature",
                    "content_commitment",
                    "key_encipherment",
                    "data_encipherment",
                    "key_agreement",
                    "encipher_only",
                    "decipher_only",
                ),
                False,
            )
            made = made.add_extension(
                x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True
            )
        else:
            made = made.add_extension(names, critical=False)
        return made.sign(signer, hashes.SHA256())

    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "funeng tests")])
    folder.mkdir(parents=True, exist_ok=True)
    authority, server = folder / "authority.pem", folder / "server.pem"
    pem = serialization.Encoding.PEM
    authority.write_bytes(build("funeng tests", root, root_name, root, authority=True).public_bytes(pem))
    server.write_bytes(
        build("localhost", own, root_name, root, authority=False).public_bytes(pem)
        + own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificates(authority, server)


@dataclass
class MailServer:
    """Takes mails in and keeps them; `answers` are given first, one for each recipient, then 250."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  the name that aiosmtpd looks for
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  the name that aiosmtpd looks for
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        found = BytesParser(policy=default).parsebytes(content)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK"


@contextmanager
def mail_server(
    *,
    certificates: Certificates | None = None,
    implicit_tls: bool = False,
    login: tuple[str, str] | None = None,
) -> Iterator[MailServer]:
    """Run aiosmtpd: plain, with STARTTLS (when there are certificates) or with TLS from the start."""
    kept = MailServer()

    def allow(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        name, word = given.login.decode(), given.password.decode()
        kept.signed_in.append(name)
        return AuthResult(success=(name, word) == login)

    options: dict[str, Any] = {}
    context = certificates.context() if certificates else None
    if context is not None and implicit_tls:
        options["ssl_context"] = context
    elif context is not None:
        options.update(tls_context=context, require_starttls=True)
    if login is not None:
        options.update(authenticator=allow, auth_required=True, auth_require_tls=not implicit_tls)
    controller = Controller(kept, hostname="127.0.0.1", port=0, **options)
    _start(controller)
    assert controller.server is not None
    kept.port = controller.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]  # asyncio.Server
    try:
        yield kept
    finally:
        controller.stop()


def _start(controller: Controller) -> None:
    # Controller.start() knocks at the port that it was given, and ours is 0
    controller._trigger_server = lambda: None  # type: ignore[method-assign]
    ready = threading.Event()
    controller._thread = threading.Thread(target=controller._run, args=(ready,))
    controller._thread.daemon = True
    controller._thread.start()
    assert ready.wait(10)
    deadline = time.monotonic() + 10
    while controller.server is None and time.monotonic() < deadline:
        time.sleep(0.01)


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HookServer:
    """Takes calls in and answers by the path: /ok /500 /redirect /slow /drip /huge /hang."""

    port: int = 0
    calls: list[Received] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def url(self, path: str = "/ok") -> str:
        return f"https://{self.host}{path}"


@contextmanager
def hook_server(certificates: Certificates) -> Iterator[HookServer]:
    kept = HookServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            return

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept.calls.append(Received(self.path, dict(self.headers.items()), body))
            try:
                self._answer(self.path)
            except OSError:
                return

        def _answer(self, path: str) -> None:
            if path == "/redirect":
                self.send_response(302)
                self.send_header("Location", f"https://{kept.host}/ok")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path == "/slow":
                time.sleep(6)
                self.send_response(200)
                self.end_headers()
            elif path == "/drip":  # each byte comes in time, the whole never does
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for number in range(20):
                    time.sleep(0.5)
                    self.wfile.write(b"X-%d: y\r\n" % number)
                    self.wfile.flush()
            elif path == "/huge":
                self.send_response(200)
                self.send_header("Content-Length", "50000000")
                self.end_headers()
                for _ in range(50):
                    self.wfile.write(b"x" * 1_000_000)
            else:
                self.send_response(500 if path == "/500" else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = certificates.context().wrap_socket(server.socket, server_side=True)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
