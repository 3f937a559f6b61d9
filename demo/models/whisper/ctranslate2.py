"""Reads CTranslate2's model.bin: names, shapes and numbers, nothing that could be run.

Layout (OpenNMT CTranslate2, src/models/model.cc, binary version 6), little-endian: version, name of the
specification, its revision, then each variable as name, rank, dimensions, type, size in bytes and the bytes;
last, other names of variables. Knows nothing about Whisper.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

VERSION = 6
TYPES: dict[int, Any] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


@dataclass(frozen=True)
class Model:
    """name: of the specification; variables: name → array, a view of what was read."""

    name: str
    variables: dict[str, np.ndarray]


class _Reader:
    def __init__(self, data: bytes | memoryview) -> None:
        self.data, self.place = memoryview(data), 0

    def numbers(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(f"<{layout}", self.data, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return found

    def number(self, layout: str = "I") -> int:
        return self.numbers(layout)[0]

    def bytes(self, size: int) -> memoryview:
        if self.place + size > len(self.data):
            raise ValueError("the file ends too early")
        self.place += size
        return self.data[self.place - size : self.place]

    def text(self) -> str:
        return bytes(self.bytes(self.number("H"))).rstrip(b"\0").decode("utf-8")


def read_model(data: bytes | memoryview) -> Model:
    """Every variable of a model, other names included.

    Raises:
        ValueError: not such a file, or cut off.
    """
    reader = _Reader(data)
    try:
        if reader.number() != VERSION:
            raise ValueError("not a CTranslate2 model of the version that is understood")
        name, _ = reader.text(), reader.number()
        variables = dict(_variable(reader) for _ in range(reader.number()))
        aliases = {reader.text(): reader.text() for _ in range(reader.number())}
    except (struct.error, KeyError, UnicodeDecodeError) as error:
        raise ValueError("not a CTranslate2 model, or damaged") from error
    return Model(name, variables | {alias: variables[name] for alias, name in aliases.items()})


def _variable(reader: _Reader) -> tuple[str, np.ndarray]:
    name, rank = reader.text(), reader.number("B")
    shape = reader.numbers(f"{rank}I")
    kind, size = TYPES[reader.number("B")], reader.number()
    return name, np.frombuffer(reader.bytes(size), kind).reshape(shape)
