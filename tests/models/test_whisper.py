"""Whisper from its packages' layout: a tiny random one against independent formulas, the real one where it is
installed."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from gradio.media import get_audio
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import WhisperConfig, WhisperForConditionalGeneration

from demo.errors import UserError
from demo.inputs import read_audio
from demo.models.checkpoints import speech
from demo.models.presets import MODELS_FOLDER
from demo.models.transcriber import SpokenPiece, SpokenWord
from demo.models.whisper.alignment import monotonic_path, onsets, standardised
from demo.models.whisper.convert import Special, special_tokens, whisper_model
from demo.models.whisper.ctranslate2 import read_model
from demo.models.whisper.on_demand import OnDemand
from demo.models.whisper.recogniser import GoesRound, SpeechRecogniser, repeats, spoken
from demo.models.whisper.voice import VoiceDetector
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform

INSTALLED = all(find_spec(name) for name in speech.SPEECH_PACKAGES)
SPECIAL = Special(30, 31, 34, 36, 35, {"en": 32, "zh": 33})


def packed(variables: dict[str, np.ndarray], aliases: dict[str, str], version: int = 6) -> bytes:
    """CTranslate2's layout, written out."""

    def text(value: str) -> bytes:
        blob = value.encode() + b"\0"
        return struct.pack("<H", len(blob)) + blob

    kinds = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}
    parts = [struct.pack("<I", version), text("WhisperSpec"), struct.pack("<II", 3, len(variables))]
    for name, value in variables.items():
        shape = struct.pack(f"<B{value.ndim}I", value.ndim, *value.shape)
        kind = struct.pack("<BI", kinds[value.dtype.name], value.nbytes)
        parts += [text(name), shape, kind, value.tobytes()]
    parts.append(struct.pack("<I", len(aliases)))
    parts += [text(one) + text(other) for one, other in aliases.items()]
    return b"".join(parts)


def test_the_layout_is_read() -> None:
    values = {"a/weight": np.arange(6, dtype=np.float16).reshape(2, 3), "n": np.array(8, np.int16)}
    model = read_model(packed(values, {"b/weight": "a/weight"}))
    assert model.name == "WhisperSpec"
    assert model.variables["b/weight"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert int(model.variables["n"]) == 8


@pytest.mark.parametrize("blob", [b"", b"\x06\0\0\0", packed({}, {}, version=5), b"PK\x03\x04" * 9])
def test_other_files_are_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="CTranslate2"):
        read_model(blob)


def test_a_cut_off_file_is_refused() -> None:
    blob = packed({"a": np.ones(100, np.float32)}, {})
    with pytest.raises(ValueError, match="too early"):
        read_model(blob[:200])


def ctranslate2_of(model: WhisperForConditionalGeneration) -> dict[str, np.ndarray]:
    """The same weights by CTranslate2's names, queries, keys and values in one matrix."""
    state = {k: v.numpy() for k, v in model.state_dict().items()}
    found = {"encoder/num_heads": np.array(model.config.encoder_attention_heads, np.int16)}
    for layer in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            found[f"encoder/{layer}/{part}"] = state[f"model.encoder.{layer}.{part}"]
    for side in ("encoder", "decoder"):
        places = state[f"model.{side}.embed_positions.weight"]
        found[f"{side}/position_encodings/encodings"] = places
    found["decoder/embeddings/weight"] = state["model.decoder.embed_tokens.weight"]

    def norm(theirs: str, ours: str) -> None:
        found[f"{theirs}/gamma"], found[f"{theirs}/beta"] = (
            state[f"{ours}.weight"],
            state[f"{ours}.bias"],
        )

    def linear(theirs: str, ours: Sequence[str]) -> None:
        width = state[f"{ours[0]}.weight"].shape[0]
        bias = [state.get(f"{one}.bias", np.zeros(width, np.float32)) for one in ours]
        found[f"{theirs}/weight"] = np.concatenate([state[f"{one}.weight"] for one in ours])
        found[f"{theirs}/bias"] = np.concatenate(bias)

    for side, layers in (("encoder", 2), ("decoder", 2)):
        norm(f"{side}/layer_norm", f"model.{side}.layer_norm")
        for i in range(layers):
            ours, theirs = f"model.{side}.layers.{i}", f"{side}/layer_{i}"
            own = [f"{ours}.self_attn.{part}_proj" for part in ("q", "k", "v")]
            across = [f"{ours}.encoder_attn.{part}_proj" for part in ("q", "k", "v")]
            norm(f"{theirs}/self_attention/layer_norm", f"{ours}.self_attn_layer_norm")
            linear(f"{theirs}/self_attention/linear_0", own)
            linear(f"{theirs}/self_attention/linear_1", [f"{ours}.self_attn.out_proj"])
            if side == "decoder":
                norm(f"{theirs}/attention/layer_norm", f"{ours}.encoder_attn_layer_norm")
                linear(f"{theirs}/attention/linear_0", across[:1])
                linear(f"{theirs}/attention/linear_1", across[1:])
                linear(f"{theirs}/attention/linear_2", [f"{ours}.encoder_attn.out_proj"])
            norm(f"{theirs}/ffn/layer_norm", f"{ours}.final_layer_norm")
            linear(f"{theirs}/ffn/linear_0", [f"{ours}.fc1"])
            linear(f"{theirs}/ffn/linear_1", [f"{ours}.fc2"])
    return found


