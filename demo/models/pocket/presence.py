"""“Is there a …?” asked again of four overlapping quarters of a drawing, where small things are larger.

Beside three to six things the decoder overlooks one in seven; in one of the quarters it sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.generator import NO_YES, Closer, Generation
from demo.models.pocket.generator import PocketGenerator
from demo.models.pocket.modeling import PocketModel
from demo.schema import Encoding, Modality

_ASKS = re.compile(r"is there (?:an? )?.+ here\?|有.+吗？", re.IGNORECASE)
# Logistic regression over what is said to 1,600 questions (demo/training/presence.py)
QUARTER, WHOLE, BIAS = 0.864, 0.506, 0.244


class PresenceVerifier:
    """Sees to it that yes and no rest on a closer look."""

    def __init__(
        self, model: PocketModel, tokenizer: PreTrainedTokenizerFast, generator: PocketGenerator
    ) -> None:
        self.model, self.generator = model, generator
        self.first = {
            language: [tokenizer(word)["input_ids"][0] for word in words]
            for language, words in NO_YES.items()
        }

    def verified(
        self,
        generation: Generation,
        question: str,
        encodings: Mapping[Modality, Encoding],
        closer: Closer,
    ) -> Generation:
        """The answer, or the other one where a closer look says so."""
        read = encodings["text"].read or question
        words = NO_YES[generation.language]
        if "image" not in encodings or generation.text not in words or not _ASKS.fullmatch(read):
            return generation
        whole, *quarters = (
            float(
                self.log_odds(
                    generation.language, torch.cat([e.tokens for e in one.values()])[None]
                )
            )
            for one in (encodings, *closer())
        )
        chance = verdict(torch.tensor(whole), torch.tensor(quarters)).sigmoid()
        said = words[int(chance >= 0.5)]
        return self.generator.say(generation, said, float(max(chance, 1 - chance)))

    @torch.no_grad()
    def log_odds(self, language: str, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """Of yes, by the decoder's first word. tokens [B, N, D], valid: bool [B, N] → [B]."""
        memory = self.model.joint(tokens, valid)[1]
        start = self.model.config.tasks[f"answer-{language}"]
        ids = torch.full((len(tokens), 1), start, device=tokens.device)
        logits = self.model.write(ids, memory, valid)[:, 0].float()
        no, yes = self.first[language]
        return logits[:, yes] - logits[:, no]


def verdict(whole: Tensor, quarters: Tensor) -> Tensor:
    """Log-odds of yes from those of the whole picture [...] and of its quarters [..., 4] → [...]."""
    return QUARTER * quarters.amax(-1) + WHOLE * whole + BIAS
