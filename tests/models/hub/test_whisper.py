"""Whisper of the hub's layout: what transformers itself writes, and when it says each token was spoken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.generation import GenerateEncoderDecoderOutput

from demo.models.hub.opening import open_roles
from demo.models.presets import Checkpoint
from demo.models.whisper import recogniser
from demo.models.whisper.recogniser import SpeechRecogniser
from demo.schema import SAMPLE_RATE
from tests.models.hub import tiny
from tests.models.hub.stimuli import noise

FEW = 9  # tokens


def opened(where: Path) -> SpeechRecogniser:
    checkpoint = Checkpoint("whisper", str(where), "", 0)
    transcriber: Any = open_roles(checkpoint, torch.device("cpu")).transcriber
    return transcriber.recogniser


@pytest.fixture(scope="module")
def where(folder: Path) -> Path:
    return tiny.whisper(folder / "whisper")


@pytest.fixture(scope="module")
def ours(where: Path) -> SpeechRecogniser:
    return opened(where)


@pytest.fixture(scope="module")
def theirs(where: Path) -> WhisperForConditionalGeneration:
    return WhisperForConditionalGeneration.from_pretrained(
        where, attn_implementation="eager"
    ).eval()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_said_is_what_transformers_writes(
    ours: SpeechRecogniser, theirs: Any, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recogniser, "MOST_TOKENS", FEW)
    sound = noise(1.3)
    read = WhisperFeatureExtractor()(
        sound.samples, sampling_rate=SAMPLE_RATE, return_tensors="pt"
    ).input_features
    torch.testing.assert_close(ours.log_mel(sound), read)
    found = theirs.generate(read, language=language, task="transcribe", max_new_tokens=FEW)
    encoded = ours.model.model.encoder(ours.log_mel(sound)).last_hidden_state
    assert ours.write(encoded, language, 1)[:-1] == found[0, -FEW:].tolist()


@pytest.mark.parametrize("seconds", [1.3, 1.35, 0.1, 0.05, 4.0])
def test_tokens_are_spoken_when_transformers_says(
    ours: SpeechRecogniser, theirs: Any, where: Path, seconds: float
) -> None:
    """Its own reading of the attention of the same tokens; 0.1 s are five places, for a filter of five."""
    sound = noise(seconds)
    words = AutoTokenizer.from_pretrained(where)
    ids = [*words(" two small dogs", add_special_tokens=False).input_ids, ours.special.end]
    read = WhisperFeatureExtractor()(
        sound.samples, sampling_rate=SAMPLE_RATE, return_tensors="pt", return_attention_mask=True
    )
    prompt = ours.prompt("en")
    with torch.no_grad():
        outputs = theirs(
            input_features=read.input_features,
            decoder_input_ids=torch.tensor([[*prompt, *ids[:-1]]]),
            output_attentions=True,
        )
    given = GenerateEncoderDecoderOutput(
        sequences=torch.zeros(1, 1), cross_attentions=(outputs.cross_attentions,)
    )
    before = len(prompt) - 1  # a token is placed where what comes before it looked
    times = theirs._extract_token_timestamps(
        given,
        theirs.generation_config.alignment_heads,
        num_frames=int(read.attention_mask.sum()),
        num_input_ids=before,
    )
    expected = times[0, before:-1].numpy()
    encoded = ours.model.model.encoder(ours.log_mel(sound)).last_hidden_state
    logprobs, attention = ours.read_back(encoded, "en", ids)
    found = ours.words(ids, logprobs, attention, "en", 0.0, sound)
    assert len(expected) == len(ids) and len(found) == 3
    starts = [expected[word.tokens[0]] for word in found]
    assert [word.start_s for word in found] == pytest.approx(starts, abs=1e-3)
    ends = [expected[word.tokens[-1] + 1] for word in found]
    assert [word.end_s for word in found] == pytest.approx(np.maximum(starts, ends), abs=1e-3)


def test_where_no_heads_are_named_the_later_half_is_asked(tmp_path: Path) -> None:
    where = tiny.whisper(tmp_path / "whisper", heads=None)
    assert opened(where).heads == [(1, 0), (1, 1)]
