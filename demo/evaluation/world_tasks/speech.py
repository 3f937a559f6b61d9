"""Speech for evaluation: voices that training never heard, made when it is needed and kept in memory.

Knows nothing about models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from math import exp, log

import numpy as np

from demo.schema import Waveform
from demo.training.speech_corpus import PITCHES, RATES, voices_of
from demo.world.voices import VOICE_NAMED, Voice, say

KEPT_CLIPS = 4_000  # about 300 MB


def unknown_voices(language: str, moods: bool = False) -> list[Voice]:
    """The held-back voices of a language; moods: only those that can have one."""
    return voices_of(language, held_back=True, moods=moods)


def turn(voices: Sequence[Voice], i: int) -> list[Voice]:
    """All of them, the i-th (counted in a circle) first."""
    start = i % len(voices)
    return [*voices[start:], *voices[:start]]


def speak(
    rng: random.Random, text: str, voices: Sequence[Voice], mood: str | None = None
) -> tuple[Waveform, Voice]:
    """`text` by the first of these voices that can say it, somewhat higher, lower, faster or slower.

    Raises:
        UserError: speech_engine_missing.
        RuntimeError: none of the voices made a sound of it.
    """
    pitch, rate = (exp(rng.uniform(log(a), log(b))) for a, b in (PITCHES, RATES))
    seed = rng.getrandbits(32)
    for voice in voices:
        samples = _clip(text, voice.name, pitch, rate, mood, seed)
        if len(samples):
            return Waveform(samples), voice
    raise RuntimeError(f"no voice could say {text!r}")


@lru_cache(maxsize=KEPT_CLIPS)
def _clip(
    text: str, voice: str, pitch: float, rate: float, mood: str | None, seed: int
) -> np.ndarray:
    """float32 [N]; nothing where the program failed, as a synthesiser may on a single word."""
    chance = random.Random(seed)
    try:
        return say(text, VOICE_NAMED[voice], pitch=pitch, rate=rate, mood=mood, rng=chance)
    except RuntimeError:
        return np.zeros(0, np.float32)
