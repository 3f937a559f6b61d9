"""What travels through the app: samples in, predictions, captions and heatmaps out.

Frozen dataclasses of plain values and numpy arrays; `to_json` turns any of them into what the command
line prints and the API returns. Knows nothing about models, files or pages.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from demo.errors import Message

if TYPE_CHECKING:
    from torch import Tensor

Modality = Literal["image", "audio", "text"]
MODALITIES: tuple[Modality, ...] = ("image", "audio", "text")
SAMPLE_RATE = 16_000  # Hz, of every Waveform
MAX_SECONDS = 60.0  # of sound that is used


@dataclass(frozen=True)
class Waveform:
    """Mono sound. samples: float32 [N], about -1..1, finite, N ≥ 1, at SAMPLE_RATE."""

    samples: np.ndarray

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class Sample:
    """What one person gave: any non-empty subset of the three modalities.

    image: uint8 [H, W, 3], sRGB, upright; text: normalised, 1 to 2,000 characters;
    notes: what was changed on the way in and the person should know (“only the first 60 s …”).
    """

    image: np.ndarray | None = None
    audio: Waveform | None = None
    text: str | None = None
    notes: tuple[Message, ...] = ()

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those that are present, in the order of MODALITIES."""
        return tuple(name for name in MODALITIES if getattr(self, name) is not None)


@dataclass(frozen=True)
class PictureGrid:
    """rows × cols patches over `box` = (left, top, right, bottom), fractions 0..1 of the picture."""

    rows: int
    cols: int
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class SpectrogramGrid:
    """bands × frames cells; band_edges_hz ascending [rows + 1], frame_edges_s [cols + 1]."""

    band_edges_hz: tuple[float, ...]
    frame_edges_s: tuple[float, ...]
    kind: Literal["spectrogram"] = "spectrogram"

    @property
    def rows(self) -> int:
        return len(self.band_edges_hz) - 1

    @property
    def cols(self) -> int:
        return len(self.frame_edges_s) - 1


@dataclass(frozen=True)
class WordGrid:
    """One row of words; spans are (start, end) character positions in the sample's text."""

    spans: tuple[tuple[int, int], ...]
    kind: Literal["words"] = "words"
    rows: int = 1

    @property
    def cols(self) -> int:
        return len(self.spans)


Grid = PictureGrid | SpectrogramGrid | WordGrid


@dataclass(frozen=True)
class Encoding:
    """One modality of one sample, as a model sees it (torch tensors; never shown to a person).

    tokens: [N, D]; grid: how the tokens lie on the input; pool: tokens of B variants [B, N, D] → where this
    modality alone points among its labels [B, E], differentiable; token_cell: int [N], the cell of `grid`
    each token belongs to, or None where token i is cell i (several word pieces make up one word).
    mixing: [N, N] or None. An encoder that is itself a transformer moves content between tokens: row i
    says how much of token i comes from each input position (rows sum to 1). None: token i is input i.
    read: the words that were read, where they are not those that were written (then a token whose word nobody
    wrote has the cell -1). cut: how many characters of a sentence were read, where it was too long.
    """

    tokens: Tensor
    grid: Grid
    pool: Callable[[Tensor], Tensor]
    token_cell: np.ndarray | None = None
    mixing: Tensor | None = None
    read: str | None = None
    cut: int | None = None


@dataclass(frozen=True)
class Agreement:
    """How alike the label distributions P and Q of two senses are.

    cosine: P·Q / |P||Q|, 0 (nothing in common) .. 1 (the same).
    kl: Kullback–Leibler divergence KL(P‖Q) of the first from the second, in bits, 0 .. 1,024, which also
        stands for everything above: a label of P that Q holds to be impossible makes it infinite.
    js: Jensen–Shannon divergence, in bits, 0 (the same) .. 1 (nothing in common).
    """

    cosine: float
    kl: float
    js: float


