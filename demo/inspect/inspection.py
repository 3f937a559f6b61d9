"""One target of one sample under the lens: maps by any method, each with its faithfulness, and what happens
when a part is erased.

Knows methods and targets by their contracts only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import torch

from demo.errors import UserError
from demo.explain import METHODS, maps_of, method_named, supports, with_faithfulness
from demo.explain.faithfulness import ranked
from demo.explain.question import Question
from demo.explain.target import GeneratedWord
from demo.schema import Grid, Heatmap, Modality


@dataclass(frozen=True)
class View:
    """Maps of one target. probability: 0..1, of the target; maps: method → modality → Heatmap; text: what was
    written, where the target is one of its words."""

    target: str
    probability: float
    maps: Mapping[str, Mapping[str, Heatmap]]
    text: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Erasure:
    """What to erase: the most marked `part` (0..1) of a modality; keep: all but it."""

    modality: Modality
    part: float
    keep: bool = False

    def kept(self, heatmap: Heatmap) -> np.ndarray:
        """The cells that are left; of those marked alike it is chance which go first. bool [cells]."""
        values = heatmap.values.ravel()
        marked = np.zeros(len(values), dtype=bool)
        marked[ranked(values)[: round(min(max(self.part, 0.0), 1.0) * len(values))]] = True
        return marked if self.keep else ~marked


@dataclass(frozen=True)
class Ablation:
    """Part of one modality erased. kept: bool [rows, cols] of grid, the cells that are left; before, after:
    the target's probability."""

    modality: Modality
    grid: Grid
    kept: np.ndarray
    target: str
    before: float
    after: float


class Inspection:
    """One target of one sample, to be explained by any methods; what they share is computed once.

    Holds the model's graph, so it stays below pipeline; one thread at a time uses it.
    """

    def __init__(self, question: Question, text: str | None, words: tuple[str, ...]) -> None:
        self.question = question
        self.text = text
        self.words = words
        self.lock = Lock()
        self._maps: dict[str, dict[Modality, Heatmap]] = {}
        self._measured: dict[str, dict[Modality, Heatmap]] = {}

    @property
    def probability(self) -> float:
        """0..1, of the target."""
        return float(self.question.score().detach().exp())

    def maps(self, method: str, measured: bool = False) -> dict[str, Heatmap]:
        """One heatmap for each sense; measured: with how far each can be trusted.

        Raises:
            UserError: an unknown method, or one that cannot explain this.
        """
        asked, chosen = self.question, method_named(method)
        if not supports(chosen, asked.evidence, asked.target, asked.perturbable):
            if isinstance(asked.target, GeneratedWord):
                known = ", ".join(name for name, one in METHODS.items() if one.of_words)
                raise UserError("method_not_of_words", name=method, known=known)
            raise UserError("method_unsupported", name=method)
        if method not in self._maps:
            self._maps[method] = maps_of(asked, chosen)
        if measured and asked.perturbable and method not in self._measured:
            self._measured[method] = with_faithfulness(asked, self._maps[method])
        maps = self._measured[method] if measured and asked.perturbable else self._maps[method]
        return {str(m): shown for m, shown in maps.items()}

    def leave_when(self, stop: Callable[[], bool]) -> None:
        """Ask `stop` between readings whether nobody waits any more."""
        self.question.left = stop

    def view(self, methods: Sequence[str], measured: bool) -> View:
        """The maps of some methods. Raises UserError as maps."""
        maps = {name: self.maps(name, measured) for name in methods}
        return View(self.question.target.name, self.probability, maps, self.text, self.words)

    def erased(self, method: str, erasure: Erasure) -> Ablation:
        """The target's probability without what the map of `method` marks most.

        Raises:
            UserError: as maps; a sense that takes no part, or that cannot be erased.
        """
        asked, modality = self.question, erasure.modality
        if modality not in asked.perturbable or modality not in asked.modalities:
            raise UserError(f"look_no_{modality}")
        heatmap = self.maps(method)[modality]
        kept = erasure.kept(heatmap)
        both = torch.from_numpy(np.stack([np.ones_like(kept), kept]))
        before, after = asked.scores_erased(modality, both).exp()
        left = kept.reshape(heatmap.values.shape)
        name = asked.target.name
        return Ablation(modality, heatmap.grid, left, name, float(before), float(after))
