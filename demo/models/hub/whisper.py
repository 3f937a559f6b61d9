"""Whisper (Radford et al. 2022) in transformers' layout: what people say, with the time of each word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from demo.errors import Message, UserError
from demo.models.hub.opened import Family, Opened
from demo.models.roles import Roles
from demo.models.transcriber import SpokenPiece
from demo.models.whisper.convert import special_tokens
from demo.models.whisper.recogniser import SpeechRecogniser
from demo.schema import Waveform

LANGUAGES = {"en": "<|en|>", "zh": "<|zh|>"}


class Listening:
    """A Transcriber that listens at once."""

    missing: Message | None = None
    opened = True

    def __init__(self, recogniser: SpeechRecogniser) -> None:
        self.recogniser = recogniser

    def transcribe(
        self, sound: Waveform, languages: Sequence[str], beams: int = 1
    ) -> list[SpokenPiece]:
        """See Transcriber."""
        return self.recogniser.transcribe(sound, languages, beams)

    def voice(self, sound: Waveform) -> float:
        """See Transcriber."""
        return self.recogniser.voice(sound.samples)

    def languages(self, sound: Waveform, among: Sequence[str]) -> dict[str, float]:
        """See Transcriber."""
        return self.recogniser.languages(sound, among)

    def word_scores(
        self, sound: Waveform, piece: SpokenPiece, word: int, kept: np.ndarray
    ) -> np.ndarray:
        """See Transcriber."""
        return self.recogniser.word_scores(sound, piece, word, kept)


def with_voice(roles: Roles, voice: Callable[[np.ndarray], float]) -> Roles:
    """The same, asking first whether anybody speaks: samples → 0..1."""
    assert isinstance(roles.transcriber, Listening)
    roles.transcriber.recogniser.voice = voice
    return roles


def roles(opened: Opened) -> Roles:
    """A transcriber.

    Raises:
        UserError: a checkpoint of English alone, or without the heads that say when a word is spoken.
    """
    model, source = opened.model, opened.checkpoint.source
    model.set_attn_implementation("eager")  # its cross-attention says when each word was said
    settings = model.generation_config
    tokenizer = opened.tokenizer.backend_tokenizer
    heads = getattr(settings, "alignment_heads", None) or _later_half(model.config)
    try:
        special = special_tokens(tokenizer.get_vocab(), LANGUAGES)
    except (KeyError, ValueError) as error:
        raise UserError("checkpoint_unlike_config", source=source) from error
    recogniser = SpeechRecogniser(
        model,
        tokenizer,
        special,
        [(int(layer), int(head)) for layer, head in heads],
        settings.suppress_tokens or (),
        settings.begin_suppress_tokens or (),
    )
    return Roles({}, transcriber=Listening(recogniser))


def _later_half(config: Any) -> list[tuple[int, int]]:
    """Where a checkpoint does not name its alignment heads: all of the later half of its layers, as its
    authors do."""
    layers, heads = config.decoder_layers, config.decoder_attention_heads
    return [(layer, head) for layer in range(layers // 2, layers) for head in range(heads)]


FAMILY = Family(("whisper",), "WhisperForConditionalGeneration", roles)
