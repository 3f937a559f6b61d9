"""RoBERTa (Liu et al. 2019) as a classifier of sentences, such as of 28 emotions (Demszky et al. 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from demo.models.hub.classes import ClassLabels
from demo.models.hub.opened import Family, Opened
from demo.models.hub.pieces import encoded_pieces, erasable_pieces
from demo.models.hub.readout import Mean
from demo.models.hub.tower import tower_roles
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.schema import Encoding, Sample


class ClassifiedSentences:
    """The encoder of sentences; its vectors are the classifier's logits, read at the first token."""

    modality = "text"
    read_out = "pooled"

    def __init__(self, opened: Opened) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        self.network = opened.model.roberta
        self.labels = ClassLabels.of(opened.model.config)
        self.first = Mean(first=1)
        layers = self.network.encoder.layer
        self.attention = [*(layer.attention.self for layer in layers), self.first]
        config = opened.model.config
        self.longest = (
            config.max_position_embeddings - config.pad_token_id - 1
        )  # places begin there

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: word pieces with their places; marks at the ends belong to no word."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        pieces = encoded_pieces(self.tokenizer, text, self.longest)
        tokens = self.network.embeddings(input_ids=torch.tensor([pieces.ids], device=self.device))
        return Encoding(tokens[0], pieces.grid, self.pool, pieces.cells, cut=pieces.cut)

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → logits [B, C]."""
        return self._read_out(self.network.encoder(tokens).last_hidden_state)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower."""
        found = []
        for layer in self.network.encoder.layer:
            tokens = layer(tokens)
            found.append(self._read_out(tokens))
        return torch.cat(found)

    def _read_out(self, states: Tensor) -> Tensor:
        return self.model.classifier(self.first(states)[:, None])

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that stands for a hidden word."""
        pieces = encoded_pieces(self.tokenizer, encoding.read or sample.text or "", self.longest)
        return erasable_pieces(self.tokenizer, self.network.embeddings, pieces, self.device)


def roles(opened: Opened) -> Roles:
    """Sentences among the classes of the checkpoint."""
    return tower_roles({"text": ClassifiedSentences(opened)})


FAMILY = Family(("roberta",), "RobertaForSequenceClassification", roles)
