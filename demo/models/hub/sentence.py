"""Sentence encoders of BERT's shape (Devlin et al. 2019; Reimers and Gurevych 2019): a sentence and labels
in one space, each the mean of its word pieces, or its first piece where the checkpoint says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.errors import UserError
from demo.models.hub.opened import Family, Opened
from demo.models.hub.pieces import encoded_pieces, erasable_pieces
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.readout import Mean
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.schema import Encoding, Sample

TEMPLATE = "{}"
SCALE = 20.0  # of cosines while such encoders are trained (Reimers and Gurevych's library)
LONGEST = 256  # word pieces
POOLING, MODE = "1_Pooling/config.json", "pooling_mode_"


class Sentences:
    """The encoder of sentences and, through PromptedLabels, of labels."""

    modality = "text"
    read_out = "pooled"
    labels: PromptedLabels

    def __init__(self, opened: Opened) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        self.mean = _pooling(opened)
        self.attention = [*(layer.attention.self for layer in self.model.encoder.layer), self.mean]
        self.longest = min(LONGEST, self.model.config.max_position_embeddings)

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: word pieces with their places, as they enter the first layer; marks at the ends belong to
        no word."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        pieces = encoded_pieces(self.tokenizer, text, self.longest)
        tokens = self.model.embeddings(input_ids=torch.tensor([pieces.ids], device=self.device))[0]
        return Encoding(tokens, pieces.grid, self.pool, pieces.cells, cut=pieces.cut)

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
        pieces = encoded_pieces(self.tokenizer, encoding.read or sample.text or "", self.longest)
        return erasable_pieces(self.tokenizer, self.model.embeddings, pieces, self.device)

    @torch.no_grad()
    def vectors(self, sentences: list[str]) -> Tensor:
        """Unit vectors, of one sentence at a time: padding would be in the mean. [L, D]."""
        found = []
        for sentence in sentences:
            read = self.tokenizer(sentence, truncation=True, max_length=self.longest)
            ids = torch.tensor([read["input_ids"]], device=self.device)
            found.append(self.pool(self.model.embeddings(input_ids=ids))[0])
        return torch.stack(found)


def _pooling(opened: Opened) -> Mean:
    """As the checkpoint's own file for the sentence-transformers library says; the mean where there is none.

    Raises:
        UserError: checkpoint_pooling.
    """
    path = (opened.folder or Path()) / POOLING
    if opened.folder is None or not path.is_file():
        return Mean()
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        ways = {name.removeprefix(MODE) for name, on in said.items() if MODE in name and on is True}
    except (OSError, ValueError, AttributeError) as error:
        source = opened.checkpoint.source
        raise UserError("checkpoint_damaged", source=source, file=POOLING) from error
    if ways not in ({"cls_token"}, {"mean_tokens"}):
        way = ", ".join(sorted(ways)) or "–"
        raise UserError("checkpoint_pooling", source=opened.checkpoint.source, way=way)
    return Mean(first=1 if ways == {"cls_token"} else None)


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