@cache
def tiny() -> WhisperForConditionalGeneration:
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=40, num_mel_bins=8, d_model=16, encoder_layers=2, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32,
        decoder_ffn_dim=32, pad_token_id=30, bos_token_id=30, eos_token_id=30,
        decoder_start_token_id=31,
    )  # fmt: skip
    return WhisperForConditionalGeneration(config).eval().requires_grad_(False)


def test_converted_weights_are_the_same_model() -> None:
    converted = whisper_model(read_model(packed(ctranslate2_of(tiny()), {})).variables, SPECIAL)
    features, ids = torch.randn(1, 8, 3000), torch.tensor([[31, 32, 34, 35, 3, 4]])
    expected = tiny()(input_features=features, decoder_input_ids=ids).logits
    found = converted(input_features=features, decoder_input_ids=ids).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_weights_of_another_model_are_refused() -> None:
    variables = ctranslate2_of(tiny())
    with pytest.raises((ValueError, KeyError)):
        whisper_model({k: v for k, v in variables.items() if "layer_1/ffn" not in k}, SPECIAL)
    with pytest.raises(ValueError, match="shape"):
        whisper_model(variables | {"decoder/layer_norm/gamma": np.ones(17, np.float32)}, SPECIAL)


def test_special_tokens_go_by_either_name() -> None:
    names = ["endoftext", "startoftranscript", "transcribe", "notimestamps", "en", "nocaptions"]
    tokens = {f"<|{name}|>": i for i, name in enumerate(names)}
    assert special_tokens(tokens, {"en": "<|en|>"}) == Special(0, 1, 2, 5, 3, {"en": 4})


def test_the_path_is_the_cheapest_of_all() -> None:
    """Against every monotonic path of a small matrix."""
    cost = np.random.default_rng(1).standard_normal((4, 5))

    def paths(i: int, j: int) -> list[list[tuple[int, int]]]:
        if (i, j) == (3, 4):
            return [[(3, 4)]]
        after = [(i + 1, j), (i, j + 1), (i + 1, j + 1)]
        inside = itertools.chain(*(paths(*c) for c in after if c[0] < 4 and c[1] < 5))
        return [[(i, j), *rest] for rest in inside]

    rows, cols = monotonic_path(cost)
    best = min(paths(0, 0), key=lambda path: sum(cost[cell] for cell in path))
    assert list(zip(rows.tolist(), cols.tolist(), strict=True)) == best


def test_onsets_follow_where_the_heads_look() -> None:
    attention = np.full((2, 4, 80), 0.01)
    for token in range(4):
        attention[:, token, 20 * token : 20 * token + 20] = 1.0
    assert np.abs(onsets(standardised(attention)) - np.array([0, 20, 40, 60])).max() <= 1
    assert standardised(attention).shape == attention.shape


