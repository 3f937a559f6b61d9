"""Everyday words that ImageNet lacks (person, beach, snow …), each with a probability of its own.

Fitted to what the picture trunk sees.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F

from demo.models.mentions import mentions
from demo.models.pocket.trunks.familiarity import scaled
from demo.models.vocabulary import vocabulary
from demo.training.real.photos import Described, Photos

LEAST_TOLD = 20  # captions of 30,000 that name a thing, for a photo's meaning to hold it
LEAST_PHOTOS = 40  # that mention a thing, for it to be learned
LONGEST_NAME = 3  # words
EVERYDAY, PERSON = "word:", "n00007846"
# What people do is no thing that can be seen by itself, and parts of bodies are in most photos unmentioned.
DOINGS = frozenset(
    "running jumping swimming climbing arm hand head face hair mouth game race couple".split()
)
LEAST_PRECISION = 0.3  # average precision on photos held back
# In seven of ten of these photos is a person, and in far fewer of others': no word is expected more often.
MOST_EXPECTED = 0.2
DECAY = 2e-5  # of the squared weights
STEPS = 60


@dataclass(frozen=True)
class Everyday:
    """things: ids in the vocabulary; weight: float32 [things, channels], bias: float32 [things], over scaled
    mean features (trunks/familiarity.py): log-odds."""

    things: tuple[str, ...]
    weight: np.ndarray
    bias: np.ndarray


@lru_cache(maxsize=200_000)
def _meant(words: str) -> frozenset[str]:
    """The first meaning of a name, and the families it belongs to."""
    found = vocabulary().lookup(words)[:1]
    things = {thing.id for thing in found}
    queue = list(found)
    while queue:
        for above in queue.pop().above:
            if above not in things:
                things.add(above)
                queue.append(vocabulary().things[above])
    return frozenset(things)


def mentioned(sentence: str) -> set[str]:
    """Ids of the things an English sentence names, longest names first, and of their families."""
    words = re.findall(r"[a-z']+", sentence.lower())
    found: set[str] = set()
    start = 0
    while start < len(words):
        for length in range(min(LONGEST_NAME, len(words) - start), 0, -1):
            if things := _meant(" ".join(words[start : start + length])):
                found |= things
                start += length
                break
        else:
            start += 1
    return found


def presence(photos: Sequence[Described]) -> tuple[tuple[str, ...], np.ndarray]:
    """Things that enough photos show, and how surely each photo shows them: 1 where two of its sentences name
    them, ½ where one does. → ids, float32 [photos, things]."""
    counts = [Counter(t for s in photo.en for t in mentioned(s)) for photo in photos]
    often = Counter(t for count in counts for t, n in count.items() if n > 1)
    kept = tuple(sorted(t for t, n in often.items() if n >= LEAST_PHOTOS and _is_everyday(t)))
    shown = np.array([[min(1.0, count[t] / 2) for t in kept] for count in counts], np.float32)
    return kept, shown


def _is_everyday(thing: str) -> bool:
    """Whether it was put into the vocabulary because ImageNet lacks it and captions name it."""
    return (thing.startswith(EVERYDAY) or thing == PERSON) and thing.removeprefix(
        EVERYDAY
    ) not in DOINGS


def mean_features(photos: Photos, views: int) -> np.ndarray:
    """Scaled mean features of the first views of all photos, [photos · views, channels]."""
    return scaled(
        np.concatenate(
            [
                np.asarray(photos.features[:, view], np.float32).mean(1)
                for view in range(min(views, photos.features.shape[1]))
            ]
        )
    )


def fit_everyday(photos: Photos, views: int = 2) -> Everyday:
    """Logistic regression for each thing."""
    things, shown = presence(photos.described)
    x = torch.from_numpy(mean_features(photos, views))
    y = torch.from_numpy(np.tile(shown, (len(x) // len(shown), 1)))
    weight = torch.zeros(len(things), x.shape[1], requires_grad=True)
    bias = torch.zeros(len(things), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(x @ weight.T + bias, y)
        total = wrong * len(things) + DECAY * weight.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    often = y.mean(0)
    shift = torch.logit(often.clamp(max=MOST_EXPECTED), 1e-4) - torch.logit(often, 1e-4)
    return Everyday(things, weight.detach().numpy(), (bias + shift).detach().numpy())


def told_things(photos: Sequence[Described]) -> list[str]:
    """Ids of what at least LEAST_TOLD English captions name."""
    named = Counter(
        thing
        for photo in photos
        for sentence in photo.en
        for thing in {one.thing.id for one in mentions(sentence)}
    )
    return sorted(thing for thing, often in named.items() if often >= LEAST_TOLD)


def kept(everyday: Everyday, held_back: Photos) -> Everyday:
    """Those that are told from the rest on photos held back."""
    found = average_precisions(everyday, held_back)
    rows = [i for i, precision in enumerate(found) if precision >= LEAST_PRECISION]
    things = tuple(everyday.things[i] for i in rows)
    return Everyday(things, everyday.weight[rows], everyday.bias[rows])


def average_precisions(everyday: Everyday, held_back: Photos) -> list[float]:
    """Of each thing, on photos held back."""
    shown = presence_of(everyday.things, held_back.described)
    odds = mean_features(held_back, 1) @ everyday.weight.T + everyday.bias
    return [
        average_precision(odds[:, column], shown[:, column] >= 0.5)
        for column in range(len(everyday.things))
    ]


def average_precision(scores: np.ndarray, right: np.ndarray) -> float:
    """Mean of the precision at each right one, the highest score first; 0 where none is right. float, bool
    [N]."""
    ordered = right[np.argsort(-scores, kind="stable")]
    precision = ordered.cumsum() / np.arange(1, len(ordered) + 1)
    return float(precision[ordered].mean()) if ordered.any() else 0.0


def presence_of(things: Sequence[str], photos: Sequence[Described]) -> np.ndarray:
    """As `presence`, of given things. float32 [photos, things]."""
    counts = [Counter(t for s in photo.en for t in mentioned(s)) for photo in photos]
    return np.array([[min(1.0, count[t] / 2) for t in things] for count in counts], np.float32)
