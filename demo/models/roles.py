"""What a model may be asked, whichever checkpoint answers.

A preset fills roles; code above asks roles and never tests model names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from demo.schema import Encoding, Modality, Sample


class Encoder(Protocol):
    """Puts samples and labels into one space of D dimensions, where cosine means likeness."""

    scale: float  # inverse temperature: logits = scale · cosine, in nats

    def encode(self, samples: Sequence[Sample]) -> list[dict[Modality, Encoding]]:
        """One encoding per modality that is present, for each sample."""

    def label_vectors(self, labels: Sequence[str]) -> Tensor:
        """Vectors of labels: unit length or, for a weaker belief, shorter. [L, D].

        Raises:
            UserError: a label the model has never seen, naming what it knows.
        """

    def canonical(self, label: str) -> str:
        """The model's own key for what a label means; two labels with one key mean the same.

        Raises:
            UserError: as `label_vectors`.
        """

    def known_labels(self, language: str = "en") -> list[str] | None:
        """All labels it can know, or None when any word will do."""


@dataclass
class AttentionLayer:
    """One attention layer of one reading: q, k, v and its output O. [1, H, N, d], on the graph.

    mask: bool, which tokens may be attended to; None: all.
    """

    q: Tensor
    k: Tensor
    v: Tensor
    output: Tensor
    mask: Tensor | None = None


class JointEncoder(Protocol):
    """Reads the tokens of any modalities together, at one readout token that stands first."""

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where these encodings together point in the label space: a unit vector. [D]."""

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        """The same after each attention layer; the last row equals `read`. [layers, D]."""

    def read_many(self, tokens: Tensor) -> Tensor:
        """`read` of B variants at once. tokens [B, N, D], those of all senses in order → [B, D]."""

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Within it, the attention layers of this thread's readings are appended to the list."""


@dataclass(frozen=True)
class PerturbableInput:
    """One sense of one sample as numbers that can be changed a little, and read again.

    inputs: what the encoder reads (pixels, log-mel cells, word vectors); baseline: of the same shape, what
    stands there when there is nothing to see, hear or read; cell_of: int64, broadcastable to the places of
    inputs, the cell of the heatmap's grid that each belongs to, -1 where it belongs to none; cells: how many
    there are; tokens: inputs of B variants [B, *inputs.shape] → tokens [B, N, D], with gradients.
    """

    inputs: Tensor
    baseline: Tensor
    feature_mask: Tensor
    cells: int
    tokens: Callable[[Tensor], Tensor]

    def erased(self, kept: Tensor) -> Tensor:
        """Variants in which some cells give way to the baseline. kept [B, cells], 0..1 → [B,
        *inputs.shape].
        """
        beside = kept.new_ones(len(kept), 1)  # the place -1: what belongs to no cell stays
        weight = torch.cat([kept, beside], dim=1)[:, self.feature_mask]
        weight = weight.reshape(len(kept), *_broadcast(self.feature_mask, self.inputs))
        return self.baseline + weight * (self.inputs - self.baseline)


def _broadcast(feature_mask: Tensor, inputs: Tensor) -> tuple[int, ...]:
    """The shape of cell_of among the dimensions of inputs: words have a trailing width, others channels
    first.
    """
    if inputs.shape[: feature_mask.ndim] == feature_mask.shape:
        return (*feature_mask.shape, *([1] * (inputs.ndim - feature_mask.ndim)))
    return (*([1] * (inputs.ndim - feature_mask.ndim)), *feature_mask.shape)


class Perturber(Protocol):
    """Lets explanations erase parts of what was given and look again."""

    def perturbable(
        self, sample: Sample, encodings: Mapping[Modality, Encoding]
    ) -> Mapping[Modality, PerturbableInput]:
        """Each sense that was encoded, such that tokens(inputs[None]) are the encoding's tokens; made when it
        is first asked for."""


Task = Literal["caption", "answer", "transcribe", "translate"]


@dataclass(frozen=True)
class Generation:
    """What a decoder wrote.

    text: the sentence; words: its words in order; probability: 0..1 of this very text;
    ids: int [T], the tokens it is made of, the end token last; word_of: for each token the index of its
    word, -1 for the end token.
    """

    task: Task
    language: str
    text: str
    words: tuple[str, ...]
    probability: float
    ids: tuple[int, ...]
    word_of: tuple[int, ...]


class Generator(Protocol):
    """Says things about encodings in words: captions, answers, transcripts, translations."""

    tasks: frozenset[Task]

    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        """A sentence in `language`; beams: 1 is greedy, more is beam search."""

    def word_scores(self, generation: Generation, tokens: Tensor) -> Tensor:
        """Log-probability in nats of each word given those before it, on the graph of one pass. [words].

        tokens: [N, D], the tokens of all encodings in order.
        """

    def word_score(self, generation: Generation, word: int, tokens: Tensor) -> Tensor:
        """Log-probability in nats of one word given those before it, for B variants of the tokens, on the
        graph. tokens [B, N, D] → [B]."""

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Within it, the attention layers of this thread's writing are appended to the list: for each decoder
        layer first over what was written, then over what was read."""

    def word_places(self, generation: Generation, word: int) -> list[int]:
        """The rows of those layers at which the pieces of a word are chosen."""

    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """How the last decoder layer's cross-attention spreads over the encodings' tokens when each word
        is written (mean over heads, rows sum to 1). [words, tokens of all encodings in order]."""


class RetrievalHead(Protocol):
    """Puts whole scenes, descriptions and speech into one space for retrieval across modalities."""

    least_familiar: Mapping[str, float]  # below it an input is called unfamiliar

    def match_vector(self, encodings: Sequence[Encoding]) -> Tensor:
        """A unit vector; cosine means how well two of them fit together. [D]."""

    def familiarity(self, modality: Modality, encoding: Encoding) -> float:
        """0..1: how much an input looks like something the model was taught."""


@dataclass(frozen=True)
class Roles:
    """The roles a preset fills; None where it cannot."""

    encoder: Encoder
    joint_encoder: JointEncoder | None = None
    generator: Generator | None = None
    retrieval_head: RetrievalHead | None = None
    perturber: Perturber | None = None

    def can(self, task: str) -> bool:
        """Whether a task of TASKS can be done by anybody here."""
        return self.generator is not None and task in self.generator.tasks
