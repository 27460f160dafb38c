"""What carries letters out: SMTP, an installation's own SMS gateway, and their console twins.

No SMS gateway is built in: the centre has not named one, and each provider has its own signing and approved
templates. An installation names a factory in `FUNENG_SMS__ADAPTER`; in development both channels end in the
mailbox page `/dev/mailbox`.
"""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from importlib import import_module
from typing import Protocol

from app.core import clock, logging
from app.core.outgoing import Body, Channel, Letter
from app.core.settings import MailSecurity, Settings

log = logging.get("letters")


class Refused(Exception):
    """The other side will never take this letter: no further try."""


class Sender(Protocol):
    """Carries one letter; raises `Refused` for good, anything else for another try."""

    keeps_secrets: bool
    """Whether what it took can be read in the development mailbox afterwards."""

    def send(self, letter: Letter, body: Body) -> None: ...


class ConsoleSender:
    """The twin of development and tests: the letter stays in its table, where the mailbox page shows it."""

    keeps_secrets = True

    def send(self, letter: Letter, body: Body) -> None:
        del body
        log.info("letter kept in /dev/mailbox", channel=letter.channel.value, letter=str(letter.id))


class SmtpSender:
    """One SMTP connection for a batch of mails."""

    keeps_secrets = False

    def __init__(self, settings: Settings, connection: smtplib.SMTP) -> None:
        self._settings = settings
        self._connection = connection

    def send(self, letter: Letter, body: Body) -> None:
        message = to_mail(self._settings, letter, body)
        try:
            self._connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            self._judge(code, reason)
        except smtplib.SMTPResponseException as error:
            self._judge(error.smtp_code, error.smtp_error)

    @staticmethod
    def _judge(code: int, reason: bytes | str) -> None:
        text = f"{code} {reason.decode(errors='replace') if isinstance(reason, bytes) else reason}"
        if 500 <= code < 600:
            raise Refused(text)
        raise OSError(text)


def to_mail(settings: Settings, letter: Letter, body: Body) -> EmailMessage:
    """Return the mail as it goes over the wire; Message-ID and date are those of the row, on every try."""
    message = EmailMessage()
    message["From"] = formataddr((settings.site.name, settings.mail.sender))
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = str(value)
    message.set_content(body.text)
    if body.html is not None:
        message.add_alternative(body.html, subtype="html")
    return message


@contextmanager
def smtp(settings: Settings) -> Iterator[SmtpSender]:
    """Open the configured connection: TLS from the start, STARTTLS (never silently without), or plain."""
    given = settings.mail
    assert given.host is not None
    context = ssl.create_default_context(cafile=str(given.ca_certs) if given.ca_certs else None)
    opened: smtplib.SMTP
    if given.security is MailSecurity.tls:
        opened = smtplib.SMTP_SSL(given.host, given.port, timeout=given.timeout_s, context=context)
    else:
        opened = smtplib.SMTP(given.host, given.port, timeout=given.timeout_s)
    with opened as connection:
        if given.security is MailSecurity.starttls:
            connection.starttls(context=context)
        if given.username is not None and given.password is not None:
            connection.login(given.username, given.password.get_secret_value())
        yield SmtpSender(settings, connection)


@contextmanager
def open_sender(settings: Settings, channel: Channel) -> Iterator[Sender]:
    """Yield what carries this channel; `outgoing.available` says whether there is one."""
    if channel is Channel.mail and settings.mail.host is not None:
        with smtp(settings) as sender:
            yield sender
    elif channel is Channel.sms and settings.sms.adapter is not None:
        yield load_adapter(settings)
    elif settings.is_production:
        raise RuntimeError(f"no way out for {channel.value}")
    else:
        yield ConsoleSender()


def load_adapter(settings: Settings) -> Sender:
    """Return the installation's SMS sender from `FUNENG_SMS__ADAPTER` (`package.module:factory`)."""
    module, _, name = (settings.sms.adapter or "").partition(":")
    factory: Callable[[Settings], Sender] = getattr(import_module(module), name)
    return factory(settings)


def is_late(letter: Letter) -> bool:
    return letter.expires_at is not None and letter.expires_at < clock.now()
