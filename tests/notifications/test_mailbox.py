"""The development mailbox, and the staff's page of what nobody took."""

import pytest

from app.core import letters, outgoing
from app.core.db import settings_of
from app.core.outgoing import Channel
from app.core.permissions import Role
from app.core.settings import Env
from tests.factories.accounts import make_user, sign_in
from tests.notifications.conftest import runtime_of
from tests.services.client import Client

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def letter(client: Client) -> str:
    made = letters.compose(
        settings_of(client.session), subject=EVIL, lines=[EVIL], button=("看", "/x"), why="因为"
    )
    row = outgoing.post(
        client.session,
        Channel.mail,
        "li@example.com",
        subject=made.subject,
        text=made.text,
        html=made.html,
        key="m",
        secret=True,
    )
    assert row is not None
    return str(row.id)


def test_mail_and_sms_are_shown(client: Client, letter: str) -> None:
    outgoing.post(client.session, Channel.sms, "13811112222", text="验证码 482913", key="s", secret=True)
    page = client.get("/dev/mailbox").text
    assert "li@example.com" in page
    assert "验证码 482913" in page
    assert EVIL not in page
    assert "验证码" not in client.get("/dev/mailbox?to=li@example.com").text
    shown = client.get(f"/dev/mailbox/{letter}")
    assert "&lt;script&gt;" in shown.text
    assert EVIL not in shown.text


def test_the_html_part_runs_nothing(client: Client, letter: str) -> None:
    shown = client.get(f"/dev/mailbox/{letter}/html")
    policy = shown.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert letters.style_hash() in policy
    assert EVIL not in shown.text


def test_production_has_no_such_page(client: Client, letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = runtime_of(client)
    monkeypatch.setattr(runtime, "settings", runtime.settings.model_copy(update={"env": Env.production}))
    for path in ("/dev/mailbox", f"/dev/mailbox/{letter}", f"/dev/mailbox/{letter}/html"):
        assert client.get(path).status_code == 404


def test_dead_letters_are_seen_and_sent_again(client: Client, letter: str) -> None:
    session = client.session
    plain = outgoing.post(session, Channel.mail, "wang@example.com", text="x", key="p")
    sms = outgoing.post(session, Channel.sms, "13811112222", text="y", key="q")
    session.flush()
    assert plain is not None
    assert sms is not None
    key = plain.id
    for row_id in (plain.id, sms.id):
        outgoing.fail(session, row_id, "550 gone", final=True)
    outgoing.fail(session, outgoing.list_latest(session, to="li@example.com")[0].id, "550", final=True)
    sign_in(client, make_user(session, Role.operator))
    page = client.get("/desk/letters").text
    assert "w***@example.com" in page
    assert "138****2222" in page
    assert "wang@" not in page
    assert "不能重发" in page  # the secret one was wiped
    assert client.submit("/desk/letters", action=f"/desk/letters/{key}/resend").status_code == 303
    assert outgoing.backlog(session).waiting == 1
    again = client.submit("/notices/preferences")
    assert again.status_code == 303


def test_a_member_does_not_see_them(client: Client) -> None:
    sign_in(client, make_user(client.session))
    assert client.get("/desk/letters").status_code == 403
