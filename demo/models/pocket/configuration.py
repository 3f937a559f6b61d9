"""Sizes and vocabulary of the pocket model. Knows nothing about weights or files.

`concepts` is the label space: one entry per thing the model can name, with every name a person
may type for it. Label vectors are looked up by these names, so a name that is not here is refused.
"""

from __future__ import annotations

from typing import Any

from transformers import PretrainedConfig

from demo.schema import Modality

SENSES: tuple[Modality, ...] = (
    "image",
    "audio",
    "text",
)  # that it reads, in the order of its weights


class PocketConfig(PretrainedConfig):
    """Configuration of `PocketModel`.

    Args:
        concepts: dicts with `id` (str), `en` and `zh` (lists of names, the first is the one shown).
        hidden_size: width D of tokens and of the label space.
        image_size: side of the square picture the image encoder reads, in pixels, a multiple of 8.
        sample_rate: Hz; hop_length and n_fft are in samples; mel bands span min_hz..max_hz.
        max_audio_columns: longer sounds are pooled in time to at most this many token columns.
        max_text_tokens: longer sentences are cut after this many tokens.
        max_written_tokens: the decoder stops after this many.
        tasks: "caption-en" and so on → the token the decoder starts from; end_token ends a sentence.
        label_temperature: logits over labels are divided by it; fitted after training (Guo et al. 2017).
        category_temperatures: category → what logits over its concepts are divided by besides; fitted too.
        writing_temperature: what the decoder's logits over word pieces are divided by; fitted too.
        everyday_things, told_things, sentence_scale: of the model for real life, see real/assemble.py.
        witnesses: of the same, how much each counts: language → `Witnesses` of real/verifier.py.
    """

    model_type = "synesthesia_pocket"

    def __init__(
        self,
        concepts: list[dict[str, Any]] | None = None,
        hidden_size: int = 192,
        num_heads: int = 6,
        joint_layers: int = 3,
        text_layers: int = 2,
        decoder_layers: int = 3,
        dropout: float = 0.1,
        image_size: int = 64,
        image_channels: tuple[int, ...] = (32, 64, 192, 256),
        sample_rate: int = 16_000,
        n_fft: int = 512,
        hop_length: int = 160,
        n_mels: int = 64,
        min_hz: float = 50.0,
        max_hz: float = 8_000.0,
        audio_channels: tuple[int, ...] = (32, 64, 128, 192),
        max_audio_columns: int = 48,
        vocab_size: int = 6_000,
        max_text_tokens: int = 128,
        max_written_tokens: int = 40,
        tasks: dict[str, int] | None = None,
        end_token: int = 2,
        label_temperature: float = 1.0,
        category_temperatures: dict[str, float] | None = None,
        writing_temperature: float = 1.0,
        everyday_things: list[str] | None = None,
        told_things: list[str] | None = None,
        sentence_scale: float = 20.0,
        witnesses: dict[str, dict[str, float]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.concepts = concepts or []
        self.hidden_size = hidden_size
        self.num_heads = num_heads
        self.joint_layers = joint_layers
        self.text_layers = text_layers
        self.decoder_layers = decoder_layers
        self.dropout = dropout
        self.image_size = image_size
        self.image_channels = list(image_channels)
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.n_mels = n_mels
        self.min_hz = min_hz
        self.max_hz = max_hz
        self.audio_channels = list(audio_channels)
        self.max_audio_columns = max_audio_columns
        self.vocab_size = vocab_size
        self.max_text_tokens = max_text_tokens
        self.max_written_tokens = max_written_tokens
        self.tasks = tasks or {}
        self.end_token = end_token
        self.label_temperature = label_temperature
        self.category_temperatures = category_temperatures or {}
        self.writing_temperature = writing_temperature
        self.everyday_things = everyday_things or []
        self.told_things = told_things or []
        self.sentence_scale = sentence_scale
        self.witnesses = witnesses or {}
        super().__init__(**kwargs)

    @property
    def image_grid(self) -> tuple[int, int]:
        """(rows, cols) of picture tokens: the encoder halves three times."""
        side = self.image_size // 8
        return side, side

    @property
    def audio_bands(self) -> int:
        """Rows of sound tokens: the audio encoder pools 16 mel bands into one."""
        return self.n_mels // 16
