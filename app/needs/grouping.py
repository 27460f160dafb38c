"""Which needs are alike: same trouble, shared words, nearness in trade and place. Pure, deterministic. Composed: 中心规则.

Two needs are compared only when they name the same pain point or, failing that, the same scenario. Their likeness in percent
is the share of common words of the dictionary in all of both (two at least), plus a little for the same industry and
district. A cluster is a need with those that are like it.
"""

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SAME_INDUSTRY, SAME_DISTRICT = 5, 3
LEAST_COMMON = 2
MOST_WORDS = 8
EVERYWHERE = 0.5  # a word in more than this share of all needs says nothing
FEW = 8  # with fewer needs than this nothing can be said to stand everywhere


@dataclass(frozen=True, slots=True)
class Item:
    """What is compared of one need."""

    need_id: uuid.UUID
    organisation_id: uuid.UUID
    scenario_code: str | None
    pain_points: tuple[str, ...]
    industry: str | None
    district: str | None
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Needs of several firms with one pain point (or scenario); `words` stand in at least half of them, the commonest first."""

    scenario_code: str | None
    pain_point: str | None
    words: tuple[str, ...]
    items: tuple[Item, ...]

    @property
    def fingerprint(self) -> str:
        return fingerprint(item.need_id for item in self.items)


def fingerprint(need_ids: Iterable[uuid.UUID]) -> str:
    """Return the same text for the same set of needs."""
    return hashlib.sha256(",".join(sorted(str(key) for key in need_ids)).encode()).hexdigest()


def without_common(items: Sequence[Item]) -> list[Item]:
    """Return the items without the words that stand nearly everywhere."""
    if len(items) < FEW:
        return list(items)
    spread = Counter(word for item in items for word in item.words)
    dull = {word for word, count in spread.items() if count > EVERYWHERE * len(items)}
    return [
        Item(
            item.need_id,
            item.organisation_id,
            item.scenario_code,
            item.pain_points,
            item.industry,
            item.district,
            item.words - dull,
        )
        for item in items
    ]


def likeness(one: Item, other: Item) -> int:
    """Return how alike two needs are, 0–108 percent; one common word alone says nothing."""
    common = len(one.words & other.words)
    if common < LEAST_COMMON:
        return 0
    found = 100 * common // len(one.words | other.words)
    if one.industry is not None and one.industry == other.industry:
        found += SAME_INDUSTRY
    if one.district is not None and one.district == other.district:
        found += SAME_DISTRICT
    return found


def shared_words(items: Sequence[Item], most: int = MOST_WORDS) -> tuple[str, ...]:
    """Return the words that stand in at least half of the needs (and in two), the commonest first."""
    spread = Counter(word for item in items for word in item.words)
    least = max(2, (len(items) + 1) // 2)
    found = [word for word, count in spread.items() if count >= least]
    return tuple(sorted(found, key=lambda word: (-spread[word], -len(word), word))[:most])


def find_clusters(items: Sequence[Item], *, least: int, alike: int) -> list[Cluster]:
    """Return the clusters of at least `least` firms, each need in one at most; the same needs give the same clusters.

    Pain points come before scenarios, those with the most firms first; within one the need with the most firms like it
    gathers them.
    """
    plain = without_common(items)
    by_topic: dict[tuple[bool, str], list[Item]] = {}
    for item in sorted(plain, key=lambda item: item.need_id):
        for point in item.pain_points:
            by_topic.setdefault((False, point), []).append(item)
        if item.scenario_code is not None:
            by_topic.setdefault((True, item.scenario_code), []).append(item)
    found: list[Cluster] = []
    taken: set[uuid.UUID] = set()
    for topic in sorted(by_topic, key=lambda key: (key[0], -len(_firms(by_topic[key])), key[1])):
        here = [item for item in by_topic[topic] if item.need_id not in taken]
        near = {
            seed.need_id: [item for item in here if item is seed or likeness(seed, item) >= alike]
            for seed in here
        }
        while True:
            cluster = _largest(None if topic[0] else topic[1], here, near, taken, least)
            if cluster is None:
                break
            found.append(cluster)
            taken |= {item.need_id for item in cluster.items}
    return found


def _largest(
    point: str | None,
    here: Sequence[Item],
    near: dict[uuid.UUID, list[Item]],
    taken: set[uuid.UUID],
    least: int,
) -> Cluster | None:
    best: tuple[int, Cluster] | None = None
    for seed in here:
        if seed.need_id in taken:
            continue
        items = tuple(item for item in near[seed.need_id] if item.need_id not in taken)
        firms = len(_firms(items))
        if firms < least or (best is not None and firms <= best[0]):
            continue
        words = shared_words(items)
        if words:
            best = (firms, Cluster(seed.scenario_code, point, words, items))
    return best[1] if best else None


def _firms(items: Iterable[Item]) -> set[uuid.UUID]:
    return {item.organisation_id for item in items}


def joins(item: Item, words: Sequence[str], *, scenario: str | None, pain_point: str | None) -> bool:
    """Return whether a need fits into a standing group: its pain point (or scenario) and at least two of its words."""
    same = pain_point in item.pain_points if pain_point else item.scenario_code == scenario
    return same and len(item.words & set(words)) >= min(2, len(words))
