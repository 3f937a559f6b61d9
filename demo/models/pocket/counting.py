"""“more than four”: the decoder was taught to count to four, and calls six dogs “four” for sure.

What it thinks while it writes a number tells more than the numbers it knows: a logistic regression over its
last state (demo/training/counting.py), after the linear probes of Alain & Bengio 2016.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from demo.models.generator import Generation
from demo.models.pocket.generator import PocketGenerator
from demo.models.pocket.modeling import PocketModel
from demo.schema import Encoding, Modality

_ASKS_NUMBER = re.compile(r"how many|[几多]\S*")
_NUMBER = {
    "en": re.compile("zero|one|two|three|four"),
    "zh": re.compile("[零一二两三四](?P<counter>.?)"),
}
_MORE = {"en": "more than four", "zh": "超过四{counter}"}


@dataclass(frozen=True)
class Beyond:
    """weight: [D], bias: log-odds that there are more than the decoder can count, from its last state."""

    weight: Tensor
    bias: float

    def log_odds(self, states: Tensor) -> Tensor:
        """[..., D] → [...]."""
        return states @ self.weight.to(states) + self.bias


class CountingVerifier:
    """Sees to it that no more is counted than can be."""

    def __init__(self, model: PocketModel, generator: PocketGenerator, beyond: Beyond) -> None:
        self.model, self.generator, self.beyond = model, generator, beyond

    def verified(
        self, generation: Generation, question: str, encodings: Mapping[Modality, Encoding]
    ) -> Generation:
        """The answer; or, where a number was asked and there are more things than it has numbers, that."""
        read = encodings["text"].read or question
        number = _NUMBER[generation.language].fullmatch(generation.text)
        if number is None or "image" not in encodings or not _ASKS_NUMBER.search(read.casefold()):
            return generation
        more = float(
            self.beyond.log_odds(self._state(generation, list(encodings.values()))).sigmoid()
        )
        if more < 0.5:
            return generation
        counter = number.groupdict().get("counter", "") or _counter(read)
        said = _MORE[generation.language].format(counter=counter)
        return self.generator.say(generation, said, more)

    @torch.no_grad()
    def _state(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """The decoder's state as it writes its first word. [D]."""
        start = self.model.config.tasks[f"answer-{generation.language}"]
        memory = self.model.joint(torch.cat([e.tokens for e in encodings])[None])[1]
        return answering_states(self.model, memory, None, start)[0]


def answering_states(
    model: PocketModel, memory: Tensor, valid: Tensor | None, start: int
) -> Tensor:
    """The decoder's states as it writes the first word of answers. [B, N, D], bool [B, N] → [B, D]."""
    ids = torch.full((len(memory), 1), start, device=memory.device)
    return model.decoder.states(ids, model.text_encoder.words, memory, valid)[:, 0]


def _counter(question: str) -> str:
    """只 of 有几只狗？."""
    found = re.search("几(.)", question)
    return found[1] if found else "个"
