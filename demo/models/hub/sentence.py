"""Sentence encoders of BERT's shape (Devlin et al. 2019; Reimers and Gurevych 2019): a sentence and labels
in one space, each the mean of its word pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.attention_layer import AttentionLayer
from demo.models.hub.opened import Family, Opened
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.recorder import record, watched
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.models.words import words_of
from demo.schema import Encoding, Sample, WordGrid

TEMPLATE = "{}"
SCALE = 20.0  # of cosines while such encoders are trained (Reimers and Gurevych's library)
LONGEST = 256  # word pieces


class Mean(nn.Module):
    """The mean over tokens, as attention that is the same everywhere, so that it can be watched like one."""

    def forward(self, states: Tensor) -> Tensor:
        """[B, N, D] → [B, D]."""
        if not watched(self):
            return states.mean(1)
        values = states[:, None]  # one head
        query = torch.zeros_like(values[:, :, :1])
        output = F.scaled_dot_product_attention(query, torch.zeros_like(values), values)
        record(self, AttentionLayer(query, torch.zeros_like(values), values, output, pools=True))
        return output[:, 0, 0]


class Sentences:
    """The encoder of sentences and, through PromptedLabels, of labels."""

    modality = "text"
    read_out = "pooled"
    labels: PromptedLabels

    def __init__(self, opened: Opened) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        self.mean = Mean()
        self.attention = [*(layer.attention.self for layer in self.model.encoder.layer), self.mean]
        self.longest = min(LONGEST, self.model.config.max_position_embeddings)

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: word pieces with their places, as they enter the first layer; marks at the ends belong to
        no word."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        ids, spans = self._pieces(text)
        inside = [i for i, (start, end) in enumerate(spans) if end > start]
        words, cell = words_of(text, [spans[i] for i in inside])
        cells = np.full(len(ids), -1)
        cells[inside] = cell
        grid = WordGrid(tuple(words or [(0, len(text))]))
        tokens = self.model.embeddings(input_ids=torch.tensor([ids], device=self.device))[0]
        read_to = grid.spans[-1][1]
        too_long = len(ids) >= self.longest and any(c.isalnum() for c in text[read_to:])
        return Encoding(tokens, grid, self.pool, cells, cut=read_to if too_long else None)

    def _pieces(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        read = self.tokenizer(
            text, truncation=True, max_length=self.longest, return_offsets_mapping=True
        )
        return read["input_ids"], read["offset_mapping"]

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → unit vectors [B, D]."""
        states = self.model.encoder(tokens).last_hidden_state
        return F.normalize(self.mean(states), dim=-1)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower."""
        found = []
        for layer in self.model.encoder.layer:
            tokens = layer(tokens)
            found.append(F.normalize(self.mean(tokens), dim=-1))
        return torch.cat(found)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that stands for a hidden word."""
        ids, _ = self._pieces(encoding.read or sample.text or "")
        vectors = self.model.embeddings.word_embeddings(torch.tensor(ids, device=self.device))
        hidden = self.tokenizer.mask_token_id
        hidden = self.tokenizer.unk_token_id if hidden is None else hidden
        blank = self.model.embeddings.word_embeddings.weight[hidden].expand_as(vectors)
        where = torch.as_tensor(encoding.token_cell, device=self.device)
        return PerturbableInput(
            vectors,
            blank.clone(),
            where,
            encoding.grid.cols,
            lambda x: self.model.embeddings(inputs_embeds=x),
        )

    @torch.no_grad()
    def vectors(self, sentences: list[str]) -> Tensor:
        """Unit vectors, of one sentence at a time: padding would be in the mean. [L, D]."""
        found = []
        for sentence in sentences:
            ids = torch.tensor([self._pieces(sentence)[0]], device=self.device)
            found.append(self.pool(self.model.embeddings(input_ids=ids))[0])
        return torch.stack(found)


def roles(opened: Opened) -> Roles:
    """Sentences among any labels."""
    tower = Sentences(opened)
    tower.labels = PromptedLabels(opened.checkpoint.template or TEMPLATE, tower.vectors, SCALE)
    towers = {"text": tower}
    return Roles(
        encoders={"text": tower},
        joint_encoder=TowerReader(towers),  # type: ignore[arg-type]
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
    )


FAMILY = Family(("bert",), "BertModel", roles)
