"""How familiar held-back inputs of known kinds look: what the page's percentile is read from.

The quantiles belong into each half's preset.json, as `familiar`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from demo.evaluation.world_tasks import unfamiliar
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample, Waveform
from demo.settings import Settings
from demo.training.data import sources

SEED = 13
PHOTOS, KNOWN = 300, 100  # KNOWN: of each kind of the picture world's
STEPS = 21  # quantiles at 0, 5, … 100 %


def percentiles(data: Path) -> dict[str, dict[str, list[float]]]:
    """Half → modality → familiarity at each of STEPS quantiles, on Flickr8k's validation part, ESC-10's last
    fold, and fresh draws of the picture world."""
    halves = open_pipeline(Settings()).halves()
    photos = (Sample(image=one) for one in sources.flickr8k(data, "val", PHOTOS, SEED))
    clips = (Sample(audio=Waveform(wave)) for wave in sources.esc10(data, "validation").waves)
    found = {"real": {"image": _of(halves["real"], photos), "audio": _of(halves["real"], clips)}}
    drawn: dict[str, list[Sample]] = {}
    for kind, samples in unfamiliar.draw(SEED, KNOWN, unfamiliar.KNOWN).items():
        drawn.setdefault(unfamiliar.KNOWN[kind][0], []).extend(samples)
    found["world"] = {m: _of(halves["world"], samples) for m, samples in drawn.items()}
    return found


def _of(pipeline: Pipeline, samples: Iterable[Sample]) -> list[float]:
    scores = [score for one in samples for score in _scores(pipeline, one).values()]
    return [round(float(q), 4) for q in np.quantile(scores, np.linspace(0, 1, STEPS))]


def _scores(pipeline: Pipeline, sample: Sample) -> Mapping[str, float]:
    judge = pipeline.roles.familiarity
    assert judge is not None
    encodings = pipeline.encode(sample)
    return {m: judge.score(m, e, e.pool(e.tokens[None])[0].detach()) for m, e in encodings.items()}
