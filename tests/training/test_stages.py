"""The stages on archives and a spoken corpus the test makes: what they are taught is true, and it trains."""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.tokenization import TASKS, task_tokens, train_tokenizer
from demo.schema import SAMPLE_RATE
from demo.training import loop
from demo.training.data import sources
from demo.training.data.cells import Taught
from demo.training.data.joint_batches import JointBatches, _jumbled
from demo.training.data.pictures import (
    BACKGROUND,
    NOT_ASKED,
    UNKNOWN,
    paint_scenes,
    stranger_scenes,
)
from demo.training.data.speech_plan import Clip, scene_of, scene_values
from demo.training.losses import matching
from demo.training.stages import audio, image, joint, one_sense, settle, several_senses
from demo.training.stages import speech as speech_stage
from demo.training.stages.joint import Lessons
from demo.training.stages.speech import ctc
from demo.training.workers import Worker
from demo.world import sprites
from demo.world.concepts import CONCEPTS, index_of
from demo.world.language import grammar
from demo.world.language.moods import PLAIN_MOODS
from demo.world.scenes import draw_scene
from tests.training.placement import MakeBelieve, is_placed, placed
from tests.training.test_recipe import data  # noqa: F401  the tiny archives


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of noise that is said to be speech."""
    folder = tmp_path_factory.mktemp("speech")
    rng = random.Random(0)
    clips: dict[str, list[Clip]] = {
        "words": [Clip(c.noun.lower(), "en", "noise", "word", c.id) for c in CONCEPTS],
        "sentences": [],
        "descriptions": [],
        "moods": [
            Clip("i am here", "en", "noise", "mood", None, mood, mood) for mood in PLAIN_MOODS
        ],
    }
    for _ in range(6):
        scene, said = grammar.spoken_scene(rng, "zh")
        clips["sentences"].append(Clip(said, "zh", "noise", "sentence", scene=scene_values(scene)))
    clips["descriptions"] = clips["sentences"][:4]
    noise = np.random.default_rng(0)
    for part, spoken in clips.items():
        lengths = [int(0.6 * SAMPLE_RATE)] * len(spoken)
        (folder / f"{part}.i16").write_bytes(
            noise.integers(-9000, 9000, sum(lengths), dtype=np.int16).tobytes()
        )
        index = {
            "sample_rate": SAMPLE_RATE,
            "lengths": lengths,
            "clips": [asdict(c) for c in spoken],
        }
        (folder / f"{part}.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


@pytest.fixture(scope="module", autouse=True)
def small_steps() -> Iterator[None]:
    """A quarter of what a step holds: what it teaches is the same, and takes a quarter of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in {
            image: "PHOTOS_PER_STEP DIGITS_PER_STEP MIXED",
            audio: "SCENES_PER_STEP DIGITS_PER_STEP",
            speech_stage: "SHORT LONG",
            settle: "PICTURES",
            one_sense: "LOOK ONLY_NAMED READ HEAR",
            several_senses: "ASK TOGETHER",
            joint: "LOOK HEAR",
        }.items():
            for name in names.split():
                patch.setattr(module, name, quarter(getattr(module, name)))
        yield


