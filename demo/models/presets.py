"""Which checkpoint fills which role. Data only; opening them is checkpoints.py's job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Checkpoint:
    """Where weights come from. source: a folder below assets/models, or a hub id with its revision."""

    source: str
    licence: str
    megabytes: float
    revision: str | None = None


@dataclass(frozen=True)
class Preset:
    """One way to fill the roles."""

    name: str
    summary: str
    checkpoints: dict[str, Checkpoint]


PRESETS: dict[str, Preset] = {
    "pocket": Preset(
        name="pocket",
        summary="our own small model, in the repository; needs no network",
        checkpoints={"all": Checkpoint("pocket", "Apache-2.0", 16.0)},
    )
}
