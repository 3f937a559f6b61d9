"""What every task on one's own data shares: the items it asks about, how they are chosen, what it found.

Knows nothing about any one task.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from demo.data.example import Example, Fetch, Skip
from demo.data.manifests import Row
from demo.errors import LANGUAGES, Message, UserError
from demo.evaluation.metrics.intervals import Measure
from demo.evaluation.progress import REPORT_EVERY_S, to_standard_error
from demo.schema import MODALITIES, Modality, Sample
from demo.script import script_of

Said = TypeVar("Said")
Asked = TypeVar("Asked", bound="Askable")

# What people call the two languages in a table.
_LANGUAGE = {
    **dict.fromkeys("en eng english 英文 英语".split(), "en"),
    **dict.fromkeys("zh zho cmn chi chinese mandarin 中文 汉语 普通话".split(), "zh"),
}


@dataclass(frozen=True)
class Options:
    """limit: at most so many items, drawn with `seed`; language: only what is right in this one; split: only
    rows whose column “split” says so; modalities: senses that are used; beams: 1 writes greedily, None
    is the preset's own;
    closer: whether the nearest pictures are looked at closer, too; said_in: the language of messages;
    report: takes a line of progress."""

    limit: int | None = None
    seed: int = 0
    language: str | None = None
    split: str | None = None
    modalities: Sequence[Modality] = MODALITIES
    beams: int | None = None
    closer: bool = False
    said_in: str = "en"
    report: Callable[[str], None] = to_standard_error


@dataclass(frozen=True)
class Item:
    """Something to ask the model about. parts: how to fetch its senses; right: language → all right texts;
    kind: of question; starts: the words that are said, and when each begins in seconds; grades: text → how
    well it fits, 0 for not at all, where a table says so."""

    name: str
    parts: Mapping[Modality, Fetch]
    right: Mapping[str, tuple[str, ...]]
    kind: str = ""
    starts: tuple[tuple[str, float], ...] = ()
    grades: Mapping[str, float] = field(default_factory=dict)

    def sample(self) -> Sample:
        """Fetched and decoded as the page would. Raises UserError as Example.sample."""
        return Example(self.name, "", self.parts).sample()


class Askable(Protocol):
    """An Item, or an Example of a labelled data set."""

    @property
    def name(self) -> str:
        """What a message calls it."""

    def sample(self) -> Sample:
        """Fetched and decoded. Raises UserError."""


@dataclass(frozen=True)
class Items:
    """What a table offers a task, and the rows that are left out."""

    items: tuple[Item, ...]
    skipped: tuple[Skip, ...]


@dataclass(frozen=True)
class Found:
    """n: items that were asked about; measures: each says over how many of them."""

    n: int
    measures: tuple[Measure, ...]
    skipped: tuple[Skip, ...] = ()


def language_of(row: Row, text: str) -> str | None:
    """Of what is right in a row: what its column “language” says, else what the text is written in; None for
    one that the model does not speak."""
    named = row.text("language", "lang").casefold()
    if not named:
        return script_of(text)
    return _LANGUAGE.get(named) or _LANGUAGE.get(named.replace("_", "-").split("-")[0])


def right_texts(row: Row, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Language → the texts of these columns, and those of the columns en and zh, whose names say it."""
    found: dict[str, tuple[str, ...]] = {}
    for text in row.texts(*columns):
        language = language_of(row, text)
        if language is not None:
            found[language] = (*found.get(language, ()), text)
    for language in LANGUAGES:
        found[language] = (*found.get(language, ()), *row.texts(language))
    return {language: texts for language, texts in found.items() if texts}


def gathered(rows: Sequence[Row], make: Callable[[Row], Item | Message]) -> Items:
    """An item of each row, or why there is none."""
    items, skipped = [], []
    for row in rows:
        made = make(row)
        if isinstance(made, Item):
            items.append(made)
        else:
            skipped.append(Skip(row.name, made))
    return Items(tuple(items), tuple(skipped))


def in_language(items: Sequence[Item], language: str | None) -> tuple[Item, ...]:
    """Those for which something is right in a language, and only that of it; None: all.

    Raises:
        UserError: there is none, but in the other language.
    """
    if language is None:
        return tuple(items)
    chosen = tuple(
        replace(item, right={language: item.right[language]})
        for item in items
        if language in item.right
    )
    if items and not chosen:
        there = ", ".join(sorted({one for item in items for one in item.right}))
        raise UserError("eval_no_language", language=language, known=there)
    return chosen


def drawn(items: Sequence[Item], options: Options) -> tuple[Item, ...]:
    """At most options.limit of them by chance, in their old order."""
    if options.limit is None or options.limit >= len(items):
        return tuple(items)
    places = random.Random(options.seed).sample(range(len(items)), options.limit)
    return tuple(items[place] for place in sorted(places))


class Asking:
    """Goes through items, says how far it is, and keeps what could not be asked about."""

    def __init__(self, options: Options) -> None:
        self._report = options.report
        self.skipped: list[Skip] = []

    def each(
        self, items: Sequence[Asked], ask: Callable[[Asked, Sample], Said]
    ) -> Iterator[tuple[Asked, Said]]:
        """Each item that can be read, and what the model says of it."""
        said = time.perf_counter()
        for done, item in enumerate(items):
            if time.perf_counter() - said > REPORT_EVERY_S:
                self._report(f"{done} / {len(items)}")
                said = time.perf_counter()
            try:
                answer = ask(item, item.sample())
            except UserError as error:
                self.skipped.append(Skip(item.name, error.message))
                continue
            yield item, answer
