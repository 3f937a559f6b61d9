"""Sentences about real photos: captions and answers."""

from __future__ import annotations

from dataclasses import replace

from transformers import PreTrainedTokenizerFast

from demo.models.pocket.generator import PocketGenerator
from demo.models.pocket.real.modeling import RealModel
from demo.models.pocket.tokenization import joined
from demo.models.roles import Generation, Task
from demo.models.vocabulary import vocabulary
from demo.schema import Modality


class RealGenerator(PocketGenerator):
    """Writes with the decoder over photos and questions; sounds it cannot read."""

    tasks: frozenset[Task] = frozenset(("caption", "answer"))
    reads: frozenset[Modality] = frozenset(("image", "text"))

    def __init__(self, model: RealModel, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__(model, tokenizer)
        things = vocabulary().things.values()
        self.names |= {name for thing in things if thing.common for name in thing.zh}

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """Another sentence in place of one that was written. probability: 0..1, of this one."""
        if text == instead_of.text:
            return replace(instead_of, probability=probability)
        ids = [*self.tokenizer(text)["input_ids"], self.model.config.end_token]
        words, word_of = joined(self.tokenizer.convert_ids_to_tokens(ids[:-1]), self.names)
        return replace(
            instead_of,
            text=text,
            words=tuple(words),
            probability=probability,
            ids=tuple(ids),
            word_of=(*word_of, -1),
        )
