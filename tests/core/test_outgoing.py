"""Letters: written with the action, leased once, retried with pauses, secret ones wiped."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.core import clock, outgoing
from app.core.db import settings_of
from app.core.outgoing import Channel, Letter, LetterState


def post(session: Session, key: str = "k", **more: object) -> Letter:
    row = outgoing.post(
        session,
        Channel.mail,
        "zhang@example.com",
        subject="验证码",
        text="您的验证码是 482913",
        key=key,
        **more,  # type: ignore[arg-type]  # a test's own names
    )
    session.flush()
    assert row is not None
    return row


def test_one_letter_for_a_key_with_one_message_id(session: Session) -> None:
    row = post(session)
    assert row.message_id == f"<{row.id}@127.0.0.1>"
    assert outgoing.post(session, Channel.mail, "a@example.com", text="x", key="k") is None


def test_a_secret_is_unreadable_at_rest_and_readable_to_the_sender(session: Session) -> None:
    row = post(session, secret=True, html="<p>482913</p>")
    assert "482913" not in row.text
    assert row.html is not None
    assert "482913" not in row.html
    body = outgoing.body_of(settings_of(session), row)
    assert body is not None
    assert (body.text, body.html) == ("您的验证码是 482913", "<p>482913</p>")


def test_a_secret_sealed_with_an_old_key_still_opens(session: Session) -> None:
    row = post(session, secret=True)
    settings = settings_of(session)
    old = settings.secret_key
    assert old is not None
    rotated = settings.model_copy(
        update={"secret_key": type(old)("another-0123456789-zyxwvutsrq"), "old_secret_keys": [old]}
    )
    body = outgoing.body_of(rotated, row)
    assert body is not None
    assert "482913" in body.text
    assert outgoing.body_of(rotated.model_copy(update={"old_secret_keys": []}), row) is None


def test_delivery_wipes_a_secret_only(session: Session) -> None:
    secret, plain = post(session, "a", secret=True), post(session, "b")
    for row in (secret, plain):
        outgoing.complete(session, row.id)
        session.refresh(row)
    assert (secret.text, secret.html, secret.state) == ("", None, LetterState.sent)
    assert outgoing.body_of(settings_of(session), secret) is None
    assert plain.text


def test_a_leased_letter_is_not_leased_again_until_the_lease_ends(session: Session) -> None:
    row = post(session)
    assert [found.id for found in outgoing.lease(session)] == [row.id]
    assert outgoing.lease(session) == []
    with clock.frozen(clock.now() + outgoing.LEASE + timedelta(seconds=1)):
        assert [found.id for found in outgoing.lease(session)] == [row.id]


def test_failures_wait_longer_each_time_and_end_dead(session: Session) -> None:
    row = post(session)
    waits = []
    moment = clock.now()
    while row.state is LetterState.waiting:
        with clock.frozen(moment):
            assert outgoing.lease(session)
            outgoing.fail(session, row.id, "connection refused")
            session.flush()
        if row.state is LetterState.waiting:
            waits.append(row.next_at - moment)
            moment = row.next_at
    assert waits == list(outgoing.PAUSES)
    assert outgoing.backlog(session).dead == 1
    assert outgoing.revive(session, row.id)
    assert outgoing.lease(session) == [row]


def test_a_final_failure_wipes_a_secret_and_cannot_be_revived(session: Session) -> None:
    row = post(session, secret=True)
    outgoing.fail(session, row.id, "550 no such user", final=True)
    session.flush()
    session.refresh(row)
    assert (row.state, row.text) == (LetterState.dead, "")
    assert not outgoing.revive(session, row.id)
    assert not outgoing.revive(session, uuid.uuid4())


def test_backlog_counts_and_ages(session: Session) -> None:
    assert outgoing.backlog(session) == outgoing.Backlog(0, 0, 0)
    post(session, "a")
    with clock.frozen(clock.now() + timedelta(seconds=90)):
        found = outgoing.backlog(session)
    assert (found.waiting, found.dead) == (1, 0)
    assert 89 <= found.oldest_s <= 91


def test_old_letters_are_swept(session: Session) -> None:
    sent, dead, waiting = post(session, "a"), post(session, "b"), post(session, "c")
    outgoing.complete(session, sent.id)
    outgoing.fail(session, dead.id, "x", final=True)
    session.flush()
    with clock.frozen(clock.now() + outgoing.KEPT + timedelta(days=1)):
        outgoing.sweep(session)
    assert {row.id for row in outgoing.list_latest(session)} == {dead.id, waiting.id}
    assert [row.id for row in outgoing.list_dead(session)] == [dead.id]


@pytest.mark.parametrize("to", ["", "a@example.com\nBcc: b@example.com", "a b@example.com"])
def test_a_strange_recipient_is_refused(session: Session, to: str) -> None:
    with pytest.raises(ValueError, match="recipient"):
        outgoing.post(session, Channel.mail, to, text="x", key="k")


def test_a_subject_of_two_lines_is_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="one line"):
        outgoing.post(session, Channel.mail, "a@example.com", subject="a\r\nBcc: b", text="x", key="k")
