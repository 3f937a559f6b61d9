"""A preset's encodings of samples, the last few by content.

Knows encoders by their contract only, and nothing of what is made of their encodings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import torch

from demo.errors import UserError
from demo.models.labels import ClosedLabels
from demo.models.roles import Encoder, Roles
from demo.reading import Reading, Use, encoded
from demo.recent import Recent, content_key
from demo.schema import MODALITIES, Encoding, Modality, Named, Sample


class EncodeAs(Protocol):
    """A sample's encodings, from a cache perhaps. use: what its sentence is for."""

    def __call__(self, sample: Sample, use: Use = "told") -> Mapping[Modality, Encoding]: ...


class Encodings:
    """roles: whose encoders; preset: its name; reading: how sentences are put before them."""

    def __init__(self, roles: Roles, preset: str, reading: Reading) -> None:
        self.roles, self.preset, self.reading = roles, preset, reading
        self._kept: Recent[Encoding] = Recent(48)

    def forget(self) -> None:
        """Encode everything anew."""
        self._kept.clear()

    def of(self, sample: Sample, use: Use = "told") -> dict[Modality, Encoding]:
        """One for each modality that is present, made once for the same content. use: what the sentence is
        for.

        Raises:
            UserError: nobody here reads any of them.
        """
        found: dict[Modality, Encoding] = {}
        for modality in MODALITIES:
            value = getattr(sample, modality)
            if value is None or modality not in self.roles.encoders:
                continue
            encoder = self.roles.encoders[modality]
            key: tuple[object, ...] = (modality, content_key(value))
            make = partial(_first, encoder, value)
            if isinstance(value, str):
                read = self.reading.read(value, use)
                key, make = (*key, read), partial(encoded, encoder, value, read)
            found[modality] = self._kept.get(key, make)
        if not found:
            raise UserError("modalities_unread", preset=self.preset)
        return found

    def tagged(self, sample: Sample) -> dict[Modality, Encoding]:
        """Of those senses that somebody here names unasked, as whoever names them reads them."""
        found: dict[Modality, Encoding] = {}
        for modality, tagger in self.roles.taggers.items():
            value = getattr(sample, modality)
            if value is None or not isinstance(tagger.labels, ClosedLabels):
                continue
            key = ("tags", modality, content_key(value))
            found[modality] = self._kept.get(key, partial(_first, tagger, value))
        return found

    def tags(self, sample: Sample) -> dict[str, tuple[Named, ...]]:
        """What these senses are called."""
        found: dict[str, tuple[Named, ...]] = {}
        for modality, encoding in self.tagged(sample).items():
            labels = self.roles.taggers[modality].labels
            assert isinstance(labels, ClosedLabels)
            with torch.no_grad():
                vector = encoding.pool(encoding.tokens[None])[0]
            found[modality] = labels.named(vector)
        return found


@torch.no_grad()
def _first(encoder: Encoder, value: Any) -> Encoding:
    return encoder.encode([value])[0]
