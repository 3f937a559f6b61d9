"""How the cells of a map, or the tokens of a model, lie on what was given.

Whoever lays something out asks a grid, and need not know which kind it is. What only some kinds have is empty
in the others: a `box` in the picture, `frame_edges_s` in time, `spans` of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from demo.schema.sample import Modality

Edges = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class PictureGrid:
    """rows × cols patches over `box` = (left, top, right, bottom), fractions of the picture: below 0 or above
    1 lies a margin that a model puts around it."""

    rows: int
    cols: int
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    kind: Literal["picture"] = "picture"
    modality: ClassVar[Modality] = "image"

    @property
    def frame_edges_s(self) -> tuple[float, ...]:
        """A picture stands still."""
        return ()

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """No words are in it."""
        return ()

    def edges(self, axes: SpectrogramGrid | None) -> Edges:
        """Of columns from the left and of rows from the top, 0..1 of what is drawn. axes: those of a drawn
        spectrogram."""
        left, top, right, bottom = self.box
        across, down = (
            np.linspace(left, right, self.cols + 1),
            np.linspace(top, bottom, self.rows + 1),
        )
        return across.clip(0, 1), down.clip(0, 1)


@dataclass(frozen=True)
class SpectrogramGrid:
    """bands × frames cells; band_edges_hz ascending [rows + 1], frame_edges_s [cols + 1]."""

    band_edges_hz: tuple[float, ...]
    frame_edges_s: tuple[float, ...]
    kind: Literal["spectrogram"] = "spectrogram"
    modality: ClassVar[Modality] = "audio"

    @property
    def rows(self) -> int:
        return len(self.band_edges_hz) - 1

    @property
    def cols(self) -> int:
        return len(self.frame_edges_s) - 1

    @property
    def box(self) -> None:
        """It lies on no picture."""

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """No words are in it."""
        return ()

    def edges(self, axes: SpectrogramGrid | None) -> Edges:
        """As PictureGrid.edges; low bands lie below, so that edges of rows descend."""
        if axes is None:
            return np.linspace(0, 1, self.cols + 1), np.linspace(1, 0, self.rows + 1)
        ends = axes.frame_edges_s[0], axes.frame_edges_s[-1]
        across = np.interp(self.frame_edges_s, ends, (0.0, 1.0))
        return across, np.array([1 - axes.height(hz) for hz in self.band_edges_hz])

    def height(self, hz: float) -> float:
        """How high a frequency lies where this is drawn: 0 (bottom) .. 1 (top)."""
        return float(np.interp(hz, self.band_edges_hz, np.linspace(0, 1, self.rows + 1)))


@dataclass(frozen=True)
class WordGrid:
    """One row of words; spans are (start, end) character positions in the sample's text."""

    spans: tuple[tuple[int, int], ...]
    kind: Literal["words"] = "words"
    rows: int = 1
    modality: ClassVar[Modality] = "text"

    @property
    def cols(self) -> int:
        return len(self.spans)

    @property
    def box(self) -> None:
        """It lies on no picture."""

    @property
    def frame_edges_s(self) -> tuple[float, ...]:
        """A sentence takes no time."""
        return ()

    def edges(self, axes: SpectrogramGrid | None) -> Edges:
        """As PictureGrid.edges, were all words as long."""
        return np.linspace(0, 1, self.cols + 1), np.linspace(0, 1, self.rows + 1)


Grid = PictureGrid | SpectrogramGrid | WordGrid


def of_sound(grid: Grid) -> SpectrogramGrid:
    """The grid, where it is one of sounds.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(grid, SpectrogramGrid):
        raise ValueError("not a map of a sound")
    return grid
