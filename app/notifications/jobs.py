"""What the worker does: carry messages out, send letters, call webhooks, make the day's mail.

Whatever waits for another machine runs in a lane of its own, a thread that the ticker starts and never waits for:
a slow mail server must not hold up the search index.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.core import clock, failpoints, logging, outgoing
from app.core.db import Database
from app.core.outgoing import Channel, Letter
from app.core.permissions import SYSTEM
from app.core.settings import Settings
from app.core.worker import ticker
from app.notifications import calling, senders
from app.notifications.models import Delivery, DeliveryState
from app.notifications.queries import delivery as deliveries
from app.notifications.queries import hooks
from app.notifications.service import carry_out, make_digests
from app.notifications.service.hooks import note_answer, open_secret

log = logging.get("letters")
LEASE = timedelta(minutes=2)
CALLS = 5
LOG_KEPT = timedelta(days=90)


class Lane:
    """Runs one step at a time in a thread; `kick` returns at once."""

    def __init__(self) -> None:
        self._busy = threading.Lock()

    def kick(self, step: Callable[[], int]) -> None:
        if not self._busy.acquire(blocking=False):
            return
        threading.Thread(target=self._run, args=(step,), name="funeng-lane", daemon=True).start()

    def _run(self, step: Callable[[], int]) -> None:
        try:
            while step():
                pass
        except Exception as error:  # noqa: BLE001  the next kick may do better
            log.warning("sending failed", error=repr(error)[:300])
        finally:
            self._busy.release()


_letters, _calls = Lane(), Lane()


@ticker("notifications.carry", every_s=1.0)
def carry(runtime: Any, database: Database) -> bool:
    """Turn new messages into letters, digest lines and webhook calls."""
    with database.writing() as session:
        return carry_out(session, runtime.settings) > 0


@ticker("notifications.digest", every_s=30.0)
def digest(runtime: Any, database: Database) -> bool:
    """Write the day's mails once it is 08:00."""
    with database.writing() as session:
        return make_digests(session, runtime.settings) > 0


@ticker("notifications.letters", every_s=1.0)
def send(runtime: Any, database: Database) -> bool:
    """Send waiting letters in their lane."""
    _letters.kick(lambda: send_letters(database, runtime.settings))
    return False


@ticker("notifications.calls", every_s=2.0)
def call(runtime: Any, database: Database) -> bool:
    """Call webhooks in their lane."""
    _calls.kick(lambda: call_hooks(database, runtime.settings))
    return False


@ticker("notifications.sweep", every_s=600.0)
def sweep(runtime: Any, database: Database) -> bool:
    """Delete what is kept long enough."""
    del runtime
    with database.writing() as session:
        outgoing.sweep(session)
        for row in hooks.list_ended_deliveries(session, before=clock.now() - LOG_KEPT, limit=500):
            session.delete(row)
    return False


def send_letters(database: Database, settings: Settings) -> int:
    """Send one batch of due letters; returns how many were taken.

    The letter goes out between two transactions: a crash there sends it again, under the same Message-ID.
    """
    with database.writing() as session:
        rows = outgoing.lease(session, channels=outgoing.available(settings))
        session.expunge_all()
    for channel in Channel:
        batch = [row for row in rows if row.channel is channel]
        if not batch:
            continue
        try:
            with senders.open_sender(settings, channel) as sender:
                while batch:
                    _send(database, settings, sender, batch[0])
                    batch.pop(0)
        except Exception as error:  # noqa: BLE001  no connection: the batch waits for another try
            log.warning("no connection for letters", channel=channel.value, error=type(error).__name__)
            for row in batch:
                _settle(database, row, repr(error)[:300])
    return len(rows)


def _send(database: Database, settings: Settings, sender: senders.Sender, row: Letter) -> None:
    if senders.is_late(row):
        _settle(database, row, "过期未发", final=True)
        return
    body = outgoing.body_of(settings, row)
    if body is None:
        _settle(database, row, "内容已无法解密", final=True)
        return
    try:
        sender.send(row, body)
    except senders.Refused as error:
        _settle(database, row, str(error), final=True)
        return
    except OSError as error:  # smtplib's own errors are among them
        _settle(database, row, repr(error)[:300])
        return
    failpoints.reach("letters.after_send")
    with database.writing() as session:
        outgoing.complete(session, row.id, keep_secret=sender.keeps_secrets)


def _settle(database: Database, row: Letter, error: str, *, final: bool = False) -> None:
    with database.writing() as session:
        outgoing.fail(session, row.id, error, final=final)


def call_hooks(database: Database, settings: Settings) -> int:
    """Call the webhooks of one batch of due deliveries; returns how many were taken."""
    with database.writing() as session:
        rows = deliveries.lease_deliveries(session, moment=clock.now(), limit=CALLS)
        for row in rows:
            row.claimed_until = clock.now() + LEASE
        session.flush()
        session.expunge_all()
    for row in rows:
        _call(database, settings, row)
    return len(rows)


def _call(database: Database, settings: Settings, row: Delivery) -> None:
    with database.reading() as session:
        hook = hooks.find_hook(session, row.hook_id)
        secret = open_secret(settings, hook) if hook is not None else None
        if hook is not None:
            session.expunge(hook)
    if hook is None:
        return
    if hook.disabled_at is not None or secret is None:
        with database.writing() as session:
            held = session.get(Delivery, row.id)
            if held is not None:
                held.state, held.finished_at, held.claimed_until = DeliveryState.failed, clock.now(), None
                held.error = "推送地址已停用" if hook.disabled_at is not None else "没有可用的密钥"
        return
    answer = calling.call(
        hook.url, event=row.name, delivery=str(row.id), secret=secret, body=row.body, given=settings.hooks
    )
    with database.writing() as session:
        note_answer(session, SYSTEM, delivery_id=row.id, answer=answer)
