"""A labelled sample that is not decoded yet, and a set of them. Knows nothing about where they lie."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from demo.data.encodings import decoded
from demo.errors import Message, UserError
from demo.inputs import read_sample
from demo.inputs.upload import MAX_UPLOAD_MB
from demo.schema import MODALITIES, Modality, Sample

MAX_TEXT_BYTES = 64 * 1024

# Fetches a file's path, a file's bytes, a sentence, or pixels uint8 [H, W, 3].
Fetch = Callable[[], "Path | bytes | str | np.ndarray"]


@dataclass(frozen=True)
class Example:
    """name: what a message calls it; label: what it shows; parts: how to fetch each modality."""

    name: str
    label: str
    parts: Mapping[Modality, Fetch]

    def only(self, modalities: Collection[Modality]) -> Example:
        """The same without the other modalities."""
        return replace(self, parts={m: f for m, f in self.parts.items() if m in modalities})

    def sample(self) -> Sample:
        """Fetched and decoded as the page would.

        Raises:
            UserError: what inputs refuses, or an unreadable .txt.
        """
        parts = {modality: fetch() for modality, fetch in self.parts.items()}
        image = parts.get("image")
        if isinstance(image, np.ndarray):  # decoded already
            parts.pop("image")
            rest = _read(parts) if parts else Sample()
            return replace(rest, image=image)
        return _read(parts)


@dataclass(frozen=True)
class Skip:
    """A sample that was left out, and why."""

    name: str
    reason: Message


@dataclass(frozen=True)
class Dataset:
    """examples in a stable order; skipped: what was there but is no sample; notes: what was assumed."""

    examples: tuple[Example, ...]
    skipped: tuple[Skip, ...] = ()
    notes: tuple[Message, ...] = ()


def keep_modalities(dataset: Dataset, modalities: Sequence[Modality]) -> Dataset:
    """Only these modalities of each example; an example without any of them is skipped."""
    wanted = tuple(m for m in MODALITIES if m in modalities)
    kept = [example.only(wanted) for example in dataset.examples]
    bare = [Skip(e.name, Message("data_modality_absent")) for e in kept if not e.parts]
    usable = tuple(e for e in kept if e.parts)
    return Dataset(usable, (*dataset.skipped, *bare), dataset.notes)


def balanced(
    examples: Sequence[Example], limit: int, seed: int, class_of: Callable[[str], str]
) -> tuple[Example, ...]:
    """At most `limit` examples at random, as many of each class as can be, in their old order."""
    chance = random.Random(seed)
    groups: dict[str, list[int]] = {}
    for place in chance.sample(range(len(examples)), len(examples)):
        groups.setdefault(class_of(examples[place].label), []).append(place)
    # The k-th of each class comes before the (k+1)-th of any.
    turns = [(k, place) for group in groups.values() for k, place in enumerate(group)]
    chosen = sorted(turns, key=lambda turn: turn[0])[:limit]
    return tuple(examples[place] for place in sorted(place for _, place in chosen))


def _read(parts: Mapping[Modality, Any]) -> Sample:
    return read_sample(
        image=parts.get("image"),
        audio=parts.get("audio"),
        text=_sentence(parts["text"]) if "text" in parts else None,
        max_upload_mb=MAX_UPLOAD_MB,
    )


def _sentence(source: object) -> str:
    """A sentence as it is, or the one that a .txt file holds."""
    if isinstance(source, str):
        return source
    try:
        data = source if isinstance(source, bytes) else _beginning(Path(str(source)))
        if len(data) > MAX_TEXT_BYTES:
            raise UserError("data_text_too_large", limit=MAX_TEXT_BYTES // 1024)
        return decoded(data).text
    except (OSError, ValueError):
        raise UserError("data_text_unreadable") from None


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_TEXT_BYTES + 1)
