"""A client that keeps a journal of every acknowledged write, to be compared with the database afterwards."""

import re
import sqlite3
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


@dataclass
class Visitor:
    """One browser without a screen: cookies, tokens, and no retries."""

    url: str
    cookies: CookieJar = field(default_factory=CookieJar)

    def __post_init__(self) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), _NoRedirect, urllib.request.ProxyHandler({})
        )

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return status, text and Location; 0 when the connection broke."""
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        request = urllib.request.Request(self.url + path, body, {"Origin": self.url} if body else {})
        try:
            with self._opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode(), ""
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(errors="replace"), error.headers.get("location", "")
        except OSError:
            return 0, "", ""

    def submit(self, page: str, action: str, data: dict[str, str]) -> int:
        """Open the page, post its form with the hidden fields; returns the status."""
        status, text, _ = self.ask(page)
        if status != 200:
            return status
        hidden = {"csrf_token": TOKEN.search(text)}
        if KEY.search(text):
            hidden["idempotency_key"] = KEY.search(text)
        filled = {name: match.group(1) for name, match in hidden.items() if match}
        return self.ask(action, {**filled, **data})[0]


@dataclass
class Journal:
    """What was acknowledged, and what was refused or broke (which may or may not have been written)."""

    acknowledged: set[str] = field(default_factory=set)
    refused: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, status: int) -> None:
        with self.lock:
            if status in {200, 201, 303}:
                self.acknowledged.add(name)
            else:
                self.refused[status] = self.refused.get(status, 0) + 1


def register(url: str, journal: Journal, number: int) -> int:
    """Register one account and note the answer."""
    login = f"journal{number}@example.cn"
    status = Visitor(url).submit(
        "/register",
        "/register",
        {"name": f"测试{number}", "login": login, "password": f"a Long sentence {number}", "agree": "true"},
    )
    journal.note(login, status)
    return status


def accounts_in(path: str) -> set[str]:
    """Return the e-mails in a SQLite file, read without the application."""
    plain = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return {row[0] for row in plain.execute("SELECT email FROM users WHERE email IS NOT NULL")}
    finally:
        plain.close()
