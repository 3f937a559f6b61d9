"""What SmolVLM writes after its prompt, and how its decoder is watched."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Task
from demo.models.hub.opened import Opened
from demo.models.hub.recorder import prompted, recording
from demo.models.hub.smolvlm.prompt import DESCRIBE, Prompt
from demo.models.hub.tower import TowerReader
from demo.models.hub.writing import PictureWriter, Written, decoded_pieces

MOST_TOKENS = 60


class SmolWriter(PictureWriter):
    """Writes after the prompt, whose first and last piece it adds."""

    def __init__(self, opened: Opened, prompt: Prompt, task: Task) -> None:
        end = opened.model.generation_config.eos_token_id
        end = end if end is not None else opened.tokenizer.eos_token_id
        start = prompt.asked(DESCRIBE)[0][-1]
        super().__init__(opened, start, end[0] if isinstance(end, list) else end, task)
        self.prompt, self.first = prompt, prompt.ids(prompt.before)[0]
        self.attention = [layer.self_attn for layer in opened.model.model.text_model.layers]

    def _decoded(self, memory: Tensor, beams: int) -> list[int]:
        prompt = torch.cat([memory, self.prompt.embedded([self.start])[None]], dim=1)
        sequences = self.model.generate(
            inputs_embeds=prompt,
            attention_mask=torch.ones(prompt.shape[:2], dtype=torch.long, device=self.device),
            eos_token_id=self.end,
            pad_token_id=self.end,
            num_beams=beams,
            do_sample=False,
            max_new_tokens=MOST_TOKENS,
        )
        return sequences[0].tolist()

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """See Generator."""
        ids = [*self.prompt.ids(f" {text}"), self.end]
        written = Written.of(self._pieces(ids[:-1]))
        return written.generation(instead_of.task, instead_of.language, probability, ids)

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """See Generator."""
        return recording(self.attention, "written")

    def _pieces(self, ids: Sequence[int]) -> list[str]:
        return decoded_pieces(self.tokenizer, ids)

    def _memory(self, tokens: Tensor) -> Tensor:
        """The prompt but its last piece. [B, N, D] → [B, 1 + N, D]."""
        first = self.prompt.embedded([self.first]).expand(len(tokens), -1, -1)
        return torch.cat([first, tokens], dim=1)

    def _logits(self, rows: Tensor, memory: Tensor) -> Tensor:
        told = self.prompt.embedding(rows)
        with prompted(memory.shape[1]):
            states = self.model.model.text_model(
                inputs_embeds=torch.cat([memory, told], dim=1), use_cache=False
            ).last_hidden_state
        return self.model.lm_head(states[:, memory.shape[1] :])


class SmolReader(TowerReader):
    """The decoder's attention within its prompt; it says nothing about labels."""

    def __init__(self, attention: Sequence[Any]) -> None:
        super().__init__({})
        self.watched = attention

    def recording(self) -> Any:
        """See JointEncoder."""
        return recording(self.watched, "prompt")
