"""Where the decoder should look while it writes about a scene: at the things it speaks of.

Attention supervision (Liu et al. 2017, "Attention correctness in neural image captioning"): the picture world
knows where everything lies. Half of the heads are taught; the others stay free. Without it the decoder
learns what there is long before it learns where.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from demo.models.attention_layer import AttentionLayer
from demo.world.language.grammar import some_en, some_zh
from demo.world.scenes import Scene

Span = tuple[int, int]


def things_of_pieces(
    scene: Scene, about: Sequence[int], language: str, text: str, spans: Sequence[Span]
) -> list[set[int]]:
    """The concepts each word piece of a text speaks of: one where it names one, else all of `about`."""
    say = some_en if language == "en" else some_zh
    phrases = {c: say(c, scene.counts[c]) for c in about if scene.counts[c]}
    named = {c: (text.find(said), len(said)) for c, said in phrases.items() if said in text}
    return [
        {c for c, (start, size) in named.items() if start <= a and b <= start + size} or {*about}
        for a, b in spans
    ]


def where_to_look(pieces: Sequence[Sequence[set[int]]], cells: Tensor, length: int) -> Tensor:
    """Where to look for each piece. cells int [B, N]: the concept there → bool [B, length, N]."""
    spots = torch.zeros(len(pieces), length, cells.shape[1], dtype=torch.bool)
    for row, (told, there) in enumerate(zip(pieces, cells, strict=True)):
        for place, concepts in enumerate(told[:length]):
            if concepts:
                spots[row, place] = torch.isin(there, torch.tensor(sorted(concepts)))
    return spots


def looking_loss(layers: Sequence[AttentionLayer], spots: Tensor) -> Tensor:
    """−log of the attention that lies where it may look, over half of the heads and all word pieces.

    layers: cross-attention over tokens that begin with a picture's; spots bool [B, T, N].
    """
    batch, length, cells = spots.shape
    device = layers[0].q.device
    asked = spots.any(-1)
    if not asked.any():
        return torch.zeros((), device=device)
    spots, asked = spots.to(device), asked.to(device)
    losses = []
    for layer in layers:
        taught = layer.q.shape[1] // 2
        q = layer.q[:batch, :taught, :length].float()
        k = layer.k[:batch, :taught].float()
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        if layer.mask is not None:
            scores = scores.masked_fill(~layer.mask[:batch], -torch.inf)
        share = scores.softmax(-1)[..., :cells].mul(spots[:, None]).sum(-1)  # (B, taught, T)
        losses.append(-share.clamp(min=1e-6).log().mean(1)[asked].mean())
    return torch.stack(losses).mean()
