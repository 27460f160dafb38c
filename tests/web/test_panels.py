"""Panels of several rooms meet at one place, each as often as it promised and only for whom it is meant."""

from app.core.permissions import ANONYMOUS, Actor, Permission, Role
from app.web import panels
from tests.services.client import Client


def test_rooms_meet_at_one_place(client: Client) -> None:
    places = {panel.place: 0 for panel in panels.registered()}
    for panel in panels.registered():
        places[panel.place] += 1
    assert places["desk.summary"] >= 3
    assert places["workspace.main"] >= 3


def test_a_panel_is_shown_to_whom_it_is_meant_for(client: Client) -> None:
    reviewer = Actor(user_id=None, roles=frozenset({Role.reviewer}))
    assert Permission.needs_need_review
    assert panels.parts(client.session, ANONYMOUS, "desk.summary") == []
    assert len(panels.parts(client.session, reviewer, "desk.summary")) >= 3
