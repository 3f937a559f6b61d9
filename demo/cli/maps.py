"""Heatmaps as files: one PNG per modality and heatmaps.json. Knows nothing about how maps are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demo.cli.output import as_json
from demo.errors import UserError
from demo.pipeline import Explanation
from demo.render.modalities import finished
from demo.schema import Sample


def make_folder(name: str) -> Path:
    """The folder to write to, made if it is not there.

    Raises:
        UserError: cli_cannot_write.
    """
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot_write(folder, error) from None
    return folder


def with_files(
    value: dict[str, Any],
    explanation: Explanation,
    sample: Sample,
    folder: Path | None,
    language: str,
) -> dict[str, Any]:
    """The explanation's JSON with the sentence its spans refer to and the files that were written.

    Raises:
        UserError: cli_cannot_write.
    """
    value = {**value, "text": sample.text, "files": {}}
    if folder is None:
        return value
    value["files"] = {modality: f"{modality}.png" for modality in explanation.heatmaps}
    try:
        for modality, heatmap in explanation.heatmaps.items():
            finished(sample, heatmap, language).save(folder / f"{modality}.png")
        text = as_json(value, language) + "\n"
        (folder / "heatmaps.json").write_text(text, "utf-8", "backslashreplace", newline="\n")
    except OSError as error:
        raise _cannot_write(folder, error) from None
    return value


def _cannot_write(folder: Path, error: OSError | ValueError) -> UserError:
    why = getattr(error, "strerror", None) or str(error)
    return UserError("cli_cannot_write", path=str(folder), why=why)
