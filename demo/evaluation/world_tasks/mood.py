"""Task “mood”: what a face, words and a voice say together, and what each of them says alone.

Voices, wording and backgrounds are those that training never uses. In a contradicting set one sense says
something else than the other two, so no sense alone can be right throughout.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.evaluation.metrics.intervals import Measure, bootstrapped, calibration, part_of
from demo.evaluation.metrics.scores import class_scores, confusion_matrix
from demo.evaluation.world_tasks.run import Found, Run, pictures, watched
from demo.evaluation.world_tasks.speech import speak, turn, unknown_voices
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Prediction, Sample
from demo.world.concepts import INDEX
from demo.world.language.grammar import spoken_form
from demo.world.language.moods import PLAIN_MOODS, SARCASTIC, draw_moods, mood_sentence
from demo.world.scenes import draw_scene

SIZE = 600  # sets of three senses, every other one contradicting
LABELS = (*PLAIN_MOODS, SARCASTIC)
TOGETHER = "together"
_WAYS = (*MODALITIES, TOGETHER)


@dataclass(frozen=True)
class MoodSet:
    """own: modality → the mood that this sense shows; truth: what they mean together."""

    sample: Sample
    own: dict[str, str]
    truth: str
    contradicting: bool


def draw(seed: int, count: int) -> list[MoodSet]:
    """`count` sets, a third of them in Chinese; the voice says the words that are written."""
    rng = random.Random(f"mood {seed}")
    sets = []
    for i in range(count):
        language = "zh" if i % 3 == 2 else "en"
        contradicting = i % 2 == 0
        face, words, voice, truth = draw_moods(rng, contradicting)
        text = mood_sentence(rng, words, language, held_back=True)
        voices = turn(unknown_voices(language, moods=True), i // 3)
        sound, _ = speak(rng, spoken_form(text), voices, mood=voice)
        scene = draw_scene(rng, concepts=(INDEX[face],), held_back=True)
        sample = Sample(image=pictures([scene])[0], audio=sound, text=text)
        own = {"image": face, "audio": voice, "text": words}
        sets.append(MoodSet(sample, own, truth, contradicting))
    return sets


def mood(pipeline: Pipeline, run: Run) -> Found:
    """Macro-F1 over the moods that are true somewhere.

    Measures: own_image, own_audio, own_text: each sense alone against the mood it shows itself;
    contradicting_image .. contradicting_together, agreeing_image .. agreeing_together: against what the
    set means; gain: on contradicting sets, together minus the best sense alone; sarcastic: how many
    sarcastic sets are called so; accuracy and ece (expected calibration error) of all three together, and
    ece_contradicting and ece_agreeing.
    """
    sets = draw(run.seed, run.size)
    predictions = [pipeline.predict(one.sample, LABELS) for one in watched(sets, run)]
    answers = [_answers(prediction) for prediction in predictions]
    right = [p.top == one.truth for p, one in zip(predictions, sets, strict=True)]
    sure = [p.fused[p.top] for p in predictions]
    measures = [part_of("accuracy", right), calibration(sure, right, run.seed)]
    for modality in MODALITIES:
        own = [one.own[modality] for one in sets]
        measures.append(_f1(f"own_{modality}", own, [a[modality] for a in answers], run.seed))
    for name, contradicting in (("contradicting", True), ("agreeing", False)):
        mine = [i for i, one in enumerate(sets) if one.contradicting == contradicting]
        truth = [sets[i].truth for i in mine]
        said = {way: [answers[i][way] for i in mine] for way in _WAYS}
        measures += [_f1(f"{name}_{way}", truth, said[way], run.seed) for way in _WAYS if mine]
        hits, belief = [right[i] for i in mine], [sure[i] for i in mine]
        measures.append(calibration(belief, hits, run.seed, f"ece_{name}"))
        if contradicting:
            measures.append(_gain(truth, said, run.seed))
            called = [
                a == SARCASTIC for t, a in zip(truth, said[TOGETHER], strict=True) if t == SARCASTIC
            ]
            measures.append(part_of("sarcastic", called))
    return Found(len(sets), tuple(measures))


def _answers(prediction: Prediction) -> dict[str, str]:
    """The likeliest mood by each sense alone, and by all of them."""
    best = {m: max(p, key=p.__getitem__) for m, p in prediction.by_modality.items()}
    return {**best, TOGETHER: prediction.top}


def _f1(name: str, truth: Sequence[str], answers: Sequence[str], seed: int) -> Measure:
    true, said = _numbers(truth), _numbers(answers)
    return bootstrapped(name, lambda drawn: macro_f1(true[drawn], said[drawn]), len(true), seed)


def _gain(truth: Sequence[str], said: dict[str, list[str]], seed: int) -> Measure:
    true, answers = _numbers(truth), {way: _numbers(said[way]) for way in _WAYS}

    def gain(drawn: np.ndarray) -> float:
        scores = {way: macro_f1(true[drawn], answers[way][drawn]) for way in _WAYS}
        return scores[TOGETHER] - max(scores[m] for m in MODALITIES)

    return bootstrapped("gain", gain, len(true), seed)


def macro_f1(truth: np.ndarray, answers: np.ndarray) -> float:
    """Mean F1 over the moods that are true somewhere. truth, answers: int [N], places in LABELS."""
    scores = class_scores(confusion_matrix(truth.tolist(), answers.tolist(), len(LABELS)))
    return float(np.mean([score.f1 for score in scores if score.n]))


def _numbers(moods: Sequence[str]) -> np.ndarray:
    return np.array([LABELS.index(one) for one in moods])
