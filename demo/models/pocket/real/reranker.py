"""Pictures in the order in which the decoder would rather write a sentence about them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from demo.models.pocket.generator import padded_rows
from demo.models.pocket.real.generator import RealGenerator
from demo.schema import Encoding
from demo.script import script_of

_STOPS = " .!?。！？"  # captions were learned without


class CaptionReranker:
    """BLIP's second step (Li et al. 2022, section 5.1) with the likelihood of a caption in place of a head
    that was trained to match. worths: language → what one of its units is worth, as a difference of
    cosines."""

    def __init__(self, generator: RealGenerator, worths: Mapping[str, float]) -> None:
        self.generator, self.worths = generator, worths

    @torch.no_grad()
    def remembered(self, picture: Encoding) -> Tensor:
        """What the decoder reads of a photo, in half precision. [N, D]."""
        return self.generator.model.joint(picture.tokens[None])[1][0].half()

    @torch.no_grad()
    def likelihoods(self, text: str, pictures: Sequence[Tensor]) -> Tensor:
        """Nats over the square root of the length, by one pass over the given words. [B]."""
        model, tokenizer = self.generator.model, self.generator.tokenizer
        memory, valid = padded_rows([picture.float() for picture in pictures])
        pieces = tokenizer(text.casefold().rstrip(_STOPS))["input_ids"]
        most = model.config.max_written_tokens - 2  # beside the first and the last token
        start = model.config.tasks[f"caption-{script_of(text)}"]
        ids = torch.tensor([start, *pieces[:most], model.config.end_token], device=memory.device)
        rows = ids.expand(len(memory), -1)
        logits = model.write(rows[:, :-1], memory, valid).float()
        return logits.log_softmax(-1).gather(-1, rows[:, 1:, None])[..., 0].sum(-1) / math.sqrt(
            rows.shape[1] - 1
        )

    def worth(self, text: str) -> float:
        """By the language of the text."""
        return self.worths[script_of(text)]
