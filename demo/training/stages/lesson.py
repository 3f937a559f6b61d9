"""What every lesson of the joint stage is made of: material that the model reads, and losses of its answers.

Knows nothing about which lessons there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.pocket.attention import recording
from demo.models.pocket.modeling import PocketOutput
from demo.models.pocket.tokenization import task_tokens
from demo.training.data.cells import Taught
from demo.training.data.joint_batches import JointBatches
from demo.training.losses.pointing import looking_loss, things_of_pieces, where_to_look
from demo.world.concepts import CONCEPTS
from demo.world.language import grammar
from demo.world.scenes import Scene

MASKED_WORDS = 0.05  # part of the word pieces that are hidden from sentences to be named
LABEL_SMOOTHING = 0.05
LANGUAGES = ("en", "zh")
Item = TypeVar("Item")
Loss = tuple[str, Tensor]  # which of WEIGHTS it is weighted by, and the loss


class Lesson:
    """A model that is taught, and the batches that it is taught with."""

    def __init__(
        self, taught: Taught, tokenizer: PreTrainedTokenizerFast, batches: JointBatches
    ) -> None:
        self.taught = taught
        self.model = taught.model
        self.tokenizer = tokenizer
        self.batches = batches
        self.rng = batches.rng
        self.tasks = task_tokens(tokenizer)

    def put(self, drawn: Tensor) -> Tensor:
        """Where the model is; material is drawn on the processor."""
        return drawn.to(self.model.device)

    def write(
        self,
        task: str,
        out: PocketOutput,
        wanted: Sequence[tuple[str, str]],
        rows: list[int] | None = None,
    ) -> Loss:
        """Cross-entropy per word piece of the wanted (language, text) of rows (None: the first ones)."""
        rows = list(range(len(wanted))) if rows is None else rows
        pieces = self.tokenizer([text for _, text in wanted])["input_ids"]
        limit = self.model.config.max_written_tokens
        ids = [
            [self.tasks[f"{task}-{language}"], *piece[: limit - 1], self.tokenizer.eos_token_id]
            for (language, _), piece in zip(wanted, pieces, strict=True)
        ]
        padded = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(row) for row in ids], batch_first=True, padding_value=-100
        )
        padded = self.put(padded)
        read, right = padded[:, :-1].clamp(min=0), padded[:, 1:]
        kept = right >= 0
        logits = self.model.write(read, out.memory[rows], out.valid[rows], kept)
        return "write", F.cross_entropy(logits.float(), right[kept])

    def write_of(
        self,
        task: str,
        out: PocketOutput,
        wanted: Sequence[tuple[str, str]],
        scenes: Sequence[Scene],
        about: Sequence[Sequence[int]],
        cells: Tensor,
    ) -> list[Loss]:
        """As `write`; the first rows are of scenes, and the decoder should look at what it speaks of."""
        with recording(self.model.decoder.reading) as layers:
            written = self.write(task, out, wanted)
        texts = wanted[: len(scenes)]
        spans = self.tokenizer([text for _, text in texts], return_offsets_mapping=True)
        pieces = [
            things_of_pieces(scene, of, language, text, where)
            for scene, of, (language, text), where in zip(
                scenes, about, texts, spans["offset_mapping"], strict=True
            )
        ]
        longest = min(layers[0].q.shape[2], max(map(len, pieces)))
        spots = where_to_look(pieces, cells, longest)
        return [written, ("look", looking_loss(layers, spots))]

    def _read(self, texts: list[str], masked: int) -> PocketOutput:
        """Sentences by themselves; of the last `masked` ones some word pieces are hidden."""
        ids, mask = self._ids(texts)
        hidden = torch.rand(ids.shape) < MASKED_WORDS * self.batches.augmentation.words
        hidden[: len(texts) - masked] = False
        ids = torch.where(hidden & mask, self.tokenizer.unk_token_id, ids)
        return self.model(input_ids=self.put(ids), attention_mask=self.put(mask))

    def _hear(self, waves: Sequence[np.ndarray]) -> PocketOutput:
        mel = self.batches.sounds.spectrograms(np.concatenate(waves), speech=True)
        return self.model(log_mel=self.put(mel))

    def _several(
        self,
        pictures: Tensor,
        sounds: Tensor | None,
        texts: list[str],
        pictured: list[bool] | None = None,
    ) -> PocketOutput:
        """Senses together; pictured: False hides a row's picture."""
        ids, mask = self._ids(texts)
        modalities = 2 if sounds is None else 3
        present = torch.ones(len(texts), modalities, dtype=torch.bool)
        if pictured is not None:
            present[:, 0] = torch.tensor(pictured)
        heard = None if sounds is None else self.put(sounds)
        return self.model(self.put(pictures), heard, *map(self.put, (ids, mask, present)))

    def _ids(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        batch = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        return batch["input_ids"], batch["attention_mask"].bool()

    def _said(
        self, caption: Callable[[Item, str], str], things: Iterable[Item]
    ) -> list[tuple[str, str]]:
        """(language, caption) of each thing, in languages at random."""
        languages = ((thing, self._language()) for thing in things)
        return [(language, caption(thing, language)) for thing, language in languages]

    def _language(self) -> str:
        return self.rng.choice(LANGUAGES)

    def _description(self) -> Callable[[Scene, str], str]:
        return grammar.description if self.rng.random() < 0.75 else grammar.caption


def naming(logits: Tensor, target: Tensor) -> Loss:
    """Cross-entropy over the label space, smoothed. [B, C] twice."""
    right = target.to(logits.device)
    return "name", F.cross_entropy(logits.float(), right, label_smoothing=LABEL_SMOOTHING)


def believed(kinds: Sequence[Sequence[int]]) -> Tensor:
    """Belief shared out among the concepts of each row; a row of none believes in all. [B, C]."""
    target = torch.zeros(len(kinds), len(CONCEPTS))
    for row, concepts in zip(target, kinds, strict=True):
        if not concepts:
            row += 1.0
        for concept in concepts:
            row[concept] += 1.0
    return target / target.sum(-1, keepdim=True)