def listening(**more: Any) -> SpeechRecogniser:
    """The tiny model with words w0, w1 and so on."""
    model = whisper_model(ctranslate2_of(tiny()), SPECIAL)
    words = {f"w{i}": i for i in range(30)}
    tokenizer = Tokenizer(WordLevel(words | {"<unk>": 30}, unk_token="<unk>"))
    return SpeechRecogniser(model, tokenizer, SPECIAL, [(0, 0), (1, 1)], **more)


def test_a_word_is_scored_again_without_a_part_of_its_sound() -> None:
    rng = np.random.default_rng(0)
    sound = Waveform((0.1 * rng.standard_normal(3 * SAMPLE_RATE)).astype(np.float32))
    part = Waveform(sound.samples[SAMPLE_RATE:])
    ids = (3, 4, 5, SPECIAL.end)
    words = tuple(SpokenWord(f"w{i}", 1.0, 2.0, 0.1, np.ones(100), (i,)) for i in range(3))
    heard = SpokenPiece(1.0, 2.0, "zh", 0.9, 0.1, -9.0, "w", words, 0.02, ids)
    kept = np.ones((3, 100), bool)
    kept[1, :50] = kept[2] = False
    whole, half, none = listening().word_scores(sound, heard, 1, kept)

    features = listening().log_mel(part)
    prompt = torch.tensor([[31, 33, 34, 35, 3, 4, 5]])  # start, zh, transcribe, no times

    def expected(features: torch.Tensor) -> float:
        logits = tiny()(input_features=features, decoder_input_ids=prompt).logits
        return float(logits.log_softmax(-1)[0, 4, 4])

    assert whole == pytest.approx(expected(features), abs=1e-4)
    silent = features.clone()
    silent[..., :100] = features.min()  # 1 s, at 100 frames a second
    assert half == pytest.approx(expected(silent), abs=1e-4)
    assert len({round(score, 6) for score in (whole, half, none)}) == 3


def test_languages_share_the_probability_between_them() -> None:
    sound = Waveform(np.sin(np.arange(8_000) / 9).astype(np.float32))
    found = listening().languages(sound, ("en", "zh"))
    assert set(found) == {"en", "zh"} and sum(found.values()) == pytest.approx(1.0)
    assert listening().languages(sound, ("zh",)) == {"zh": pytest.approx(1.0)}


@pytest.mark.parametrize("beams", [1, 3])
def test_searching_wider_writes_tokens_too(beams: int) -> None:
    tiny_one = listening(suppressed=list(range(31, 37)), suppressed_first=[SPECIAL.end])
    sound = Waveform(np.sin(np.arange(8_000) / 9).astype(np.float32))
    encoded = tiny_one.model.model.encoder(tiny_one.log_mel(sound)).last_hidden_state
    *words, end = tiny_one.write(encoded, "en", beams)
    assert end == SPECIAL.end and words and max(words) < SPECIAL.end
    logprobs, attention = tiny_one.read_back(encoded, "en", [*words, end])
    assert len(logprobs) == attention.shape[1] == len(words) + 1


def test_what_is_no_voice_is_not_listened_to() -> None:
    def never(*given: object) -> None:
        raise AssertionError("it was listened to")

    deaf = listening(voice=lambda samples: 0.05)
    deaf.listen = never  # type: ignore[method-assign,assignment]
    assert deaf.transcribe(Waveform(np.ones(8_000, np.float32))) == []


def test_evidence_of_speech() -> None:
    assert spoken(0.02, -0.1, "Hello there.")
    assert not spoken(0.7, -1.0, "Thank you.")
    assert not spoken(0.02, -0.1, "♪ ♪")
    assert not spoken(0.02, -0.1, "Ah " * 60)
    assert repeats("AHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH")
    assert not repeats(
        "ask not what your country can do for you, ask what you can do for your country."
    )


def test_without_the_packages_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "SPEECH_PACKAGES", ("no_such_package", "nor_this_one"))
    with pytest.raises(UserError, match="requirements-speech.txt"):
        speech.open_speech_recogniser()


