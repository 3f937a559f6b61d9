"""preset.json: what was measured of a preset's weights, beside them."""

from __future__ import annotations

import json
from pathlib import Path

from demo.errors import UserError
from demo.models.roles import Facts
from demo.moments import Lasting


def read_facts(path: Path | None) -> Facts:
    """What was measured of a preset's weights, from its preset.json; defaults where there is none.

    Raises:
        UserError: the file cannot be read, or names something that is no fact.
    """
    if path is None:
        return Facts()
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(read[name]) for name in ("doubts", "cannot") if name in read}
        lasting = {sense: Lasting(**one) for sense, one in read.get("lasting", {}).items()}
        return Facts(**{**read, **lists, "lasting": lasting})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError("checkpoint_misfit", folder=path.parent.name) from error
