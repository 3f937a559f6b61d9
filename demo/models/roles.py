"""What a model may be asked, whichever checkpoint answers.

A preset fills roles; code above asks roles and never tests model names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from demo.models.attention_layer import AttentionLayer
from demo.models.conversation import Converser
from demo.models.generator import Generator, Task, Verifier
from demo.models.labels import ClosedLabels, LabelSpace, Vocabulary
from demo.models.perturber import Perturber
from demo.models.presets import Calibration
from demo.models.reranker import Reranker
from demo.models.segments import LONGEST_SPEECH_S
from demo.models.transcriber import Transcriber
from demo.moments import Lasting
from demo.schema import MODALITIES, Encoding, Modality, Named, Sample


class Encoder(Protocol):
    """Turns inputs of one modality into tokens that can be pooled into a vector among its labels."""

    @property
    def labels(self) -> LabelSpace:
        """Where its pooled vectors meet labels."""

    def encode(self, inputs: Sequence[Any]) -> list[Encoding]:
        """One encoding per picture (uint8 [H, W, 3]), Waveform or sentence."""


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

    def living(self, text: str, language: str) -> list[str]:
        """The people and animals that a sentence names."""

    def unsupported(self, vector: Tensor, text: str, language: str) -> list[str]:
        """Those of `living` for which hardly anything that is seen speaks. vector: [E]."""

    def contradicts(self, vector: Tensor, text: str) -> bool:
        """Whether a sentence about a picture names something else than what is seen. vector: [E]."""


class Familiarity(Protocol):
    """Out-of-distribution detection: how much an input looks like something the model was taught."""

    def score(self, modality: Modality, encoding: Encoding, vector: Tensor) -> float:
        """0..1, higher is more familiar; below Facts.least_familiar it is called unfamiliar.

        vector: what the encoding's pool gives, which was read already. [E].
        """


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


# Of weights, from the answer down; each stage holds those before it.
SHUFFLED_STAGES = ("labels", "joint", "encoders")


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
    whose maps were the most faithful; method_of_long_text, method_of_words: the same where occlusion is
    too slow, and for written words; least_familiar: modality → familiarity below which no answer should
    be believed; lasting: “image”, “audio” or “together” → what of it is an event; familiar: modality →
    that of held-back inputs of known kinds, at quantiles from 0 to 100 %; most_outside: modality → belief
    in none of the labels above which that is said; least_sure: belief below which a sentence is about
    nothing known; least_fit: cosine of a picture with its caption below which the caption is not said;
    least_written: task → probability of what is written (of a recording: of a piece) below which it is
    called a guess; least_evidence: the same of what a transcriber heard, in nats (see
    SpokenPiece.evidence); cannot: what the generator itself writes where it was taught that nothing can
    be said; worths: language → what a Reranker counts (see Reranker.worth); doubts: what the About tab
    says of its limits; cores: as many as one step of these models makes use of, 0: all there are.
    """

    fusion: str = "mean"
    beams: int = 1
    methods: Mapping[str, str] = field(default_factory=dict)
    method_of_long_text: str | None = None
    method_of_words: str | None = None
    least_familiar: Mapping[str, float] = field(default_factory=dict)
    lasting: Mapping[str, Lasting] = field(default_factory=dict)
    familiar: Mapping[str, Sequence[float]] = field(default_factory=dict)
    most_outside: Mapping[str, float] = field(default_factory=dict)
    least_sure: float = 0.0
    least_fit: float = -1.0
    least_written: Mapping[Task, float] = field(default_factory=dict)
    least_evidence: float = -math.inf
    cannot: tuple[str, ...] = ()
    worths: Mapping[str, float] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    longest_speech_s: float = LONGEST_SPEECH_S
    cores: int = 0


@dataclass(frozen=True)
class Roles:
    """The roles a preset fills; None where it cannot.

    shuffled: (stage of SHUFFLED_STAGES, seed) → the same roles after the weights down to that stage were
    replaced by chance; writers: task → who does it with encoders of its own; calibration: what makes
    beliefs of different spaces comparable, where they are; calibrated: None where one space holds all senses;
    taggers: sense → who names it unasked, with ClosedLabels; moods: sense → who is asked instead where all
    labels are moods that it knows; with_moods: those senses → these roles with them.
    """

    encoders: Mapping[Modality, Encoder]
    joint_encoder: JointEncoder | None = None
    generator: Generator | None = None
    retrieval_head: RetrievalHead | None = None
    reranker: Reranker | None = None
    perturber: Perturber | None = None
    vocabulary: Vocabulary | None = None
    namer: Namer | None = None
    verifier: Verifier | None = None
    converser: Converser | None = None
    familiarity: Familiarity | None = None
    transcriber: Transcriber | None = None
    shuffled: Callable[[str, int], Roles] | None = None
    facts: Facts = Facts()
    writers: Mapping[Task, Roles] = field(default_factory=dict)
    calibration: Calibration = Calibration()
    calibrated: bool | None = None
    taggers: Mapping[Modality, Encoder] = field(default_factory=dict)
    moods: Mapping[Modality, Encoder] = field(default_factory=dict)
    with_moods: Mapping[frozenset[Modality], Roles] = field(default_factory=dict)

    def feeling(self, labels: Sequence[str]) -> frozenset[Modality]:
        """The senses of `moods` that know all of these labels."""
        spaces = {m: encoder.labels for m, encoder in self.moods.items()}
        return frozenset(
            m
            for m, space in spaces.items()
            if isinstance(space, ClosedLabels) and all(map(space.knows, labels))
        )

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
        if task == "converse" and self.converser is not None:
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
