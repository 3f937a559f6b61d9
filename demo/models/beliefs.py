"""What a network says about its classes, as beliefs in things: families, words of many kinds, depth.

The belief in a family is the sum over the classes below it in WordNet, as an image shows one of them; sounds
mix, so the belief that a thing is heard is that of its likeliest sound. Knows no networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from demo.models.vocabulary import Thing, Vocabulary

SURE = 0.9  # belief from which an answer is given without “perhaps”


@dataclass(frozen=True)
class Named:
    """A thing and how much it is believed, 0..1."""

    thing: Thing
    probability: float


@dataclass(frozen=True)
class Depth:
    """best: the likeliest single kind; sure: the narrowest thing that is believed by at least SURE (may be
    the same), None when not even a family is."""

    best: Named
    sure: Named | None


class Beliefs:
    """Sums over a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def seen_as(self, label: str) -> tuple[int, ...]:
        """ImageNet's classes that a label covers, those of all its meanings; () when none does."""
        things = self.vocabulary.lookup(label)
        return tuple(sorted({i for thing in things for i in self.classes[thing.id]}))

    def heard_as(self, label: str) -> tuple[int, ...]:
        """AudioSet's sounds of the likeliest thing a label means that has some."""
        heard = (self.sounds(thing) for thing in self.vocabulary.lookup(label))
        return next(filter(None, heard), ())

    def sounds(self, thing: Thing) -> tuple[int, ...]:
        """AudioSet's sounds of a thing, or of what is below it when it has none itself."""
        own = thing.sound or [i for one in self.vocabulary.below(thing) for i in one.sound]
        return tuple(sorted(set(own)))

    @cached_property
    def classes(self) -> dict[str, frozenset[int]]:
        """Thing → the ImageNet classes that are it or below it."""
        every = self.vocabulary.things.values()
        return {
            thing.id: frozenset(i for one in self.vocabulary.below(thing) for i in one.image)
            for thing in every
        }

    def among(self, labels: Sequence[str], probabilities: np.ndarray) -> np.ndarray:
        """Belief in each of some labels given that one of them is seen; sums to 1, or to 0 when nothing
        speaks for any. probabilities: [..., 1000] → [..., labels].

        A class counts for the narrowest label that covers it: beside “wildcat”, a cougar is a “cougar”.
        """
        covered = [self.seen_as(label) for label in labels]
        owner = np.full(probabilities.shape[-1], -1)
        for number in sorted(range(len(labels)), key=lambda n: -len(covered[n])):
            owner[list(covered[number])] = number  # wide ones first, narrow ones over them
        share = (owner[:, None] == np.arange(len(labels))).astype(probabilities.dtype)
        belief = probabilities @ share
        total = belief.sum(-1, keepdims=True)
        return np.divide(belief, total, out=np.zeros_like(belief), where=total > 0)

    def heard(self, label: str, probabilities: np.ndarray) -> np.ndarray:
        """How likely a label is heard. probabilities: [..., 521] → [...]; 0 when it has no sound."""
        sounds = list(self.heard_as(label))
        if not sounds:
            return np.zeros(probabilities.shape[:-1])
        return probabilities[..., sounds].max(-1)

    @cached_property
    def _common(self) -> tuple[list[Thing], np.ndarray, np.ndarray]:
        """Common things that can be seen, the classes of all of them in a row, and where each one's begin."""
        things = [t for t in self.vocabulary.things.values() if t.common and self.classes[t.id]]
        members = [sorted(self.classes[thing.id]) for thing in things]
        starts = np.cumsum([0, *map(len, members)])[:-1]
        return things, np.concatenate(members), starts

    def depth(self, probabilities: np.ndarray, sure: float = SURE) -> Depth:
        """The answer without labels: what is likeliest, and at what depth it is sure. [1000] → Depth."""
        things, members, starts = self._common
        sums = np.add.reduceat(probabilities[members], starts).tolist()
        named = [Named(thing, likely) for thing, likely in zip(things, sums, strict=True)]
        single = [n for n in named if n.thing.image]
        best = max(single, key=lambda n: float(probabilities[list(n.thing.image)].sum()))
        certain = [n for n in named if n.probability >= sure]
        narrowest = min(
            certain, key=lambda n: (len(self.classes[n.thing.id]), -n.probability), default=None
        )
        return Depth(best, narrowest)
