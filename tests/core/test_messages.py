"""Messages: announced once, complete, to one receiver, exactly once by their key."""

import ast
import uuid
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.core import messages
from app.core.messages import Message
from app.core.permissions import Role
from app.routes import load_hooks

ROOT = Path(__file__).resolve().parents[2]


def _names_in(path: Path) -> list[tuple[str, bool]]:
    """Names posted by literal text in a file, and whether the text is only the beginning of the name."""
    found: list[tuple[str, bool]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr != "post" or ast.unparse(node.func.value) != "messages" or len(node.args) < 2:
            continue
        given = node.args[1]
        for part in [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]:
            if isinstance(part, ast.Constant):
                found.append((str(part.value), False))
            elif isinstance(part, ast.JoinedStr) and isinstance(part.values[0], ast.Constant):
                found.append((str(part.values[0].value), True))
    return found


def test_every_posted_name_is_announced() -> None:
    load_hooks()
    announced = {item.name for item in messages.announced()}
    posted = [entry for path in sorted((ROOT / "app").rglob("*.py")) for entry in _names_in(path)]
    assert len(posted) >= 6
    for name, is_prefix in posted:
        known = any(other.startswith(name) for other in announced) if is_prefix else name in announced
        assert known, f"{name} is posted but not announced"


def test_the_scan_finds_what_is_posted(tmp_path: Path) -> None:
    source = tmp_path / "x.py"
    source.write_text("messages.post(session, 'a.b' if ok else 'a.c')\nmessages.post(session, f'a.{x}')\n")
    assert _names_in(source) == [("a.b", False), ("a.c", False), ("a.", True)]


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(messages, "_announced", dict(messages._announced))
    messages.announce(
        "tests.thing.done", topic="needs", title="好了", text="{case_number} 好了", link="/needs/{need_id}"
    )
    return "tests.thing.done"


def test_a_name_nobody_announced_is_refused(session: Session) -> None:
    with pytest.raises(RuntimeError, match="not announced"):
        messages.post(session, "tests.unheard.of", user_id=uuid.uuid4(), dedupe_key="k")


def test_a_payload_without_a_word_is_refused(session: Session, own: str) -> None:
    with pytest.raises(RuntimeError, match="lacks need_id"):
        messages.post(session, own, user_id=uuid.uuid4(), dedupe_key="k", payload={"case_number": "X1"})


@pytest.mark.parametrize("names", [(), ("user_id", "organisation_id"), ("role", "user_id")])
def test_a_message_has_exactly_one_receiver(session: Session, own: str, names: tuple[str, ...]) -> None:
    receivers = {"user_id": uuid.uuid4(), "organisation_id": uuid.uuid4(), "role": Role.reviewer}
    given = {name: receivers[name] for name in names}
    with pytest.raises(RuntimeError, match="exactly one receiver"):
        messages.post(
            session,
            own,
            dedupe_key="k",
            payload={"case_number": "X1", "need_id": "1"},
            **given,  # type: ignore[arg-type]  # chosen by name
        )


def test_a_role_inside_an_organisation_is_no_receiver(session: Session, own: str) -> None:
    with pytest.raises(RuntimeError, match="inside an organisation"):
        messages.post(
            session,
            own,
            role=Role.member,
            dedupe_key="k",
            payload={"case_number": "X1", "need_id": "1"},
        )


def test_the_same_key_is_written_once(session: Session, own: str) -> None:
    for _ in range(3):
        messages.post(
            session,
            own,
            role=Role.reviewer,
            dedupe_key="tests:once",
            payload={"case_number": "X1", "need_id": "1"},
        )
        session.flush()
    assert session.query(Message).filter_by(dedupe_key="tests:once").count() == 1


def test_words_are_filled_and_links_quoted(own: str) -> None:
    words = messages.words_of(own, {"case_number": "X1", "need_id": "a/../b?c"})
    assert (words.title, words.text) == ("好了", "X1 好了")
    assert words.link == "/needs/a%2F..%2Fb%3Fc"


def test_an_old_message_still_reads() -> None:
    assert messages.words_of("tests.long.gone", {}).link == "/notices"


def test_two_announcements_of_one_name_must_agree(own: str) -> None:
    with pytest.raises(RuntimeError, match="two announcements"):
        messages.announce(own, topic="needs", title="别的", text="", link="/x")


@pytest.mark.parametrize(
    ("topic", "text", "link", "says"),
    [
        ("weather", "", "/x", "unknown topic"),
        ("needs", "", "https://elsewhere.example/x", "our own pages"),
        ("needs", "", "//elsewhere.example/x", "our own pages"),
        ("needs", "{need.owner}", "/x", "plain payload keys"),
    ],
)
def test_a_wrong_announcement_is_refused(topic: str, text: str, link: str, says: str) -> None:
    with pytest.raises(RuntimeError, match=says):
        messages.announce("tests.wrong.one", topic=topic, title="", text=text, link=link)
