"""Presets that people write: a TOML file that says which checkpoint fills which role.

    name = "mine"
    [checkpoints.eyes]
    family = "clip"
    source = "openai/clip-vit-base-patch32"   # or a folder: "./my-clip"
    [roles]
    image = "eyes"

Reads and checks; opening checkpoints is the job of loaders.py.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from demo.errors import LANGUAGES, UserError
from demo.models.calibration_file import read_fitted
from demo.models.presets import Calibration, Checkpoint, Preset
from demo.schema import MODALITIES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROLES = (
    *MODALITIES,
    "caption",
    "answer",
    "transcriber",
    "translate_to_en",
    "translate_to_zh",
    "conversation",
    "sound_tags",
    "mood_text",
    "mood_audio",
)
_TOP = ("name", "fusion", "beams", "summary", "checkpoints", "roles", "calibration")
_CHECKPOINT = {field.name: field for field in dataclasses.fields(Checkpoint)}
_SPACES = ("temperatures", "biases", "floors")


def read_preset(path: Path, families: Collection[str]) -> Preset:
    """The preset in a file. families: those that can be opened.

    Raises:
        UserError: one sentence that says what in the file cannot be used.
    """
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError("preset_file_missing", path=path.name) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError("preset_file_unreadable", path=path.name, why=str(error)) from error
    return _Reading(path, families).preset(written)


class _Reading:
    """One file being read; every refusal names it."""

    def __init__(self, path: Path, families: Collection[str]) -> None:
        self.path, self.families = path, families

    def preset(self, written: Mapping[str, Any]) -> Preset:
        self.known(written, _TOP, "")
        name = self.text(written, "name", self.path.stem)
        checkpoints = {
            key: self.checkpoint(key, self.table(values, f"checkpoints.{key}"))
            for key, values in self.table(written.get("checkpoints", {}), "checkpoints").items()
        }
        roles = self.roles(self.table(written.get("roles", {}), "roles"), checkpoints)
        fusion = self.text(written, "fusion", "weighted")
        summary = self.table(written.get("summary", {}), "summary")
        self.known(summary, LANGUAGES, "summary.")
        said = {language: self.text(summary, language, "") for language in summary}
        return Preset(
            name,
            said.get("en", ""),
            roles,
            fusion=fusion,
            beams=self.whole(written, "beams", 1),
            summary_zh=said.get("zh", said.get("en", "")),
            calibration=self.calibration(written.get("calibration", read_fitted(self.path, roles))),
            written_in=self.path,
        )

    def checkpoint(self, key: str, values: Mapping[str, Any]) -> Checkpoint:
        where = f"checkpoints.{key}."
        self.known(values, _CHECKPOINT, where)
        family = self.text(values, "family", None, where)
        if family not in self.families:
            raise self.refusal("family", family=family, known=tuple(sorted(self.families)))
        size = values.get("megabytes", 0.0)
        if not isinstance(size, (int, float)) or isinstance(size, bool) or size < 0:
            raise self.refusal("type", key=f"{where}megabytes")
        template = self.text(values, "template", "", where) or None
        if template is not None and "{}" not in template:
            raise self.refusal("template", key=f"{where}template")
        return Checkpoint(
            family,
            self.source(self.text(values, "source", None, where)),
            self.text(values, "licence", "?", where),
            float(size),
            self.text(values, "revision", "", where) or None,
            template,
        )

    def source(self, written: str) -> str:
        """A folder as a whole path, from where the file lies; anything else as it is."""
        if written.startswith((".", "/", "~")) or Path(written).is_absolute():
            return str((self.path.parent / Path(written).expanduser()).resolve())
        return written

    def roles(
        self, written: Mapping[str, Any], checkpoints: Mapping[str, Checkpoint]
    ) -> dict[str, Checkpoint]:
        if not written:
            raise self.refusal("no_roles", known=ROLES)
        for role, name in written.items():
            if role not in ROLES:
                raise self.refusal("role", role=role, known=ROLES)
            if name not in checkpoints:
                raise self.refusal("name", role=role, name=str(name), known=tuple(checkpoints))
        return {role: checkpoints[name] for role, name in written.items()}

    def calibration(self, written: Any) -> Calibration | None:
        if written is None:
            return None
        values = self.table(written, "calibration")
        self.known(values, (*_SPACES, "data"), "calibration.")
        found = {}
        for name in _SPACES:
            numbers = self.table(values.get(name, {}), f"calibration.{name}")
            self.known(numbers, MODALITIES, f"calibration.{name}.")
            for modality, number in numbers.items():
                right = isinstance(number, (int, float)) and not isinstance(number, bool)
                if not right or (name == "temperatures" and number <= 0):
                    raise self.refusal("type", key=f"calibration.{name}.{modality}")
            found[name] = {m: float(number) for m, number in numbers.items()}
        return Calibration(**found, data=self.text(values, "data", "", "calibration."))

    # What a value may be ----------------------------------------------------------------------

    def known(self, values: Mapping[str, Any], names: Collection[str], where: str) -> None:
        for key in values:
            if key not in names:
                raise self.refusal("key", key=where + key, known=tuple(names))

    def table(self, value: Any, key: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.refusal("type", key=key)
        return value

    def text(
        self, values: Mapping[str, Any], key: str, default: str | None, where: str = ""
    ) -> str:
        value = values.get(key, default)
        if value is None:
            raise self.refusal("missing", key=where + key)
        if not isinstance(value, str):
            raise self.refusal("type", key=where + key)
        return value

    def whole(self, values: Mapping[str, Any], key: str, default: int) -> int:
        value = values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 8:
            raise self.refusal("type", key=key)
        return value

    def refusal(self, what: str, **values: Any) -> UserError:
        return UserError(f"preset_{what}_unusable", path=self.path.name, **values)
