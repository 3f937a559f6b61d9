"""What the Look tab keeps of its runs, drawn once, so that a change of language needs no second run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np

from demo.errors import UserError
from demo.inputs.noise import disturbed
from demo.inspect.inspection import View
from demo.render.modalities import ground_of
from demo.schema import MODALITIES, Grid, Heatmap, Modality, Prediction, Sample
from demo.ui.fuse.results import Layers, heat_uri
from demo.ui.look.choices import Choice


@dataclass(frozen=True)
class Changes:
    """What is done to a sample before it is looked at. use: the senses that stay; noise: sense → 0..1."""

    use: tuple[str, ...] = MODALITIES
    noise: Mapping[str, float] = field(default_factory=dict)

    def left_out(self, given: Sample) -> list[str]:
        """Senses that were given and are not used."""
        return [modality for modality in given.modalities if modality not in self.use]

    def noises(self, given: Sample) -> dict[str, float]:
        """The senses that are used, with noise in them."""
        used = [modality for modality in given.modalities if modality in self.use]
        return {m: self.noise[m] for m in used if self.noise.get(m, 0) > 0}

    def touch(self, given: Sample) -> bool:
        """Whether they change anything about it."""
        return bool(self.left_out(given) or self.noises(given))


@dataclass(frozen=True)
class Looked:
    """One look at one target.

    given: as uploaded; sample: after the changes; asked: the labels in question, None for all;
    before: the prediction for what was given, where something was changed;
    bases: "image" and "audio" → what lies under the maps; heats: sense → data URI of a map that is not flat;
    id: of this look, by which what was made of it is known; inputs: modality → SHA-256 of what was given.
    """

    given: Sample
    changes: Changes
    sample: Sample
    asked: tuple[str, ...] | None
    before: Prediction | None
    prediction: Prediction
    bases: Mapping[str, Layers]
    choice: Choice = Choice()
    view: View | None = None
    heats: Mapping[str, str] | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def maps(self) -> Mapping[str, Heatmap]:
        """Those of the chosen method, sense → Heatmap."""
        return self.view.maps[self.choice.method] if self.view else {}

    @property
    def measured(self) -> bool:
        """Whether it is known how far its maps can be trusted."""
        return all(heatmap.faithfulness is not None for heatmap in self.maps.values())


@dataclass(frozen=True)
class Row:
    """What one method found. maps, heats: as in Looked."""

    method: str
    maps: Mapping[str, Heatmap]
    heats: Mapping[str, str]


@dataclass(frozen=True)
class Compared:
    """Methods side by side, for one target. senses: the columns; of: the id of their look."""

    modalities: tuple[str, ...]
    rows: tuple[Row, ...]
    of: str


@dataclass(frozen=True)
class Place:
    """Where attention is followed from, and in which layer and head. sense None: the answer; head None:
    all.
    """

    layer: int = 0
    head: int | None = None
    modality: Modality | None = None
    cell: int = 0


@dataclass(frozen=True)
class Explored:
    """What a place attends to. cells: sense → attention weights [rows, cols] of its grid; flow: [layers, M,
    M], in the order of cells; heats: sense → data URI, all scaled by the same maximum."""

    place: Place
    cells: Mapping[Modality, np.ndarray]
    grids: Mapping[Modality, Grid]
    answer: float
    layers: int
    heads: int
    flow: np.ndarray
    heats: Mapping[str, str]


def changed(given: Sample, changes: Changes) -> Sample:
    """The sample with senses left out and noise added.

    Raises:
        UserError: nothing is left.
    """
    kept = {
        modality: getattr(given, modality)
        for modality in given.modalities
        if modality in changes.use
    }
    if not kept:
        raise UserError("sample_empty")
    left = Sample(**kept, notes=given.notes)
    return disturbed(left, changes.noise)


def heats_of(sample: Sample, maps: Mapping[Any, Heatmap]) -> dict[str, str]:
    """The maps that are not flat, drawn to lie over the bases."""
    heats = {}
    for modality, heatmap in maps.items():
        ground = ground_of(sample, modality)
        heat = heat_uri(ground, heatmap) if ground else None
        if heat:
            heats[modality] = heat
    return heats


def scaled(
    cells: Mapping[Modality, np.ndarray], grids: Mapping[Modality, Grid]
) -> dict[Modality, Heatmap]:
    """Numbers of several senses as maps, divided by the greatest of them all."""
    most = max(float(values.max()) for values in cells.values()) or 1.0
    return {
        modality: Heatmap(
            modality, (values / most).astype(np.float32), grids[modality], "attention", ""
        )
        for modality, values in cells.items()
    }


def longest(words: Sequence[str]) -> int:
    """Which word is the longest; 0 where there is none."""
    return max(range(len(words)), key=lambda i: len(words[i]), default=0)