@cache
def recogniser() -> SpeechRecogniser:
    return speech.open_speech_recogniser()


def recording(name: str) -> Waveform:
    with open(get_audio(name), "rb") as file:
        return read_audio(file.read()).waveform


@pytest.mark.skipif(not INSTALLED, reason="requirements-speech.txt is not installed")
def test_a_voice_is_written_down_word_by_word() -> None:
    sound = recording("heath_ledger.mp3")
    (piece,) = recogniser().transcribe(sound)
    assert piece.language == "en"
    assert piece.text.lower().startswith("if you're good at something, never do it for free")
    assert [word.word for word in piece.words][:3] == ["If", "you're", "good"]
    assert " ".join(word.word for word in piece.words) == piece.text
    times = [t for word in piece.words for t in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= sound.seconds
    assert piece.words[-1].start_s > 1.0
    assert all(0 <= word.probability <= 1 and word.attention.min() >= 0 for word in piece.words)


@pytest.mark.skipif(not INSTALLED, reason="requirements-speech.txt is not installed")
def test_where_nobody_speaks_nothing_is_written() -> None:
    rng = np.random.default_rng(0)
    silence = Waveform(np.zeros(2 * SAMPLE_RATE, np.float32))
    noise = Waveform((0.1 * rng.standard_normal(2 * SAMPLE_RATE)).astype(np.float32))
    for sound in (silence, noise, recording("cantina.wav"), recording("sax.wav")):
        assert recogniser().transcribe(sound) == []


@pytest.mark.skipif(not INSTALLED, reason="requirements-speech.txt is not installed")
def test_a_word_after_half_a_minute_of_silence_is_found(pipeline: Pipeline) -> None:
    def opened(voice: VoiceDetector) -> SpeechRecogniser:
        return recogniser()

    lazy = OnDemand(opened, speech.open_voice_detector, lambda: None, pipeline.device)
    listening = Pipeline(replace(pipeline.roles, transcriber=lazy), "pocket", pipeline.device)
    rng = np.random.default_rng(0)
    hum = 0.1 * np.sin(2 * np.pi * 50 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE)
    for samples in (hum, 3e-4 * rng.standard_normal(SAMPLE_RATE)):
        found = listening.transcribe(Sample(audio=Waveform(samples.astype(np.float32))))
        assert not found.speech and not found.text
    assert not lazy.opened
    with open(MODELS_FOLDER.parent / "examples" / "seven.flac", "rb") as file:
        word = read_audio(file.read()).waveform.samples
    late = np.concatenate([np.zeros(30 * SAMPLE_RATE, np.float32), word])
    found = listening.transcribe(Sample(audio=Waveform(late)))
    assert (found.text.lower().strip("."), found.language) in (("seven", "en"), ("7", "en"))
    assert 29.9 <= found.words[0].start_s <= 30.5


@pytest.mark.skipif(not INSTALLED, reason="requirements-speech.txt is not installed")
def test_chinese_is_simplified_token_by_token() -> None:
    ids = recogniser().tokenizer.encode(" 這個機會，很好", add_special_tokens=False).ids
    groups = recogniser().grouped(ids, "zh")
    assert [word for word, _ in groups] == ["这个", "机会，", "很好"]
    assert sorted(place for _, places in groups for place in places) == list(range(len(ids)))


@pytest.mark.parametrize("count", [48, 64, 70, 80])
def test_writing_ends_only_where_it_goes_round(count: int) -> None:
    """Asked at 64 tokens and every 16 after; one of two sequences that does not repeat itself goes on."""
    chance = np.random.default_rng(0)
    round_and_round = [1, 2, 3, *[7, 8] * (count // 2)]
    told = [1, 2, 3, *chance.integers(0, 900, count).tolist()]
    ends = GoesRound(3, lambda ids: " ".join(map(str, ids)))
    asked = count in (64, 80)
    assert ends(torch.tensor([round_and_round]), None).tolist() == [asked]
    assert ends(torch.tensor([told]), None).tolist() == [False]
    assert ends(torch.tensor([round_and_round, told]), None).tolist() == [False, False]
