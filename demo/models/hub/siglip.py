"""SigLIP (Zhai et al. 2023) and SigLIP 2 (Tschannen et al. 2025) of fixed resolution: pictures and labels
in one space, read out by a learned query over all patches."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.attention_layer import AttentionLayer
from demo.models.hub.opened import Family, Opened
from demo.models.hub.pictures import PictureTower
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.recorder import record, watched
from demo.models.hub.tower import tower_roles
from demo.models.roles import Roles

TEMPLATE = "This is a photo of {}."  # Tschannen et al. 2025
LONGEST = 64  # tokens, to which training padded every text


class SiglipPictures(PictureTower):
    """The vision tower."""

    read_out = "pooled"

    def __init__(self, opened: Opened, labels: PromptedLabels) -> None:
        super().__init__(opened)
        self.labels = labels
        layers = self.vision.encoder.layers
        self.attention = [*(layer.self_attn for layer in layers), self.vision.head.attention]

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
    return tower_roles({"image": SiglipPictures(opened, labels)})


FAMILY = Family(("siglip",), "SiglipModel", roles, pictures="SiglipImageProcessorPil")
