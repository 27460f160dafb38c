"""One mail a day, at 08:00 in the city, with what was not read by then."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.core import clock, outgoing
from app.core.db import settings_of
from app.notifications import service
from app.notifications.models import DigestItem, MailPace
from app.notifications.service.digest import due_moment
from tests.factories.accounts import actor_of
from tests.notifications.conftest import ADMINS, reachable, tell

DAY = datetime(2026, 11, 24, 12, 0, tzinfo=clock.LOCAL)


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return DAY.replace(hour=hour, minute=minute) + timedelta(days=day)


@pytest.fixture
def reader(session: Session) -> object:
    with clock.frozen(at(1, day=-2)):
        user = reachable(session, "li@example.com")
        paces = dict.fromkeys(("needs", "organisations"), MailPace.daily)
        service.save_preferences(session, actor_of(user), mail=paces, sms=frozenset())
    return user


def say(session: Session, user: object, moment: datetime, name: str = "tests.thing.done") -> object:
    with clock.frozen(moment):
        row = tell(session, name, user_id=user.id)  # type: ignore[attr-defined]
        service.carry_out(session, settings_of(session))
        session.flush()
    return row


def digest(session: Session, moment: datetime) -> int:
    with clock.frozen(moment):
        done = service.make_digests(session, settings_of(session))
        session.flush()
    return done


def test_nothing_before_eight_then_one_mail(session: Session, reader: object) -> None:
    say(session, reader, at(20, day=-1))
    say(session, reader, at(7, 30), ADMINS)
    assert digest(session, at(7, 59)) == 0
    assert digest(session, at(8, 1)) == 1
    assert digest(session, at(8, 2)) == 0
    (letter,) = outgoing.list_latest(session)
    assert letter.subject == "【赋能汇】2026年11月24日：您有 2 条新消息"
    assert "【需求】" in letter.text
    assert "【单位与成员】" in letter.text
    assert letter.headers["List-Unsubscribe"].startswith(
        "<http://127.0.0.1:8000/unsubscribe/one-click?token="
    )


def test_what_comes_later_waits_for_tomorrow(session: Session, reader: object) -> None:
    say(session, reader, at(8, 30))
    assert digest(session, at(23, 59)) == 0
    assert digest(session, at(8, 0, day=1)) == 1


def test_a_worker_that_was_down_at_eight_sends_when_it_is_back(session: Session, reader: object) -> None:
    say(session, reader, at(6))
    assert digest(session, at(17)) == 1


def test_what_was_read_meanwhile_is_left_out(session: Session, reader: object) -> None:
    row = say(session, reader, at(6))
    with clock.frozen(at(7)):
        service.mark_read(session, actor_of(reader), message_id=row.id)  # type: ignore[attr-defined,arg-type]
    digest(session, at(9))
    assert outgoing.list_latest(session) == []
    assert session.query(DigestItem).count() == 0


def test_many_lines_are_cut_with_a_link(session: Session, reader: object) -> None:
    for _ in range(25):
        say(session, reader, at(6))
    digest(session, at(9))
    (letter,) = outgoing.list_latest(session)
    assert "您有 25 条新消息" in letter.subject
    assert "另有 5 条" in letter.text


def test_the_last_eight_oclock() -> None:
    with clock.frozen(at(7, 59)):
        assert due_moment() == at(8, day=-1)
    with clock.frozen(at(8)):
        assert due_moment() == at(8)
