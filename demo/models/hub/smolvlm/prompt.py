"""The words around a picture, as a SmolVLM checkpoint's chat template puts them.

Knows nothing about pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE

from demo.models.hub.opened import Opened

DESCRIBE = "Describe this image in one sentence."
IMAGE = "<image>"


class Prompt:
    """The words around a picture, as the checkpoint's chat template puts them."""

    def __init__(self, opened: Opened) -> None:
        self.tokenizer, self.device = opened.tokenizer, opened.device
        self.embedding = opened.model.get_input_embeddings()
        template = getattr(opened.tokenizer, "chat_template", None) or DEFAULT_CHAT_TEMPLATE
        content = [{"type": "image"}, {"type": "text", "text": "{}"}]
        said = opened.tokenizer.apply_chat_template(
            [{"role": "user", "content": content}],
            chat_template=template,
            add_generation_prompt=True,
            tokenize=False,
        )
        self.before, _, rest = said.partition(IMAGE)
        self.lead, _, self.after = rest.partition("{}")

    def ids(self, text: str) -> list[int]:
        """As the whole prompt would be cut: marks stand at both ends of every part."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def embedded(self, ids: Sequence[int]) -> Tensor:
        """[N, D]."""
        return self.embedding(torch.tensor(list(ids), device=self.device))

    def asked(self, question: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The pieces after the picture, and which characters of the question each stands for; the last piece
        is what the answer is written after."""
        said = f"{self.lead}{question}{self.after}"
        read = self.tokenizer(said, add_special_tokens=False, return_offsets_mapping=True)
        first, last = len(self.lead), len(self.lead) + len(question)
        spans = [
            (max(a, first) - first, min(b, last) - first) if b > first and a < last else (0, 0)
            for a, b in read["offset_mapping"]
        ]
        return read["input_ids"], [_bare(question, *span) for span in spans]


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end
