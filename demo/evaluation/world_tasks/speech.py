"""Speech for evaluation: voices that training never heard, made when it is needed and kept in memory.

Knows nothing about models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from demo.schema import Waveform
from demo.training.data.speech_corpus import spoken
from demo.training.data.speech_plan import Clip, varied, voices_of
from demo.world.speech.voices import Voice

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
    job = varied(rng, Clip(text, voices[0].language, voices[0].name, "sentence", voice_mood=mood))
    for voice in voices:
        samples = _spoken(replace(job, clip=replace(job.clip, voice=voice.name)))
        if len(samples):
            return Waveform(samples), voice
    raise RuntimeError(f"no voice could say {text!r}")


_spoken = lru_cache(maxsize=KEPT_CLIPS)(spoken)
