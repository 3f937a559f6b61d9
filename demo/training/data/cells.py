"""What every token of a picture is taught: which thing it shows, where that lies, and how many there are.

The masks of the picture world are known, so each token has its own right answers; captions and questions
about places and numbers then only have to be read off. The two extra heads are thrown away in the end.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.modeling import PocketModel
from demo.training.data.pictures import BACKGROUND, PaintedScenes
from demo.world.concepts import CONCEPTS

PLACES, MOST_ALIKE = 9, 4


class Taught(nn.Module):
    """The model with the heads that only training uses."""

    def __init__(self, model: PocketModel) -> None:
        super().__init__()
        width = model.config.hidden_size
        self.model = model
        self.place = nn.Linear(width, PLACES)
        self.alike = nn.Linear(width, MOST_ALIKE)

    def named(self, memory: Tensor) -> Tensor:
        """Logits over all concepts of single tokens. [..., D] → [..., C]."""
        vectors = self.model.label_vector(memory)
        return (self.model.scale * vectors @ self.model.concept_vectors().T).float()

    def names(self, memory: Tensor, cells: Tensor) -> Tensor:
        """Each token of a scene names what lies in its cell; on the background, no idea.

        memory [B, N, D], cells int [B, N].
        """
        cells = cells.to(memory.device)
        owned = cells < BACKGROUND
        nothing = memory.new_full((len(CONCEPTS),), 1 / len(CONCEPTS), dtype=torch.float32)
        empty = self.named(memory[~owned])
        return F.cross_entropy(self.named(memory[owned]), cells[owned]) + 0.5 * F.cross_entropy(
            empty, nothing.expand_as(empty)
        )

    def places(self, memory: Tensor, painted: PaintedScenes) -> Tensor:
        """Each token that shows a thing tells where the whole thing lies and how many of its kind there
        are.
        """
        where = self.place(memory).flatten(0, 1).float()
        many = self.alike(memory).flatten(0, 1).float()
        places, alike = (x.flatten().to(where.device) for x in (painted.places, painted.alike))
        return F.cross_entropy(where, places) + F.cross_entropy(many, alike)

    def moments(self, memory: Tensor, concepts: list[int]) -> Tensor:
        """Some token of a spoken word names it: the soft maximum over tokens. memory [B, N, D]."""
        named = self.named(memory).logsumexp(1)
        return F.cross_entropy(named, torch.tensor(concepts, device=named.device))
