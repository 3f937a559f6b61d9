"""Labelled pictures and sounds in a zip: `label/file`, as a person would hand them in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from demo.errors import UserError
from demo.inputs import read_audio


def opened(data: Path, name: str) -> zipfile.ZipFile:
    """A zip of the data folder.

    Raises:
        UserError: it is not there.
    """
    path = data / name
    if not path.is_file():
        raise UserError("data_missing", path=str(path))
    return zipfile.ZipFile(path)


def pictures(data: Path, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Folder name and picture, uint8 [H, W, 3]."""
    with opened(data, name) as archive:
        for file in sorted(archive.namelist()):
            if file.endswith((".webp", ".jpg", ".png")):
                with Image.open(io.BytesIO(archive.read(file))) as picture:
                    yield file.split("/")[0], np.asarray(picture.convert("RGB"))


def sounds(data: Path, name: str) -> Iterator[tuple[str, str, np.ndarray]]:
    """Folder name, file name and samples at SAMPLE_RATE."""
    with opened(data, name) as archive:
        for file in sorted(archive.namelist()):
            if file.endswith(".flac"):
                folder, _, leaf = file.rpartition("/")
                yield folder, leaf, read_audio(archive.read(file)).waveform.samples
