"""Settings by topic and channel, and the links that end mails."""

import uuid

import pytest

from app.core import clock
from app.core.db import settings_of
from app.core.permissions import Role
from app.notifications.models import MailPace, Preference
from app.notifications.queries import notices
from app.notifications.service.letters import unsubscribe_path
from tests.factories.accounts import make_user, sign_in
from tests.notifications.conftest import reachable
from tests.services.client import Client

PAGE = "/notices/preferences"


def chosen(client: Client, user_id: uuid.UUID) -> dict[str, tuple[MailPace, bool]]:
    rows = notices.list_preferences(client.session, user_id)
    return {topic: (row.mail, row.sms) for topic, row in rows.items()}


def test_a_choice_is_kept(client: Client) -> None:
    user = reachable(client.session, "li@example.com", mobile="13811112222")
    key = user.id
    sign_in(client, user)
    sent = {"mail-needs": "daily", "mail-deals": "off", "mail-nonsense": "off", "sms[]": ["offerings", "x"]}
    assert client.submit(PAGE, sent).status_code == 303
    kept = chosen(client, key)
    assert kept["needs"] == (MailPace.daily, False)
    assert kept["deals"][0] is MailPace.off
    assert "nonsense" not in kept
    page = client.get(PAGE).text
    assert '<option value="daily" selected>每天一封</option>' in page
    assert "您还没有留邮箱" not in page


def test_an_absurd_choice_is_refused_and_changes_nothing(client: Client) -> None:
    user = reachable(client.session, "li@example.com")
    key = user.id
    sign_in(client, user)
    assert client.submit(PAGE, {"mail-needs": "hourly"}).status_code == 422
    assert chosen(client, key) == {}


def test_who_has_no_address_is_told_so(client: Client) -> None:
    sign_in(client, make_user(client.session))
    assert "您还没有留邮箱" in client.get(PAGE).text
    sign_in(client, make_user(client.session, login="neu@example.com"))
    assert "邮箱还没有验证" in client.get(PAGE).text


def test_staff_topics_are_for_staff(client: Client) -> None:
    sign_in(client, make_user(client.session))
    assert "mail-desk" not in client.get(PAGE).text
    sign_in(client, make_user(client.session, Role.reviewer))
    assert "mail-desk" in client.get(PAGE).text


@pytest.mark.parametrize("topic", ["needs", "digest"])
def test_a_person_unsubscribes_by_the_link(client: Client, topic: str) -> None:
    user = make_user(client.session, login="li@example.com")
    key = user.id
    client.session.add(Preference(user_id=key, topic="deals", mail=MailPace.off))
    path = unsubscribe_path(settings_of(client.session), key, topic)
    shown = client.get(path)
    assert shown.status_code == 200
    assert chosen(client, key) == {"deals": (MailPace.off, False)}  # looking ends nothing
    assert client.submit(path, action="/unsubscribe").status_code == 303
    ended = {name for name, (pace, _sms) in chosen(client, key).items() if pace is MailPace.off}
    assert ended == ({"deals", "needs"} if topic == "needs" else {"deals", "watching", "centre", "desk"})


def test_a_mail_program_unsubscribes_in_one_click(client: Client) -> None:
    user = make_user(client.session, login="li@example.com")
    key = user.id
    path = unsubscribe_path(settings_of(client.session), key, "needs")
    address = path.replace("/unsubscribe?", "/unsubscribe/one-click?")
    for _ in range(2):
        answer = client.post(address, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert chosen(client, key)["needs"] == (MailPace.off, False)


@pytest.mark.parametrize("token", ["", "x", "WyJ4Il0.aaaa.bbbb"])
def test_a_forged_link_ends_nothing(client: Client, token: str) -> None:
    assert client.get(f"/unsubscribe?token={token}").status_code == 404
    assert client.post(f"/unsubscribe/one-click?token={token}").status_code == 404


def test_safety_mails_cannot_be_ended(client: Client) -> None:
    user = make_user(client.session, login="li@example.com")
    key = user.id
    path = unsubscribe_path(settings_of(client.session), key, "accounts")
    assert client.submit(path, action="/unsubscribe").status_code == 303
    assert chosen(client, key) == {}


def test_an_old_link_has_ended(client: Client) -> None:
    path = unsubscribe_path(settings_of(client.session), uuid.uuid4(), "needs")
    assert client.get(path).status_code == 200
    assert clock.now()
    assert client.get(path[:-4] + "AAAA").status_code == 404
