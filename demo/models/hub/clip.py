"""CLIP (Radford et al. 2021): pictures and labels in one space, read out at the vision transformer's class
token."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.hub.opened import Family, Opened
from demo.models.hub.pictures import PictureTower
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.roles import Roles

TEMPLATE = "a photo of a {}"


class ClipPictures(PictureTower):
    """The vision tower."""

    read_out = "first"

    def __init__(self, opened: Opened, labels: PromptedLabels) -> None:
        super().__init__(opened)
        self.labels = labels
        self.attention = [layer.self_attn for layer in self.vision.encoder.layers]

    def tokens(self, pixels: Tensor) -> Tensor:
        """[B, 3, S, S] → the patches alone: the class token is the same for every picture. [B, N, D]."""
        return self.vision.pre_layrnorm(self.vision.embeddings(pixels))[:, 1:]

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → unit vectors [B, E]."""
        return self._read_out(self.vision.encoder(self._with_class(tokens)).last_hidden_state)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower."""
        states, found = self._with_class(tokens), []
        for layer in self.vision.encoder.layers:
            states = layer(states, None)
            found.append(self._read_out(states))
        return torch.cat(found)

    def _with_class(self, tokens: Tensor) -> Tensor:
        embeddings = self.vision.embeddings
        first = embeddings.class_embedding + embeddings.position_embedding.weight[0]
        first = self.vision.pre_layrnorm(first)
        return torch.cat([first.expand(len(tokens), 1, -1), tokens], dim=1)

    def _read_out(self, states: Tensor) -> Tensor:
        pooled = self.vision.post_layernorm(states[:, 0])
        return F.normalize(self.model.visual_projection(pooled), dim=-1)


def read_sentences(opened: Opened, sentences: list[str]) -> Tensor:
    """Sentences in the space of pictures, unit vectors. [L, E]."""
    tokenizer: Any = opened.tokenizer
    read = tokenizer(sentences, padding=True, truncation=True, return_tensors="pt")
    read = {name: read[name].to(opened.device) for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        return F.normalize(opened.model.get_text_features(**read).pooler_output, dim=-1)


def roles(opened: Opened) -> Roles:
    """Pictures among any labels."""
    scale = float(opened.model.logit_scale.exp())
    template = opened.checkpoint.template or TEMPLATE
    labels = PromptedLabels(template, lambda said: read_sentences(opened, said), scale)
    tower = ClipPictures(opened, labels)
    towers = {"image": tower}
    return Roles(
        encoders={"image": tower},
        joint_encoder=TowerReader(towers),  # type: ignore[arg-type]
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
    )


FAMILY = Family(("clip",), "CLIPModel", roles, pictures="CLIPImageProcessorPil")
