"""Ability “degraded digits”: the same digit written and spoken, both so poor that each alone often fails.

How poor is searched on every third pair, so that each sense alone is right about 77 % of the time, and
measured on the others. What fusing gains is how much more often both together are right than the better
one alone. All digits are held back from training: the last of MNIST, a speaker never heard.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from demo.data.datasets import open_dataset
from demo.evaluation.classify import Options
from demo.evaluation.metrics.intervals import Measure, bootstrapped, calibration, part_of
from demo.evaluation.trials import TRIAL_OF, Trial
from demo.pipeline import Pipeline
from demo.schema import Modality, Sample, Waveform
from demo.world.concepts import DIGITS, index_of

WRITTEN, SPOKEN = TRIAL_OF["handwritten digits"], TRIAL_OF["spoken digits"]
WANTED_ALONE = 0.775  # the middle of 70 to 85 %
SEARCH_STEPS = 8  # halvings of the range of levels
SEARCH_EVERY = 3
MOST_BLUR = 0.09  # standard deviation, as a fraction of the picture's side
MOST_GRAIN = 380.0  # standard deviation, of 255 grey levels
BEST_SNR_DB, WORST_SNR_DB = 30.0, -25.0


@dataclass(frozen=True)
class Pair:
    """The same digit as a picture and as a sound; number: fixes its noise."""

    digit: str
    image: np.ndarray
    audio: Waveform
    number: int


def degraded_digits(pipeline: Pipeline, folder: Path, options: Options) -> tuple[Measure, ...]:
    """Measures image, audio, together, gain and ece (of together); nothing without both data sets.

    Raises:
        UserError: an archive that cannot be read.
    """
    if not all(os.path.isfile(folder / trial.archive) for trial in (WRITTEN, SPOKEN)):
        return ()
    pairs = digit_pairs(folder, options.seed)[: options.limit]
    searched = pairs[::SEARCH_EVERY]
    measured = [p for i, p in enumerate(pairs) if i % SEARCH_EVERY] or searched
    blur = _level(pipeline, searched, "image")
    noise = _level(pipeline, searched, "audio")
    options.report(f"picture {blur:.2f}, sound {noise:.2f} of the worst")
    predictions = [pipeline.predict(degraded(pair, blur, noise), DIGITS) for pair in measured]
    answers = {
        "image": [_best(p.by_modality["image"]) for p in predictions],
        "audio": [_best(p.by_modality["audio"]) for p in predictions],
        "together": [p.top for p in predictions],
    }
    digits = np.array([pair.digit for pair in measured])
    right = {name: np.array(said) == digits for name, said in answers.items()}
    return (
        *(part_of(name, hits) for name, hits in right.items()),
        bootstrapped("gain", lambda drawn: _gain(right, drawn), len(measured), options.seed),
        calibration([p.fused[p.top] for p in predictions], right["together"], options.seed),
    )


def digit_pairs(folder: Path, seed: int) -> list[Pair]:
    """Each held-back spoken digit with a held-back written one of its own, in random order."""
    rng = random.Random(f"digits {seed}")
    written: dict[str, list[np.ndarray]] = {}
    for digit, sample in _samples(folder, WRITTEN):
        assert sample.image is not None
        written.setdefault(digit, []).append(sample.image)
    for pictures in written.values():
        rng.shuffle(pictures)
    spoken = [(d, s.audio) for d, s in _samples(folder, SPOKEN) if s.audio and d in written]
    rng.shuffle(spoken)
    both = [(d, written[d].pop(), sound) for d, sound in spoken if written[d]]
    return [Pair(digit, picture, sound, i) for i, (digit, picture, sound) in enumerate(both)]


def degraded(pair: Pair, picture_level: float, sound_level: float) -> Sample:
    """Both senses of a pair, 0 (as it is) to 1 (the worst)."""
    return Sample(
        image=poor_picture(pair.image, picture_level, pair.number),
        audio=Waveform(poor_sound(pair.audio.samples, sound_level, pair.number)),
    )


def poor_picture(image: np.ndarray, level: float, seed: int) -> np.ndarray:
    """Blurred, then grainy. uint8 [H, W, 3]."""
    blur = ImageFilter.GaussianBlur(level * MOST_BLUR * image.shape[0])
    soft = np.asarray(Image.fromarray(image).filter(blur), dtype=np.float32)
    grain = np.random.default_rng(seed).standard_normal((*image.shape[:2], 1))
    return (soft + level * MOST_GRAIN * grain).clip(0, 255).astype(np.uint8)


def poor_sound(samples: np.ndarray, level: float, seed: int) -> np.ndarray:
    """Under white noise. float32 [N], peak below 1; level 0 leaves it alone."""
    if not level:
        return samples
    snr_db = BEST_SNR_DB + level * (WORST_SNR_DB - BEST_SNR_DB)
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    mixed = samples + noise * samples.std() / 10 ** (snr_db / 20)
    return (0.5 * mixed / max(np.abs(mixed).max(), 1e-9)).astype(np.float32)


def search(accuracy: Callable[[float], float]) -> float:
    """The level at which accuracy, which falls as it rises, is about WANTED_ALONE, by halving."""
    low, high = 0.0, 1.0
    for _ in range(SEARCH_STEPS):
        middle = (low + high) / 2
        if accuracy(middle) > WANTED_ALONE:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _level(pipeline: Pipeline, pairs: Sequence[Pair], modality: Modality) -> float:
    def accuracy(level: float) -> float:
        right = 0
        for pair in pairs:
            both = degraded(pair, level, level)
            alone = Sample(image=both.image) if modality == "image" else Sample(audio=both.audio)
            right += pipeline.predict(alone, DIGITS).top == pair.digit
        return right / len(pairs)

    return search(accuracy)


def _gain(right: dict[str, np.ndarray], drawn: np.ndarray) -> float:
    alone = max(right["image"][drawn].mean(), right["audio"][drawn].mean())
    return float(right["together"][drawn].mean() - alone)


def _best(beliefs: Mapping[str, float]) -> str:
    return max(beliefs, key=beliefs.__getitem__)


def _samples(folder: Path, trial: Trial) -> list[tuple[str, Sample]]:
    """The held-back samples of a data set with the digits they show, by id."""
    with open_dataset(folder / trial.archive) as dataset:
        kept = trial.held_back(dataset.examples)
        return [(DIGITS[index_of(e.label) - index_of("zero")], e.sample()) for e in kept]
