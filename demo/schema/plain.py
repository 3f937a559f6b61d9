"""Results as JSON values: what the command line prints and the API returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from demo.errors import Message


def to_json(value: Any, language: str = "en", digits: int = 6) -> Any:
    """Dataclasses, arrays and messages as JSON values; floats rounded to `digits` decimals."""
    if isinstance(value, Message):
        return value.text(language)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {f.name: to_json(getattr(value, f.name), language, digits) for f in fields}
    if isinstance(value, Mapping):
        return {str(key): to_json(item, language, digits) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return to_json(value.tolist(), language, digits)
    if isinstance(value, (list, tuple)):
        return [to_json(item, language, digits) for item in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), digits)
    if isinstance(value, np.integer):
        return int(value)
    return value
