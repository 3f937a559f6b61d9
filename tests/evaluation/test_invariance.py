"""Sentences written anew: harmless ways change no answer, harmful ones do."""

from __future__ import annotations

import random

import numpy as np
import pytest

from demo.evaluation.world_tasks import evaluate_world
from demo.evaluation.world_tasks.invariance import TASKS, draw
from demo.evaluation.world_tasks.rewrites import HARMLESS
from demo.evaluation.world_tasks.run import pictures
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.training.counting import draw_asked


@pytest.mark.parametrize("task", TASKS)
def test_there_are_enough_ways_and_they_differ(task: str) -> None:
    for case in draw(5, 4, task):
        ways = [way(case.text) for way in HARMLESS[case.language].values()]
        assert sum(one != case.text for one in ways) >= 10
        assert len(case.harmful) >= 6
        assert all(before != after for _, before, after in case.harmful)


@pytest.mark.slow
def test_few_answers_change_where_they_must_not_and_most_where_they_must(
    pipeline: Pipeline,
) -> None:
    found = evaluate_world(
        pipeline.for_world(), "invariance", seed=11, limit=1, report=lambda _: None
    )
    for measure in found.measures:
        if measure.name.startswith("harmless/all/"):
            assert measure.value <= 0.1, measure
        if measure.name.startswith("harmful/all/"):
            assert measure.value >= 0.8, measure


@pytest.mark.parametrize(
    "language, more, four", [("en", "more than four", "four"), ("zh", "超过四", "四")]
)
def test_many_things_are_more_than_four(
    pipeline: Pipeline, language: str, more: str, four: str
) -> None:
    rng, world = random.Random(8), pipeline.for_world()
    said = []
    for number in (7, 8, 7, 8, 1, 2, 1, 2):
        asked = draw_asked(rng, number, held_back=True)
        sample = Sample(image=pictures([asked.scene])[0])
        said.append(world.ask(sample, asked.questions(language)[1], language, maps=False).answer)
    assert sum(one.startswith(more) for one in said[:4]) >= 3
    assert not any(one.startswith(more) for one in said[4:])


def test_a_blank_page_shows_no_dog(pipeline: Pipeline) -> None:
    for level in (0, 128, 255):
        blank = Sample(image=np.full((160, 200, 3), level, np.uint8))
        for question in ("is there a dog", "有没有狗？"):
            assert pipeline.ask(blank, question, maps=False).answer not in ("yes", "有")
