"""Letters over a real SMTP connection: at least once, one Message-ID, never silently in the clear."""

import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from app.core import clock, outgoing
from app.core.db import Database
from app.core.outgoing import Channel, Letter, LetterState
from app.core.settings import Env, MailSecurity, MailSettings, Settings, SmsSettings
from app.notifications import jobs, senders
from tests.notifications.servers import Certificates, MailServer, mail_server, make_certificates
from tests.services.server import Process

pytestmark = pytest.mark.committed
SENT: list[tuple[str, str]] = []


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as started:
        yield started


def mail_to(settings: Settings, port: int, **more: Any) -> Settings:
    given = {"host": "127.0.0.1", "port": port, "security": MailSecurity.none, "sender": "hui@centre.example"}
    return settings.model_copy(update={"mail": MailSettings(**(given | more))})


def post(database: Database, key: str = "k", to: str = "li@example.com", **more: Any) -> Letter:
    with database.writing() as session:
        row = outgoing.post(
            session,
            Channel.mail,
            to,
            subject="【赋能汇】需求已发布：冲床",
            text="正文\n.\n一行一个点",
            html="<p>正文</p>",
            key=key,
            headers={"List-Unsubscribe": "<https://example.com/u>"},
            **more,
        )
    assert row is not None
    return row


def read(database: Database, row: Letter) -> Letter:
    with database.reading() as session:
        found = session.get(Letter, row.id)
        assert found is not None
        session.expunge(found)
    return found


def test_a_mail_arrives_whole(database: Database, server: MailServer) -> None:
    row = post(database)
    assert jobs.send_letters(database, mail_to(database.settings, server.port)) == 1
    (mail,) = server.mails
    assert mail["Message-ID"] == row.message_id
    assert mail["To"] == "li@example.com"
    assert mail["From"] == "赋能汇 <hui@centre.example>"
    assert mail["Subject"] == "【赋能汇】需求已发布：冲床"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://example.com/u>"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert plain.get_content().replace("\r\n", "\n") == "正文\n.\n一行一个点\n"
    assert html.get_content().strip() == "<p>正文</p>"
    assert read(database, row).state is LetterState.sent


def test_starttls_and_a_password(database: Database, certificates: Certificates) -> None:
    with mail_server(certificates=certificates, login=("hui", "geheim")) as server:
        good = mail_to(
            database.settings,
            server.port,
            security=MailSecurity.starttls,
            ca_certs=certificates.authority,
            username="hui",
            password="geheim",
        )
        post(database)
        jobs.send_letters(database, good)
        assert len(server.mails) == 1
        assert server.signed_in == ["hui"]


def test_tls_from_the_start(database: Database, certificates: Certificates) -> None:
    with mail_server(certificates=certificates, implicit_tls=True) as server:
        post(database)
        settings = mail_to(
            database.settings, server.port, security=MailSecurity.tls, ca_certs=certificates.authority
        )
        jobs.send_letters(database, settings)
        assert len(server.mails) == 1


@pytest.mark.parametrize("trusted", [True, False])
def test_no_mail_in_the_clear_or_to_a_stranger(
    database: Database, certificates: Certificates, server: MailServer, trusted: bool
) -> None:
    """A server without STARTTLS, and one whose certificate nobody vouches for, get nothing."""
    row = post(database)
    if trusted:
        jobs.send_letters(database, mail_to(database.settings, server.port, security=MailSecurity.starttls))
        assert server.mails == []
    else:
        with mail_server(certificates=certificates) as other:
            jobs.send_letters(
                database, mail_to(database.settings, other.port, security=MailSecurity.starttls)
            )
            assert other.mails == []
    found = read(database, row)
    assert (found.state, found.attempts) == (LetterState.waiting, 1)


def test_refused_for_good_is_dead_at_once_and_does_not_stop_the_others(
    database: Database, server: MailServer
) -> None:
    bad, good = post(database, "a", "gone@example.com"), post(database, "b")
    server.answers.append("550 no such user")
    jobs.send_letters(database, mail_to(database.settings, server.port))
    found = read(database, bad)
    assert found.state is LetterState.dead
    assert "550" in (found.last_error or "")
    assert read(database, good).state is LetterState.sent


