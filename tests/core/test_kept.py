"""What is kept for a while is kept per database and forgotten in time."""

from app.core.db import Database
from app.core.kept import Kept, Recent


def test_a_value_is_made_once_and_again_when_too_old(database: Database) -> None:
    made: list[int] = []

    def make(_session: object) -> int:
        made.append(1)
        return len(made)

    long, short = Kept(make, seconds=60), Kept(make, seconds=0)
    with database.reading() as session:
        assert [long.get(session), long.get(session)] == [1, 1]
        assert [short.get(session), short.get(session)] == [2, 3]


def test_the_oldest_of_the_recent_goes_first(database: Database) -> None:
    recent: Recent[str] = Recent(2)
    with database.reading() as session:
        recent.put(session, "a", "1")
        recent.put(session, "b", "2")
        assert recent.get(session, "a") == "1"
        recent.put(session, "c", "3")
        assert recent.get(session, "b") is None
        assert (recent.get(session, "a"), recent.get(session, "c")) == ("1", "3")
