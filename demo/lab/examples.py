"""What the lab learns from: samples with targets, drawn, collected or read from a person's own files.

Nothing is encoded here. Three kinds of targets: one label, several labels, or a score.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from demo.errors import Message, UserError
from demo.schema import Sample

Kind = Literal["label", "labels", "score"]
MOST_EXAMPLES = 5_000
LEAST_PER_CLASS = 2
LEAST_EXAMPLES = 4  # where targets are no classes


@dataclass(frozen=True)
class LabExample:
    """sample: makes the sample when its turn comes, may raise UserError; labels: one, or several where the
    targets are of that kind; score: where they are numbers; part: "train" or "test" where that is said."""

    name: str
    sample: Callable[[], Sample]
    labels: tuple[str, ...] = ()
    score: float = 0.0
    part: str = ""


@dataclass(frozen=True)
class LabData:
    """name: what people call it; classes: labels in order, or the name of the score; notes: what was assumed
    or left out on the way."""

    name: str
    kind: Kind
    classes: tuple[str, ...]
    examples: tuple[LabExample, ...]
    notes: tuple[Message, ...] = ()

    def targets(self) -> np.ndarray:
        """int64 [N] for one label; float32 [N, L] of 0 and 1 for several; float32 [N, 1] for a score."""
        place = {label: i for i, label in enumerate(self.classes)}
        if self.kind == "label":
            return np.array([place[e.labels[0]] for e in self.examples], dtype=np.int64)
        if self.kind == "score":
            return np.array([[e.score] for e in self.examples], dtype=np.float32)
        found = np.zeros((len(self.examples), len(self.classes)), dtype=np.float32)
        for row, example in zip(found, self.examples, strict=True):
            row[[place[label] for label in example.labels]] = 1
        return found


def checked(data: LabData, limit: int | None = None, seed: int = 0) -> LabData:
    """The same, with labels that differ by case alone as one, and few enough examples.

    Raises:
        UserError: one class or one score only, or too few examples, of a class or at all.
    """
    data = one_spelling(data) if data.kind != "score" else data
    most = min(limit or MOST_EXAMPLES, MOST_EXAMPLES)
    if len(data.examples) > most:
        note = Message("lab_rest", {"count": len(data.examples), "limit": most})
        chosen = fewer(data, most, seed)
        data = LabData(data.name, data.kind, data.classes, chosen, (*data.notes, note))
    if data.kind == "label":
        check_classes(data)
    else:
        check_spread(data)
    return data


def check_classes(data: LabData) -> None:
    """Raises UserError: fewer than two classes, or one with too few examples."""
    counts = dict.fromkeys(data.classes, 0)
    for example in data.examples:
        counts[example.labels[0]] += 1
    if len(counts) < 2:
        raise UserError("lab_one_class", label=next(iter(counts), "–"))
    least = min(counts, key=counts.__getitem__)
    if counts[least] < LEAST_PER_CLASS:
        raise UserError("lab_few", label=least, count=counts[least], needed=LEAST_PER_CLASS)


def check_spread(data: LabData) -> None:
    """Raises UserError: scores, or sets of labels, that are too few or all the same."""
    if len(data.examples) < LEAST_EXAMPLES:
        raise UserError("lab_few_examples", count=len(data.examples), needed=LEAST_EXAMPLES)
    first = data.examples[0]
    if all(e.score == first.score and set(e.labels) == set(first.labels) for e in data.examples):
        raise UserError("lab_all_alike", target=truth_of(data, first))


def truth_of(data: LabData, example: LabExample) -> str:
    """What an example is, in words."""
    return f"{example.score:.4g}" if data.kind == "score" else " | ".join(example.labels) or "–"


def one_spelling(data: LabData) -> LabData:
    """Labels that differ by case alone become the spelling that came first."""
    first: dict[str, str] = {}
    for label in data.classes:
        first.setdefault(label.casefold(), label)
    if len(first) == len(data.classes):
        return data
    merged = [label for label in data.classes if first[label.casefold()] != label]
    examples = tuple(
        LabExample(
            e.name,
            e.sample,
            tuple(dict.fromkeys(first[label.casefold()] for label in e.labels)),
            e.score,
            e.part,
        )
        for e in data.examples
    )
    note = Message("lab_case", {"labels": ", ".join(merged)})
    return LabData(data.name, data.kind, tuple(first.values()), examples, (*data.notes, note))


def fewer(data: LabData, most: int, seed: int) -> tuple[LabExample, ...]:
    """`most` of the examples at random, as many of each class as can be, in their old order."""
    chance = random.Random(seed)
    groups: dict[str, list[int]] = {}
    for place in chance.sample(range(len(data.examples)), len(data.examples)):
        label = data.examples[place].labels[:1]
        groups.setdefault(label[0] if label else "", []).append(place)
    turns = sorted((k, place) for group in groups.values() for k, place in enumerate(group))
    return tuple(data.examples[place] for place in sorted(place for _, place in turns[:most]))


def split(data: LabData, held_out: float, seed: int) -> np.ndarray:
    """Which examples are held out for testing: bool [N].

    As the examples say, where some are said to be for testing and some not; else `held_out` of each class.
    """
    said = np.array([e.part == "test" for e in data.examples])
    if said.any() and not said.all():
        return said
    chance = random.Random(f"split {seed}")
    groups: dict[tuple[str, ...], list[int]] = {}
    for i, example in enumerate(data.examples):
        groups.setdefault(example.labels if data.kind == "label" else (), []).append(i)
    test = np.zeros(len(data.examples), dtype=bool)
    for group in groups.values():
        count = min(max(1, round(held_out * len(group))), len(group) - 1)
        test[chance.sample(group, count)] = True
    return test


def classes_of(examples: Sequence[LabExample]) -> tuple[str, ...]:
    """Every label, in the order first seen."""
    return tuple(dict.fromkeys(label for e in examples for label in e.labels))
