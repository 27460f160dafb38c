"""What a mail looks like: one plain frame in HTML and the same words as text.

Mails have their own Jinja environment with the rules of the pages: everything is escaped under every file
name, a missing name is an error. The text form is escaped too and turned back as a whole, so that a name
such as `<b>` stands there as it was typed. No style attributes: programs that drop the style block show a
plain, readable mail.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.core import clock
from app.core.settings import Settings, bundled


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter ready for `outgoing.post`."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a digest: a headline with its words and the page it leads to (a path of ours)."""

    title: str
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    items: Sequence[Item] = field(default_factory=tuple)


@cache
def environment() -> Environment:
    """Return the environment of the mails."""
    made = Environment(
        loader=FileSystemLoader(bundled("templates") / "emails"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(cn_date=clock.cn_date, cn_datetime=clock.cn_datetime)
    return made


def compose(
    settings: Settings,
    *,
    subject: str,
    lines: Sequence[str],
    why: str,
    heading: str = "",
    facts: Sequence[tuple[str, str]] = (),
    code: str = "",
    button: tuple[str, str] | None = None,
    sections: Sequence[Section] = (),
    preferences: bool = False,
    unsubscribe: str | None = None,
) -> Composed:
    """Return one letter: heading, paragraphs, facts, a large `code`, one button (label, path of ours), sections.

    `why` says at the foot why the reader gets it; `preferences` adds the link to the settings page and
    `unsubscribe` (a path of ours) the link that ends this kind of mail.
    """
    base = settings.public_url.rstrip("/")
    given = {
        "subject": subject,
        "heading": heading or subject,
        "lines": lines,
        "facts": facts,
        "code": code,
        "button": (button[0], base + button[1]) if button else None,
        "sections": sections,
        "why": why,
        "preferences": f"{base}/notices/preferences" if preferences else None,
        "unsubscribe": base + unsubscribe if unsubscribe else None,
        "base": base,
        "site": settings.site,
    }
    made = environment()
    return Composed(
        subject=" ".join(f"【{settings.site.name}】{subject}".split())[:200],
        text=unescape(made.get_template("letter.txt").render(given)).strip() + "\n",
        html=made.get_template("letter.html").render(given),
    )


@cache
def style_hash() -> str:
    """Return the CSP source that admits exactly the mails' style block; for the mailbox page."""
    style = environment().get_template("_style.css").render()
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
