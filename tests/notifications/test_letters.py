"""The words of every announced message, as mails in text and HTML; escaping under every file name."""

import re
import uuid

import pytest
from jinja2 import DictLoader
from sqlalchemy.orm import Session

from app.core import clock, letters, messages
from app.core.db import settings_of
from app.core.messages import Message, announced, words_of
from app.notifications import payloads
from app.notifications.service.letters import compose, read_unsubscribe, unsubscribe_path
from app.routes import routers
from tests.architecture.texts import HOSTS

EVIL = "<img src=x onerror=alert(1)>\"'{{7*7}}"


def all_names() -> list[str]:
    routers()
    return [item.name for item in announced()]


@pytest.mark.parametrize("name", all_names())
def test_every_announced_message_makes_a_mail(session: Session, name: str) -> None:
    announcement = messages.find_announcement(name)
    assert announcement is not None
    payload = {field: f"值{number}" for number, field in enumerate(sorted(announcement.fields))}
    message = Message(id=uuid.uuid4(), name=name, payload=payload)
    made = compose(
        settings_of(session),
        message,
        announcement,
        organisation="示例机械有限公司",
        unsubscribe="/unsubscribe?token=t",
    )
    words = words_of(name, payload)
    assert words.text
    assert len(words.title) <= 60
    assert not re.search(r"[{}]|undefined|None", words.title + words.text + words.link)
    assert words.title in made.subject
    for part in (made.text, made.html):
        assert words.text.strip() in part or "&" in part
        assert f"http://127.0.0.1:8000{words.link}" in part
        assert "您收到这封信" in part
        assert "/notices/preferences" in part
        assert "/unsubscribe?token=t" in part
    assert made.html.count('class="button"') == 1


def test_every_field_that_a_message_shows_is_escaped(session: Session) -> None:
    made = letters.compose(
        settings_of(session),
        subject=EVIL,
        lines=[EVIL],
        facts=[(EVIL, EVIL)],
        code=EVIL,
        button=(EVIL, f"/x?{EVIL}"),
        sections=[letters.Section(EVIL, [letters.Item(EVIL, EVIL, f"/y{EVIL}")])],
        why=EVIL,
        preferences=True,
        unsubscribe=f"/u{EVIL}",
    )
    assert "<img src=x" not in made.html
    assert "{{7*7}}" in made.html
    assert "49" not in made.html
    assert made.text.count(EVIL) >= 9  # as it was typed: text needs no escaping
    assert "&lt;" not in made.text


@pytest.mark.parametrize("name", ["a.html", "a.txt", "a.j2", "a.css", "a"])
def test_autoescape_is_on_for_every_file_name(name: str) -> None:
    made = letters.environment().overlay(loader=DictLoader({name: "{{ x }}"}))
    assert made.get_template(name).render(x="<b>") == "&lt;b&gt;"


def test_a_missing_name_is_an_error() -> None:
    made = letters.environment().overlay(loader=DictLoader({"a": "{{ gone }}"}))
    with pytest.raises(Exception, match="gone"):
        made.get_template("a").render()


def test_a_mail_loads_nothing_and_is_600_wide(session: Session) -> None:
    made = letters.compose(settings_of(session), subject="信", lines=["一"], why="因为")
    assert 'width="600"' in made.html
    assert "prefers-color-scheme: dark" in made.html
    assert '<meta name="color-scheme" content="light dark">' in made.html
    assert not re.search(r"<(img|script|link|iframe)\b|url\(|@import", made.html)
    assert not [host for host in HOSTS if host in made.html]


def test_the_unsubscribe_link_is_signed(session: Session) -> None:
    settings, user = settings_of(session), uuid.uuid4()
    path = unsubscribe_path(settings, user, "needs")
    token = path.partition("token=")[2]
    assert read_unsubscribe(settings, token) == (user, "needs")
    assert read_unsubscribe(settings, token[:-2] + "xx") is None
    assert read_unsubscribe(settings, "") is None


def test_a_webhook_is_told_ids_and_codes_only() -> None:
    announcement = messages.find_announcement("needs.need.published")
    assert announcement is not None
    payload = {
        "need_id": str(uuid.uuid4()),
        "case_number": "FN-2026-000001-8",
        "title": "冲床停机没人知道",
        "name": "PLC",
        "state": "published",
        "decision": "张三 13812345678",
        "days": 7,
        "reasons": ["problem"],
        "contact_id": "张三",
    }
    message = Message(id=uuid.uuid4(), name="needs.need.published", payload=payload)
    message.created_at = clock.now()
    body = payloads.body_of(message, announcement)
    assert set(body["data"]) == {"need_id", "case_number", "state", "days"}
