"""The last few results, so that work on the same content is done once. Knows nothing about what it keeps."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

import numpy as np

from demo.schema import Sample, Waveform

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """At most `most` values by key; the one that was not asked for longest goes first. Thread-safe."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, tuple[Lock, list[Value]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of the key, made once however many threads ask for it; what `make` raises is not kept."""
        with self._lock:
            lock, held = self._kept.setdefault(key, (Lock(), []))
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        with lock:
            if not held:
                held.append(make())
            return held[0]

    def held(self, key: Hashable) -> Value | None:
        """The value of the key if it has been made; None: not yet, or no longer."""
        with self._lock:
            _, held = self._kept.get(key, (None, []))
            return held[0] if held else None

    def drop(self, key: Hashable) -> None:
        """Forget one."""
        with self._lock:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


def content_key(value: np.ndarray | Waveform | str | None) -> str:
    """The same for the same picture, sound or sentence, and for no other (BLAKE2b, 128 bits)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"text:{value}"
    array: Any = value.samples if isinstance(value, Waveform) else value
    digest = hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16).hexdigest()
    return f"{array.dtype}{array.shape}:{digest}"


def sample_key(sample: Sample) -> tuple[str, str, str]:
    """content_key of each modality."""
    return content_key(sample.image), content_key(sample.audio), content_key(sample.text)
