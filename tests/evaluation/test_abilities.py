"""What the recipe holds back, every row of the ability table, and the model card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from demo.ability import Ability
from demo.data.example import Example
from demo.errors import UserError
from demo.evaluation import abilities, trials
from demo.evaluation.abilities import EVERY_ABILITY, Abilities
from demo.evaluation.bench import machine
from demo.evaluation.classify import Options
from demo.evaluation.report import card
from demo.evaluation.report.rows import DEGRADED_ROWS, WORLD_ROWS
from demo.evaluation.world_tasks import evaluate_world
from demo.training.data import sources
from demo.world.concepts import CONCEPTS
from tests.evaluation.fakes import Listed, speech


def test_held_back_parts_are_those_of_the_recipe() -> None:
    photos = [Example(f"{c}/{i:04}.jpg", c, {}) for c in "ab" for i in range(305)]
    held = [e.name for e in trials.held_back_photos(photos)]
    assert len(held) == 540 and held[0] == "a/0035.jpg" and held[-1] == "b/0304.jpg"
    digits = [Example(str(i), "1", {}) for i in range(sources.MNIST_VALIDATION + 7)]
    assert trials.held_back_digits(digits)[0].name == "7"
    voices = [Example(f"7_{who}_1.flac", "7", {}) for who in ("jackson", "theo")]
    assert [e.name for e in trials.held_back_voices(voices)] == ["7_theo_1.flac"]
    sounds = [Example(f"rain/{fold}-17-A.flac", "rain", {}) for fold in "1234"]
    assert [e.name for e in trials.held_back_sounds(sounds)] == ["rain/4-17-A.flac"]


def test_held_back_sentences_are_the_same_each_time() -> None:
    pytest.importorskip("wordfreq")
    first, again = trials.held_back_sentences(), trials.held_back_sentences()
    assert [e.name for e in first] == [e.name for e in again]
    assert len(first) == trials.SENTENCES and len({e.label for e in first}) == len(CONCEPTS)


@speech
def test_abilities_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything but what needs the other archives, and the size of a checkpoint that is not ours."""
    pytest.importorskip("wordfreq")
    monkeypatch.setattr(trials, "SENTENCES", 29)
    monkeypatch.setattr(machine, "REQUESTS", 2)
    images = np.zeros((4, 28, 28), np.uint8)
    np.savez(tmp_path / "mnist-train.npz", images=images, labels=np.array([1, 2, 3, 4]))
    assert abilities.is_recipe_folder(tmp_path)
    lines: list[str] = []
    options = Options(limit=14, report=lines.append)
    found = abilities.measure_abilities(Listed(), tmp_path, options)  # type: ignore[arg-type]
    missing = set(EVERY_ABILITY) - {a.ability for a in found.abilities}
    assert missing == {
        "photos",
        "spoken digits",
        "environmental sounds",
        "size",
        *(row.ability for row in DEGRADED_ROWS),
    }
    assert all(any(name in line for line in lines) for name in missing)
    order = [a.ability for a in found.abilities]
    assert order == [name for name in EVERY_ABILITY if name in order]
    by_name = {a.ability: a for a in found.abilities}
    assert (by_name["handwritten digits"].n, by_name["sentences"].n) == (4, 14)
    assert by_name["questions"].ece == 1 and by_name["questions"].low == 0  # sure, and wrong


def test_abilities_of_one_sense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # what is seen needs nothing that speaks
    options = Options(modalities=("image",), limit=3, report=lambda line: None)
    found = abilities.measure_abilities(Listed(), tmp_path, options)  # type: ignore[arg-type]
    names = [a.ability for a in found.abilities]
    wanted = [r.ability for r in WORLD_ROWS if r.needs == ("image",)]
    assert names == wanted and "captions in English" in names


def test_abilities_of_pictures_and_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(trials, "SENTENCES", 29)
    options = Options(modalities=("image", "text"), limit=3, report=lambda line: None)
    found = abilities.measure_abilities(Listed(), tmp_path, options)  # type: ignore[arg-type]
    wanted = {r.ability for r in WORLD_ROWS if set(r.needs) <= {"image", "text"}}
    assert wanted <= {a.ability for a in found.abilities} and "pictures found by text" in wanted


