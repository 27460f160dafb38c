"""The matrix can fail: each check that is taken away must turn it red (RELIABILITY A9)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from sqlalchemy import select

from app.core import permissions
from app.needs import queries as needs
from app.needs.models import Need
from app.offerings import queries as offerings
from app.offerings.models import Offering
from app.organisations import queries as organisations
from app.organisations.models import Organisation
from app.policies import queries as policies
from app.policies.models import Policy
from tests.matrix.asking import Asker
from tests.matrix.matrix import Difference, differences

SEEN = {
    "needs": (needs, Need),
    "offerings": (offerings, Offering),
    "organisations": (organisations, Organisation),
    "policies": (policies, Policy),
}
#: Rules that decide nothing on any route: what a page masks is held by test_canaries, the other has no page yet.
ELSEWHERE = {"needs:need:read", "policies:policy:edit"}
PARTS = ("needs", "offerings", "organisations", "rest")
LEAST = 0.95


def mutants() -> list[str]:
    """Return what can be taken away: every registered rule, and every room's answer to who sees what."""
    rules = {rule.value for rule in permissions.registered()} - ELSEWHERE
    return [f"{room}.visible_to" for room in SEEN] + sorted(rules)


@contextmanager
def without(mutant: str) -> Iterator[None]:
    """Take one check away: the rule always agrees, or everybody sees everything."""
    room = mutant.removesuffix(".visible_to")
    if room in SEEN:
        module, model = SEEN[room]
        with patch.object(module, "visible_to", lambda _actor: select(model)):
            yield
    else:
        with patch.dict(permissions._rules, {permissions.Permission(mutant): lambda _actor, _obj: True}):
            yield


def first_difference(asker: Asker, mutant: str) -> Difference | None:
    """Run the matrix without the check, its own room's part first, to the first cell that differs."""
    room = mutant.replace(":", ".").split(".", maxsplit=1)[0]
    own = {"matching": "needs"}.get(room, room if room in PARTS else "rest")
    for part in sorted(PARTS, key=lambda part: part != own):
        found = differences(asker, only=part, stop=True)
        if found:
            return found[0]
    return None


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
