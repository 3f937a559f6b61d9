"""Ask the command line one of the fifty requests, keep what must not change, compare.

Kept: probabilities, shares, contributions, agreement, familiarity, texts, times of words, values of
maps. Not kept: how long it took, on what, how faithful a map is (it ranks cells, so the last digit may
show), and sentences for a person. Of a long table of labels the likeliest are kept.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from demo.__main__ import main
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import MODALITIES
from demo.settings import Settings
from demo.world.concepts import index_of
from demo.world.lesson import draw_lesson, draw_thing

ASSETS = Path(__file__).parents[2] / "assets"
RECORD = Path(__file__).with_name("requests.json")
MOST_LABELS = 10
LEFT_OUT = {"timings_ms", "device", "files", "faithfulness", "notes", "grid"}
LEFT_OUT |= {"seen", "outside", "none_of_these"}  # the picture world has none of these
# Processors of the same instruction set add in different orders, and so do different numbers of threads.
# Absolute, and relative above 1.
NEAR = 1e-4
# A word written with certainty has next to no gradient, and a label held for certain hardly changes under
# RISE's masks: what is left is the last digits, and a map is stretched from them. Measured, AVX2 against
# AVX-512 and one AVX-512 processor against another: 0.053 in a map's values; probabilities 5e-6, other maps
# below 1e-4.
STRETCHED = 0.1

Number = (int, float)


def world_once() -> Callable[[Settings], Pipeline]:
    """The half that reads the picture world, opened once: all methods and strategies apply to it."""
    load = open_pipeline
    return functools.cache(lambda settings: load(settings).for_world())


def allowed(request: str) -> tuple[float, float]:
    """How far numbers, and values of maps, may lie from those that were recorded."""
    written = (
        request.split()[0] not in ("predict", "explain") or ":" in request.partition("--of ")[2]
    )
    return NEAR, STRETCHED if written or request.endswith("--method rise") else NEAR


def answer(request: str, folder: Path) -> dict[str, Any]:
    """What `python -m demo` prints for a request. folder: for the pictures that are painted."""
    words = shlex.split(request)
    for i, flag in enumerate(words[:-1]):
        if flag in ("--image", "--audio"):
            words[i + 1] = str(_file(words[i + 1], folder))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main([*words, "--device", "cpu", "--json"])
    if status != 0:
        raise ValueError(f"`{request}` ended with status {status}")
    return json.loads(printed.getvalue())


def _file(name: str, folder: Path) -> Path:
    """examples/rain.flac → that asset; scene:7 or thing:dog:3 → a picture painted from that seed."""
    kind, *rest = name.split(":")
    if not rest:
        return ASSETS / name
    seed = int(rest[-1])
    picture = (
        draw_lesson(seed, 1)[0].picture if kind == "scene" else draw_thing(index_of(rest[0]), seed)
    )
    path = folder / f"{'-'.join((kind, *rest))}.png"
    Image.fromarray(picture).save(path)
    return path


def kept(found: Any) -> Any:
    """The part of an answer that must not change."""
    if isinstance(found, list):
        return [kept(item) for item in found]
    if not isinstance(found, dict):
        return found
    if len(found) > MOST_LABELS and all(isinstance(value, Number) for value in found.values()):
        return dict(sorted(found.items(), key=lambda item: -item[1])[:MOST_LABELS])
    return {
        name: kept(value)
        for name, value in found.items()
        if name not in LEFT_OUT and not (name == "labels" and len(value) > MOST_LABELS)
    }


def differences(
    recorded: Any, found: Any, near: tuple[float, float], where: str = ""
) -> Iterator[str]:
    """Where an answer is not what was recorded, one line each. An answer may hold more than was recorded, but
    no modality more. near: for numbers, and for those of maps.
    """
    if isinstance(recorded, dict) and isinstance(found, dict):
        missing = recorded.keys() - found.keys()
        if recorded.keys() <= set(MODALITIES):
            missing |= found.keys() - recorded.keys()
        if missing:
            yield f"{where}: {sorted(missing)} on one side only"
        for name in recorded.keys() & found.keys():
            yield from differences(recorded[name], found[name], near, f"{where}.{name}")
    elif isinstance(recorded, list) and isinstance(found, list):
        if len(recorded) != len(found):
            yield f"{where}: {len(recorded)} values, now {len(found)}"
        for i, (before, now) in enumerate(zip(recorded, found, strict=False)):
            yield from differences(before, now, near, f"{where}[{i}]")
    elif _are_numbers(recorded, found):
        if not abs(recorded - found) <= near["heatmap" in where] * max(1.0, abs(recorded)):
            yield f"{where}: {recorded}, now {found}"
    elif recorded != found:
        yield f"{where}: {recorded!r}, now {found!r}"


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, Number) and not isinstance(value, bool) for value in values)
