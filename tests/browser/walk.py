"""What the journeys share: who walks, waiting for the index, numbers that no other walk uses."""

import itertools
import os
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from app.core import uscc

SENTENCE = "夜班冲床停了没人知道，六台老冲床，五万以内，不想停产"
WIDTHS = (1440, 390)
_numbers = itertools.count(os.getpid() * 10 % 60_000_000 + 20_000_000)


class People(Protocol):
    def __call__(self, who: str = "", *, width: int = 1440, script: bool = True, allow: str = "") -> Page: ...


def new_number() -> int:
    """A number that no organisation of the demo data and no other walk has."""
    return next(_numbers)


def new_code() -> str:
    return uscc.make_code(uscc.FICTITIOUS_REGION, new_number())


def until(happens: Callable[[], bool], what: str, seconds: float = 10) -> None:
    """Ask again until it is so: for what the worker does behind the page."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"did not happen in {seconds} s: {what}"
        time.sleep(0.4)  # between two questions, not instead of one; searching is limited per minute


def found(page: Page, words: str, kind: str) -> bool:
    """Whether the search finds something of the kind whose title has the words."""
    answer = page.request.get(f"/api/v1/search?q={quote(words)}&kind={kind}")
    title = "".join(part["text"] for item in answer.json()["items"] for part in _parts(item["title"]))
    return words in title


def _parts(title: str | list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"text": title}] if isinstance(title, str) else title


def choose(page: Page, label: str, typed: str, option: str) -> None:
    """Type into a picker and take the option that it offers."""
    box = page.get_by_role("combobox", name=label)
    box.fill(typed)
    page.get_by_role("option", name=option).first.click()


def answer(page: Page) -> Locator:
    """The ranked cards of the answer, once they are there."""
    cards = page.locator("#answer .match")
    expect(cards.first).to_be_visible()
    return cards
