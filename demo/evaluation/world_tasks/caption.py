"""Task “caption”: scenes of one to three things on backgrounds that training never shows.

A scene has one right caption, so captions are right or wrong; CIDEr-D says how far off the wrong ones are.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from demo.errors import LANGUAGES
from demo.evaluation.metrics.captions import cider_d
from demo.evaluation.metrics.intervals import Measure, calibration, mean_of, part_of
from demo.evaluation.metrics.text import same
from demo.evaluation.world_tasks.run import Exercise, Found, Run, pictures, write_all
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.world.language import grammar
from demo.world.language.units import units
from demo.world.scenes import draw_scene

SIZE = 900  # scenes, each captioned in both languages
MOST_THINGS = 3


def draw(seed: int, count: int) -> list[Exercise]:
    """`count` scenes, as many of each number of things, in both languages."""
    rng = random.Random(f"caption {seed}")
    scenes = [draw_scene(rng, 1 + i % MOST_THINGS, held_back=True) for i in range(count)]
    return [
        Exercise(
            Sample(image=picture),
            "caption",
            language,
            grammar.caption(scene, language),
            (language, str(len(scene.things))),
        )
        for language in LANGUAGES
        for scene, picture in zip(scenes, pictures(scenes), strict=True)
    ]


def caption(pipeline: Pipeline, run: Run) -> Found:
    """Exact match by language and number of things (one and two also together), and CIDEr-D.

    Measures: exact_en, exact_en_1 .. _3, exact_en_1_2, cider_en, ece_en (expected calibration error of the
    captions of one or two things), and the same with zh; exact_1_2 over both languages.
    """
    exercises = draw(run.seed, run.size)
    written = write_all(pipeline, exercises, run)
    texts = [one.text for one in written]
    right = [same(t, e.reference, e.language) for t, e in zip(texts, exercises, strict=True)]
    measures = [part_of("exact_1_2", [r for r, e in zip(right, exercises, strict=True) if _few(e)])]
    for language in LANGUAGES:
        mine = [i for i, e in enumerate(exercises) if e.language == language]
        chosen = [exercises[i] for i in mine]
        measures += _exact(language, chosen, [right[i] for i in mine])
        measures.append(_cider(language, chosen, [texts[i] for i in mine], run.seed))
        few = [i for i in mine if _few(exercises[i])]
        sure = [written[i].probability for i in few]
        measures.append(calibration(sure, [right[i] for i in few], run.seed, f"ece_{language}"))
    return Found(len(exercises), tuple(measures))


def _few(exercise: Exercise) -> bool:
    return exercise.groups[1] in ("1", "2")


def _exact(language: str, exercises: Sequence[Exercise], right: Sequence[bool]) -> list[Measure]:
    numbers = [int(exercise.groups[1]) for exercise in exercises]
    parts: dict[str, set[int]] = {"": {1, 2, 3}, "_1": {1}, "_2": {2}, "_3": {3}, "_1_2": {1, 2}}
    return [
        part_of(f"exact_{language}{name}", chosen)
        for name, wanted in parts.items()
        if (chosen := [r for r, number in zip(right, numbers, strict=True) if number in wanted])
    ]


def _cider(
    language: str, exercises: Sequence[Exercise], texts: Sequence[str], seed: int
) -> Measure:
    answers = [units(text, language) for text in texts]
    references = [[units(exercise.reference, language)] for exercise in exercises]
    return mean_of(f"cider_{language}", cider_d(answers, references), seed)
