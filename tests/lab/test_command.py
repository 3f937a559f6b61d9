"""`train fusion` on the command line: the numbers of the lab, files to keep, a sentence for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo import opening
from demo.__main__ import main
from demo.cli.flags.models import LESSONS as OFFERED
from demo.lab.lessons import LESSONS
from demo.pipeline import Pipeline


@pytest.fixture
def toy(toy_pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: toy_pipeline)


def test_the_command_offers_every_lesson() -> None:
    assert tuple(LESSONS) == OFFERED


def table(folder: Path) -> Path:
    path = folder / "words.csv"
    rows = [f"{word} {i},{word}" for i in range(12) for word in ("sun", "moon")]
    path.write_text("\n".join(["text,label", *rows]))
    return path


def test_trains_and_keeps(toy: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        "train",
        "fusion",
        str(table(tmp_path)),
        "--strategies",
        "gated,concat",
        "--epochs",
        "8",
    ]
    said = []
    for out in ("one", "two"):
        assert main([*asked, "--out", str(tmp_path / out), "--json"]) == 0
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1]  # the same seed, the same numbers
    assert set(said[0]["strategies"]) >= {"gated", "concat", "mean", "alone_text"}
    assert said[0]["examples"] == 24 and said[0]["held_out"] == 6 and said[0]["advice"]
    kept = {path.name for path in (tmp_path / "one").iterdir() if path.is_file()}
    assert kept == {"gated.zip", "concat.zip", "results.json", "report.html", "examples.csv"}
    assert {path.name for path in (tmp_path / "one" / "tensorboard").iterdir()} == set(
        said[0]["strategies"]
    )
    for name in kept:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert main([*asked, "--language", "zh"]) == 0
    assert "门控单元" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong,said",
    [
        (["train", "fusion"], "train fusion DATA"),
        (["train", "fusion", "digits", "--strategies", "magic"], "magic"),
        (["train", "fusion", "digits", "--epochs", "9999"], "epochs"),
        (["train", "fusion", "nowhere.zip"], "nowhere.zip"),
        (["train", "fusion", "digits", "--augment", "paint", "--limit", "40"], "paint"),
        (["train", "pocket"], "--data"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    toy: None, wrong: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(wrong) == 2
    line = capsys.readouterr().err.strip()
    assert said in line and "\n" not in line
