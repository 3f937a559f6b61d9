"""Task “ask”: questions of every kind about unseen scenes and about words from unknown voices."""

from __future__ import annotations

import random

import numpy as np

from demo.errors import LANGUAGES
from demo.evaluation.metrics.intervals import calibration, part_of
from demo.evaluation.metrics.text import same
from demo.evaluation.world_tasks.run import Exercise, Found, Run, pictures, write_all
from demo.evaluation.world_tasks.speech import speak, turn, unknown_voices
from demo.pipeline import Pipeline
from demo.schema import Sample, Waveform
from demo.training.data.speech_plan import names_of
from demo.world.concepts import CONCEPTS
from demo.world.language import grammar
from demo.world.language.grammar import QUESTION_KINDS, Question
from demo.world.scenes import SHOWN, Scene, draw_scene

SIZE = 840  # questions: 60 of each of seven kinds in each language


def draw(seed: int, count: int) -> list[Exercise]:
    """`count` questions, going round all kinds in both languages."""
    rng = random.Random(f"ask {seed}")
    return [
        _exercise(
            rng, i, QUESTION_KINDS[i // 2 % len(QUESTION_KINDS)], LANGUAGES[i % len(LANGUAGES)]
        )
        for i in range(count)
    ]


def ask(pipeline: Pipeline, run: Run) -> Found:
    """Measures: overall, ece (expected calibration error), en, zh, each kind, and each kind with a language
    (where_zh)."""
    exercises = draw(run.seed, run.size)
    answers = write_all(pipeline, exercises, run)
    right = [_right(a.text, e) for a, e in zip(answers, exercises, strict=True)]
    sure = [answer.probability for answer in answers]
    measures = [part_of("overall", right), calibration(sure, right, run.seed)]
    for group in dict.fromkeys(group for e in exercises for group in e.groups):
        chosen = [r for r, e in zip(right, exercises, strict=True) if group in e.groups]
        measures.append(part_of(group, chosen))
    return Found(len(right), tuple(measures))


def _right(text: str, exercise: Exercise) -> bool:
    language, kind, _ = exercise.groups
    answers = grammar.accepted(exercise.reference, kind, language)
    return any(same(text, answer, language) for answer in answers)


def _exercise(rng: random.Random, i: int, kind: str, language: str) -> Exercise:
    draw_one = {"hear": _hear, "agree": _agree}.get(kind)
    if draw_one is None:
        scene, asked = _about_scene(rng, kind, language)
        sample = Sample(image=pictures([scene])[0], text=asked.question)
    else:
        sample, asked = draw_one(rng, i, language)
    groups = (language, kind, f"{kind}_{language}")
    return Exercise(sample, "answer", language, asked.answer, groups)


def _about_scene(rng: random.Random, kind: str, language: str) -> tuple[Scene, Question]:
    """A scene for which a question of this kind has one answer: “where” may have none."""
    while True:
        scene = draw_scene(rng, held_back=True)
        asked = grammar.question(rng, scene, kind, language)
        if asked.kind == kind:
            return scene, asked


def _hear(rng: random.Random, i: int, language: str) -> tuple[Sample, Question]:
    """A spoken name, in half the cases beside a picture of something else."""
    concept, other = rng.sample(SHOWN, 2)
    asked = grammar.hear_question(rng, concept, language)
    picture = _picture_of(rng, other) if rng.random() < 0.5 else None
    sound = _word(rng, i, concept, language)
    return Sample(image=picture, audio=sound, text=asked.question), asked


def _agree(rng: random.Random, i: int, language: str) -> tuple[Sample, Question]:
    """One thing in the picture; the voice names it, or something else."""
    shown, other = rng.sample(SHOWN, 2)
    agrees = rng.random() < 0.5
    asked = grammar.agree_question(rng, agrees, language)
    picture = _picture_of(rng, shown)
    sound = _word(rng, i, shown if agrees else other, language)
    return Sample(image=picture, audio=sound, text=asked.question), asked


def _picture_of(rng: random.Random, concept: int) -> np.ndarray:
    return pictures([draw_scene(rng, concepts=(concept,), held_back=True)])[0]


def _word(rng: random.Random, i: int, concept: int, language: str) -> Waveform:
    name = names_of(CONCEPTS[concept], language)[0]
    return speak(rng, name, turn(unknown_voices(language), i // 14))[0]
