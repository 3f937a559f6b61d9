"""A data set as numbers: each example is encoded once, by one encoder for all, and kept by its content.

What fills a data set in is one Pipeline, the half that reads such samples; heads belong to that encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from demo.errors import Message, UserError
from demo.fusion.evidence import Evidence
from demo.fusion.heads.senses import HeadShape, SenseBatch, few
from demo.lab.examples import LabData, LabExample, check_classes, check_spread, split
from demo.lab.noise import augmented
from demo.pipeline import Pipeline
from demo.recent import Recent, sample_key
from demo.schema import MODALITIES, Modality, Sample
from demo.stopping import check

LOOKED_AT = 12  # examples by which it is decided who reads all of them
MOST_KEPT = 6_000  # encoded samples of about 15 kB


@dataclass(frozen=True)
class Encoded:
    """One sample: sense → its vector [D] and at most MOST_TOKENS tokens [K, T], float16."""

    vectors: dict[Modality, Tensor]
    tokens: dict[Modality, Tensor]


@dataclass(frozen=True)
class LabSet:
    """Everything that heads are trained and tested on.

    batch: all usable examples; targets: as LabData.targets; test: bool [N], held out; copies: further
    variants of examples for training, copy_of: int, which example each is of; data: the usable part.
    """

    data: LabData
    encoder: str
    batch: SenseBatch
    targets: np.ndarray
    test: np.ndarray
    seed: int
    copies: SenseBatch | None = None
    copy_of: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def shape(self) -> HeadShape:
        """Of the heads that fit."""
        vectors = {m: v.shape[-1] for m, v in self.batch.vectors.items()}
        tokens = {m: v.shape[-1] for m, v in self.batch.tokens.items()}
        return HeadShape(vectors, tokens, max(1, len(self.data.classes)))


class SampleEncoder:
    """Encodes samples by one pipeline; the same content is encoded once."""

    def __init__(self, pipeline: Pipeline, kept: Recent[Encoded] | None = None) -> None:
        self.pipeline = pipeline
        self.kept = Recent[Encoded](MOST_KEPT) if kept is None else kept

    @torch.no_grad()
    def __call__(self, sample: Sample) -> Encoded:
        key = (self.pipeline.preset, *sample_key(sample))
        return self.kept.get(key, lambda: self._encode(sample))

    def _encode(self, sample: Sample) -> Encoded:
        encodings = self.pipeline.roles.encode([sample])[0]
        evidence = Evidence(encodings, {}, self.pipeline.roles.joint_encoder)
        vectors = {m: evidence.vector((m,)).half().cpu() for m in encodings}
        return Encoded(vectors, {m: few(e.tokens).half().cpu() for m, e in encodings.items()})


def reader_of(pipeline: Pipeline, data: LabData) -> Pipeline:
    """Who reads all samples of a data set: the half that reads most of the first ones."""
    found: list[Pipeline] = []
    step = max(1, len(data.examples) // LOOKED_AT)
    for example in data.examples[::step]:
        try:
            found.append(pipeline.reader(example.sample()))
        except UserError:
            continue
    return max(found, key=found.count) if found else pipeline.for_world()


def encode_set(
    encoder: SampleEncoder,
    data: LabData,
    held_out: float = 0.25,
    seed: int = 0,
    ways: tuple[str, ...] = (),
    report: Callable[[int, int], None] = lambda done, total: None,
) -> LabSet:
    """Encode what can be read, hold out a part. ways: augmentations, one variant of each training example.

    report: is told how many of how many are done.

    Raises:
        UserError: nothing is usable, or what is left is too little; request_left and so on.
    """
    for _ in (steps := EncodeSteps(encoder, data, held_out, seed, ways)):
        report(steps.done, steps.total)
    assert steps.found is not None
    return steps.found


class EncodeSteps(Iterator[int]):
    """`encode_set` one example at a time. done, total: how many; found: the set, at the end."""

    def __init__(
        self,
        encoder: SampleEncoder,
        data: LabData,
        held_out: float = 0.25,
        seed: int = 0,
        ways: tuple[str, ...] = (),
    ) -> None:
        self.encoder, self.data, self.held_out = encoder, data, held_out
        self.seed, self.ways = seed, ways
        self.done, self.total = 0, len(data.examples)
        self.found: LabSet | None = None
        self._steps = self._run()

    def __next__(self) -> int:
        return next(self._steps)

    def _run(self) -> Iterator[int]:
        kept: list[LabExample] = []
        encoded: list[Encoded] = []
        reasons: list[Message] = []
        for example in self.data.examples:
            check()
            try:
                encoded.append(self.encoder(example.sample()))
                kept.append(example)
            except UserError as error:
                if error.message.key in ("request_left", "request_too_long"):
                    raise
                reasons.append(error.message)
            self.done += 1
            yield self.done
        usable = _usable(self.data, kept, reasons)
        test = split(usable, self.held_out, self.seed)
        copies: list[Encoded] = []
        train = np.flatnonzero(~test)
        if self.ways:
            self.total += len(train)
            for i in train:
                check()
                sample = kept[i].sample()
                copies.append(
                    self.encoder(augmented(sample, self.ways, self.seed * 99_991 + int(i)))
                )
                self.done += 1
                yield self.done
        self.found = LabSet(
            usable,
            self.encoder.pipeline.preset,
            collated(encoded, _senses(encoded)),
            usable.targets(),
            test,
            self.seed,
            collated(copies, _senses(encoded)) if copies else None,
            train if copies else np.zeros(0, dtype=np.int64),
        )


def _usable(data: LabData, kept: list[LabExample], reasons: list[Message]) -> LabData:
    """The part that could be read, with a note about the rest. Raises UserError where it is too little."""
    notes = data.notes
    if not kept:
        raise UserError("lab_nothing", reason=reasons[0] if reasons else "–")
    if reasons:
        values = {"count": len(reasons), "total": len(data.examples), "reason": reasons[0]}
        notes = (*notes, Message("lab_left_out", values))
    usable = LabData(data.name, data.kind, data.classes, tuple(kept), notes)
    if data.kind != "label":
        check_spread(usable)
    else:
        there = {e.labels[0] for e in kept}
        classes = tuple(c for c in data.classes if c in there)
        if lost := tuple(c for c in data.classes if c not in there):
            notes = (*notes, Message("lab_class_lost", {"labels": lost}))
        usable = LabData(data.name, data.kind, classes, tuple(kept), notes)
        check_classes(usable)
    return usable


def _senses(encoded: Sequence[Encoded]) -> tuple[Modality, ...]:
    return tuple(m for m in MODALITIES if any(m in e.vectors for e in encoded))


def collated(encoded: Sequence[Encoded], senses: Sequence[Modality]) -> SenseBatch:
    """Samples as one batch; what is missing is 0. float32 on the CPU."""
    vectors, tokens, real = {}, {}, {}
    for m in senses:
        like = next(e for e in encoded if m in e.vectors)
        nothing = torch.zeros_like(like.vectors[m]), torch.zeros_like(like.tokens[m][:1])
        vectors[m] = torch.stack([e.vectors.get(m, nothing[0]) for e in encoded]).float()
        rows = [e.tokens.get(m, nothing[1]) for e in encoded]
        tokens[m] = pad_sequence(rows, batch_first=True).float()
        length = torch.tensor([len(row) for row in rows])
        real[m] = torch.arange(tokens[m].shape[1]) < length[:, None]
    present = torch.tensor([[m in e.vectors for m in senses] for e in encoded])
    return SenseBatch(vectors, tokens, real, present)
