"""A conversation about what was given: who said what, and who answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from demo.schema import Encoding


@dataclass(frozen=True)
class Turn:
    """What one side said. role: "user" is the person, "assistant" the model, as chat templates name them."""

    role: Literal["user", "assistant"]
    text: str


class Converser(Protocol):
    """Answers turn by turn."""

    def reply(self, encodings: Sequence[Encoding], turns: Sequence[Turn]) -> Iterator[str]:
        """Its next turn as far as it is written, a little longer each time. encodings: what the conversation
        is about; turns: so far, the person's first and last."""
