"""Which calls of a preset's roles may be computed elsewhere, what they cost, and what travels.

A call is named as in roles.py ("pocket/image", "pocket/write"); here stands what such a name means, for
those who ask (elsewhere.py) and those who compute (replica.py). Knows nothing about Ray.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any, NoReturn

import numpy as np
from torch import Tensor

from demo.models.generator import ManyWriter, Wanted
from demo.models.roles import Roles
from demo.schema import Encoding, Waveform
from demo.serving.batches import MOST, Batches
from demo.serving.roles import BatchedJoint

BUDGET = 64  # of a batch: 16 megapixels, a minute of sound, 64 readings; no item costs more than all of it
EXPLAIN = (
    "explain"  # the call that makes heatmaps: of no role, but of a whole pipeline (explaining.py)
)
PIXELS = 250_000  # of a picture that cost as much as a second of sound, roughly


@dataclass(frozen=True)
class Placed:
    """One item that is computed elsewhere. how: what belongs to the call besides its kind (beams)."""

    item: Any
    how: str = ""


Run = Callable[[Sequence[Placed]], Sequence[Any]]


def places(roles: Roles, name: str) -> dict[str, Run]:
    """Every kind of call to these roles that may be computed elsewhere, and how. name: of the preset."""
    found: dict[str, Run] = {
        f"{name}/{modality}": partial(_plainly, encoder.encode)
        for modality, encoder in roles.encoders.items()
        if hasattr(encoder, "pool")  # which whoever asks puts back
    }
    joint, generator = roles.joint_encoder, roles.generator
    if joint is not None and not joint.apart:
        found[f"{name}/read"] = partial(_plainly, BatchedJoint(joint, Batches(), name).read_rows)
    if isinstance(generator, ManyWriter):
        found[f"{name}/write"] = partial(_written, generator)
    for task, one in roles.writers.items():
        found |= places(one, f"{name}/{task}")
    return found


def _plainly(run: Callable[[Sequence[Any]], Sequence[Any]], given: Sequence[Placed]) -> list[Any]:
    return [travelling(one) for one in run([one.item for one in given])]


def _written(generator: ManyWriter, given: Sequence[Placed]) -> list[Any]:
    """Sentences of the same number of beams side by side."""
    order = sorted(range(len(given)), key=lambda i: given[i].how)
    found: dict[int, Any] = {}
    for beams, group in groupby(order, key=lambda i: given[i].how):
        at = list(group)
        wanted = [given[i].item for i in at]
        found |= zip(at, generator.write_many(wanted, int(beams)), strict=True)
    return [found[i] for i in range(len(given))]


def cost(given: Sequence[Placed]) -> int:
    """What a batch takes of BUDGET: pixels and seconds, or how many there are."""
    return sum(_cost(one.item) for one in given)


def _cost(item: Any) -> int:
    spent = BUDGET // MOST  # of a sentence to read or to write
    if isinstance(item, np.ndarray):
        spent = item.shape[0] * item.shape[1] // PIXELS
    elif isinstance(item, Waveform):
        spent = round(item.seconds)
    elif isinstance(item, Tensor):
        spent = 1
    return min(max(spent, 1), BUDGET)


def travelling(item: Any) -> Any:
    """The same without what must stay where it is: a model's functions, a device's memory, a graph."""
    if isinstance(item, Tensor):
        return item.detach().cpu()
    if isinstance(item, Encoding):
        mixing = None if item.mixing is None else travelling(item.mixing)
        return replace(item, tokens=travelling(item.tokens), mixing=mixing, pool=_stayed)
    if isinstance(item, Wanted):
        return replace(item, encodings=[travelling(one) for one in item.encodings])
    return item


def _stayed(tokens: Tensor) -> NoReturn:
    raise RuntimeError("an encoding that has travelled is pooled by its own encoder")
