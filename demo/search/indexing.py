"""A collection becomes an index, item by item: can be watched, left, and taken up again where it was left.

Files are decoded ahead by two threads (and the processes that guard them) while the model reads.
"""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from demo import stopping
from demo.data.example import Example, Skip
from demo.errors import UserError
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, SAMPLE_RATE, Modality, Sample, Waveform
from demo.search.banks import banks_of
from demo.search.collection import Collection, Source, open_collection
from demo.search.index import Index, Item, Maker, Sense, scales_of, with_hubs
from demo.search.vectors import needs_matching, sense_vectors

AHEAD = 8  # items that are decoded while one is read
THUMBNAIL = 160  # pixels
ASKED = 24  # items by which it is decided which half of a model reads the collection


@dataclass(frozen=True)
class Indexed:
    """index: of what could be read; skipped: what could not, and why; seconds: it took."""

    index: Index
    skipped: tuple[Skip, ...]
    seconds: float


class Indexing:
    """The work of indexing one collection."""

    def __init__(self, pipeline: Pipeline, source: Source) -> None:
        """Raises UserError as open_collection; or nobody here can match anything."""
        self.pipeline = pipeline
        self._open = ExitStack()
        self.collection = self._open.enter_context(open_collection(source))
        self.half, self.reader = reader_of(pipeline, self.collection)
        needs_matching(self.reader)
        self.skipped = list(self.collection.skipped)
        self.items: list[Item] = []
        self.done = 0
        self.seconds = 0.0
        self._found: dict[Modality, list[tuple[int, np.ndarray]]] = {}

    @property
    def total(self) -> int:
        """Items there are."""
        return len(self.collection.items)

    @property
    def finished(self) -> bool:
        """Whether every item was read."""
        return self.done == self.total

    def work(self, seconds: float = float("inf")) -> Iterator[int]:
        """Read on for so long; yields how many items are done after each.

        Raises:
            UserError: as stopping.check; what was read until then is kept.
        """
        started = time.monotonic()
        try:
            with ThreadPoolExecutor(2) as pool:
                for item, sample in _decoded(pool, self.collection.items[self.done :]):
                    stopping.check()
                    self._take(item, sample)
                    self.done += 1
                    yield self.done
                    if time.monotonic() - started > seconds:
                        return
        finally:
            self.seconds += time.monotonic() - started

    def result(self) -> Indexed:
        """What was read so far as an index.

        Raises:
            UserError: search_nothing_read.
        """
        if not self.items:
            reason = self.skipped[0].reason if self.skipped else None
            raise UserError(
                "search_nothing_read",
                count=len(self.skipped),
                reason=reason.text() if reason else "–",
            )
        started = time.monotonic()
        order = [m for m in MODALITIES if m in self._found]
        senses = {m: _sense(self._found[m]) for m in order}
        banks = banks_of(self.reader, senses, self.half == "world")
        senses = {m: with_hubs(sense, m, banks) for m, sense in senses.items()}
        index = Index(
            self.collection.source,
            maker_of(self.pipeline.preset, self.half, self.reader),
            tuple(self.items),
            senses,
            scales_of(senses, banks),
        )
        return Indexed(index, tuple(self.skipped), self.seconds + time.monotonic() - started)

    def close(self) -> None:
        """An archive is let go."""
        self._open.close()

    def _take(self, item: Example, sample: Sample | UserError) -> None:
        try:
            if isinstance(sample, UserError):
                raise sample
            vectors = sense_vectors(self.reader, sample)
        except UserError as error:
            if error.message.key.startswith("request_"):
                raise
            self.skipped.append(Skip(item.name, error.message))
            return
        row = len(self.items)
        self.items.append(_item(item.name, sample, tuple(vectors)))
        for modality, vector in vectors.items():
            self._found.setdefault(modality, []).append((row, vector))


def _decoded(
    pool: ThreadPoolExecutor, items: tuple[Example, ...]
) -> Iterator[tuple[Example, Sample | UserError]]:
    """Each item with its sample, or why there is none; a few are decoded ahead."""
    waiting: deque[tuple[Example, Future[Sample | UserError]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(_sample, item)))
            if len(waiting) > AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        for _, future in waiting:
            future.cancel()


def _sample(item: Example) -> Sample | UserError:
    try:
        return item.sample()
    except UserError as error:
        return error


def _item(name: str, sample: Sample, senses: tuple[Modality, ...]) -> Item:
    picture = thumbnail(sample.image) if sample.image is not None else b""
    seconds = sample.audio.seconds if sample.audio is not None else 0.0
    return Item(name, senses, sample.text or "", picture, round(seconds, 2))


def thumbnail(pixels: np.ndarray) -> bytes:
    """A small WebP. pixels: uint8 [H, W, 3]."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    held = io.BytesIO()
    picture.save(held, "WEBP", quality=70, method=0)
    return held.getvalue()


def _sense(found: list[tuple[int, np.ndarray]]) -> Sense:
    rows = np.array([row for row, _ in found], dtype=np.int64)
    return Sense(np.stack([vector for _, vector in found]).astype(np.float32), rows)


# Who reads -----------------------------------------------------------------------------------------


def reader_of(pipeline: Pipeline, collection: Collection) -> tuple[str, Pipeline]:
    """The half that reads a whole collection, so that all of it lies in one space: the one that most of a few
    items are routed to; sentences alone are read by the half for real life."""
    halves = pipeline.halves()
    if len(halves) == 1:
        return next(iter(halves.items()))
    if collection.half:
        return collection.half, halves[collection.half]
    step = 1 + len(collection.items) // ASKED
    votes = []
    for item in collection.items[::step]:
        sample = _sample(item)
        if isinstance(sample, Sample) and set(sample.modalities) - {"text"}:
            seen = replace(sample, text=None)
            votes.append(pipeline.reader(seen) is halves["world"])
    half = "world" if votes and sum(votes) > len(votes) / 2 else "real"
    return half, halves[half]


def maker_of(preset: str, half: str, reader: Pipeline) -> Maker:
    """Which model this is, as an index remembers it."""
    across = np.linspace(0, 255, 96, dtype=np.uint8)
    picture = np.stack([np.tile(across, (96, 1)), np.tile(across[:, None], (1, 96))] * 2, -1)[
        ..., :3
    ]
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * time_s) * (time_s % 0.25 < 0.125)
    given = Sample(picture.copy(), Waveform(tone.astype(np.float32)), "a dog beside a red car")
    return Maker(preset, half, np.stack(list(sense_vectors(reader, given).values())))
