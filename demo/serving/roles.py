"""The roles of a preset, such that what many requests ask of them at the same time is computed at once.

Encoding, reading together without gradients, and writing are batched. Explaining is not: a heatmap needs the
graph and the attention of its own reading, and its variants are a batch already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import local
from typing import Any

import torch
from torch import Tensor

from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Generator, ManyWriter, Task, Wanted
from demo.models.labels import LabelSpace
from demo.models.pocket.generator import padded_rows
from demo.models.roles import Encoder, JointEncoder, Roles
from demo.schema import Encoding, Modality

Shared = Callable[
    [str, Callable[[Sequence[Any]], Sequence[Any]], Any], Any
]  # Batches, or Elsewhere
LEAST_FULL = 0.7  # of a batch of readings that is real rather than padding
Read = Callable[[Tensor], Tensor]


def batched(roles: Roles, name: str, batches: Shared) -> Roles:
    """The same roles, shared. name: of the preset, as calls of one kind must mean the same."""
    joint: Any = roles.joint_encoder
    pools: dict[Modality, Read] = {}
    if joint is not None and joint.apart:
        joint = Watchable(joint, alone := Alone())
        pools = {
            m: BatchedPool(encoder.pool, batches, f"{name}/{m}/pool", alone)
            for m, encoder in roles.encoders.items()
            if hasattr(encoder, "pool")
        }
    elif joint is not None:
        joint = BatchedJoint(joint, batches, f"{name}/read")
        pools = dict.fromkeys(joint.alone, joint.pooled)
    encoders = {
        modality: BatchedEncoder(encoder, batches, f"{name}/{modality}", pools.get(modality))
        for modality, encoder in roles.encoders.items()
    }
    generator = roles.generator
    if isinstance(generator, ManyWriter):
        generator = BatchedGenerator(generator, generator, batches, f"{name}/write")
    writers = {task: batched(one, f"{name}/{task}", batches) for task, one in roles.writers.items()}
    return replace(
        roles, encoders=encoders, joint_encoder=joint, generator=generator, writers=writers
    )


class Alone:
    """Whether a thread computes by itself: it differentiates, or watches what is computed."""

    def __init__(self) -> None:
        self._own = local()

    def __bool__(self) -> bool:
        return torch.is_grad_enabled() or getattr(self._own, "watching", False)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within it this thread is."""
        self._own.watching = True
        try:
            yield
        finally:
            self._own.watching = False


class BatchedPool:
    """What one sense alone says, shared: inputs of the same size are read as one batch."""

    def __init__(self, inner: Read, batches: Shared, kind: str, alone: Alone) -> None:
        self.inner, self.batches, self.kind, self.alone = inner, batches, kind, alone

    def __call__(self, tokens: Tensor) -> Tensor:
        """See Encoding.pool."""
        if self.alone or len(tokens) != 1:
            return self.inner(tokens)
        return self.batches(self.kind, self.rows, tokens[0])[None]

    @torch.no_grad()
    def rows(self, rows: Sequence[Tensor]) -> list[Tensor]:
        """Of tokens [N, D] each."""
        found: dict[int, Tensor] = {}
        for size in {row.shape for row in rows}:
            places = [i for i, row in enumerate(rows) if row.shape == size]
            found |= zip(places, self.inner(torch.stack([rows[i] for i in places])), strict=True)
        return [found[i].clone() for i in range(len(rows))]


class Watchable:
    """A joint encoder that reads each sense apart; what is watched is read by whoever watches it."""

    def __init__(self, inner: JointEncoder, alone: Alone) -> None:
        self.inner, self.own = inner, alone

    def __getattr__(self, name: str) -> Any:
        """Everything else is asked of the encoder itself."""
        return getattr(self.inner, name)

    @contextmanager
    def recording(self) -> Iterator[list[AttentionLayer]]:
        """See JointEncoder."""
        with self.inner.recording() as layers, self.own.watching():
            yield layers


class BatchedEncoder:
    """pool: how tokens are read by themselves, where that is shared, too."""

    def __init__(self, inner: Encoder, batches: Shared, kind: str, pool: Read | None) -> None:
        self.inner, self.batches, self.kind, self.pool = inner, batches, kind, pool

    @property
    def labels(self) -> LabelSpace:
        return self.inner.labels

    def encode(self, inputs: Sequence[Any]) -> list[Encoding]:
        """One encoding for each, beside those of other requests."""
        if len(inputs) != 1:
            return self.inner.encode(inputs)
        found = self.batches(self.kind, self.inner.encode, inputs[0])
        pool = self.pool or getattr(self.inner, "pool", None)  # it may have been computed elsewhere
        return [found if pool is None else replace(found, pool=pool)]


class BatchedJoint:
    """Readings of one sample without gradients are shared; whatever is recorded or differentiated is not."""

    apart = False

    def __init__(self, inner: JointEncoder, batches: Shared, kind: str) -> None:
        self.inner, self.batches, self.kind, self.own = inner, batches, kind, Alone()

    @property
    def labels(self) -> LabelSpace | None:
        return self.inner.labels

    @property
    def alone(self) -> Collection[Modality]:
        return self.inner.alone

    @property
    def reads(self) -> Collection[Modality]:
        return self.inner.reads

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        return self.pooled(torch.cat([one.tokens for one in encodings])[None])[0]

    def pooled(self, tokens: Tensor) -> Tensor:
        """`read_many`, shared where it can be. [B, N, D] → [B, D]."""
        if self.own or len(tokens) != 1:
            return self.inner.read_many(tokens)
        return self.batches(self.kind, self.read_rows, tokens[0])[None]

    @torch.no_grad()
    def read_rows(self, rows: Sequence[Tensor]) -> list[Tensor]:
        """Readouts of tokens [N, D] each, those of similar length as one padded batch."""
        found: dict[int, Tensor] = {}
        for places in alike([len(row) for row in rows]):
            tokens, valid = padded_rows([rows[i] for i in places])
            found |= zip(places, self.inner.read_many(tokens, valid), strict=True)
        return [found[i].clone() for i in range(len(rows))]

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        return self.inner.read_depths(encodings)

    def read_many(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        return self.inner.read_many(tokens, valid)

    @contextmanager
    def recording(self) -> Iterator[list[AttentionLayer]]:
        """What this thread reads within it, it reads by itself."""
        with self.inner.recording() as layers, self.own.watching():
            yield layers


class BatchedGenerator:
    """Sentences are written side by side. many: the generator itself, as one that can."""

    def __init__(self, inner: Generator, many: ManyWriter, batches: Shared, kind: str) -> None:
        self.inner, self.many, self.batches, self.kind = inner, many, batches, kind
        self.tasks, self.reads = inner.tasks, inner.reads

    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        def written(wanted: Sequence[Wanted]) -> list[Generation]:
            return self.many.write_many(wanted, beams)

        return self.batches(f"{self.kind}/{beams}", written, Wanted(task, language, encodings))

    def __getattr__(self, name: str) -> Any:
        """Everything else is asked of the generator itself."""
        return getattr(self.inner, name)


def alike(lengths: Sequence[int]) -> list[list[int]]:
    """Places of rows, in groups that are padded little: each is at least LEAST_FULL real."""
    groups: list[list[int]] = []
    total = 0
    for place in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        length = lengths[place]
        if groups and total + length >= LEAST_FULL * length * (len(groups[-1]) + 1):
            groups[-1].append(place)
            total += length
        else:
            groups.append([place])
            total = length
    return groups
