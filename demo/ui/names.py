"""Labels as a person reads them: the ready-made sets, and known names in the other language.

Knows which labels the model names in which language; what they mean to it is the model's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from demo.errors import LANGUAGES
from demo.models.vocabulary import vocabulary
from demo.recent import Recent
from demo.ui.strings import COMMA
from demo.world.concepts import MOOD_WORDS, MOODS

SETS: dict[str, tuple[str, ...]] = {
    "animals": ("cat", "dog", "horse", "bird", "deer", "frog", "rooster"),
    "vehicles": ("airplane", "automobile", "ship", "truck", "helicopter"),
    "digits": tuple("zero one two three four five six seven eight nine".split()),
    "sounds": (
        *("rain", "sea waves", "dog", "baby cry", "clock tick", "sneeze"),
        *("helicopter", "chainsaw", "rooster", "fire crackling"),
    ),
    "moods": MOODS,  # of nobody who did not ask for them: see Names.everything
}


@dataclass(frozen=True)
class Names:
    """known[language]: the model's labels in one order for all languages; None: any word will do."""

    known: dict[str, list[str]] | None

    def joined(self, labels: Sequence[str], language: str) -> str:
        """Labels as one line, each in `language` where its name is known."""
        return COMMA[language].join(self.shown(label, language) for label in labels)

    def shown(self, label: str, language: str) -> str:
        """The label's name in `language`, or as it was typed."""
        place = self._places.get(label.casefold())
        if self.known is None or place is None:
            return vocabulary().translated(label, language)
        return self.known[language][place]

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where each name, in any language, stands in its list."""
        lists = (self.known or {}).values()
        return {name.casefold(): i for names in lists for i, name in enumerate(names)}


class NamesNow(Names):
    """Those of whichever preset answers when they are asked for. pipeline: has preset and known_labels."""

    def __init__(self, pipeline: Any) -> None:
        object.__setattr__(self, "_pipeline", pipeline)
        object.__setattr__(self, "_recent", Recent(2))

    @property
    def known(self) -> dict[str, list[str]] | None:
        return self._now.known

    @property
    def _places(self) -> dict[str, int]:
        return self._now._places

    @property
    def _now(self) -> Names:
        pipeline = self._pipeline  # type: ignore[attr-defined]

        def made() -> Names:
            lists = {language: pipeline.known_labels(language) for language in LANGUAGES}
            return Names(None if None in lists.values() else lists)

        return self._recent.get(pipeline.preset, made)  # type: ignore[attr-defined]


def is_mood(label: str) -> bool:
    """Whether a label says how somebody feels, in any language."""
    return label.strip().casefold() in MOOD_WORDS
