"""Messages become letters, digest lines and calls: once, for whom they are, and only when committed."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.accounts.models import UserState
from app.core import clock, outgoing
from app.core.db import Database, settings_of
from app.core.messages import Message
from app.core.outgoing import Channel, Letter
from app.core.permissions import Role
from app.notifications import service
from app.notifications.models import DigestItem, MailPace
from app.notifications.service.carrying import STALE
from tests.factories.accounts import actor_of, make_user
from tests.factories.organisations import add_member, make_organisation
from tests.notifications.conftest import ADMINS, DONE, URGENT, reachable, tell


def carry(session: Session) -> int:
    session.flush()
    done = service.carry_out(session, settings_of(session))
    session.flush()
    return done


def letters(session: Session, to: str) -> list[Letter]:
    return list(outgoing.list_latest(session, to=to))


def test_a_message_is_mailed_at_once_and_once(session: Session) -> None:
    user = reachable(session, "li@example.com")
    row = tell(session, user_id=user.id)
    assert carry(session) == 1
    assert carry(session) == 0
    (letter,) = letters(session, "li@example.com")
    assert letter.subject == "【赋能汇】办好了：FN-1"
    assert f"http://127.0.0.1:8000/x/{row.payload['need_id']}" in letter.text
    assert letter.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert row.delivered_at is not None


def test_everybody_of_the_organisation_and_nobody_else(session: Session) -> None:
    house = make_organisation(session)
    for login, role in (("a@example.com", Role.organisation_admin), ("m@example.com", Role.member)):
        add_member(session, house, reachable(session, login), role=role)
    reachable(session, "stranger@example.com")
    tell(session, organisation_id=house.id)
    tell(session, ADMINS, organisation_id=house.id)
    carry(session)
    assert len(letters(session, "a@example.com")) == 2
    (only,) = letters(session, "m@example.com")
    assert house.name in only.text
    assert letters(session, "stranger@example.com") == []


def test_a_role_is_told(session: Session) -> None:
    reachable(session, "r@example.com", Role.reviewer)
    reachable(session, "o@example.com", Role.operator)
    tell(session, role=Role.reviewer)
    carry(session)
    assert len(letters(session, "r@example.com")) == 1
    assert letters(session, "o@example.com") == []


def test_unverified_addresses_and_disabled_accounts_get_nothing(session: Session) -> None:
    unverified = make_user(session, login="new@example.com")
    gone = reachable(session, "gone@example.com")
    gone.state = UserState.disabled
    for user in (unverified, gone):
        tell(session, user_id=user.id)
    carry(session)
    assert outgoing.list_latest(session) == []


@pytest.mark.parametrize(
    ("pace", "mails", "waiting"), [(MailPace.at_once, 1, 0), (MailPace.daily, 0, 1), (MailPace.off, 0, 0)]
)
def test_the_persons_pace_holds(session: Session, pace: MailPace, mails: int, waiting: int) -> None:
    user = reachable(session, "li@example.com")
    service.save_preferences(session, actor_of(user), mail={"needs": pace}, sms=frozenset())
    tell(session, user_id=user.id)
    carry(session)
    assert len(letters(session, "li@example.com")) == mails
    assert session.query(DigestItem).count() == waiting


def test_sms_only_for_what_is_urgent_and_wanted(session: Session) -> None:
    user = reachable(session, "li@example.com", mobile="13811112222")
    tell(session, URGENT, user_id=user.id)
    carry(session)
    assert letters(session, "13811112222") == []  # nobody asked for it
    service.save_preferences(session, actor_of(user), mail={}, sms=frozenset({"needs", "offerings"}))
    service.save_preferences(
        session,
        actor_of(user),
        mail={"needs": MailPace.off, "offerings": MailPace.off},
        sms=frozenset({"needs", "offerings"}),
    )
    tell(session, URGENT, user_id=user.id)
    tell(session, DONE, user_id=user.id)
    carry(session)
    (sms,) = letters(session, "13811112222")
    assert (sms.channel, sms.text) == (Channel.sms, "【赋能汇】急事。请登录平台查看。")


def test_old_news_goes_into_the_days_mail(session: Session) -> None:
    user = reachable(session, "li@example.com")
    with clock.frozen(clock.now() - STALE - timedelta(hours=1)):
        tell(session, user_id=user.id)
    carry(session)
    assert letters(session, "li@example.com") == []
    assert session.query(DigestItem).count() == 1


def test_a_fixed_number_of_queries_for_a_batch(session: Session) -> None:
    """Looking people up costs the same for many messages as for one (writing is a row a letter)."""
    from sqlalchemy import event

    def selects() -> int:
        found: list[str] = []

        def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
            if statement.startswith("SELECT") and "outgoing" not in statement:
                found.append(statement)

        connection = session.connection()
        event.listen(connection, "before_cursor_execute", note)
        carry(session)
        event.remove(connection, "before_cursor_execute", note)
        return len(found)

    for number in range(3):
        house = make_organisation(session)
        add_member(session, house, reachable(session, f"a{number}@example.com"))
        tell(session, organisation_id=house.id)
    tell(session, role=Role.reviewer)
    few = selects()
    for number in range(20):
        house = make_organisation(session)
        add_member(session, house, reachable(session, f"b{number}@example.com"))
        tell(session, organisation_id=house.id)
    tell(session, role=Role.reviewer)
    assert selects() == few


@pytest.mark.committed
class TestCommitted:
    def test_nothing_leaves_of_a_rolled_back_action(self, database: Database) -> None:
        with database.writing() as session:
            user = reachable(session, "li@example.com")
        with database.write() as session:
            tell(session, user_id=user.id)
            outgoing.post(session, Channel.mail, "li@example.com", text="x", key="k")
            session.rollback()
        with database.writing() as session:
            assert service.carry_out(session, database.settings) == 0
            assert outgoing.backlog(session).waiting == 0

    def test_four_workers_carry_each_message_once(self, database: Database) -> None:
        with database.writing() as session:
            user = reachable(session, "li@example.com")
            for _ in range(60):
                tell(session, user_id=user.id)
        start = threading.Barrier(4)
        errors: list[Exception] = []

        def work() -> None:
            start.wait()
            try:
                for _ in range(40):
                    with database.writing() as session:
                        if service.carry_out(session, database.settings, limit=7) == 0:
                            return
            except Exception as error:  # noqa: BLE001  the test shows it
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        with database.reading() as session:
            assert session.query(Letter).count() == 60
            assert session.query(Message).filter(Message.delivered_at.is_(None)).count() == 0
