"""Which checkpoint fills which role. Data only; opening them is the job of loaders.py.

Those of our own models are entries of PRESETS; all others are files (preset_file.py), some of which ship in
assets/presets. A new family of checkpoints is one file and its line in loaders.LOADERS.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo.errors import Message

_ASSETS = Path(__file__).resolve().parents[2] / "assets"
MODELS_FOLDER = _ASSETS / "models"
SPEECH_REQUIREMENTS = "requirements-speech.txt"  # of packages that hold Whisper
PRESETS_FOLDER = _ASSETS / "presets"  # of the files of presets that ship


@dataclass(frozen=True)
class Checkpoint:
    """Where weights come from.

    family: whose code reads them, a key of loaders.LOADERS; source: a folder below assets/models, a hub
    id with its revision, a folder anywhere, or the requirements file of packages that hold it; template: the
    sentence into which a label is put before it is read, “{}” standing for it; None: the family's own.
    """

    family: str
    source: str
    licence: str
    megabytes: float
    revision: str | None = None
    template: str | None = None

    @property
    def pinned(self) -> bool:
        """Whether its revision is a commit, which never changes."""
        return re.fullmatch("[0-9a-f]{40}", self.revision or "") is not None


@dataclass(frozen=True)
class Calibration:
    """What makes the beliefs of spaces that share nothing comparable, by modality.

    temperatures: what logits are divided by (Guo et al. 2017); biases: log-weights of votes; floors: cosine
    to its best label below which a sense cannot tell, and has no vote; data: what it was fitted on.
    """

    temperatures: Mapping[str, float] = field(default_factory=dict)
    biases: Mapping[str, float] = field(default_factory=dict)
    floors: Mapping[str, float] = field(default_factory=dict)
    data: str = ""

    def without(self, modalities: Collection[str]) -> Calibration:
        """The same where other models read these senses."""

        def left(values: Mapping[str, float]) -> dict[str, float]:
            return {m: value for m, value in values.items() if m not in modalities}

        return Calibration(left(self.temperatures), left(self.biases), left(self.floors), self.data)

    def note(self, modalities: Collection[str]) -> Message:
        """Whether beliefs from these senses can be compared."""
        if set(modalities) <= set(self.temperatures):
            return Message("calibrated", {"data": self.data or "–"})
        return Message("not_calibrated")


@dataclass(frozen=True)
class Preset:
    """One way to fill the roles.

    roles: a modality (its encoder), a task (preset_file.ROLES) or a field of roles.Roles → the checkpoint
    that fills it; what is not there is missing. facts: the preset.json of what was measured of these
    weights, see roles.Facts. Of presets in files: fusion, beams, calibration (None: none was fitted),
    written_in.
    """

    name: str
    summary: str
    roles: Mapping[str, Checkpoint]
    facts: Path | None = None
    summary_zh: str = ""
    fusion: str = "weighted"
    beams: int = 1
    calibration: Calibration | None = None
    written_in: Path | None = None

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Each once, in the order of the roles."""
        return tuple(dict.fromkeys(self.roles.values()))

    @property
    def megabytes(self) -> float:
        """To download."""
        return sum(checkpoint.megabytes for checkpoint in self.checkpoints)


_POCKET = Checkpoint("pocket", "pocket", "Apache-2.0", 16.0)
_REAL = Checkpoint("real", "pocket-real", "Apache-2.0", 29.0)
_WHISPER = Checkpoint("whisper", SPEECH_REQUIREMENTS, "MIT", 145.0)

PRESETS: dict[str, Preset] = {
    "pocket": Preset(
        name="pocket",
        summary="our own small model, in the repository; needs no network",
        summary_zh="我们自己的小模型，就在仓库里；不需要网络",
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
