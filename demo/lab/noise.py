"""Samples made worse on purpose, and changed without changing what they show. Levels: 0 (as it is) to 1."""

from __future__ import annotations

import random

import numpy as np

from demo.schema import Modality, Sample, Waveform

GRAIN = 300.0  # standard deviation at the worst, of 255 grey levels
CLEAN_DB, WORST_DB = 30.0, -20.0  # signal to noise
LOST_LETTERS = 0.75  # part of the letters at the worst
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
CROP = 0.85  # least part of a side that a crop keeps
MASKED = 0.15  # of a sound's time and of its band
AUGMENTATIONS = ("flip", "crop", "noise", "mask", "words")


def noisy(sample: Sample, sense: Modality, level: float, seed: int) -> Sample:
    """One sense worse, the others as they are."""
    image, audio, text = sample.image, sample.audio, sample.text
    if sense == "image" and image is not None:
        image = noisy_picture(image, level, seed)
    if sense == "audio" and audio is not None:
        audio = Waveform(noisy_sound(audio.samples, level, seed))
    if sense == "text" and text is not None:
        text = noisy_text(text, level, seed)
    return Sample(image, audio, text)


def noisy_picture(image: np.ndarray, level: float, seed: int) -> np.ndarray:
    """Grain. uint8 [H, W, 3]."""
    if not level:
        return image
    grain = np.random.default_rng(seed).standard_normal(image.shape)
    return (image + level * level * GRAIN * grain).clip(0, 255).astype(np.uint8)


def noisy_sound(samples: np.ndarray, level: float, seed: int) -> np.ndarray:
    """Under white noise. float32 [N], peak at most 0.5."""
    if not level:
        return samples
    snr_db = CLEAN_DB + level * (WORST_DB - CLEAN_DB)
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    mixed = samples + noise * max(samples.std(), 1e-4) / 10 ** (snr_db / 20)
    return (0.5 * mixed / max(np.abs(mixed).max(), 1e-9)).astype(np.float32)


def noisy_text(text: str, level: float, seed: int) -> str:
    """Letters that are not what they were."""
    chance = random.Random(seed)
    part = level * LOST_LETTERS
    changed = (
        chance.choice(_LETTERS) if c.isalnum() and chance.random() < part else c for c in text
    )
    return "".join(changed)


def augmented(sample: Sample, ways: tuple[str, ...], seed: int) -> Sample:
    """A variant that shows the same. ways: some of AUGMENTATIONS (flip and crop of pictures; noise; mask, a
    stretch of time and a band of frequencies of sounds, as SpecAugment (Park et al. 2019); a lost word)."""
    chance = random.Random(seed)
    image, audio, text = sample.image, sample.audio, sample.text
    if image is not None:
        image = _picture(image, ways, chance, seed)
    if audio is not None:
        samples = audio.samples
        if "mask" in ways:
            samples = _masked(samples, chance)
        if "noise" in ways:
            samples = noisy_sound(samples, 0.3 * chance.random(), seed)
        audio = Waveform(samples)
    if text is not None and "words" in ways:
        text = _without_a_word(text, chance)
    return Sample(image, audio, text)


def _picture(
    image: np.ndarray, ways: tuple[str, ...], chance: random.Random, seed: int
) -> np.ndarray:
    if "flip" in ways and chance.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    if "crop" in ways:
        height, width = (max(1, round(side * chance.uniform(CROP, 1))) for side in image.shape[:2])
        top = chance.randint(0, image.shape[0] - height)
        left = chance.randint(0, image.shape[1] - width)
        image = np.ascontiguousarray(image[top : top + height, left : left + width])
    if "noise" in ways:
        image = noisy_picture(image, 0.3 * chance.random(), seed)
    return image


def _masked(samples: np.ndarray, chance: random.Random) -> np.ndarray:
    count = len(samples)
    spectrum = np.fft.rfft(samples)
    band = round(MASKED * len(spectrum) / 4)  # speech lies low
    low = chance.randrange(max(1, len(spectrum) // 3))
    spectrum[low : low + band] = 0
    found = np.fft.irfft(spectrum, count).astype(np.float32)
    start = chance.randrange(count)
    found[start : start + round(MASKED * count * chance.random())] = 0
    return found


def _without_a_word(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    if len(words) > 2:
        words.pop(chance.randrange(len(words)))
    return " ".join(words)
