"""What a model may be asked, whichever checkpoint answers.

A preset fills roles; code above asks roles and never tests model names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from demo.errors import Message
from demo.models.presets import Calibration
from demo.models.transcriber import Transcriber
from demo.schema import MODALITIES, Encoding, Modality, Named, Sample


class PlacedLabels(Protocol):
    """The labels in question where vectors of one kind meet them."""

    @property
    def count(self) -> int:
        """How many there are: L."""

    def belief(self, vector: Tensor) -> Tensor:
        """Log-probabilities of the labels given that it is one of them, in nats. [..., D] → [..., L]."""

    def inside(self, vector: Tensor) -> Tensor | None:
        """Log-probability that it is any of them at all. [..., D] → [...]; None: nobody here can tell."""


@dataclass(frozen=True)
class LabelVectors:
    """Labels as vectors: logits = scale · vector · vectorsᵀ, in nats (Radford et al. 2021).

    vectors: [L, D], unit length or, for a weaker belief, shorter.
    """

    vectors: Tensor
    scale: float

    @property
    def count(self) -> int:
        return len(self.vectors)

    def belief(self, vector: Tensor) -> Tensor:
        return torch.log_softmax(self.scale * vector @ self.vectors.T, dim=-1)

    def inside(self, vector: Tensor) -> Tensor | None:
        return None


class LabelSpace(Protocol):
    """Where vectors of one kind meet labels."""

    def place(self, labels: Sequence[str]) -> PlacedLabels:
        """Some labels.

        Raises:
            UserError: a label the model has never seen, naming what it knows.
        """


class Encoder(Protocol):
    """Turns inputs of one modality into tokens that can be pooled into a vector among its labels."""

    @property
    def labels(self) -> LabelSpace:
        """Where its pooled vectors meet labels."""

    def encode(self, inputs: Sequence[Any]) -> list[Encoding]:
        """One encoding per picture (uint8 [H, W, 3]), Waveform or sentence."""


class Vocabulary(Protocol):
    """The words a preset can be asked about; a preset without one takes any words."""

    def known_labels(self, language: str = "en") -> list[str]:
        """All labels it can know, as a person reads them."""

    def canonical(self, label: str) -> str:
        """The model's own key for what a label means; two labels with one key mean the same.

        Raises:
            UserError: a label the model has never seen, naming what it knows.
        """


class Namer(Protocol):
    """What an input shows when nobody said what it might be."""

    def names(self, encodings: Mapping[Modality, Encoding], language: str) -> list[str]:
        """The likeliest single kinds of all senses, as labels; at least two, or none."""

    def seen(self, modality: Modality, vector: Tensor, language: str) -> tuple[Named, ...]:
        """Likeliest kinds, the best first, then the narrowest family it is sure of. vector: as the encoding's
        pool gives it. [E]."""

    def subject(self, vector: Tensor, language: str) -> Named | None:
        """The one kind, or family, that a picture more likely shows than not; None where there is none, or
        where people are. vector: [E]."""

    def told(self, text: str, language: str) -> list[str]:
        """The things that a sentence names."""

    def contradicts(self, vector: Tensor, text: str) -> bool:
        """Whether a sentence about a picture names something else than what is seen. vector: [E]."""


class Familiarity(Protocol):
    """Out-of-distribution detection: how much an input looks like something the model was taught."""

    def score(self, modality: Modality, encoding: Encoding, vector: Tensor) -> float:
        """0..1, higher is more familiar; below Facts.least_familiar it is called unfamiliar.

        vector: what the encoding's pool gives, which was read already. [E].
        """


@dataclass
class AttentionLayer:
    """One attention layer of one reading: q, k, v and its output O. [1, H, N, d], on the graph.

    mask: bool, which tokens may be attended to; None: all. pools: its one query is none of the tokens, and
    what it reads of them is the readout.
    """

    q: Tensor
    k: Tensor
    v: Tensor
    output: Tensor
    mask: Tensor | None = None
    pools: bool = False

    @torch.no_grad()
    def weights(self, rows: slice | list[int] = slice(None)) -> Tensor:
        """softmax(Q Kᵀ / √d), only these rows of it; each sums to 1 (Vaswani et al. 2017, eq. 1).

        Of the one sample of a batch of one. [H, rows, N].
        """
        q, k = self.q[0, :, rows], self.k[0]
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        if self.mask is not None:
            mask = self.mask.expand(1, 1, self.q.shape[2], k.shape[1])[0, :, rows]
            scores = scores.masked_fill(~mask, float("-inf"))
        return scores.softmax(-1)


class JointEncoder(Protocol):
    """Reads the tokens of any modalities together, at one readout token that stands first.

    Where no token is one, its attention ends in a layer that pools. alone: the modalities whose
    `Encoding.pool` is this very reading of their tokens by themselves, so that its attention explains what
    they say alone; reads: those whose tokens it can read at all, with a readout token; apart: each by itself,
    by an encoder of its own from its first layer on.
    """

    @property
    def labels(self) -> LabelSpace | None:
        """Where its readings meet labels; None: they say nothing about labels."""

    @property
    def alone(self) -> Collection[Modality]:
        """See above."""

    @property
    def reads(self) -> Collection[Modality]:
        """See above."""

    @property
    def apart(self) -> bool:
        """See above."""

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where these encodings together point in the label space: a unit vector. [D]."""

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        """The same after each attention layer; the last row equals `read`. [layers, D]."""

    def read_many(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """`read` of B variants at once. tokens [B, N, D], those of all senses in order; valid: bool [B, N],
        False for padding, None when every token is real → [B, D]."""

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


# Of weights, from the answer down; each stage holds those before it.
SHUFFLED_STAGES = ("labels", "joint", "encoders")

Task = Literal["caption", "answer", "transcribe", "translate"]


@dataclass(frozen=True)
class Generation:
    """What a decoder wrote.

    text: the sentence; words: its words in order; probability: 0..1 of this very text;
    ids: int [T], the tokens it is made of, the end token last; word_of: for each token the index of its
    word, -1 for the end token; doubt: why it is a guess at best.
    """

    task: Task
    language: str
    text: str
    words: tuple[str, ...]
    probability: float
    ids: tuple[int, ...]
    word_of: tuple[int, ...]
    doubt: Message | None = None


@dataclass(frozen=True)
class Wanted:
    """What a decoder is to write, and what about."""

    task: Task
    language: str
    encodings: Sequence[Encoding]


class Generator(Protocol):
    """Says things about encodings in words: captions, answers, transcripts, translations."""

    tasks: frozenset[Task]
    reads: frozenset[Modality]  # the senses it can read; of others it says nothing

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


@runtime_checkable
class ManyWriter(Protocol):
    """A Generator that can write several sentences side by side."""

    def write_many(self, wanted: Sequence[Wanted], beams: int = 1) -> list[Generation]:
        """`write` of each, whatever they are about."""


@runtime_checkable
class Corrected(Protocol):
    """A generator that also writes down what others found."""

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """Another sentence in place of one that was written. probability: 0..1, of this one."""


class Verifier(Protocol):
    """Asks other witnesses before an answer is given."""

    def verified(
        self, generation: Generation, question: str, encodings: Mapping[Modality, Encoding]
    ) -> Generation:
        """The answer to a question about these encodings, or another one."""


class RetrievalHead(Protocol):
    """Puts whole scenes, descriptions and speech into one space for retrieval across modalities."""

    def match_vector(self, encodings: Sequence[Encoding]) -> Tensor:
        """A unit vector; cosine means how well two of them fit together. [D]."""

    def sense_vector(self, encoding: Encoding) -> Tensor:
        """One sense by itself where collections are searched: a unit vector, differentiable. [D]."""


@dataclass(frozen=True)
class Facts:
    """What was measured of one preset's very weights; preset.json beside them holds it.

    fusion: the strategy that comes first; beams: with which it writes best; methods: modality → the method
    whose maps were the most faithful; method_of_long_text, method_of_words: the same where occlusion is too
    slow, and for written words; least_familiar: modality → familiarity below which no answer should be
    believed; most_outside: modality → belief in none of the labels above which that is said;
    least_sure: belief below which a sentence is about nothing known; least_fit: cosine of a picture
    with its caption below which the caption is not said; least_written: task → probability of what is
    written below which it is called a guess; cannot: what the generator itself writes where it was taught
    that nothing can be said; doubts: what the About tab says of its limits.
    """

    fusion: str = "mean"
    beams: int = 1
    methods: Mapping[str, str] = field(default_factory=dict)
    method_of_long_text: str | None = None
    method_of_words: str | None = None
    least_familiar: Mapping[str, float] = field(default_factory=dict)
    most_outside: Mapping[str, float] = field(default_factory=dict)
    least_sure: float = 0.0
    least_fit: float = -1.0
    least_written: Mapping[Task, float] = field(default_factory=dict)
    cannot: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roles:
    """The roles a preset fills; None where it cannot.

    shuffled: (stage of SHUFFLED_STAGES, seed) → the same roles after the weights down to that stage were
    replaced by chance; writers: task → who does it with encoders of its own; calibration: what makes
    beliefs of different spaces comparable, where they are; calibrated: None where one space holds all senses.
    """

    encoders: Mapping[Modality, Encoder]
    joint_encoder: JointEncoder | None = None
    generator: Generator | None = None
    retrieval_head: RetrievalHead | None = None
    perturber: Perturber | None = None
    vocabulary: Vocabulary | None = None
    namer: Namer | None = None
    verifier: Verifier | None = None
    familiarity: Familiarity | None = None
    transcriber: Transcriber | None = None
    shuffled: Callable[[str, int], Roles] | None = None
    facts: Facts = Facts()
    writers: Mapping[Task, Roles] = field(default_factory=dict)
    calibration: Calibration = Calibration()
    calibrated: bool | None = None

    def encode(self, samples: Sequence[Sample]) -> list[dict[Modality, Encoding]]:
        """One encoding per modality that is present and can be read, for each sample; each modality as one
        batch."""
        encoded: list[dict[Modality, Encoding]] = [{} for _ in samples]
        for modality in MODALITIES:
            if modality not in self.encoders:
                continue
            given = [(i, getattr(s, modality)) for i, s in enumerate(samples)]
            given = [(i, value) for i, value in given if value is not None]
            found = self.encoders[modality].encode([value for _, value in given]) if given else []
            for (i, _), encoding in zip(given, found, strict=True):
                encoded[i][modality] = encoding
        return encoded

    @property
    def listens(self) -> bool:
        """Whether people's speech can be written down, and not only the picture world's sentences."""
        return self.transcriber is not None and self.transcriber.missing is None

    def can(self, task: str) -> bool:
        """Whether a task of TASKS can be done by anybody here."""
        if task == "transcribe" and self.listens:
            return True
        if any(task == done and writer.can(task) for done, writer in self.writers.items()):
            return True
        return self.generator is not None and task in self.generator.tasks

    def known_labels(self, language: str = "en") -> list[str] | None:
        """All labels that can be known, or None when any word will do."""
        return None if self.vocabulary is None else self.vocabulary.known_labels(language)

    def canonical(self, label: str) -> str:
        """The key of what a label means; of free words themselves. Raises UserError as Vocabulary."""
        if self.vocabulary is None:
            return " ".join(label.replace("_", " ").casefold().split())
        return self.vocabulary.canonical(label)
