"""SigLIP (Zhai et al. 2023) and SigLIP 2 (Tschannen et al. 2025) of fixed resolution: pictures and labels
in one space, read out by a learned query over all patches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.hub import pictures
from demo.models.hub.opened import Family, Opened
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.recorder import record, watched
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.roles import AttentionLayer, PerturbableInput, Roles
from demo.schema import Encoding, PictureGrid, Sample

TEMPLATE = "This is a photo of {}."  # Tschannen et al. 2025
LONGEST = 64  # tokens, to which training padded every text


class SiglipPictures:
    """The vision tower."""

    modality = "image"
    read_out = "pooled"

    def __init__(self, opened: Opened, labels: PromptedLabels) -> None:
        self.processor, self.device = opened.pictures, opened.device
        self.vision, self.labels = opened.model.vision_model, labels
        layers = self.vision.encoder.layers
        self.attention = [*(layer.self_attn for layer in layers), self.vision.head.attention]
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
        """[B, 3, S, S] → [B, N, D]."""
        return self.vision.embeddings(pixels)

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → unit vectors [B, E]."""
        return self._read_out(self.vision.encoder(tokens).last_hidden_state)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower."""
        found = []
        for layer in self.vision.encoder.layers:
            tokens = layer(tokens, None)
            found.append(self._read_out(tokens))
        return torch.cat(found)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower."""
        assert sample.image is not None and isinstance(encoding.grid, PictureGrid)
        pixels, _ = pictures.pixel_values(self.processor, sample.image)
        return pictures.erasable(pixels.to(self.device), encoding.grid, self.tokens)

    def _read_out(self, states: Tensor) -> Tensor:
        states, head = self.vision.post_layernorm(states), self.vision.head
        mixed = probed(head.attention, head.probe.expand(len(states), -1, -1), states)
        mixed = mixed + head.mlp(head.layernorm(mixed))
        return F.normalize(mixed[:, 0], dim=-1)


def probed(attention: nn.MultiheadAttention, probe: Tensor, states: Tensor) -> Tensor:
    """torch's multi-head attention of a probe [B, 1, D] over states [B, N, D], which it can be watched at."""
    if not watched(attention):
        return attention(probe, states, states, need_weights=False)[0]
    heads, width = attention.num_heads, probe.shape[-1]
    weights = attention.in_proj_weight.split(width)
    biases = attention.in_proj_bias.split(width)
    q, k, v = (
        F.linear(x, weight, bias).unflatten(-1, (heads, -1)).transpose(1, 2)
        for x, weight, bias in zip((probe, states, states), weights, biases, strict=True)
    )
    output = F.scaled_dot_product_attention(q, k, v)
    record(attention, AttentionLayer(q, k, v, output, pools=True))
    return attention.out_proj(output.transpose(1, 2).flatten(2))


def read_sentences(opened: Opened, sentences: list[str]) -> Tensor:
    """Sentences in the space of pictures, unit vectors. [L, E]."""
    longest = min(LONGEST, opened.model.config.text_config.max_position_embeddings)
    lower = [sentence.lower() for sentence in sentences]  # as in training
    read = opened.tokenizer(
        lower, padding="max_length", truncation=True, max_length=longest, return_tensors="pt"
    )
    with torch.no_grad():
        ids = read["input_ids"].to(opened.device)
        return F.normalize(opened.model.get_text_features(ids).pooler_output, dim=-1)


def roles(opened: Opened) -> Roles:
    """Pictures among any labels. Its own bias is the same for every label, so it moves no belief among
    them."""
    scale = float(opened.model.logit_scale.exp())
    template = opened.checkpoint.template or TEMPLATE
    labels = PromptedLabels(template, lambda said: read_sentences(opened, said), scale)
    towers = {"image": SiglipPictures(opened, labels)}
    return Roles(
        encoders={"image": towers["image"]},
        joint_encoder=TowerReader(towers),  # type: ignore[arg-type]
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
    )


FAMILY = Family(("siglip",), "SiglipModel", roles, pictures="SiglipImageProcessorPil")
