"""The questions of the task “explain”, whose answers have a place: scenes, nouns in captions, a word in a
stretch of quiet, descriptions.

Drawn from a seed. Knows nothing about methods or measures.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from demo.errors import UserError
from demo.evaluation.world_tasks.run import SIDE
from demo.evaluation.world_tasks.speech import speak, turn, unknown_voices
from demo.models.generator import Generation, Generator
from demo.models.roles import Roles
from demo.schema import (
    SAMPLE_RATE,
    Grid,
    Modality,
    Sample,
    Waveform,
)
from demo.training.data.speech_plan import names_of
from demo.world.concepts import CONCEPTS
from demo.world.language.grammar import description, some_en
from demo.world.paint import paint
from demo.world.scenes import SHOWN, draw_scene

TOUCHED = 0.25  # part of a cell that a thing must cover for the cell to count as true
MOST_TRIES = 4  # scenes for each noun that is wanted
SOUND_S = (1.6, 2.4)  # length of the stretch that holds a word
NOISE = 0.003  # of full scale, under the word


@dataclass(frozen=True)
class Case:
    """A question whose answer has a place. true: which cells of a grid show it, given the grid → bool
    [cells].
    """

    sample: Sample
    modality: Modality
    concept: int
    true: Callable[[Grid], np.ndarray]
    caption: Generation | None = None  # if any, the question is about its word number `word`
    word: int = 0


def writer_of(roles: Roles) -> Generator:
    """Whoever writes captions.

    Raises:
        UserError: role_missing_task.
    """
    if roles.generator is None or not roles.can("caption"):
        raise UserError("role_missing_task", preset="", task="explain")
    return roles.generator


def scenes(seed: int, count: int, things: int) -> list[Case]:
    rng = random.Random(f"explain scenes {things} {seed}")
    cases: list[Case] = []
    while len(cases) < count:
        concepts = tuple(rng.sample(SHOWN, things))
        scene = draw_scene(rng, concepts=concepts, held_back=True)
        pixels, owners = paint([scene], SIDE)
        picture = (255 * pixels[0]).round().byte().permute(1, 2, 0).contiguous().numpy()
        for i, thing in enumerate(scene.things):
            true = _covered((owners[0] == i).float())
            cases.append(Case(Sample(image=picture), "image", thing.concept, true))
    return cases[:count]


def captioned(seed: int, count: int, roles: Roles) -> list[Case]:
    """Things in scenes of two whose noun the model writes in its caption."""
    cases: list[Case] = []
    for case in scenes(seed + 1, MOST_TRIES * count, 2):
        encodings = roles.encode([case.sample])[0]
        caption = writer_of(roles).write("caption", "en", list(encodings.values()))
        noun = tuple(CONCEPTS[case.concept].noun.lower().split())
        for i in range(len(caption.words)):
            if caption.words[i : i + len(noun)] == noun and len(cases) < count:
                cases.append(replace(case, caption=caption, word=i))
        if len(cases) == count:
            break
    return cases


def _covered(mask: torch.Tensor) -> Callable[[Grid], np.ndarray]:
    def true(grid: Grid) -> np.ndarray:
        size = (grid.rows, grid.cols)
        cover = torch.nn.functional.adaptive_avg_pool2d(mask[None, None], size)[0, 0].flatten()
        return (cover >= min(TOUCHED, float(cover.max()))).numpy()

    return true


def sounds(seed: int, count: int) -> list[Case]:
    """A name of a concept, by a voice training never heard, somewhere in a stretch of faint noise."""
    rng = random.Random(f"explain sounds {seed}")
    voices, cases = unknown_voices("en"), []
    for i in range(count):
        concept = rng.randrange(len(CONCEPTS))
        said, _ = speak(rng, names_of(CONCEPTS[concept], "en")[0], turn(voices, i))
        length = int(rng.uniform(*SOUND_S) * SAMPLE_RATE)
        voice = said.samples[:length]
        start = rng.randrange(max(1, length - len(voice)))
        wave = NOISE * np.random.default_rng(rng.getrandbits(32)).standard_normal(length)
        wave[start : start + len(voice)] += voice
        span = (start / SAMPLE_RATE, (start + len(voice)) / SAMPLE_RATE)
        sample = Sample(audio=Waveform(wave.astype(np.float32)))
        cases.append(Case(sample, "audio", concept, _during(*span)))
    return cases


def _during(start_s: float, end_s: float) -> Callable[[Grid], np.ndarray]:
    def true(grid: Grid) -> np.ndarray:
        edges = np.array(grid.frame_edges_s)
        shared = np.minimum(edges[1:], end_s) - np.maximum(edges[:-1], start_s)
        columns = shared >= TOUCHED * np.diff(edges)
        return np.tile(columns, grid.rows)

    return true


def sentences(seed: int, count: int) -> list[Case]:
    rng = random.Random(f"explain words {seed}")
    cases: list[Case] = []
    while len(cases) < count:
        concepts = tuple(rng.sample(SHOWN, 2))
        scene = draw_scene(rng, concepts=concepts, held_back=True)
        text = description(scene, "en")
        for concept in concepts:
            said = some_en(concept, 1)
            noun = said.split(" ", 1)[1]
            start = text.index(said) + len(said) - len(noun)
            cases.append(
                Case(Sample(text=text), "text", concept, _spoken(start, start + len(noun)))
            )
    return cases[:count]


def _spoken(start: int, stop: int) -> Callable[[Grid], np.ndarray]:
    def true(grid: Grid) -> np.ndarray:
        return np.array([a < stop and b > start for a, b in grid.spans])

    return true
