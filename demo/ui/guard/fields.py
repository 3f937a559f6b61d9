"""What each kind of field may hold; anything else is refused in one sentence that names the field.

Looked at before Gradio or a handler sees it, so that neither a wrong type nor a huge value gets that far.
"""

from __future__ import annotations

import json
import math
from typing import Any

import gradio as gr

from demo.errors import UserError
from demo.inputs.text import MAX_CHARACTERS
from demo.ui.guard import gate

MAX_TYPED = (
    25 * MAX_CHARACTERS
)  # characters in a text box; that a sentence is long, its reader says better
MAX_CHOICE = 200  # characters of a name that is chosen
MAX_CHOSEN = 100  # entries of a list of choices
MAX_FILES = 1_000  # of a field that takes several


def checked(block: Any, value: Any, max_upload_mb: int) -> Any:
    """The value of one input of a handler, files admitted; the rest as it was.

    Raises:
        UserError: field_* or, for files, as gate.admit.
    """
    field = str(getattr(block, "api_name", None) or getattr(block, "label", None) or "value")
    if isinstance(block, gr.ImageEditor):
        return _drawing(value, field, max_upload_mb)
    if isinstance(block, gr.File) and block.file_count == "multiple":
        return _files(value, field, max_upload_mb)
    if isinstance(block, gr.Image | gr.Audio | gr.Video | gr.File):
        return gate.admit(value, field, max_upload_mb)
    for kinds, check in _CHECKS:
        if isinstance(block, kinds):
            return check(block, value, field)
    return _no_files(value, field)


def told(event: Any, name: str, kind: type) -> Any:
    """What the data of an event says.

    Raises:
        UserError: event_unknown, when it says no such thing or one of another kind.
    """
    value: Any
    try:
        value = getattr(event, name)
    except (AttributeError, TypeError):
        raise UserError("event_unknown") from None
    if type(value) is not kind or len(str(value)) > MAX_CHOICE:
        raise UserError("event_unknown")
    return value


def _drawing(value: Any, field: str, max_upload_mb: int) -> Any:
    """The drawing pad's value, of which the whole drawing alone is wanted."""
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("id") is not None:
        raise UserError("field_drawing", field=field)
    composite = value.get("composite")
    return {"composite": gate.admit(composite, field, max_upload_mb)} if composite else None


def _files(value: Any, field: str, max_upload_mb: int) -> Any:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_FILES:
        raise UserError("field_files", field=field, limit=MAX_FILES)
    return [gate.admit(one, field, max_upload_mb) for one in value]


def _typed(block: Any, value: Any, field: str) -> Any:
    if field == "labels" and isinstance(value, list):
        value = _listed(value)
    return _text(block, value, field, MAX_TYPED) or ""  # null is nothing


def _listed(labels: list[Any]) -> str:
    """A list of labels, as programs send it, as the text that parse_labels reads."""
    if len(labels) > MAX_CHOSEN or not all(type(one) in (str, int, float) for one in labels):
        raise UserError("field_text", field="labels")
    return json.dumps(labels, ensure_ascii=False) if labels else ""


def _text(block: Any, value: Any, field: str, most: int = MAX_CHOICE) -> Any:
    if value is not None and not isinstance(value, str):
        raise UserError("field_text", field=field)
    if value and len(value) > most:
        raise UserError("field_too_long", field=field, length=len(value), limit=most)
    return value


def _choice(block: Any, value: Any, field: str) -> Any:
    if getattr(block, "multiselect", False):
        return _choices(block, value, field)
    offered = [one for _, one in block.choices or ()]
    if any(type(one) is type(value) and one == value for one in offered):
        return value  # a choice may also be a number
    return _text(block, value, field)


def _choices(block: Any, value: Any, field: str) -> Any:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_CHOSEN:
        raise UserError("field_list", field=field)
    return [_text(block, one, field) for one in value]


def _number(block: Any, value: Any, field: str) -> Any:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
        raise UserError("field_number", field=field)
    if getattr(block, "precision", None) == 0 and value != int(value):
        raise UserError("field_whole_number", field=field)
    least, most = getattr(block, "minimum", None), getattr(block, "maximum", None)
    if (least is not None and value < least) or (most is not None and value > most):
        raise UserError("field_range", field=field, least=least, most=most)
    return value


def _finite(value: int | float) -> bool:
    try:
        return math.isfinite(value) and abs(value) < 1e15
    except OverflowError:  # an integer too large for a float
        return False


def _yes_or_no(block: Any, value: Any, field: str) -> Any:
    if value is None:
        return bool(block.value)
    if not isinstance(value, bool):
        raise UserError("field_yes_or_no", field=field)
    return value


def _index(block: Any, value: Any, field: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError("field_number", field=field)
    if not 0 <= value < len(block.samples):
        raise UserError("field_range", field=field, least=0, most=len(block.samples) - 1)
    return value


def _no_files(value: Any, field: str) -> Any:
    """Whatever else a page sends holds no files."""
    if isinstance(value, dict | list):
        raise UserError("field_text", field=field)
    return value if not isinstance(value, str) else _text(None, value, field, MAX_TYPED)


_CHECKS: tuple[tuple[Any, Any], ...] = (
    (gr.State, lambda block, value, field: value),  # kept here; what a request says is not read
    (gr.Textbox, _typed),
    (gr.Radio | gr.Dropdown, _choice),
    (gr.CheckboxGroup, _choices),
    (gr.Checkbox, _yes_or_no),
    (gr.Number | gr.Slider, _number),
    (gr.Dataset, _index),
)
