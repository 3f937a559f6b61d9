"""What was measured of a model, row by row, as `evaluate` writes it beside the weights.

Plain numbers: who measures is demo/evaluation, who shows is anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_ECE = 0.05  # promised of every ability


@dataclass(frozen=True)
class Ability:
    """value: of `measure`, over n samples; low, high: its 95 % confidence interval.

    at_least, at_most: what the project promises (0 and None: nothing); ece: expected calibration
    error, where answers come with probabilities; unit: "share" (value is 0..1), "MB" or "ms".
    """

    ability: str
    measure: str
    value: float
    n: int
    data: str
    at_least: float = 0.0
    at_most: float | None = None
    low: float | None = None
    high: float | None = None
    ece: float | None = None
    unit: str = "share"

    @property
    def kept(self) -> bool:
        """Whether the promise is."""
        return self.value >= self.at_least and (self.at_most is None or self.value <= self.at_most)

    @property
    def calibrated(self) -> bool:
        """Whether its probabilities, if it has any, can be believed as far as is promised of all."""
        return self.ece is None or self.ece <= MOST_ECE
