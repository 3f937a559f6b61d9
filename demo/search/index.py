"""An index: vectors of every sense of every item, what they are of, and which model made them.

Beside each vector stand the numbers that correct for hubs, items that are near to any query (Radovanović
et al. 2010); with them a corrected score is one inner product. Knows nothing about files or models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from demo.schema import MODALITIES, Modality

CORRECTIONS = ("csls", "softmax", "none")  # of hubness; the first is what is used when nobody says
NEAREST = 10  # queries of the bank that an item's hubness is measured by (Lample et al. 2018, section 2.3)
SHARPNESS = 20.0  # inverse temperature of the inverted softmax
HIGH = 0.99  # of all scores of usual queries lie below what counts as 1
LEAST_BANK = 30  # queries that say something about hubs


@dataclass(frozen=True)
class Maker:
    """Which model made an index. half: "world" or "real" of a routed preset, "" of others; probes: float32
    [P, D], where it puts a few fixed inputs: another checkpoint puts them elsewhere."""

    preset: str
    half: str
    probes: np.ndarray

    def is_like(self, other: Maker) -> bool:
        """Whether vectors of both can be compared."""
        if self.half != other.half or self.probes.shape != other.probes.shape:
            return False
        return bool((self.probes * other.probes).sum(-1).min() > 0.999)


@dataclass(frozen=True)
class Item:
    """One thing that can be found. text: its sentence, or ""; senses: it was indexed by; thumbnail: a WebP
    or b""; seconds: of its sound, or 0."""

    name: str
    senses: tuple[Modality, ...]
    text: str = ""
    thumbnail: bytes = b""
    seconds: float = 0.0


@dataclass(frozen=True)
class Sense:
    """All vectors of one sense. vectors: float32 [N, D], unit length; rows: int [N], whose each is;
    hubs: correction → query's sense → float32 [N], what is taken off the score."""

    vectors: np.ndarray
    rows: np.ndarray
    hubs: Mapping[str, Mapping[Modality, np.ndarray]] = field(default_factory=dict)

    @property
    def augmented(self) -> np.ndarray:
        """Vectors with their hub columns, [N, D + columns]: an inner product with `asked` is a score."""
        columns = [self._hub(*column)[:, None] for column in COLUMNS]
        return np.hstack([self.vectors, *columns]).astype(np.float32)

    def _hub(self, correction: str, query: Modality) -> np.ndarray:
        found = self.hubs.get(correction, {}).get(query)
        return np.zeros(len(self.vectors), np.float32) if found is None else found


COLUMNS = tuple((c, m) for c in CORRECTIONS[:2] for m in MODALITIES)
# What a difference of cosines is multiplied with, by correction
STEEPNESS = {"none": 1.0, "csls": 2.0, "softmax": SHARPNESS}


def asked(vector: np.ndarray, query: Modality, correction: str) -> np.ndarray:
    """What an augmented vector is multiplied with. [..., D] → [..., D + columns].

    “csls”: 2 cos(q, x) − r(x), where r is the mean cosine of an item with the queries nearest to it (Lample
    et al. 2018, eq. 3; what it takes off for the query is the same for all items and left out).
    “softmax”: log of exp(β cos(q, x)) / Σ exp(β cos(q′, x)) over the queries q′ of a bank (Smith et al.
    2017, eq. 5; the bank of Bogolin et al. 2022).
    """
    off = np.array([-1.0 if column == (correction, query) else 0.0 for column in COLUMNS])
    beside = np.broadcast_to(off, (*vector.shape[:-1], len(COLUMNS)))
    return np.concatenate([STEEPNESS[correction] * vector, beside], axis=-1).astype(np.float32)


def with_hubs(sense: Sense, own: Modality, banks: Mapping[Modality, np.ndarray]) -> Sense:
    """The same with what corrects its hubness. banks: query's sense → unit vectors of usual queries [Q, D];
    own: whose vectors these are: what is found by its like is always among its own nearest."""
    hubs: dict[str, dict[Modality, np.ndarray]] = {"csls": {}, "softmax": {}}
    for query, bank in banks.items():
        if len(bank) < LEAST_BANK:
            continue
        csls, softmax = [], []
        for part in np.array_split(sense.vectors, 1 + len(sense.vectors) // 4096):
            likeness = part @ bank.T  # (n, Q)
            if query == own:
                likeness[likeness > 0.9999] = np.nan
            likeness = np.where(np.isnan(likeness), -1.0, likeness)
            nearest = np.partition(likeness, -NEAREST, axis=1)[:, -NEAREST:]
            csls.append(nearest.mean(axis=1))
            highest = likeness.max(axis=1, keepdims=True)
            softmax.append(
                SHARPNESS * highest[:, 0]
                + np.log(np.exp(SHARPNESS * (likeness - highest)).mean(axis=1))
            )
        hubs["csls"][query] = np.concatenate(csls).astype(np.float32)
        hubs["softmax"][query] = np.concatenate(softmax).astype(np.float32)
    return replace(sense, hubs=hubs)


@dataclass(frozen=True)
class Scale:
    """How scores of usual queries are spread over all items, so that different senses can be compared.

    mean: of all; spread: from there to what one score in a hundred reaches.
    """

    mean: float
    spread: float


@dataclass(frozen=True)
class Index:
    """source: as collection.open_collection takes it; scales: correction → (query's sense, item's sense)."""

    source: str
    maker: Maker
    items: tuple[Item, ...]
    senses: Mapping[Modality, Sense]
    scales: Mapping[str, Mapping[tuple[Modality, Modality], Scale]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Numbers of an augmented vector."""
        return self.maker.probes.shape[1] + len(COLUMNS)


def scales_of(
    senses: Mapping[Modality, Sense], banks: Mapping[Modality, np.ndarray]
) -> dict[str, dict[tuple[Modality, Modality], Scale]]:
    """From every item's score for every query of the banks, at most a million of each pair."""
    found: dict[str, dict[tuple[Modality, Modality], Scale]] = {c: {} for c in CORRECTIONS}
    for own, sense in senses.items():
        vectors = sense.augmented[:: 1 + len(sense.vectors) // 2000]
        for query, bank in banks.items():
            if len(bank) < LEAST_BANK:
                continue
            for correction in CORRECTIONS:
                scores = vectors @ asked(bank[:500], query, correction).T
                mean, high = float(scores.mean()), float(np.quantile(scores, HIGH))
                found[correction][query, own] = Scale(mean, max(high - mean, 1e-3))
    return found
