"""What a model may be asked, whichever checkpoint answers.

A preset fills roles; code above asks roles and never tests model names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from demo.schema import Encoding, Modality, Sample


class Aligner(Protocol):
    """Puts samples and labels into one space of D dimensions, where cosine means likeness."""

    scale: float  # inverse temperature: logits = scale · cosine, in nats

    def encode(self, samples: Sequence[Sample]) -> list[dict[Modality, Encoding]]:
        """One encoding per modality that is present, for each sample."""

    def label_vectors(self, labels: Sequence[str]) -> Tensor:
        """Unit vectors of labels. [L, D].

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
    """One attention layer of one reading: q, k, v and its output O. [1, H, N, d], on the graph."""

    q: Tensor
    k: Tensor
    v: Tensor
    output: Tensor


class JointReader(Protocol):
    """Reads the tokens of any modalities together, at one readout token that stands first."""

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where these encodings together point in the label space: a unit vector. [D]."""

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        """The same after each attention layer; the last row equals `read`. [layers, D]."""

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Within it, the attention layers of this thread's readings are appended to the list."""


@dataclass(frozen=True)
class CaptionPiece:
    """A stretch of a caption; when it names a thing, the label it names and the sense that shows it."""

    text: str
    label: str | None = None
    modality: Modality | None = None


class Captioner(Protocol):
    """Says in one sentence what a sample shows."""

    def pieces(self, encodings: Mapping[Modality, Encoding], language: str) -> list[CaptionPiece]:
        """One sentence in `language` ("en" or "zh"), in pieces that join without spaces."""


@dataclass(frozen=True)
class Roles:
    """The roles a preset fills; None where it cannot."""

    aligner: Aligner
    reader: JointReader | None = None
    captioner: Captioner | None = None