@dataclass(frozen=True)
class Named:
    """A thing by name and how much it is believed, 0..1; family: not a single kind but all below it."""

    name: str
    probability: float
    family: bool = False


@dataclass(frozen=True)
class Prediction:
    """What the model believes about one sample. All probabilities are 0..1 and sum to 1 over labels.

    fused, by_modality[m]: label → probability, labels in the order the person gave.
    shares: modality → 0..1, sum 1: the part of the fused answer that is owed to that modality (size of
        its Shapley value, Shapley 1953, for the probability of the winning label).
    contributions: modality → that Shapley value with its sign, in probability (negative: argued against).
    agreement: "image~audio" → Agreement, for each pair that is present.
    familiarity: modality → 0..1, how much it looks like something the model was taught; familiarity_rank:
        modality → 0..1, the part of held-back inputs of known kinds that look less so, where it was measured;
    unfamiliar: the modalities of which it is so little that their answer should not be believed.
    seen: modality → what it would be called if no labels had been given, likeliest first, then the narrowest
        family that is sure; outside: modality → 0..1, that it is none of the labels. Empty where nobody can
        tell. none_of_these: every sense that can tell says that it is none of them.
    weights: modality → 0..1, sum 1: how much say a trained strategy gave each; empty: not to be told.
    timings_ms: step → milliseconds ("encode", "fuse", "total").
    """

    preset: str
    device: str
    fusion: str
    labels: tuple[str, ...]
    fused: Mapping[str, float]
    by_modality: Mapping[str, Mapping[str, float]]
    shares: Mapping[str, float]
    contributions: Mapping[str, float]
    agreement: Mapping[str, Agreement]
    timings_ms: Mapping[str, float]
    notes: tuple[Message, ...] = ()
    familiarity: Mapping[str, float] = dataclasses.field(default_factory=dict)
    familiarity_rank: Mapping[str, float] = dataclasses.field(default_factory=dict)
    unfamiliar: tuple[str, ...] = ()
    seen: Mapping[str, tuple[Named, ...]] = dataclasses.field(default_factory=dict)
    outside: Mapping[str, float] = dataclasses.field(default_factory=dict)
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)
    none_of_these: bool = False

    @property
    def top(self) -> str:
        """The label with the highest fused probability."""
        return max(self.fused, key=lambda label: self.fused[label])

    @property
    def ranked(self) -> list[str]:
        """The labels, likeliest first."""
        return sorted(self.fused, key=lambda label: -self.fused[label])


Verdict = Literal["yes", "no", "not measurable"]


@dataclass(frozen=True)
class Faithfulness:
    """Whether a map explains better than chance: cells are erased in its order and in random orders.

    verdict: "yes" when it beats nine in ten random orders, "not measurable" when hardly anything is lost even
    with everything erased (or the map points nowhere).
    deletion, insertion: area under the curve of the target's probability, 0..1, as cells are erased most
    marked first (lower is better) and brought back most marked first (higher is better); chance: mean area
    of random orders; beaten: part of the `orders` random orders whose insertion − deletion is smaller (ties
    half). swing: probability lost when all is erased. Curves: the probability at each of `erased`, parts of
    the cells. alone: the same by what this sense says without the others, where with them nothing is lost.
    """

    verdict: Verdict
    deletion: float
    insertion: float
    chance: float
    beaten: float
    orders: int
    swing: float
    erased: tuple[float, ...]
    deletion_curve: tuple[float, ...]
    insertion_curve: tuple[float, ...]
    alone: Faithfulness | None = None