def quarter(count: Any) -> Any:
    """Of a number of samples, or of each of several; never less than two."""
    if isinstance(count, dict):
        return {part: quarter(many) for part, many in count.items()}
    return max(2, count // 4)


@pytest.fixture(scope="module")
def lessons(data: Path, speech: Path) -> Lessons:  # noqa: F811
    torch.manual_seed(0)
    tokenizer = train_tokenizer(["a dog on the left 左边有一只狗 yes no"] * 20, 400, 32)
    config = PocketConfig(
        concepts=[{"id": c.id} for c in CONCEPTS],
        hidden_size=48,
        num_heads=2,
        vocab_size=len(tokenizer),
        tasks=task_tokens(tokenizer),
        end_token=tokenizer.eos_token_id,
        max_text_tokens=32,
        dropout=0.0,
    )
    return Lessons(Taught(PocketModel(config)), tokenizer, JointBatches(data, speech, config))


def test_two_of_five_clips_are_chinese_where_there_are_some(lessons: Lessons) -> None:
    speech = lessons.batches.speech
    languages = np.array(["en"] * 97 + ["zh"] * 3)
    mixed = copy.copy(speech)
    mixed.chinese = {"words": languages == "zh"}
    mixed.seconds = {"words": np.full(100, 0.5)}
    picked = mixed.pick("words", 4_000, 1.0)
    assert 0.36 < np.mean(languages[picked] == "zh") < 0.44
    assert set(picked) == set(range(100))
    assert set(speech.pick("words", 9, 1.0)) <= set(range(len(CONCEPTS)))  # there is no Chinese one


def test_a_tone_of_voice_is_one_of_its_mood(
    lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    clips = lessons.batches.speech.parts["moods"].clips

    def heard(part: str, i: int, length: int) -> np.ndarray:
        said.append(str(clips[i].voice_mood))
        return np.zeros(length, np.float32)

    monkeypatch.setattr(lessons.batches.speech, "said", heard)
    lessons.batches.tone(["sad", "happy", "sad"], 1.0)
    assert said == ["sad", "happy", "sad"]


def test_each_step_draws_what_it_always_draws(lessons: Lessons) -> None:
    """Whatever was drawn before: a run that was cut off goes on alike."""
    chance = (lessons.batches.rng, lessons.batches.random)

    def drawn() -> tuple[list[str], Tensor]:
        loop._reseed(Worker.seed("joint", 7, 0), chance)
        concepts = lessons.batches.any_concepts(4)
        return lessons.batches.tell(concepts, long=False), lessons.batches.sound(concepts)

    (texts, sounds), (again, same) = drawn(), drawn()
    assert texts == again and torch.equal(sounds, same)


@pytest.mark.parametrize("step", [0, 1])
def test_one_step_teaches_every_part(lessons: Lessons, step: int) -> None:
    model = lessons.model.train()
    model.zero_grad()
    loss = lessons(step)
    assert torch.isfinite(loss)
    loss.backward()
    still = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert still == []


def test_every_loss_counts() -> None:
    """A weight of nothing would switch a lesson off without a word."""
    assert set(joint.WEIGHTS) == {"name", "place", "match", "write", "look"}
    assert min(joint.WEIGHTS.values()) > 0 and settle.HELD > 0
    assert min(weight for _, _, weight in matching.PAIRS) > 0


@pytest.mark.parametrize("kind", joint.WEIGHTS)
def test_a_loss_counts_as_much_as_its_weight_says(
    lessons: Lessons, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the weight of one loss adds that loss, weighted, to the sum."""
    vectors, zero = torch.zeros(1, 1), torch.tensor(0.0)
    said = {k: torch.tensor(float(10**i)) for i, k in enumerate(joint.WEIGHTS)}
    each = [(k, loss) for k, loss in said.items() if k != "match"]
    monkeypatch.setattr(lessons, "look", lambda scenes: (each, vectors))
    for name in ("read", "hear"):
        monkeypatch.setattr(lessons, name, lambda *_: ([], vectors))
    monkeypatch.setattr(lessons, "matching", lambda *_: said["match"])
    monkeypatch.setattr(lessons, "ask", list)
    for name in ("ask_about_sounds", "translate", "modalities"):
        monkeypatch.setattr(lessons, name, lambda: ("name", zero))
    before = float(lessons(0))
    expected = sum(weight * float(said[k]) for k, weight in joint.WEIGHTS.items())
    assert before == pytest.approx(expected)
    weight = joint.WEIGHTS[kind]
    monkeypatch.setitem(joint.WEIGHTS, kind, 2 * weight)
    assert float(lessons(0)) - before == pytest.approx(weight * float(said[kind]), rel=1e-3)


def test_earlier_vectors_stand_by_as_wrong_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "QUEUE", 5)
    near, far, scale = torch.eye(48)[:2], torch.eye(48)[2:4], torch.tensor(10.0)
    found = matching.Matching(48)
    first = found(scale, near, near, near[1:])
    assert found(scale, near, near, near[1:]) == first  # batches of one step do not see each other
    found.end_step(Worker())
    second = found(scale, near, near, near[1:])  # its own vectors of before are now wrong
    assert second > first
    found.end_step(Worker())
    found(scale, far, far, far[1:])
    found.end_step(Worker())
    assert found.queues["seen"].shape == (5, 48)
    assert torch.equal(found.queues["seen"][:2], far)


def test_who_is_heard_finds_who_is_seen() -> None:
    seen = torch.eye(48)[:3]
    right, wrong = seen[1:], seen[[2, 1]]  # the sounds are of the last two scenes
    scale = torch.tensor(10.0)
    good = matching.Matching(48)(scale, seen, seen, right)
    bad = matching.Matching(48)(scale, seen, seen, wrong)
    assert good < bad


def test_tokens_are_taught_where_and_how_many(lessons: Lessons) -> None:
    """The place and the number that tokens are taught are those of the thing that lies there."""
    scenes = [draw_scene(random.Random(i)) for i in range(30)]
    painted = paint_scenes(scenes, 64, 8)
    asked = 0
    for scene, cells, places, alike in zip(
        scenes, painted.cells, painted.places, painted.alike, strict=True
    ):
        for concept, place, more in zip(
            cells.tolist(), places.tolist(), alike.tolist(), strict=True
        ):
            if concept == BACKGROUND:
                assert place == more == NOT_ASKED
                continue
            asked += 1
            assert more + 1 == scene.counts[concept]
            assert divmod(place, 3) in [t.cell for t in scene.things if t.concept == concept]
    assert asked > 200
    memory = torch.randn(30, 64, 48, requires_grad=True)
    loss = lessons.taught.places(memory, painted) + lessons.taught.names(memory, painted.cells)
    loss.backward()
    assert memory.grad is not None and memory.grad.abs().sum(-1).all()  # empty cells are taught too


def test_every_task_starts_from_its_own_token(lessons: Lessons) -> None:
    assert len({lessons.tasks[task] for task in TASKS}) == len(TASKS)
    assert lessons.tokenizer.unk_token_id not in lessons.tasks.values()


def test_cells_are_named_by_what_lies_in_them() -> None:
    rng = random.Random(3)
    scenes = [draw_scene(rng) for _ in range(40)]
    painted = paint_scenes(scenes, 64, 8)
    for scene, cells, centres, colour in zip(
        scenes, painted.cells, painted.centres, painted.colours, strict=True
    ):
        assert set(cells.tolist()) <= {t.concept for t in scene.things} | {BACKGROUND}
        assert centres.sum() == len(scene.things)
        assert colour >= 0
        front = scene.things[-1]  # nothing covers it
        assert front.concept in cells


def test_strangers_are_unknown_and_split() -> None:
    rng = random.Random(0)
    half = len(sprites.strangers()) // 2
    for held_back in (False, True):
        scenes = stranger_scenes(rng, 60, held_back)
        used = {t.sprite for s in scenes for t in s.things}
        assert all((sprite >= half) == held_back for sprite in used)
        cells = paint_scenes(scenes, 64, 8, sheet="strangers").cells
        assert set(cells.unique().tolist()) == {BACKGROUND, UNKNOWN}


def test_jumbled_pictures_hold_the_same_pixels() -> None:
    pictures = torch.rand(3, 3, 16, 16)
    mixed = _jumbled(pictures)
    assert not torch.equal(mixed, pictures)
    for before, after in zip(pictures, mixed, strict=True):
        torch.testing.assert_close(before.flatten().sort()[0], after.flatten().sort()[0])


def test_scenes_survive_the_index() -> None:
    scene = draw_scene(random.Random(9))
    assert scene_of(json.loads(json.dumps(scene_values(scene)))) == scene


def test_ctc_prefers_the_words_in_order() -> None:
    columns = torch.full((1, 6, 4), -5.0)
    for column, word in enumerate([0, 1, 1, 0, 2, 0]):
        columns[0, column, word] = 5.0
    assert ctc(columns, [[1, 2]]) < 0.01 < ctc(columns, [[2, 1]])


def test_pictures_of_a_concept_show_it(lessons: Lessons) -> None:
    shown = lessons.batches.show([index_of("cat"), index_of("seven"), index_of("apple")])
    assert shown.shape == (3, 3, 64, 64)
    assert torch.isfinite(shown).all() and shown.std() > 0.1


def test_settling_moves_the_image_encoder_and_nothing_else(
    lessons: Lessons,
    data: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few_to_look_at(monkeypatch)
    model = copy.deepcopy(lessons.model)
    before = copy.deepcopy(model.state_dict())
    told: list[str] = []
    stage = dataclasses.replace(settle.STAGE, steps=2)
    settle.settle(model, data, tmp_path, told.append, stage=stage)
    moved = {name for name, value in model.state_dict().items() if not value.equal(before[name])}
    assert moved
    assert all(name.startswith("image_encoder.") for name in moved)
    assert not any("running" in name for name in moved)
    assert "photos" in told[-1] and "digits" in told[-1]


# On an accelerator ------------------------------------------------------------------------------


@pytest.fixture
def lessons_there(lessons: Lessons) -> Lessons:
    there = copy.copy(lessons)
    there.taught = copy.deepcopy(lessons.taught)
    there.model = there.taught.model
    there.matching = matching.Matching(48)
    placed(there.taught)
    return there


@pytest.mark.parametrize("step", [0, 1])
def test_all_that_a_step_needs_is_sent_to_the_accelerator(
    lessons_there: Lessons, step: int
) -> None:
    with MakeBelieve():
        for _ in range(2):  # the second time, the queue of earlier vectors is there too
            loss = lessons_there(step)
    assert is_placed(loss)


def test_what_is_left_behind_is_noticed(
    lessons_there: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lessons, "put", lambda self, drawn: drawn)
    with MakeBelieve(), pytest.raises(AssertionError, match="left behind"):
        lessons_there(0)


def pretend(stages: list[str]) -> Callable[..., None]:
    """In place of `loop.train`: one loss and one look, with the model on the accelerator."""

    def train(stage: loop.Stage, model: nn.Module, loss_of: Any, *rest: Any, **_: Any) -> None:
        stages.append(stage.name)
        placed(model)
        loss = loss_of(0)
        assert is_placed(loss)
        loss.backward()
        evaluate = next(one for one in reversed(rest) if callable(one))
        assert evaluate()

    return train


def test_every_stage_sends_what_it_needs(
    data: Path,  # noqa: F811
    speech: Path,
    lessons: Lessons,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    few_to_look_at(monkeypatch)
    done: list[str] = []
    for module in (image, audio, speech_stage, settle):
        monkeypatch.setattr(module, "train", pretend(done))
    monkeypatch.setattr(speech_stage, "load_speech", with_held_back(speech_stage.load_speech))
    model = copy.deepcopy(lessons.model)
    images, sounds, config = model.image_encoder, model.audio_encoder, model.config
    placed(model)
    quiet: Callable[[str], None] = [].append
    with MakeBelieve():
        image.train_image_encoder(images, data, tmp_path, config.image_size, quiet)
        audio.train_audio_encoder(sounds, data, tmp_path, config, quiet)
        speech_stage.train_speech(sounds, data, speech, tmp_path, config, quiet)
        placed(model)
        monkeypatch.setattr(settle, "copy", SimpleNamespace(copy=copy.copy, deepcopy=copied))
        settle.settle(model, data, tmp_path, quiet)
    assert done == ["image", "scenes", "audio", "speech", "settle"]


def few_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer held-back pictures than the archives hold."""
    monkeypatch.setattr(sources, "MNIST_VALIDATION", 20)
    monkeypatch.setattr(sources, "CIFAR_VALIDATION_PER_CLASS", 10)


def copied(model: nn.Module) -> nn.Module:
    """A copy where the model is, which Python does not know of."""
    twin = copy.deepcopy(model)
    placed(twin)
    return twin


def with_held_back(load: Callable[[Path, str], Any]) -> Callable[[Path, str], Any]:
    """The tiny corpus holds nothing back: its sentences stand in."""
    return lambda folder, part: load(folder, "sentences" if part == "held_back" else part)
