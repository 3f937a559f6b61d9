"""`python -m demo evaluate DATA --task …` as other programs meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo import opening
from demo.__main__ import main
from demo.cli.flags.measures import TASKS
from demo.errors import Message
from demo.evaluation.own_data import OWN_TASKS
from tests.evaluation.own_data.stand_in import StandIn, jsonl, packed, png, shown


@pytest.fixture
def flickr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two pictures with captions, and a model that knows one of them."""
    pipeline = StandIn(lambda _, language: {"en": "a dog runs", "zh": "狗在跑"}[language or ""])
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: pipeline)
    rows = [
        {"image": "a.png", "split": "val", "en": ["A dog runs."], "zh": ["狗在跑。"]},
        {"image": "b.png", "split": "val", "en": ["Two cats"], "zh": ["两只猫"]},
        {"image": "gone.png", "split": "val", "en": ["A bird"], "zh": ["鸟"]},
    ]
    files = {"captions.jsonl": jsonl(rows), "a.png": png(1), "b.png": png(2)}
    return str(packed(tmp_path / "f.zip", files))


def test_json_and_a_table(flickr: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["evaluate", flickr, "--task", "caption", "--split", "val"]
    assert main([*flags, "--json", "--seed", "4"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["task"], found["n"], found["skipped"], found["seed"]) == ("caption", 2, 1, 4)
    by_name = {measure["name"]: measure for measure in found["measures"]}
    # “a dog runs” twice: 3 of 6 words; the right ones have 3 and 2 words, so none is too short
    assert by_name["bleu_1_en"]["value"] == 0.5 and by_name["bleu_1_zh"]["n"] == 2
    assert "gone.png" in found["skipped_reasons"][0]["reason"]
    assert main([*flags, "--language", "zh"]) == 0
    table = capsys.readouterr().out
    assert "bleu_4_zh" in table and "bleu_4_en" not in table and "汉字" in table


def test_every_task_is_on_the_command_line_and_says_how_it_compares() -> None:
    assert set(OWN_TASKS) < set(TASKS)
    for task in OWN_TASKS.values():
        compared = Message(task.compared)
        assert compared.text("en") and compared.text("zh") != compared.text("en")


def test_moods(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of five rows one names no mood and one is of another split; one of the rest is taken for sad."""
    pipeline = StandIn(beliefs=lambda sample: {str(sample.text).split()[0]: 0.6, "angry": 0.4})
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: pipeline)
    rows = "happy day,happy,a\nsad day,sad,a\nsad sun,Happy,a\nwet,rain,a\nsad,happy,b\n"
    (tmp_path / "m.csv").write_text(f"text,mood,split\n{rows}", "utf-8")
    flags = ["evaluate", str(tmp_path / "m.csv"), "--task", "mood", "--split", "a"]
    assert main([*flags, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["task"], found["n"], found["skipped"]) == ("mood", 3, 1)
    assert found["labels"] == ["happy", "sad", "angry", "sarcastic"]
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["macro_f1"] == pytest.approx(2 / 3, abs=1e-6) and found["top5"] == 1
    assert main([*flags[:-1], "c"]) == 2 and "a, b" in capsys.readouterr().err


def test_how_much_is_flagged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Noise is flagged, one of three cats too; a file that is no picture is left out."""
    pipeline = StandIn(beliefs=lambda sample: {"strange" if shown(sample) > 9 else "cat": 1.0})
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: pipeline)
    files = {f"cat/{i}.png": png(i) for i in (1, 2, 50)} | {"noise/a.png": png(99)}
    path = packed(tmp_path / "d.zip", {**files, "noise/b.png": b"broken"})
    assert main(["evaluate", str(path), "--task", "unfamiliar", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["skipped"]) == (4, 1)
    measured = {measure["name"]: measure["value"] for measure in found["measures"]}
    expected = {"flagged_image": 0.5, "flagged_cat": 1 / 3, "flagged_noise": 1}
    assert measured == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--task", "ask"], "question"),
        (["--task", "caption", "--split", "test"], "val"),
        (["--task", "explain"], "leave out DATA"),
        (["--task", "caption", "--beams", "0"], "beams"),
        (["--task", "caption", "--write-card"], "card"),
    ],
)
def test_refusals_are_one_line(
    flags: list[str], said: str, flickr: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", flickr, *flags]) == 2
    printed = capsys.readouterr()
    assert said in printed.err and printed.err.count("\n") == 1 and not printed.out