def test_refused_for_now_and_a_dead_server_are_tried_again(database: Database, server: MailServer) -> None:
    row = post(database)
    server.answers.append("451 try later")
    settings = mail_to(database.settings, server.port)
    jobs.send_letters(database, settings)
    assert read(database, row).state is LetterState.waiting
    assert jobs.send_letters(database, settings) == 0  # not before its pause is over
    down = mail_to(database.settings, 1)
    with clock.frozen(clock.now() + timedelta(minutes=2)):
        jobs.send_letters(database, down)
    assert read(database, row).attempts == 2
    with clock.frozen(clock.now() + timedelta(minutes=10)):
        jobs.send_letters(database, settings)
    assert read(database, row).state is LetterState.sent
    assert [mail["Message-ID"] for mail in server.mails] == [row.message_id]


def test_late_codes_are_given_up(database: Database, server: MailServer) -> None:
    row = post(database, secret=True, expires_at=clock.now() - timedelta(seconds=1))
    jobs.send_letters(database, mail_to(database.settings, server.port))
    found = read(database, row)
    assert (found.state, found.text, server.mails) == (LetterState.dead, "", [])


def test_a_code_is_readable_in_the_mail_and_wiped_afterwards(database: Database, server: MailServer) -> None:
    row = post(database, secret=True)
    jobs.send_letters(database, mail_to(database.settings, server.port))
    plain = server.mails[0].get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    assert plain.get_content().startswith("正文")
    assert read(database, row).text == ""


def test_the_console_twin_keeps_letters_for_the_mailbox(database: Database) -> None:
    row = post(database, secret=True)
    jobs.send_letters(database, database.settings)
    found = read(database, row)
    assert found.state is LetterState.sent
    body = outgoing.body_of(database.settings, found)
    assert body is not None
    assert body.text.startswith("正文")


def test_production_without_a_mail_server_keeps_letters_waiting(database: Database) -> None:
    row = post(database)
    production = database.settings.model_copy(update={"env": Env.production})
    assert production.is_production
    assert outgoing.available(production) == frozenset()
    assert jobs.send_letters(database, production) == 0
    assert read(database, row).state is LetterState.waiting
    with pytest.raises(RuntimeError, match="no way out"), senders.open_sender(production, Channel.mail):
        pass


class Gateway:
    """An installation's own SMS sender, as docs/notifications.md describes it."""

    keeps_secrets = False

    def __init__(self, settings: Settings) -> None:
        self.name = settings.site.name

    def send(self, letter: Letter, body: outgoing.Body) -> None:
        SENT.append((letter.recipient, body.text))


def test_an_installations_own_sms_gateway(database: Database) -> None:
    SENT.clear()
    with database.writing() as session:
        outgoing.post(session, Channel.sms, "13811112222", text="验证码 482913", key="s", secret=True)
    settings = database.settings.model_copy(
        update={"env": Env.production, "sms": SmsSettings(adapter=f"{__name__}:Gateway")}
    )
    assert outgoing.available(settings) == {Channel.sms}
    jobs.send_letters(database, settings)
    assert SENT == [("13811112222", "验证码 482913")]


def test_killed_between_sending_and_noting_it(sqlite_url: str, tmp_path: Path, server: MailServer) -> None:
    """At most one duplicate, and it carries the same Message-ID; nothing is lost."""
    settings = {
        "FUNENG_ENV": "test",
        "FUNENG_DATA_DIR": str(tmp_path / "data"),
        "FUNENG_DATABASE_URL": sqlite_url,
        "FUNENG_MAIL__HOST": "127.0.0.1",
        "FUNENG_MAIL__PORT": str(server.port),
        "FUNENG_MAIL__SECURITY": "none",
        "FUNENG_WORKER_IN_PROCESS": "false",
    }
    opened = Database(Settings(env="test", data_dir=tmp_path / "data", database_url=sqlite_url))
    rows = [post(opened, f"k{number}") for number in range(3)]
    opened.dispose()
    dying = Process(["worker"], settings | {"FUNENG_FAILPOINT": "letters.after_send:2"}, tmp_path / "one.log")
    dying.start()
    assert dying.wait_for_exit(60) == -9
    assert len(server.mails) == 2
    with Process(["worker"], settings, tmp_path / "two.log"):
        path = sqlite_url.removeprefix("sqlite:///")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with sqlite3.connect(path) as connection:
                if connection.execute("select count(*) from outgoing where state='sent'").fetchone()[0] == 3:
                    break
            time.sleep(0.1)
    arrived = [mail["Message-ID"] for mail in server.mails]
    assert set(arrived) == {row.message_id for row in rows}
    assert len(arrived) == 4  # one duplicate
