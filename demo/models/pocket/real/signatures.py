"""Kinds that are seen, heard or named, as short vectors that search can compare.

A photo shows each of ImageNet's classes and everyday words with some probability, a recording holds each of
AudioSet's sounds, and a name stands for a set of both. Their inner product is what a photo or a recording
says for a name, whatever the name was ever said of in a caption; so thousands of kinds can be found by name
that no caption taught. Random directions stand for the kinds: their inner products are kept, but for about
one part in √SIGNATURE (Johnson and Lindenstrauss 1984).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.beliefs import Beliefs
from demo.models.pocket.real.modeling import SIGNATURE
from demo.models.vocabulary import Thing

EVERYDAY = 0.5  # what a word counts that is likely of many photos, beside a class that is of one


class Signatures:
    """words: ids of the everyday things, which come after ImageNet's classes; sounds come last."""

    def __init__(self, beliefs: Beliefs, classes: int, words: Sequence[str], sounds: int) -> None:
        self.beliefs, self.classes = beliefs, classes
        self.words = {thing: classes + i for i, thing in enumerate(words)}
        self.first_sound = classes + len(words)
        chance = torch.Generator().manual_seed(0)
        drawn = torch.randn(self.first_sound + sounds, SIGNATURE, generator=chance)
        self.directions = F.normalize(drawn, dim=-1)
        self._things: dict[str, Tensor] = {}
        self._heard = self._sounds(sounds)

    def of_thing(self, thing: Thing) -> Tensor:
        """What a name stands for: kinds seen, and kinds heard, each set a unit vector. [SIGNATURE]."""
        if thing.id not in self._things:
            self._things[thing.id] = self._sum(self._seen(thing)) + self._sum(
                [self.first_sound + i for i in self.beliefs.sounds(thing)]
            )
        return self._things[thing.id]

    def of_photo(self, seen: Tensor) -> Tensor:
        """Square roots of probabilities, as of few kinds that are likely none should count for all; a unit
        vector, lest photos of many everyday things come last. [..., classes + words] → [..., SIGNATURE]."""
        likely = seen.clamp(min=1e-9).sqrt()
        likely = torch.cat(
            [likely[..., : self.classes], EVERYDAY * likely[..., self.classes :]], dim=-1
        )
        return F.normalize(likely @ self.directions[: self.first_sound].to(seen), dim=-1)

    def of_recording(self, heard: Tensor) -> Tensor:
        """Probabilities, squared lest the many that are hardly heard outweigh the few that are, and with
        each sound what can be seen of whatever makes it. [..., sounds] → [..., SIGNATURE]."""
        return F.normalize(heard.square(), dim=-1) @ self._heard.to(heard)

    def _seen(self, thing: Thing) -> list[int]:
        if thing.id in self.words:
            return [self.words[thing.id]]
        return sorted(self.beliefs.classes[thing.id])

    def _sum(self, kinds: Sequence[int]) -> Tensor:
        """Of a set, at unit length if its directions were at right angles."""
        return self.directions[list(kinds)].sum(0) / max(1, len(kinds)) ** 0.5

    def _sounds(self, sounds: int) -> Tensor:
        """[sounds, SIGNATURE]."""
        found = self.directions[self.first_sound :].clone()
        for thing in self.beliefs.vocabulary.things.values():
            for i in thing.sound:
                found[i] += self._sum(self._seen(thing))
        assert len(found) == sounds
        return found