@dataclass(frozen=True)
class Heatmap:
    """Where a method says the model looked for `target`.

    values: float32 [rows, cols] of `grid`, 0..1 with maximum 1, or all 0 when `flat`.
    flat: the method found no place that matters more than another; said so, never stretched.
    faithfulness: whether it marks what matters; None: not measured.
    peak: highest cell divided by the mean of all before scaling, 1 for a flat map; entropy: of the cells as
    parts of their sum, 0 (all in one cell) .. 1 (the same everywhere).
    against: of words, by methods that can tell: float32 [1, cols], ≥ 0, how strongly each speaks against the
    target, in the unit of values (where nothing speaks for it, of the strongest); None: none does.
    """

    modality: Modality
    values: np.ndarray
    grid: Grid
    method: str
    target: str
    flat: bool = False
    faithfulness: Faithfulness | None = None
    peak: float = 1.0
    entropy: float = 1.0
    against: np.ndarray | None = None

    @property
    def signed(self) -> np.ndarray:
        """Values with what speaks against below 0, scaled to -1..1. [rows, cols]."""
        if self.against is None:
            return self.values
        return (self.values - self.against) / max(1.0, float(self.against.max()))


@dataclass(frozen=True)
class CaptionWord:
    """One word of a caption; heatmaps: modality → Heatmap of what made the model say it (may be empty)."""

    word: str
    heatmap: Mapping[str, Heatmap]


@dataclass(frozen=True)
class Caption:
    """One sentence about the sample, and its words in order.

    probability: 0..1, that the model gives to this very sentence; None where it is put together from phrases;
    doubt: why nothing should be said of it, None where something may be; guess: what would have been said all
    the same, where `caption` says nothing.
    """

    caption: str
    language: str
    words: tuple[CaptionWord, ...]
    notes: tuple[Message, ...] = ()
    probability: float | None = None
    doubt: Message | None = None
    guess: str | None = None


@dataclass(frozen=True)
class Answer:
    """A question about a sample, answered in words.

    probability: 0..1, that the model gives to this very answer; words: as in Caption; doubt: why the answer
    is a guess at best, None where it need not be one.
    """

    question: str
    answer: str
    language: str
    probability: float
    words: tuple[CaptionWord, ...]
    notes: tuple[Message, ...] = ()
    doubt: Message | None = None


@dataclass(frozen=True)
class TranscriptWord:
    """One word that was heard, from start_s to end_s (seconds); heatmap: modality → Heatmap; probability:
    0..1, given the words before it, where it is known."""

    word: str
    start_s: float
    end_s: float
    heatmap: Mapping[str, Heatmap]
    probability: float | None = None


@dataclass(frozen=True)
class Transcript:
    """What a voice said.

    probability: 0..1, that the model gives to this very text; language_probability: 0..1, of the language
    among those asked for, None where it was given or is not known; speech: False where nobody speaks, text
    is "" then; engine: who wrote it: "transcriber" (people's speech), "generator" (the picture world's) or
    "encoder" (a single word, as the label that the sound was taken for); doubt: as in Answer.
    """

    text: str
    language: str
    probability: float
    words: tuple[TranscriptWord, ...]
    notes: tuple[Message, ...] = ()
    language_probability: float | None = None
    speech: bool = True
    engine: str = "generator"
    doubt: Message | None = None


@dataclass(frozen=True)
class Translation:
    """A sentence in the other language; words as in Caption, each with what it was translated from.

    doubt: as in Answer.
    """

    source: str
    text: str
    language: str
    probability: float
    words: tuple[CaptionWord, ...]
    notes: tuple[Message, ...] = ()
    doubt: Message | None = None


@dataclass(frozen=True)
class Spectrogram:
    """values: float32 [bands, frames] in dB below the loudest cell, -80..0 (all -80 for silence)."""

    values: np.ndarray
    grid: SpectrogramGrid


def to_json(value: Any, language: str = "en", digits: int = 6) -> Any:
    """Dataclasses, arrays and messages as JSON values; floats rounded to `digits` decimals."""
    if isinstance(value, Message):
        return value.text(language)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {f.name: to_json(getattr(value, f.name), language, digits) for f in fields}
    if isinstance(value, Mapping):
        return {str(key): to_json(item, language, digits) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return to_json(value.tolist(), language, digits)
    if isinstance(value, (list, tuple)):
        return [to_json(item, language, digits) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), digits)
    if isinstance(value, np.integer):
        return int(value)
    return value
