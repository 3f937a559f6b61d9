"""Whether a spoken word is gone when what its map marks is silent, beside what chance would erase.

The page cannot measure each map: listening again takes a second, and a score some two hundred times.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from demo.errors import LANGUAGES
from demo.evaluation.real.files import opened
from demo.evaluation.real.speech import FILE
from demo.explain import BEST
from demo.explain.faithfulness import ranked
from demo.inputs import read_audio
from demo.inspect.spoken import SpokenInspection
from demo.models.checkpoints.speech import (
    find_speech_packages,
    open_speech_recogniser,
    open_voice_detector,
)
from demo.models.whisper.on_demand import OnDemand

RECORDINGS = tuple(
    f"{name}.flac"
    for name in (
        "LJ001-0002 LJ001-0008 BAC009S0252W0076 BAC009S0150W0338 LJ001-0004".split()  # short ones
    )
)
WORDS = 4  # of each
ERASED = 0.2  # part of a map's cells
RIVALS = 2  # of each kind


@dataclass(frozen=True)
class Listening:
    """Mean probability of n words: whole; with the most marked ERASED of the cells silent; with as many cells
    here and there; with as many in a row. ahead: part of the words that lose more by the map than by any
    cells here and there."""

    n: int
    whole: float
    marked: float
    scattered: float
    in_a_row: float
    ahead: float


def listening(data: Path) -> Listening:
    """Over a few short recordings of FILE."""
    openers = open_speech_recogniser, open_voice_detector, find_speech_packages
    transcriber, rng = OnDemand(*openers, torch.device("cpu")), np.random.default_rng(0)
    rows = []
    with opened(data, FILE) as archive:
        for name in RECORDINGS:
            sound = read_audio(archive.read(name)).waveform
            pieces = transcriber.transcribe(sound, LANGUAGES)
            count = sum(len(piece.words) for piece in pieces)
            for number in rng.permutation(count)[:WORDS]:
                asked = SpokenInspection(transcriber, sound, pieces, int(number))
                values = asked.maps(BEST)["audio"].values.ravel()
                rows.append(asked.probabilities(variants(values, rng)))
    found = np.array(rows)  # (words, 2 + 2 · RIVALS)
    scattered, in_a_row = found[:, 2 : 2 + RIVALS], found[:, 2 + RIVALS :]
    return Listening(
        len(found),
        float(found[:, 0].mean()),
        float(found[:, 1].mean()),
        float(scattered.mean()),
        float(in_a_row.mean()),
        float(np.mean(found[:, 1] < scattered.min(1))),
    )


def variants(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which cells are kept: all; all but the most marked; all but some here and there; all but some in a row.
    values: [cells] → bool [2 + 2 · RIVALS, cells]."""
    cells, gone = len(values), round(ERASED * len(values))
    kept = np.ones((2 + 2 * RIVALS, cells), bool)
    kept[1, ranked(values)[:gone]] = False
    for rival in range(RIVALS):
        kept[2 + rival, rng.permutation(cells)[:gone]] = False
    for rival in range(RIVALS):
        first = rng.integers(0, cells - gone)
        kept[2 + RIVALS + rival, first : first + gone] = False
    return kept
