"""Which pain point a text speaks of: two small readers trained from the lexicon, and their agreement.

The first is a multinomial naive Bayes over characters and character pairs, good at long texts; the second takes the
nearest composed utterances by weighted overlap, good at short ones. Their scores are standardised and summed, which
beat either alone on composed sentences held apart (see docs/matching.md). Training takes a fraction of a second, is
exact arithmetic over counts and therefore gives the same reader wherever it runs.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search.analysis.normalise import normalise

_RUN = re.compile(r"[㐀-鿿]+|[a-z0-9]+")

_ALPHA = 0.1  # smoothing of the naive Bayes counts
_NEAREST = 4  # utterances that vote for a pain point
_CUE = 1.0  # what each of the first three cues of a pain point adds, shared when several points own the cue
_COMMON = 400  # an utterance feature in more lines than this says nothing
_SHARPNESS = 1.0  # makes the summed scores a probability; fitted on composed sentences held apart


def grams(text: str) -> list[str]:
    """Characters, pairs of characters and Latin tokens of a text, repeated as they occur."""
    found: list[str] = []
    for match in _RUN.finditer(normalise(text)):
        run = match.group()
        if run[0] < "㐀":
            found.append(run)
            continue
        found.extend(run)
        found.extend(map("".join, itertools.pairwise(run)))
    return found


@dataclass(frozen=True, slots=True)
class Example:
    """One training line for a pain point."""

    label: str
    text: str


class Classifier:
    """Trained once, then only read: safe to share by threads."""

    def __init__(
        self, labels: Sequence[str], examples: Iterable[Example], cues: Iterable[Example] = ()
    ) -> None:
        self.labels = tuple(labels)
        index = {label: position for position, label in enumerate(self.labels)}
        self._cues: dict[str, list[int]] = {}
        for cue in cues:
            self._cues.setdefault(normalise(cue.text), []).append(index[cue.label])
        lines = [(index[example.label], frozenset(grams(example.text))) for example in examples]
        self._train_bayes(lines)
        self._train_nearest(lines)

    def _train_bayes(self, lines: Sequence[tuple[int, frozenset[str]]]) -> None:
        counts: dict[str, Counter[int]] = {}
        totals = [0] * len(self.labels)
        for label, features in lines:
            totals[label] += len(features)
            for feature in features:
                counts.setdefault(feature, Counter())[label] += 1
        self._bayes = {
            feature: tuple(
                (label, math.log((count + _ALPHA) / _ALPHA)) for label, count in sorted(by_label.items())
            )
            for feature, by_label in counts.items()
        }
        self._each = [-math.log(total + _ALPHA * len(counts)) for total in totals]

    def _train_nearest(self, lines: Sequence[tuple[int, frozenset[str]]]) -> None:
        frequency = Counter(feature for _, features in lines for feature in features)
        mean = sum(len(features) for _, features in lines) / max(1, len(lines))
        self._line_label = [label for label, _ in lines]
        self._nearest: dict[str, list[tuple[int, float]]] = {}
        for line, (_, features) in enumerate(lines):
            norm = (0.5 + 0.5 * len(features) / mean) ** -0.5
            for feature in features:
                if frequency[feature] <= _COMMON:
                    rarity = math.log(
                        1 + (len(lines) - frequency[feature] + 0.5) / (frequency[feature] + 0.5)
                    )
                    self._nearest.setdefault(feature, []).append((line, rarity * norm))

    def probabilities(self, text: str) -> list[float]:
        """The belief over `labels`, summing to one; even when nothing was recognised."""
        features = sorted(set(grams(text)))
        extra = self._cue_scores(normalise(text))
        known = [feature for feature in features if feature in self._bayes]
        if not known:
            return [1 / len(self.labels)] * len(self.labels)
        scores = [
            left + right + cue
            for left, right, cue in zip(
                _standard(self._bayes_scores(known)),
                _standard(self._nearest_scores(features)),
                extra,
                strict=True,
            )
        ]
        return _softmax([_SHARPNESS * score for score in scores])

    def evidence(self, label: str, text: str) -> float:
        """How strongly a piece of text speaks for one label: rare shared features count most."""
        position = self.labels.index(label)
        total = 0.0
        for feature in set(grams(text)):
            entries = self._bayes.get(feature, ())
            own = next((weight for at, weight in entries if at == position), 0.0)
            total += own / (1 + len(entries))
        return round(total, 6)

    def names(self, label: str, text: str) -> bool:
        """Whether the text holds a cue that belongs to this label, alone or with one other."""
        position = self.labels.index(label)
        normal = normalise(text)
        return any(
            position in owners and len(owners) <= 2 and cue in normal for cue, owners in self._cues.items()
        )

    def named(self, text: str) -> list[str]:
        """The labels of which the text holds a cue that is theirs alone, in the labels' order."""
        normal = normalise(text)
        found = {owners[0] for cue, owners in self._cues.items() if len(owners) == 1 and cue in normal}
        return [self.labels[position] for position in sorted(found)]

    def _cue_scores(self, normal: str) -> list[float]:
        hits: list[list[float]] = [[] for _ in self.labels]
        for cue, owners in self._cues.items():
            if cue in normal:
                for position in owners:
                    hits[position].append(1 / len(owners))
        return [_CUE * sum(sorted(shares, reverse=True)[:3]) for shares in hits]

    def _bayes_scores(self, known: Sequence[str]) -> list[float]:
        scores = [len(known) * each for each in self._each]
        for feature in known:
            for label, weight in self._bayes[feature]:
                scores[label] += weight
        return scores

    def _nearest_scores(self, features: Sequence[str]) -> list[float]:
        similar: dict[int, float] = {}
        for feature in features:
            for line, weight in self._nearest.get(feature, ()):
                similar[line] = similar.get(line, 0.0) + weight
        by_label: dict[int, list[float]] = {}
        for line, value in similar.items():
            by_label.setdefault(self._line_label[line], []).append(value)
        return [
            sum(sorted(by_label.get(label, ()), reverse=True)[:_NEAREST]) for label in range(len(self.labels))
        ]


def _standard(values: Sequence[float]) -> list[float]:
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) or 1.0
    return [round((value - mean) / deviation, 9) for value in values]


def _softmax(values: Sequence[float]) -> list[float]:
    top = max(values)
    powers = [math.exp(value - top) for value in values]
    total = sum(powers)
    return [power / total for power in powers]
