"""What people typed is kept as typed, the newest wins, and a visitor's goes to the account."""

import uuid
from datetime import timedelta

import pytest

from app.core import clock, drafts
from app.core.db import Database
from app.core.errors import TooLarge


def test_the_newest_save_wins_and_keeps_every_character(database: Database) -> None:
    owner = drafts.user_owner(uuid.uuid4())
    typed = {"problem": "  <b>夜班</b>\n停了 ", "parts": [{"n": "²"}]}
    with database.writing() as session:
        drafts.save(session, owner=owner, form="needs.edit", data={"problem": "旧"})
        session.flush()
        drafts.save(session, owner=owner, form="needs.edit", data=typed)
    with database.reading() as session:
        found = drafts.find(session, owner=owner, form="needs.edit")
        assert found is not None
        assert found.data == typed


def test_a_visitors_draft_goes_to_the_account(database: Database) -> None:
    new = drafts.user_owner(uuid.uuid4())
    with database.writing() as session:
        drafts.save(session, owner="anon:abc", form="needs.start", data={"text": "x"})
        session.flush()
        assert drafts.hand_over(session, old="anon:abc", new=new) == 1
    with database.reading() as session:
        assert drafts.find(session, owner="anon:abc", form="needs.start") is None
        assert drafts.find(session, owner=new, form="needs.start") is not None


def test_visitors_drafts_are_forgotten_in_time(database: Database) -> None:
    with database.writing() as session:
        drafts.save(session, owner="anon:old", form="needs.start", data={"text": "x"})
    with (
        clock.frozen(clock.now() + drafts.ANONYMOUS_LIFE + timedelta(minutes=1)),
        database.writing() as session,
    ):
        drafts.sweep(session)
    with database.reading() as session:
        assert drafts.find(session, owner="anon:old", form="needs.start") is None


def test_an_endless_draft_is_refused_in_words(database: Database) -> None:
    with database.writing() as session, pytest.raises(TooLarge, match="太长"):
        drafts.save(session, owner="anon:big", form="needs.start", data={"text": "长" * drafts.MAX_BYTES})
