"""Tasks on the picture world, with a model that knows every answer and one that knows none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from demo.errors import UserError
from demo.evaluation.world_tasks import (
    WORLD_TASKS,
    ask,
    caption,
    evaluate_world,
    explain_cases,
    mood,
    name,
    retrieve,
    transcribe,
    translate,
    unfamiliar,
)
from demo.evaluation.world_tasks.run import SIDE, Exercise, WorldEvaluation
from demo.schema import Sample, to_json
from demo.world.concepts import CONCEPTS
from tests.evaluation.fakes import Listed, parts_of, speech

SEED = 5


def run(pipeline: Listed, task: str, limit: int, seed: int = SEED) -> WorldEvaluation:
    return evaluate_world(pipeline, task, seed=seed, limit=limit, report=lambda line: None)  # type: ignore[arg-type]


def values(found: WorldEvaluation) -> dict[str, float]:
    return {measure.name: measure.value for measure in found.measures}


def knowing(exercises: list[Exercise]) -> Listed:
    """A model that writes the right text for these."""
    return Listed(texts={(e.task, e.language, parts_of(e.sample)): e.reference for e in exercises})


# Writing ---------------------------------------------------------------------------------------


def test_captions() -> None:
    found = run(knowing(caption.draw(SEED, 6)), "caption", 6)
    assert (found.n, found["exact_1_2"].n, found["exact_en_3"].n) == (12, 8, 2)
    right = values(found)
    assert all(value == 1 for key, value in right.items() if key.startswith("exact"))
    assert right["cider_en"] > 6 and right["cider_zh"] > 6
    wrong = values(run(Listed(), "caption", 6))
    assert (right["ece_en"], wrong.pop("ece_en"), wrong.pop("ece_zh")) == (0, 1, 1)  # always sure
    assert not any(wrong.values())


def test_some_wrong_captions() -> None:
    """Those of three things are not counted under one and two."""
    easy = [e for e in caption.draw(SEED, 6) if e.groups == ("en", "1")]
    found = values(run(knowing(easy), "caption", 6))
    assert (found["exact_en_1"], found["exact_en_1_2"], found["exact_zh"]) == (1, 0.5, 0)
    assert found["exact_1_2"] == 0.25


@speech
def test_answers() -> None:
    exercises = ask.draw(SEED, 28)
    right = values(run(knowing(exercises), "ask", 28))
    assert right.pop("ece") == 0
    assert set(right.values()) == {1.0}
    assert {"overall", "en", "zh", "hear", "agree_zh", "colour_en"} <= set(right)
    by_ear = [e for e in exercises if e.sample.audio is not None]
    assert {e.groups[1] for e in by_ear} == {"hear", "agree"} and len(by_ear) == 8
    deaf = [e for e in exercises if "hear" not in e.groups]
    found = values(run(knowing(deaf), "ask", 28))
    assert (found["hear"], found["what"]) == (0, 1)
    assert found["overall"] == pytest.approx(24 / 28)


@speech
def test_transcripts() -> None:
    exercises = transcribe.draw(SEED, 9)
    right = values(run(knowing(exercises), "transcribe", 9))
    assert (right["wer"], right["cer"], right["exact"]) == (0, 0, 1)
    assert sum(name.startswith("wer_") for name in right) == 3  # voices, two sentences each
    assert values(run(Listed(), "transcribe", 9))["wer"] >= 0.9
    assert right["by_transcriber"] == 1
    pocket = knowing(exercises)
    pocket.engine = "generator"
    assert values(run(pocket, "transcribe", 9))["by_transcriber"] == 0
    pocket.tasks = frozenset()  # type: ignore[assignment]
    with pytest.raises(UserError, match="transcribe"):
        run(pocket, "transcribe", 1)


def test_translations() -> None:
    asked = translate.draw(SEED, 80)
    right = run(knowing([one.exercise for one in asked]), "translate", 80)
    assert right["sense_with_picture"].value == right["exact_with_picture"].value == 1
    assert right["sense_bat"].n == 4
    # Without the picture one English sentence has two right answers, of which one can be given.
    assert right["sense_without_picture"].value == 0.5
    texts = [one.exercise.sample.text for one in asked[1::2]]
    assert texts[0] == texts[1] and asked[1].right == asked[3].wrong
    wrong = values(run(Listed(), "translate", 80))
    assert not any(wrong.values())


def test_both_senses_at_once_are_no_translation() -> None:
    (asked, *_) = translate.draw(SEED, 1)
    key = ("translate", "zh", parts_of(asked.exercise.sample))
    found = run(Listed(texts={key: asked.right + asked.wrong}), "translate", 1)
    assert found["sense_with_picture"].value == 0


# Predicting ------------------------------------------------------------------------------------


@speech
def test_moods() -> None:
    sets = mood.draw(SEED, 24)
    wise = Listed(
        tops={parts_of(s.sample): s.truth for s in sets},
        alone={parts_of(s.sample): s.own for s in sets},
    )
    found = values(run(wise, "mood", 24))
    assert {found[f"own_{m}"] for m in ("image", "audio", "text")} == {1.0}
    assert found["contradicting_together"] == found["agreeing_together"] == 1
    alone = [found[f"contradicting_{m}"] for m in ("image", "audio", "text")]
    assert max(alone) < 1 and found["gain"] == pytest.approx(1 - max(alone))
    assert found["agreeing_text"] == found["sarcastic"] == 1
    assert any(s.truth == "sarcastic" for s in sets)
    assert values(run(Listed(), "mood", 24))["agreeing_together"] == 0


def test_macro_f1_of_moods() -> None:
    """happy: precision 1, recall ½, F1 ⅔; sad: F1 ⅘; what is never true does not count."""
    truth, answers = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert mood.macro_f1(truth, answers) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_things_in_scenes() -> None:
    asked = name.draw_scenes(SEED, 20)
    assert len({one.concept for one in asked}) == 20
    knows = Listed(tops={parts_of(one.sample): CONCEPTS[one.concept].id for one in asked})
    found = run(knows, "scenes", 20)
    assert (found.n, found["accuracy"].value, found["ece"].value) == (20, 1, 0)
    half = Listed(tops={parts_of(one.sample): CONCEPTS[one.concept].id for one in asked[:10]})
    found = run(half, "scenes", 20)
    assert found["accuracy"].value == found["ece"].value == pytest.approx(0.5, abs=0.06)


@speech
def test_spoken_words() -> None:
    asked = name.draw_words(SEED, 12)
    knows = Listed(tops={parts_of(one.sample): CONCEPTS[one.concept].id for one in asked})
    found = values(run(knows, "words", 12))
    assert (found["accuracy"], found["en"], found["zh"]) == (1, 1, 1)


@speech
def test_retrieval() -> None:
    gallery = retrieve.draw(SEED, 10)
    columns = (gallery.images, gallery.en, gallery.zh, gallery.spoken)
    places = {parts_of(s)[0]: i for samples in columns for i, s in enumerate(samples)}
    assert len(places) == 40  # nothing twice
    found = values(run(Listed(places=places), "retrieve", 10))
    assert set(found.values()) == {1.0} and "speech_to_image_5" in found
    assert set(values(run(Listed(), "retrieve", 10)).values()) == {0.0}


def test_ranks_count_ties_against_the_model() -> None:
    likeness = np.array([[0.9, 0.1, 0.2], [0.5, 0.4, 0.6], [0.7, 0.1, 0.7]])
    assert retrieve.ranks(likeness).tolist() == [0, 2, 1]


@speech
def test_unfamiliar_inputs() -> None:
    strange = unfamiliar.draw(SEED, 4, unfamiliar.STRANGE)
    assert {"noise_pictures", "stranger_emoji", "photos", "tones", "silence"} <= set(strange)
    parts = [parts_of(s)[0] for samples in strange.values() for s in samples]
    found = values(run(Listed(flagged=parts), "unfamiliar", 4))
    assert (found["flagged_image"], found["flagged_audio"]) == (1, 1)
    assert (found["wrongly_flagged_one_thing"], found["wrongly_flagged_audio"]) == (0, 0)
    assert not any(values(run(Listed(), "unfamiliar", 4)).values())


# All of them -----------------------------------------------------------------------------------


DRAWS = {
    "caption": lambda seed: [e.sample for e in caption.draw(seed, 3)],
    "ask": lambda seed: [e.sample for e in ask.draw(seed, 14)],
    "transcribe": lambda seed: [e.sample for e in transcribe.draw(seed, 3)],
    "translate": lambda seed: [one.exercise.sample for one in translate.draw(seed, 3)],
    "mood": lambda seed: [s.sample for s in mood.draw(seed, 3)],
    "retrieve": lambda seed: retrieve.draw(seed, 3).spoken,
    "explain": lambda seed: [
        case.sample
        for cases in (
            explain_cases.scenes(seed, 3, 1),
            explain_cases.sounds(seed, 3),
            explain_cases.sentences(seed, 3),
        )
        for case in cases
    ],
    "scenes": lambda seed: [one.sample for one in name.draw_scenes(seed, 3)],
    "words": lambda seed: [one.sample for one in name.draw_words(seed, 3)],
    "unfamiliar": lambda seed: [
        s for ss in unfamiliar.draw(seed, 2, unfamiliar.STRANGE).values() for s in ss
    ],
}


def test_every_task_is_tested() -> None:
    assert {*DRAWS, "invariance"} == {*WORLD_TASKS}  # which has test_invariance.py


@speech
@pytest.mark.parametrize("task", DRAWS)
def test_a_seed_says_what_is_drawn(task: str) -> None:
    samples: list[Sample] = DRAWS[task](1)
    assert [parts_of(s) for s in samples] == [parts_of(s) for s in DRAWS[task](1)]
    assert [parts_of(s) for s in samples] != [parts_of(s) for s in DRAWS[task](2)]
    for sample in samples:
        if sample.image is not None and task != "unfamiliar":
            assert sample.image.shape == (SIDE, SIDE, 3)
    assert samples


def test_the_same_seed_gives_the_same_numbers() -> None:
    half = knowing(caption.draw(1, 8)[::2])
    one, again = (run(half, "caption", 8, seed=1) for _ in range(2))
    assert one.measures == again.measures and 0 < one["exact_en"].value < 1
    assert one["exact_en"].low < one["exact_en"].value < one["exact_en"].high


def test_it_prints_as_json() -> None:
    found: Any = to_json(run(Listed(), "caption", 3))
    assert found["task"] == "caption" and found["measures"][0]["name"] == "exact_1_2"


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(UserError) as caught:
        run(Listed(), "sing", 1)
    assert caught.value.message.key == "eval_task_unavailable"
    mute = Listed()
    mute.roles.generator = mute.roles.retrieval_head = None
    for task in ("caption", "translate", "retrieve"):
        with pytest.raises(UserError) as caught:
            run(mute, task, 1)
        assert caught.value.message.key == "role_missing_task"


def test_a_missing_voice_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError) as caught:
        run(Listed(), "words", 1, seed=987)  # not spoken before
    assert caught.value.message.key == "speech_engine_missing"
