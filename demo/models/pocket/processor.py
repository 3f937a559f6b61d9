"""PocketProcessor: pictures, waveforms and sentences in, one batch for `PocketModel.forward` out.

The transformers-style front door of the checkpoint; the app itself calls the functions of processing.py,
one modality at a time, because it also needs to know where each token lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import BatchFeature, PreTrainedTokenizerFast, ProcessorMixin

from demo.models.pocket import processing
from demo.models.pocket.configuration import PocketConfig

SIZES = (
    "image_size",
    "sample_rate",
    "n_fft",
    "hop_length",
    "n_mels",
    "min_hz",
    "max_hz",
    "max_audio_columns",
    "max_text_tokens",
)


class PocketProcessor(ProcessorMixin):
    """Tokenizer, picture resizing and log-mel spectrograms of one checkpoint.

    sizes: the fields of PocketConfig named in SIZES; saved in processor_config.json.
    """

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast | None = None,
        sizes: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(tokenizer, **kwargs)
        self.sizes = dict(sizes or {})

    @classmethod
    def for_config(
        cls, tokenizer: PreTrainedTokenizerFast, config: PocketConfig
    ) -> PocketProcessor:
        """The processor that feeds a model of this configuration."""
        return cls(tokenizer, {name: getattr(config, name) for name in SIZES})

    def __call__(
        self,
        images: Sequence[np.ndarray] | None = None,
        audio: Sequence[np.ndarray] | None = None,
        text: Sequence[str] | None = None,
    ) -> BatchFeature:
        """images uint8 [H, W, 3] each, audio float32 [N] each at sample_rate, text → model inputs.

        Sounds of a batch are padded with silence to the longest.
        """
        config = PocketConfig(**self.sizes)
        features: dict[str, Any] = {}
        if images is not None:
            pixels = [processing.pixel_values(image, config)[0] for image in images]
            features["pixel_values"] = torch.stack(pixels)
        if audio is not None:
            waves = [processing.padded(samples, config) for samples in audio]
            together = torch.nn.utils.rnn.pad_sequence(waves, batch_first=True)
            features["log_mel"] = processing.log_mel(together, config)
        if text is not None:
            features |= self.tokenizer(
                list(text), padding=True, truncation=True, return_tensors="pt"
            )
        return BatchFeature(features)
