"""Debian's Chromium driven by Playwright, whose own browsers cannot be downloaded everywhere."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.services.session import CHECKOUT
from tests.services.system import NotReadyError, install

ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root, in a container without user namespaces
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
    "--font-render-hinting=none",
]
LOCAL = {"127.0.0.1", "localhost"}


def executable() -> str:
    """The installed Chromium: FUNENG_CHROMIUM, or Debian's, or what is called so on the PATH."""
    found = os.environ.get("FUNENG_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        msg = "no Chromium found (FUNENG_CHROMIUM may name one)"
        raise NotReadyError(msg)
    return found


def ensure() -> str:
    try:
        found = executable()
    except NotReadyError:
        install("chromium", reason="the browser that the page tests drive")
        found = executable()
    fonts = subprocess.run(["fc-list", ":lang=zh-cn", "family"], check=False, capture_output=True, text=True)
    if not fonts.stdout.strip():
        install("fonts-noto-cjk", reason="a Chinese font for the page tests")
    return found


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What a page did wrong: console errors (CSP violations are among them), exceptions, foreign hosts.

    `allow(pattern)` excuses messages that a test provokes on purpose, such as the browser's note on a 422.
    """

    problems: list[str] = field(default_factory=list)
    _allowed: list[re.Pattern[str]] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        self._allowed.append(re.compile(pattern))

    def unexcused(self) -> list[str]:
        return [text for text in self.problems if not any(pattern.search(text) for pattern in self._allowed)]

    def check(self) -> None:
        found = self.unexcused()
        assert not found, "the browser complained:\n" + "\n".join(found)

    def follow(self, context: BrowserContext) -> None:
        """Watch every page of the context, also those that open later."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"exception: {error.error}"))
        context.on("request", self._request)
        # one violation may be reported without a console line (report-only, workers); the event never is silent
        context.expose_binding(
            "__reportViolation", lambda _source, text: self.problems.append(f"CSP: {text}")
        )
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => "
            "window.__reportViolation(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile))"
        )

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            place = message.location.get("url", "")
            self.problems.append(f"console {message.type}: {message.text} ({place})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in LOCAL:
            self.problems.append(f"foreign host: {request.url}")


@contextmanager
def watched_page(browser: Browser, **options: Any) -> Iterator[tuple[Page, Watch]]:
    """A page in a context of its own; `options` go to Playwright's `new_context`."""
    context = browser.new_context(**({"locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | options))
    context.set_default_timeout(10_000)
    watch = Watch()
    watch.follow(context)
    try:
        yield context.new_page(), watch
    finally:
        context.close()


AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


def accessibility_problems(page: Page) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands: rule, help, and where."""
    page.evaluate(
        AXE.read_text(encoding="utf-8")
    )  # through the debugger, so the page's own policy stays strict
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{problem['id']}: {problem['help']} – {node['html'][:160]}"
        for problem in found["violations"]
        if problem["impact"] in {"serious", "critical"}
        for node in problem["nodes"]
    ]
