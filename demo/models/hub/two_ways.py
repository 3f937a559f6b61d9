"""Translation both ways, each by a checkpoint of its own, as one writer: what is read decides who reads
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from demo.errors import UserError
from demo.models.generator import Generation, Task
from demo.models.hub.tower import TowerPerturber
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.models.wording import is_chinese
from demo.schema import Encoding, Modality, Sample

OTHER = {"en": "zh", "zh": "en"}


class EitherSentences:
    """Sentences, each by the encoder that is made for its language."""

    modality = "text"
    read_out = "pooled"
    labels: Any = None
    attention: Sequence[Any] = ()

    def __init__(self, towers: Mapping[str, Any]) -> None:
        self.towers = towers  # language that is read → its encoder

    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        return [self._of(text).encode([text])[0] for text in inputs]

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        return self._of(encoding.read or sample.text or "").open(sample, encoding)

    def depths(self, tokens: Tensor) -> Tensor:
        return tokens.mean(1)

    def _of(self, text: str) -> Any:
        language = "zh" if is_chinese(text) else "en"
        if language not in self.towers:
            raise UserError("translates_one_way", language=language)
        return self.towers[language]


class EitherWriter:
    """Writes in the language that is asked for."""

    tasks: frozenset[Task] = frozenset(("translate",))
    reads: frozenset[Modality] = frozenset(("text",))

    def __init__(self, writers: Mapping[str, Any]) -> None:
        self.writers = writers  # language that is written → who writes it

    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        return self.writers[language].write(task, language, encodings, beams)

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        return self.writers[instead_of.language].say(instead_of, text, probability)

    def word_scores(self, generation: Generation, tokens: Tensor) -> Tensor:
        return self.writers[generation.language].word_scores(generation, tokens)

    def word_score(self, generation: Generation, word: int, tokens: Tensor) -> Tensor:
        return self.writers[generation.language].word_score(generation, word, tokens)

    def word_places(self, generation: Generation, word: int) -> list[int]:
        return self.writers[generation.language].word_places(generation, word)

    def recording(self) -> Any:
        """Nobody reads these sentences together with anything."""
        return next(iter(self.writers.values())).recording()

    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        return self.writers[generation.language].word_attention(generation, encodings)


def either_way(ways: Mapping[str, Roles]) -> Roles:
    """ways: language that is written → the roles of a checkpoint that writes it."""
    towers = {OTHER[to]: one.encoders["text"] for to, one in ways.items()}
    sentences = {"text": EitherSentences(towers)}
    return Roles(
        encoders=sentences,  # type: ignore[arg-type]
        generator=EitherWriter({to: one.generator for to, one in ways.items()}),
        perturber=TowerPerturber(sentences),  # type: ignore[arg-type]
    )
