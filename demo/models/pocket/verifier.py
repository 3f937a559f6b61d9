"""What the picture world's answers are held against: a closer look for yes and no, a count beyond four."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from demo.models.generator import Closer, Generation
from demo.models.pocket.counting import CountingVerifier
from demo.models.pocket.presence import PresenceVerifier
from demo.schema import Encoding, Modality


@dataclass(frozen=True)
class PocketVerifier:
    """counting: None where its weights are not there."""

    presence: PresenceVerifier
    counting: CountingVerifier | None

    def verified(
        self,
        generation: Generation,
        question: str,
        encodings: Mapping[Modality, Encoding],
        closer: Closer,
    ) -> Generation:
        """The answer, or another one; see Verifier."""
        found = self.presence.verified(generation, question, encodings, closer)
        return (
            found if self.counting is None else self.counting.verified(found, question, encodings)
        )
