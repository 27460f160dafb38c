"""Panels and queues of several rooms meet at one place, each only for whom it is meant."""

import pytest

from app.core.permissions import ANONYMOUS, Actor, Permission, Role
from app.web import panels, queues
from tests.services.client import Client


def test_rooms_meet_at_one_place(client: Client) -> None:
    places: dict[str, int] = {}
    for panel in panels.registered():
        places[panel.place] = places.get(panel.place, 0) + 1
    assert places["workspace.main"] >= 3
    assert len({queue.name.split(".")[0] for queue in queues.registered()}) >= 4


def test_a_queue_is_shown_to_whom_it_is_meant_for(client: Client) -> None:
    reviewer = Actor(user_id=None, roles=frozenset({Role.reviewer}))
    assert queues.ask_all(client.session, ANONYMOUS) == []
    names = {queue.name for queue, _waiting in queues.ask_all(client.session, reviewer)}
    assert {"organisations.verifications", "offerings.review", "needs.held", "desk.help"} <= names


def test_two_queues_of_one_name_are_refused(client: Client) -> None:
    again = queues.register(
        "needs.held", title="", href="/", permission=Permission.needs_need_review, queries=0
    )
    with pytest.raises(RuntimeError, match=r"needs\.held"):
        again(lambda _session, _actor: queues.Waiting(0))
