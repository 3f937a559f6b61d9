"""The transformer over photos and sentences as a JointEncoder and a RetrievalHead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.errors import UserError
from demo.models.attention_layer import AttentionLayer
from demo.models.pocket.attention import attention_cores, recording
from demo.models.pocket.real.modeling import (
    FEATURES,
    TOKEN,
    RealModel,
    kinds_in,
    meanings_in,
)
from demo.models.pocket.real.signatures import Signatures
from demo.schema import Encoding, Modality

# What the kinds that are seen, heard or named count beside the meaning of a photo or a sentence, which was
# learned from a few thousand captions and knows few things by name.
KINDS = 0.75


class RealJointEncoder:
    """Reads photos and sentences together, for the decoder. About labels it says nothing: photos have the
    trunk's own classes, sentences their words' meanings."""

    labels = None
    alone: frozenset[Modality] = frozenset()
    reads: frozenset[Modality] = frozenset(("image", "text"))
    apart = False

    def __init__(
        self, model: RealModel, signatures: Signatures, names: Callable[[], Tensor]
    ) -> None:
        """names: what the names of all sounds mean, [521, 384]; made when they are first needed."""
        self.model, self.signatures = model, signatures
        self._names = names

    @cached_property
    def names(self) -> Tensor:
        """See above."""
        return self._names()

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        """The readout of these encodings together. [D]."""
        return self.read_many(torch.cat([e.tokens for e in encodings])[None])[0]

    def read_many(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """`read` of several variants at once. [B, N, TOKEN], valid bool [B, N] → [B, D]."""
        return self.model.joint(tokens, valid)[0]

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        """The same after each layer. [layers, D]."""
        states = self.model.joint.states(torch.cat([e.tokens for e in encodings])[None])
        return self.model.joint.norm_out(torch.cat([x[:, 0] for x in states]))

    def match_vector(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where photos and sentences find each other: the mean of their meanings, a unit vector. [384].

        Raises:
            UserError: there is neither a picture nor a sentence.
        """
        found = [self._of(e) for e in encodings if e.tokens.shape[-1] == TOKEN]
        if not found:
            raise UserError("match_needs_picture_or_text")
        return F.normalize(torch.stack(found).sum(0), dim=-1)

    def sense_vector(self, encoding: Encoding) -> Tensor:
        """What is seen, heard or said, and the kinds of it beside: a unit vector. [384 + 224].

        A sound means the names of what is heard, weighed by how likely each is, squared, lest the many that
        are hardly heard outweigh the few that are.
        """
        modality = encoding.grid.modality
        if modality == "text":
            meaning, kinds = self._of(encoding), kinds_in(encoding.tokens)
        else:
            likely = encoding.pool(encoding.tokens[None])[0].exp()
            if modality == "image":
                meaning, kinds = self._of(encoding), self.signatures.of_photo(likely)
            else:
                meaning = F.normalize(likely.square() @ self.names.to(likely), dim=-1)
                kinds = self.signatures.of_recording(likely)
        return F.normalize(torch.cat([meaning, KINDS**0.5 * kinds.to(meaning)]), dim=-1)

    def _of(self, encoding: Encoding) -> Tensor:
        if encoding.grid.modality == "image":
            return self.model.photo_meaning(encoding.tokens[:, :FEATURES].mean(0))
        return F.normalize(meanings_in(encoding.tokens)[0], dim=-1)

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Record the transformer's attention for readings made by this thread."""
        return recording(attention_cores(self.model.joint.layers))
