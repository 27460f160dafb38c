"""The matrix can fail: each check that is taken away must turn it red (RELIABILITY A9)."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Select, select

from app.core import permissions
from app.core.messages import Message
from app.core.permissions import Actor
from app.deals import queries as deals
from app.deals.models import Enquiry
from app.desk import queries as desk
from app.desk.models import Announcement, HelpRequest
from app.files import service as files
from app.needs import queries as needs
from app.needs.models import Need
from app.notifications.models import Hook
from app.notifications.queries import hooks, notices
from app.offerings import queries as offerings
from app.offerings.models import Offering
from app.organisations import queries as organisations
from app.organisations.models import Organisation
from app.policies import queries as policies
from app.policies.models import Policy
from app.watching.models import SavedSearch
from app.watching.queries import searches
from tests.matrix.asking import Asker
from tests.matrix.matrix import Difference, differences, first_opened, parts

#: room (and what of it) → the question who sees what, and the model that it selects
SEEN: dict[str, tuple[Callable[[Actor], Select[Any]], type[Any]]] = {
    "needs": (needs.visible_to, Need),
    "offerings": (offerings.visible_to, Offering),
    "organisations": (organisations.visible_to, Organisation),
    "policies": (policies.visible_to, Policy),
    "deals": (deals.visible_to, Enquiry),
    "desk.announcements": (desk.visible_to, Announcement),
    "desk.help": (desk.help_visible_to, HelpRequest),
    "notifications.hooks": (hooks.visible_to, Hook),
    "notifications.notices": (notices.visible_to, Message),
    "watching": (searches.visible_to, SavedSearch),
}
#: Rules that decide nothing on any route: what a page masks is held by test_canaries, the other has no page yet.
ELSEWHERE = {"needs:need:read", "policies:policy:edit"}
LEAST = 0.95
FILE = "GET /files/{file_id}"


def mutants() -> list[str]:
    """Return what can be taken away: every registered rule, every room's answer to who sees what or opens a file."""
    rules = {rule.value for rule in permissions.registered()} - ELSEWHERE
    papers = [f"files.{purpose}" for purpose in files._readers]
    return [f"{room}.visible_to" for room in SEEN] + papers + sorted(rules)


@contextmanager
def without(mutant: str) -> Iterator[None]:
    """Take one check away: the rule always agrees, or everybody sees everything."""
    room = mutant.removesuffix(".visible_to")
    if room in SEEN:
        question, model = SEEN[room]
        with ExitStack() as stack:
            for module in [module for name, module in sys.modules.items() if name.startswith("app.")]:
                for name, value in list(vars(module).items()):
                    if value is question:  # wherever it was imported to
                        stack.enter_context(patch.object(module, name, lambda _actor: select(model)))
            yield
    elif mutant.startswith("files."):
        with patch.dict(files._readers, {mutant.removeprefix("files."): lambda *_: True}):
            yield
    else:
        with patch.dict(permissions._rules, {permissions.Permission(mutant): lambda _actor, _obj: True}):
            yield


def first_difference(asker: Asker, mutant: str) -> Difference | None:
    """Run the matrix without the check, its own room's part first, to the first cell that differs."""
    if mutant.startswith("files."):
        return next(iter(differences(asker, only=FILE)), None)
    room = mutant.replace(":", ".").split(".", maxsplit=1)[0]
    own = {"matching": "needs"}.get(room, room if room in parts() else "rest")
    order = sorted(parts(), key=lambda part: (part != own, part != "rest"))
    tried = (first_opened(asker, part) for part in order)
    return next((found for found in tried if found), None)


@pytest.mark.timeout(3600)
def test_a_check_that_is_taken_away_turns_the_matrix_red(
    asker: Asker, figure: Callable[[int, int], int]
) -> None:
    every = mutants()
    chosen = every[:: max(1, len(every) // figure(4, len(every)))]
    unnoticed = []
    for mutant in chosen:
        with without(mutant):
            found = first_difference(asker, mutant)
        print(f"{mutant}: {found or 'NOT NOTICED'}")  # noqa: T201  the evidence of the long run
        if found is None:
            unnoticed.append(mutant)
    share = 1 - len(unnoticed) / len(chosen)
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} noticed, {share:.1%}")  # noqa: T201
    assert share >= LEAST, unnoticed
