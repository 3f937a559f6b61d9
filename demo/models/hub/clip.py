"""CLIP (Radford et al. 2021): pictures and labels in one space, read out at the vision transformer's class
token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.hub import pictures
from demo.models.hub.opened import Family, Opened
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.roles import PerturbableInput, Roles
from demo.schema import Encoding, PictureGrid, Sample

TEMPLATE = "a photo of a {}"


class ClipPictures:
    """The vision tower."""

    modality = "image"
    read_out = "first"

    def __init__(self, opened: Opened, labels: PromptedLabels) -> None:
        self.model, self.processor, self.device = opened.model, opened.pictures, opened.device
        self.vision, self.labels = opened.model.vision_model, labels
        self.attention = [layer.self_attn for layer in self.vision.encoder.layers]
        config = opened.model.config.vision_config
        self.side = config.image_size // config.patch_size

    @torch.no_grad()
    def encode(self, inputs: Sequence[np.ndarray]) -> list[Encoding]:
        """uint8 [H, W, 3] each; tokens: the patches with their places, as they enter the first layer."""
        return [self._encode(image) for image in inputs]

    def _encode(self, image: np.ndarray) -> Encoding:
        pixels, box = pictures.pixel_values(self.processor, image)
        tokens = self.tokens(pixels[None].to(self.device))[0]
        return Encoding(tokens, PictureGrid(self.side, self.side, box), self.pool)

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

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower."""
        assert sample.image is not None and isinstance(encoding.grid, PictureGrid)
        pixels, _ = pictures.pixel_values(self.processor, sample.image)
        return pictures.erasable(pixels.to(self.device), encoding.grid, self.tokens)

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
