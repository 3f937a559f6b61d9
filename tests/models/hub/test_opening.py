"""Checkpoints in a folder that cannot be used: one sentence, from the command line and in the Models tab."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from demo.__main__ import main
from demo.models import loaders
from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.ui.models.figures import progress
from demo.ui.models.loading import Loading
from demo.ui.models.switch import Switchable
from tests.models.hub import tiny

WEIGHTS, CONFIG = "model.safetensors", "config.json"


def cut_off(folder: Path) -> None:
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(whole[: len(whole) // 2])


def empty(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"")


def pickled(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")


def half_downloaded(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002"}}
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))


def no_words(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()


def damaged_words(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{")


def damaged_config(folder: Path) -> None:
    (folder / CONFIG).write_text("[1]")


def other_family(folder: Path) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, "model_type": "llama"}))


def other_shape(folder: Path) -> None:
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps({**config, "hidden_size": 64}))


def fewer_weights(folder: Path) -> None:
    weights = load_file(folder / WEIGHTS)
    weights.pop(next(name for name in weights if "attention" in name))
    save_file(weights, folder / WEIGHTS, {"format": "pt"})


def other_pooling(folder: Path) -> None:
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / CONFIG).write_text('{"pooling_mode_max_tokens": true}')


def gone(folder: Path) -> None:
    shutil.rmtree(folder)


BROKEN: dict[Callable[[Path], None], str] = {
    cut_off: "damaged",
    empty: "damaged",
    pickled: "safetensors",
    half_downloaded: "are missing",
    no_words: "are missing",
    damaged_words: "are missing",
    damaged_config: "are missing",
    other_family: "llama",
    other_shape: "config.json",
    fewer_weights: "config.json",
    other_pooling: "max_tokens",
    gone: "no folder",
}


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda breaks: breaks.__name__)
def test_what_is_broken_is_said_in_one_sentence(
    breaks: Callable[[Path], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    talking: Pipeline,
) -> None:
    path = tiny.preset(tmp_path, {"text": "sentence"}, "broken")
    breaks(tmp_path / "sentence")
    asked = ["predict", "--text", "two dogs", "--labels", "dog,cat", "--device", "cpu"]
    assert main([*asked, "--preset", str(path)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert BROKEN[breaks] in line

    monkeypatch.setattr(loaders, "PRESETS_FOLDER", tmp_path)
    page = Switchable(talking)
    loading = Loading(page, Settings(device="cpu"))
    loading.start("broken")
    assert loading.thread is not None
    loading.thread.join(60)
    assert loading.state.step == "failed" and page.preset == talking.preset
    assert progress(loading.state, "zh") != progress(loading.state, "en")
    assert BROKEN[breaks] in progress(loading.state, "en")
