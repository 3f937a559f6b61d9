"""`index` and `search` on the command line, without starting the models anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demo import opening
from demo.__main__ import main
from demo.pipeline import Pipeline


@pytest.fixture
def loaded(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: pipeline)


def test_a_collection_is_indexed_searched_and_explained(
    loaded: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, maps = str(tmp_path / "w.safetensors"), tmp_path / "maps"

    def run(*argv: str) -> Any:
        assert main([*argv, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    made = run("index", "world:3:8", "--out", file)
    assert made["items"] == 8 and made["senses"] == {"image": 8} and made["skipped"] == 0
    asked = ["search", file, "--text", "a dog", "--count", "3", "--weights", "text=0.5"]
    found = run(*asked, "--why", "1", "--out", str(maps))
    assert len(found["hits"]) == 3 and found["engine"] == "exact"
    assert {"query", "hit", "cosine"} <= found["why"].keys()
    assert (maps / "query.png").stat().st_size and (maps / "hit.png").stat().st_size
    again = run(*asked, "--engine", ":memory:")
    assert [h["name"] for h in again["hits"]] == [h["name"] for h in found["hits"]]


@pytest.mark.parametrize(
    "argv,sentence",
    [
        (["index", "nowhere", "--out", "x"], "nowhere"),
        (["index", "examples", "--out", "no/such/folder/x"], "no/such/folder"),
        (["search", "nowhere", "--text", "a dog"], "no index"),
        (["search", "nowhere"], "nothing to look at"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
