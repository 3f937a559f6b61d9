"""The picture world in motion: things enter, stay and leave; their names are spoken; cuts change the ground.

Everything that is true of a film is known to the frame. Knows nothing about video files or models.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from demo.schema import SAMPLE_RATE
from demo.world.concepts import CONCEPTS
from demo.world.paint import paint
from demo.world.scenes import Scene, draw_background, draw_scene

FRAMES_PER_S = 8
SIDE = 192  # pixels
SHOWN_S = (1.5, 3.0)  # how long a thing stays
EMPTY_S = (1.0, 1.6)  # and nothing is seen between two


@dataclass(frozen=True)
class Shown:
    """Something that is seen ("image") or heard ("audio") from start_s to end_s. label: its English name."""

    label: str
    sense: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Film:
    """frames: uint8 [N, SIDE, SIDE, 3], FRAMES_PER_S of them a second; sound: float32 [N] at SAMPLE_RATE;
    events: what is true; cuts_s: when the ground changes; brief: what is seen as well, too shortly to be
    asked about."""

    frames: np.ndarray
    sound: np.ndarray
    events: tuple[Shown, ...]
    cuts_s: tuple[float, ...]
    brief: tuple[Shown, ...] = ()


def draw_film(seed: int, seconds: float, spoken: Sequence[tuple[int, np.ndarray]]) -> Film:
    """spoken: concepts with how their names sound (float32 at SAMPLE_RATE), of which things are drawn."""
    rng = random.Random(f"film {seed}")
    count = int(seconds * FRAMES_PER_S)
    sound = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    scenes: list[Scene] = []
    events: list[Shown] = []
    cuts: list[float] = []
    ground = draw_background(rng, held_back=True)
    while len(scenes) < count:
        scenes += [Scene((), ground)] * round(rng.uniform(*EMPTY_S) * FRAMES_PER_S)
        if rng.random() < 0.3:
            ground = draw_background(rng, held_back=True)
            cuts.append(len(scenes) / FRAMES_PER_S)
        concept, voice = rng.choice(list(spoken))
        stay = round(rng.uniform(*SHOWN_S) * FRAMES_PER_S)
        start = len(scenes) / FRAMES_PER_S
        scenes += [
            replace(draw_scene(rng, concepts=(concept,), held_back=True), background=ground)
        ] * stay
        events.append(
            Shown(CONCEPTS[concept].noun, "image", start, min(len(scenes), count) / FRAMES_PER_S)
        )
        _speak(sound, voice, start + rng.uniform(-0.8, 0.8), CONCEPTS[concept].noun, events)
    frames = _drawn(scenes[:count])
    brief = tuple(one for one in events if one.sense == "image" and one.end_s - one.start_s <= 0.5)
    inside = tuple(one for one in events if one not in brief)
    return Film(frames, sound, inside, tuple(cut for cut in cuts if cut < seconds), brief)


def _speak(
    sound: np.ndarray, voice: np.ndarray, start_s: float, label: str, events: list[Shown]
) -> None:
    """Put a word into the sound where nothing else is said."""
    start = max(0, int(start_s * SAMPLE_RATE))
    room = sound[max(0, start - SAMPLE_RATE // 2) : start + len(voice) + SAMPLE_RATE // 2]
    if start + len(voice) > len(sound) or np.abs(room).max(initial=0) > 0:
        return
    sound[start : start + len(voice)] = voice
    loud = np.flatnonzero(np.abs(voice) > 0.02)
    ends = (start + loud[0], start + loud[-1])
    events.append(Shown(label, "audio", ends[0] / SAMPLE_RATE, ends[1] / SAMPLE_RATE))


def _drawn(scenes: Sequence[Scene]) -> np.ndarray:
    """Each different scene painted once."""
    different = list(dict.fromkeys(scenes))
    painted, _ = paint(different, SIDE)
    pixels = (255 * painted).round().byte().permute(0, 2, 3, 1).numpy()
    place = {scene: i for i, scene in enumerate(different)}
    return np.stack([pixels[place[scene]] for scene in scenes])
