"""What was fitted of a preset, beside its file: `base.calibration.json` beside `base.toml`.

Holds for the very checkpoints that it was fitted on; for others it says nothing. What its numbers may be is
checked by whoever reads the preset (preset_file.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.models.presets import Calibration, Checkpoint
from demo.schema import MODALITIES

_OF = "checkpoints"


def calibration_path(preset: Path) -> Path:
    """Where the calibration of the preset in a file lies."""
    return preset.with_suffix(".calibration.json")


def read_fitted(preset: Path, roles: Mapping[str, Checkpoint]) -> Mapping[str, Any] | None:
    """The numbers as they were written; None: none were, or other checkpoints were calibrated.

    Raises:
        UserError: the file is damaged.
    """
    path = calibration_path(preset)
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UserError("calibration_unreadable", path=path.name) from error
    if not isinstance(written, dict):
        raise UserError("calibration_unreadable", path=path.name)
    if written.pop(_OF, None) != fitted_on(roles):
        return None
    return written


def write_fitted(path: Path, calibration: Calibration, roles: Mapping[str, Checkpoint]) -> None:
    """Keep a calibration of the checkpoints of these roles.

    Raises:
        UserError: the file cannot be written.
    """
    value = {_OF: fitted_on(roles), **asdict(calibration)}
    try:
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError("calibration_unwritable", path=str(path)) from error


def fitted_on(roles: Mapping[str, Checkpoint]) -> dict[str, list[str | None]]:
    """What decides how sure each sense is: its checkpoint, and the sentence around labels. A folder counts by
    its name, so that a preset may move with its folders."""
    found = {m: roles[m] for m in MODALITIES if m in roles}
    return {m: [_name(one), one.revision, one.template] for m, one in found.items()}


def _name(checkpoint: Checkpoint) -> str:
    source = Path(checkpoint.source)
    return source.name if source.is_absolute() else checkpoint.source
