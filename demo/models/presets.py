"""Which checkpoint fills which role. Data only; opening them is checkpoints.py's job.

A new preset is a new entry of PRESETS; a new family of checkpoints is one file and its line in
checkpoints.LOADERS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "models"


@dataclass(frozen=True)
class Checkpoint:
    """Where weights come from.

    family: whose code reads them, a key of checkpoints.LOADERS; source: a folder below assets/models, a hub
    id with its revision, or the requirements file of packages that hold it.
    """

    family: str
    source: str
    licence: str
    megabytes: float
    revision: str | None = None


@dataclass(frozen=True)
class Preset:
    """One way to fill the roles.

    roles: a modality (its encoder) or a field of roles.Roles → the checkpoint that fills it; what is not
    there is missing. facts: the preset.json of what was measured of these weights, see roles.Facts.
    """

    name: str
    summary: str
    roles: Mapping[str, Checkpoint]
    facts: Path | None = None


_POCKET = Checkpoint("pocket", "pocket", "Apache-2.0", 16.0)
_REAL = Checkpoint("real", "pocket-real", "Apache-2.0", 29.0)
_WHISPER = Checkpoint("whisper", "requirements-speech.txt", "MIT", 145.0)  # in installed packages

PRESETS: dict[str, Preset] = {
    "pocket": Preset(
        name="pocket",
        summary="our own small model, in the repository; needs no network",
        roles={
            "image": _POCKET,
            "audio": _POCKET,
            "text": _POCKET,
            "joint_encoder": _POCKET,
            "generator": _POCKET,
            "retrieval_head": _POCKET,
            "perturber": _POCKET,
            "vocabulary": _POCKET,
            "verifier": _POCKET,
            "familiarity": _POCKET,
            "transcriber": _WHISPER,
        },
        facts=MODELS_FOLDER / "pocket" / "preset.json",
    ),
    "pocket-real": Preset(
        name="pocket-real",
        summary="the half of it that reads photos, recordings and free sentences",
        roles={
            "image": _REAL,
            "audio": _REAL,
            "text": _REAL,
            "joint_encoder": _REAL,
            "generator": _REAL,
            "retrieval_head": _REAL,
            "perturber": _REAL,
            "vocabulary": _REAL,
            "namer": _REAL,
            "verifier": _REAL,
            "familiarity": _REAL,
        },
        facts=MODELS_FOLDER / "pocket-real" / "preset.json",
    ),
}
