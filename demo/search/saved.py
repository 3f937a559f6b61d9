"""An index as one file: safetensors with the vectors, and JSON in its header that says what they are of.

Whatever does not fit together is refused: the file may come from a stranger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from demo.errors import UserError
from demo.schema import MODALITIES, Modality
from demo.search.collection import MOST_ITEMS
from demo.search.index import COLUMNS, CORRECTIONS, Index, Item, Maker, Scale, Sense

ENDING = ".safetensors"
VERSION = "1"
MOST_MB = 400  # of a file that is opened


def save_index(index: Index, path: Path) -> None:
    """Write it.

    Raises:
        UserError: cli_cannot_write.
    """
    try:
        path.write_bytes(as_bytes(index))
    except OSError as error:
        raise UserError(
            "cli_cannot_write", path=str(path), why=error.strerror or str(error)
        ) from None


def open_index(path: Path) -> Index:
    """Read it.

    Raises:
        UserError: search_no_file, search_not_an_index.
    """
    try:
        if path.stat().st_size > MOST_MB * 1024**2:
            raise UserError("search_not_an_index", path=path.name)
        data = path.read_bytes()
    except OSError:
        raise UserError("search_no_file", path=path.name) from None
    return from_bytes(data, path.name)


def as_bytes(index: Index) -> bytes:
    """The whole file."""
    pictures = [item.thumbnail for item in index.items]
    tensors = {
        "probes": index.maker.probes,
        "thumbnails": np.frombuffer(b"".join(pictures) or b"\0", np.uint8),
        "thumbnail_ends": np.cumsum([len(one) for one in pictures], dtype=np.int64),
    }
    for modality, sense in index.senses.items():
        tensors[f"{modality}.augmented"] = sense.augmented
        tensors[f"{modality}.rows"] = sense.rows
    held = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    return save(held, {"version": VERSION, "index": json.dumps(_told(index), ensure_ascii=False)})


def from_bytes(data: bytes, name: str = "") -> Index:
    """The index of such a file. Raises UserError: search_not_an_index."""
    try:
        tensors = load(data)
        size = int.from_bytes(data[:8], "little")
        head = json.loads(data[8 : 8 + size])["__metadata__"]
        if head["version"] != VERSION:
            raise ValueError("another version")
        return _index(json.loads(head["index"]), tensors)
    except (
        SafetensorError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        RecursionError,
        AttributeError,
    ):
        raise UserError("search_not_an_index", path=name) from None


def _told(index: Index) -> dict[str, Any]:
    return {
        "source": index.source,
        "preset": index.maker.preset,
        "half": index.maker.half,
        "items": [[i.name, list(i.senses), i.text, i.seconds] for i in index.items],
        "scales": [
            [correction, query, sense, scale.mean, scale.spread]
            for correction, pairs in index.scales.items()
            for (query, sense), scale in pairs.items()
        ],
    }


def _index(told: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Index:
    """Raises ValueError, KeyError and their like where something does not fit."""
    probes = _checked(tensors["probes"], np.float32, 2)
    width = probes.shape[1]
    ends = [0, *tensors["thumbnail_ends"].tolist()]
    pictures = tensors["thumbnails"].tobytes()
    if not 0 < len(told["items"]) <= MOST_ITEMS or len(ends) != len(told["items"]) + 1:
        raise ValueError("items")
    items = tuple(
        Item(
            str(name),
            tuple(m for m in MODALITIES if m in senses),
            str(text),
            pictures[a:b],
            float(s),
        )
        for (name, senses, text, s), a, b in zip(told["items"], ends, ends[1:], strict=False)
    )
    senses = {
        m: _sense(tensors, m, width, len(items)) for m in MODALITIES if f"{m}.rows" in tensors
    }
    scales: dict[str, dict[tuple[Modality, Modality], Scale]] = {c: {} for c in CORRECTIONS}
    for correction, query, sense, mean, spread in told["scales"]:
        if not float(spread) > 0:
            raise ValueError("scale")
        scales[correction][query, sense] = Scale(float(mean), float(spread))
    maker = Maker(str(told["preset"]), str(told["half"]), probes)
    return Index(str(told["source"]), maker, items, senses, scales)


def _sense(tensors: Mapping[str, np.ndarray], m: Modality, width: int, items: int) -> Sense:
    augmented = _checked(tensors[f"{m}.augmented"], np.float32, 2)
    rows = _checked(tensors[f"{m}.rows"], np.int64, 1)
    fits = augmented.shape == (len(rows), width + len(COLUMNS)) and len(rows) > 0
    if not fits or rows.min() < 0 or rows.max() >= items or len(set(rows.tolist())) != len(rows):
        raise ValueError(m)
    hubs: dict[str, dict[Modality, np.ndarray]] = {}
    for i, (correction, query) in enumerate(COLUMNS):
        hubs.setdefault(correction, {})[query] = augmented[:, width + i]
    return Sense(augmented[:, :width], rows, hubs)


def _checked(values: np.ndarray, kind: Any, dimensions: int) -> np.ndarray:
    if values.dtype != kind or values.ndim != dimensions or not np.isfinite(values).all():
        raise ValueError("tensor")
    return values
