"""Marian (Junczys-Dowmunt et al. 2018; OPUS-MT, Tiedemann and Thottingal 2020): translates sentences, one
direction for each checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutput

from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Task
from demo.models.hub.opened import Family, Opened
from demo.models.hub.recorder import recording
from demo.models.hub.tower import TowerPerturber
from demo.models.hub.writing import SPACE, PieceWriter, Written, attention_of
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.models.words import words_of
from demo.schema import Encoding, Modality, Sample, WordGrid

SIMPLIFIED = ">>cmn_Hans<<"  # what asks a checkpoint of many Chineses for simplified characters
MOST_TOKENS = 400


class MarianSentences:
    """Sentences as they enter the encoder."""

    modality = "text"
    read_out = "pooled"
    labels: Any = None
    attention: Sequence[nn.Module] = ()

    def __init__(self, opened: Opened) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        encoder = opened.model.model.encoder
        self.words, self.scale = encoder.embed_tokens, encoder.embed_scale
        self.longest = opened.model.config.max_position_embeddings
        self.target = SIMPLIFIED if SIMPLIFIED in opened.tokenizer.get_vocab() else ""

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: the vectors of word pieces, before their places are added."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        ids = self._ids(text)
        spans = spans_of(self.tokenizer.convert_ids_to_tokens(ids), text)
        inside = [i for i, (start, end) in enumerate(spans) if end > start]
        words, cell = words_of(text, [spans[i] for i in inside])
        cells = np.full(len(ids), -1)
        cells[inside] = cell
        tokens = self._vectors(ids)
        return Encoding(tokens, WordGrid(tuple(words or [(0, len(text))])), _mean, cells)

    def _ids(self, text: str) -> list[int]:
        said = f"{self.target} {text}" if self.target else text
        return self.tokenizer(said, truncation=True, max_length=self.longest)["input_ids"]

    def _vectors(self, ids: Sequence[int]) -> Tensor:
        return self.words(torch.tensor(ids, device=self.device)) * self.scale

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: no label is read out here."""
        return _mean(tokens)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that stands for what nobody knows."""
        assert sample.text is not None
        vectors = self._vectors(self._ids(encoding.read or sample.text))
        blank = self._vectors([self.tokenizer.unk_token_id]).expand_as(vectors).clone()
        where = torch.tensor(encoding.token_cell, device=self.device)
        return PerturbableInput(vectors, blank, where, encoding.grid.cols, lambda x: x)


def _mean(tokens: Tensor) -> Tensor:
    return tokens.mean(1)


def spans_of(pieces: Sequence[str], text: str) -> list[tuple[int, int]]:
    """The characters that each SentencePiece stands for; none for what is not in the text."""
    found, end = [], 0
    for piece in pieces:
        said = piece.replace(SPACE, "")
        start = text.find(said, end) if said else -1
        if start < 0 or start > end + 2:  # a space or two may lie between
            found.append((end, end))
            continue
        end = start + len(said)
        found.append((start, end))
    return found


class MarianWriter(PieceWriter):
    """Translates into one language."""

    tasks: frozenset[Task] = frozenset(("translate",))
    reads: frozenset[Modality] = frozenset(("text",))

    def __init__(self, opened: Opened) -> None:
        config = opened.model.config
        super().__init__(opened, config.decoder_start_token_id, config.eos_token_id)

    @torch.no_grad()
    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        """See Generator."""
        memory = self._memory(encodings[0].tokens[None])
        sequences = self.model.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=memory),
            num_beams=beams,
            do_sample=False,
            max_new_tokens=min(MOST_TOKENS, self.model.config.max_position_embeddings - 2),
        )
        return self._written(task, language, sequences[0, 1:].tolist(), memory)

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """See Generator."""
        ids = self.tokenizer(text_target=text)["input_ids"]  # the end token last
        pieces = self.tokenizer.convert_ids_to_tokens(ids[:-1])
        written = Written.of(pieces, spaced=instead_of.language != "zh")
        return written.generation(instead_of.task, instead_of.language, probability, ids)

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """See Generator."""
        layers = self.model.model.decoder.layers
        return recording(one for x in layers for one in (x.self_attn, x.encoder_attn))

    @torch.no_grad()
    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """See Generator."""
        with self.recording() as layers:
            self._scores(generation.ids, self._memory(encodings[0].tokens[None]))
        return attention_of(layers[-1].weights(), generation)

    def _memory(self, tokens: Tensor) -> Tensor:
        return self.model.model.encoder(inputs_embeds=tokens).last_hidden_state

    def _logits(self, rows: Tensor, memory: Tensor) -> Tensor:
        return self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=memory),
            decoder_input_ids=rows,
            use_cache=False,
        ).logits


def roles(opened: Opened) -> Roles:
    """Translation in the checkpoint's direction."""
    towers = {"text": MarianSentences(opened)}
    return Roles(
        encoders=towers,  # type: ignore[arg-type]
        generator=MarianWriter(opened),
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
    )


FAMILY = Family(("marian",), "MarianMTModel", roles, tokenizer="MarianTokenizer")
