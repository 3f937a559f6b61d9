"""Pictures and labels in one .npz file, as MNIST is often passed on. Knows nothing about models."""

from __future__ import annotations

import zipfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np

from demo.data.example import Example
from demo.errors import UserError

MAX_ARRAY_MB = 1024  # megabytes of 1024² bytes


def npz_examples(path: Path) -> tuple[Example, ...]:
    """One example per picture.

    Raises:
        UserError: data_broken, or data_arrays when the arrays are not pictures and labels.
    """
    images, labels = _arrays(path)
    return tuple(
        Example(f"{path.name}, number {i}", str(label), {"image": partial(_pixels, images[i])})
        for i, label in enumerate(labels)
    )


def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        _check_sizes(path)
        with np.load(path, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
    except (KeyError, MemoryError):
        raise UserError("data_arrays", path=path.name) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        SyntaxError,
    ):
        raise UserError("data_broken", path=path.name) from None
    colour = images.ndim == 4 and images.shape[-1] == 3
    fits = images.dtype == np.uint8 and (images.ndim == 3 or colour) and 0 not in images.shape[1:]
    if not fits or labels.shape != (len(images),) or labels.dtype.kind not in "iuU":
        raise UserError("data_arrays", path=path.name)
    return images, labels


def _check_sizes(path: Path) -> None:
    """Refuse arrays that unpack to more than fits in memory, before any is unpacked."""
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_ARRAY_MB * 1024**2:
            raise UserError("data_arrays_too_large", path=path.name, limit=MAX_ARRAY_MB)


def _pixels(image: np.ndarray) -> np.ndarray:
    """uint8 [H, W] or [H, W, 3] → uint8 [H, W, 3]."""
    return image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)