def test_without_a_voice_only_what_is_heard_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    found = evaluate_world(Listed(), "unfamiliar", seed=991, limit=2, report=lambda line: None)  # type: ignore[arg-type]
    kinds = {m.name for m in found.measures}
    assert "wrongly_flagged_words" not in kinds
    assert {"wrongly_flagged_one_thing", "wrongly_flagged_sentences", "flagged_silence"} <= kinds
    found = evaluate_world(Listed(), "retrieve", seed=992, limit=2, report=lambda line: None)  # type: ignore[arg-type]
    kinds = {m.name for m in found.measures}
    assert "text_to_image_1" in kinds and "speech_to_image_1" not in kinds


def test_what_the_preset_cannot_do_is_left_out(tmp_path: Path) -> None:
    mute, lines = Listed(), []  # type: ignore[var-annotated]
    mute.roles.generator = None
    options = Options(modalities=("image",), limit=3, report=lines.append)
    found = abilities.measure_abilities(mute, tmp_path, options)  # type: ignore[arg-type]
    written = {r.ability for r in WORLD_ROWS if r.task == "caption"}
    wanted = [r.ability for r in WORLD_ROWS if r.needs == ("image",) and r.ability not in written]
    assert [a.ability for a in found.abilities] == wanted
    assert any("listed" in line for line in lines)


@pytest.mark.parametrize(
    "ability,value,kept",
    [
        (Ability("x", "accuracy", 0.9, 10, "", at_least=0.9), "≥ 90.0%", True),
        (Ability("x", "accuracy", 0.8, 10, "", at_least=0.9), "≥ 90.0%", False),
        (Ability("x", "megabytes", 30.0, 1, "", at_most=25, unit="MB"), "≤ 25.0 MB", False),
        (Ability("x", "word error rate", 0.05, 1, "", at_most=0.1), "≤ 10.0%", True),
        (Ability("x", "accuracy", 0.1, 10, ""), "–", True),
        (Ability("x", "accuracy", 0.9, 10, "", 0.7, 0.85), "70.0% – 85.0%", False),
        (Ability("x", "accuracy", 0.75, 10, "", 0.7, 0.85), "70.0% – 85.0%", True),
    ],
)
def test_promises(ability: Ability, value: str, kept: bool) -> None:
    assert (card.promise(ability), ability.kept) == (value, kept)


def measured() -> Abilities:
    rows = tuple(
        Ability(name, "accuracy", 0.9, 3000, "data", 0.85, low=0.88, high=0.92, ece=0.03)
        for name in EVERY_ABILITY
    )
    return Abilities("classify", "pocket", "cpu", rows, 0, (), 1.0)


def test_the_card_keeps_everything_outside_the_markers(tmp_path: Path) -> None:
    text = f"# Card\n\nbefore\n\n{card.BEGIN}\nstale\n{card.END}\n\nafter\n"
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    card.write_card(measured(), tmp_path)
    once = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert once.startswith("# Card\n\nbefore\n") and once.endswith("\n\nafter\n")
    assert "stale" not in once and "| photos |" in once
    assert "| 3,000 | accuracy | 90.0% | 88.0% – 92.0% | 0.030 | ≥ 85.0% |" in once
    card.write_card(measured(), tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == once


@pytest.mark.parametrize("text", [None, "# Card without markers\n"])
def test_the_card_is_made_when_it_is_not_there(text: str | None, tmp_path: Path) -> None:
    if text:
        (tmp_path / "README.md").write_text(text, encoding="utf-8")
    metrics, readme = card.write_card(measured(), tmp_path)
    assert json.loads(metrics.read_text(encoding="utf-8"))["abilities"][0]["value"] == 0.9
    assert readme.read_text(encoding="utf-8").count("| photos |") == 1


def test_an_incomplete_measurement_never_reaches_the_card(tmp_path: Path) -> None:
    part = Abilities("classify", "pocket", "cpu", measured().abilities[:2], 0, (), 1.0)
    with pytest.raises(UserError):
        card.write_card(part, tmp_path)
    assert not list(tmp_path.iterdir())
