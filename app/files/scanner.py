"""The scanner hook: clamd by its INSTREAM command, over TCP or a Unix socket.

Without an answer a file stays in quarantine: in production nothing is opened that was not scanned.
"""

import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

from app.core.settings import FileSettings, ScannerKind

CHUNK, TIMEOUT_S = 65_536, 20.0


class Verdict(StrEnum):
    clean = "clean"
    infected = "infected"
    unknown = "unknown"


@dataclass(frozen=True, slots=True)
class Scan:
    verdict: Verdict
    note: str


def scan(settings: FileSettings, data: bytes, *, production: bool) -> Scan:
    """Return what the scanner says of `data`; `unknown` when it cannot be asked (try again later)."""
    if settings.scanner is ScannerKind.none:
        if production:
            return Scan(Verdict.unknown, "没有配置查毒程序")
        return Scan(Verdict.clean, "开发环境，未查毒")
    try:
        answer = _ask(settings.clamd, data)
    except (OSError, ValueError) as error:
        return Scan(Verdict.unknown, f"查毒程序没有回答（{type(error).__name__}）")
    if answer.endswith("OK"):
        return Scan(Verdict.clean, "已查毒")
    if answer.endswith("FOUND"):
        return Scan(Verdict.infected, answer.removeprefix("stream:").removesuffix("FOUND").strip()[:120])
    return Scan(Verdict.unknown, answer[:120])


def _ask(address: str, data: bytes) -> str:
    """Speak INSTREAM (clamd(8)): chunks with a four-byte length, a zero length ends, one line answers."""
    with _connect(address) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), CHUNK):
            piece = data[start : start + CHUNK]
            connection.sendall(struct.pack("!L", len(piece)) + piece)
        connection.sendall(struct.pack("!L", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4_096:
            piece = connection.recv(1_024)
            if not piece:
                break
            answer += piece
    return answer.rstrip(b"\0\n").decode("utf-8", "replace").strip()


def _connect(address: str) -> socket.socket:
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT_S)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT_S)
