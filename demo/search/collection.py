"""What there is to find: the picture world, the shipped examples, or files of one's own. Nothing is read yet.

A file is an item; files of one folder that differ only in their ending (dog.jpg, dog.wav, dog.txt) are one
item with several senses, as is a row of a table. Knows nothing about models.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import numpy as np

from demo.data.datasets import MODALITY_OF, opened, tables_of
from demo.data.example import Example, Fetch, Skip
from demo.data.files import Files, uploaded_files
from demo.data.manifests import Table, table_in
from demo.errors import Message, UserError
from demo.schema import MODALITIES, Modality
from demo.world.language.grammar import description
from demo.world.paint import paint
from demo.world.scenes import Scene, draw_scene

MOST_ITEMS = 10_000
MOST_WORLD = 2_000  # pictures that are drawn at once
WORLD, EXAMPLES = "world", "examples"
Source = str | tuple[str, ...]  # see open_collection
SIDE = 160  # pixels of a drawn scene
_AT_ONCE = 64  # scenes that are painted together
_MOST_PACKED, _FREELY = (
    200,
    100 * 1024**2,
)  # times its size an archive may unpack to, beyond some bytes
GRADIOS = ("images/cheetah1.jpg", "images/lion.jpg", "images/tower.jpg", "audio/sax.wav")
_FILES = ("picture", "sound")
EXAMPLES_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True)
class Collection:
    """source: as `open_collection` takes it, so that an original can be fetched again; half: of a
    model that should read it, “world” or “real”, "" where that depends; skipped: what is no item, and why."""

    source: str
    items: tuple[Example, ...]
    skipped: tuple[Skip, ...] = ()
    notes: tuple[Message, ...] = ()
    half: str = ""


@contextmanager
def open_collection(source: Source) -> Iterator[Collection]:
    """“world:SEED:COUNT”, “examples”, the path of a folder, zip, .csv or .jsonl; or what was uploaded, one or
    several files, of which a table names no file of this machine.

    Raises:
        UserError: search_empty, search_too_many, search_packed, search_world; or as data.datasets.opened.
    """
    if isinstance(source, tuple):
        files = uploaded_files([Path(path) for path in source])
        yield replace(_checked(_of_files(files), source[0]), source="")
    elif source == EXAMPLES:
        yield shipped_examples()
    elif source.split(":")[0] == WORLD:
        yield picture_world(*_numbers(source))
    else:
        _check_packing(Path(source))
        with opened(Path(source)) as found:
            yield _checked(
                _of_table(found) if isinstance(found, Table) else _of_files(found), source
            )


def _checked(found: Collection, source: str) -> Collection:
    name = Path(source).name
    if not found.items:
        raise UserError("search_empty", path=name)
    if len(found.items) > MOST_ITEMS:
        raise UserError("search_too_many", path=name, count=len(found.items), most=MOST_ITEMS)
    return Collection(source, found.items, found.skipped, found.notes)


def _of_files(files: Files) -> Collection:
    """The rows of its only table, or every file that shows, sounds or says something."""
    tables = tables_of(files)
    if len(tables) == 1:
        table = _of_table(table_in(files, tables[0]))
        if table.items:
            return table
    groups: dict[tuple[PurePosixPath, int], dict[Modality, Fetch]] = {}
    names: dict[tuple[PurePosixPath, int], str] = {}
    skipped = []
    for path, fetch in files.by_path.items():
        modality = MODALITY_OF.get(path.suffix.lower())
        if modality is None:
            if path not in tables:
                skipped.append(Skip(str(path), Message("data_unknown_file")))
            continue
        twin = 0  # a second picture of the same name is an item of its own
        while modality in groups.get((path.with_suffix(""), twin), ()):
            twin += 1
        key = (path.with_suffix(""), twin)
        groups.setdefault(key, {})[modality] = fetch
        names.setdefault(key, str(path))
    items = tuple(Example(names[key], "", _in_order(parts)) for key, parts in groups.items())
    return Collection("", items, tuple(skipped), files.notes)


def _of_table(table: Table) -> Collection:
    """A row each; its name is that of its file."""
    if not table.has(MODALITIES):
        raise UserError("search_no_columns", path=table.path, columns=table.named_columns)
    items, skipped = [], list(table.skipped)
    for row in table.rows:
        parts = row.parts()
        if parts:
            items.append(Example(row.text("image", "audio") or row.name, "", parts))
        else:
            skipped.append(
                Skip(row.name, Message("eval_row_lacks", {"columns": " / ".join(MODALITIES)}))
            )
    return Collection("", _apart(items), tuple(skipped), table.notes)


def _apart(items: Sequence[Example]) -> tuple[Example, ...]:
    """Items by whose names an original can be found again: a number behind each name that came before."""
    seen: dict[str, int] = {}
    found = []
    for item in items:
        seen[item.name] = seen.get(item.name, 0) + 1
        count = seen[item.name]
        found.append(item if count == 1 else Example(f"{item.name} ({count})", "", item.parts))
    return tuple(found)


def _in_order(parts: dict[Modality, Fetch]) -> dict[Modality, Fetch]:
    return {m: parts[m] for m in MODALITIES if m in parts}


def _check_packing(path: Path) -> None:
    """Refuse an archive that says it unpacks to far more than it is, before any of it is unpacked."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # whoever opens it says so
    if len(members) > MOST_ITEMS:
        items = len({member.filename.rpartition(".")[0] for member in members})
        if items > MOST_ITEMS:
            raise UserError("search_too_many", path=path.name, count=items, most=MOST_ITEMS)
    whole = sum(member.file_size for member in members)
    if whole > max(_FREELY, _MOST_PACKED * path.stat().st_size):
        raise UserError("search_packed", path=path.name, times=round(whole / path.stat().st_size))


# What is made here ---------------------------------------------------------------------------------


def _numbers(source: str) -> tuple[int, int]:
    """Of “world:7:400”."""
    try:
        _, seed, count = (source + ":7:400").split(":")[:3]
        numbers = int(seed or 7), int(count or 400)
    except ValueError:
        raise UserError("search_world", most=MOST_WORLD) from None
    if not 1 <= numbers[1] <= MOST_WORLD:
        raise UserError("search_world", most=MOST_WORLD)
    return numbers


def picture_world(seed: int, count: int) -> Collection:
    """`count` scenes that the seed alone determines; a scene's name is what it shows."""
    scenes = world_scenes(seed, count)
    pictures = _Pictures(scenes)
    items = [
        Example(description(scene, "en"), "", {"image": partial(pictures.of, i)})
        for i, scene in enumerate(scenes)
    ]
    return Collection(f"{WORLD}:{seed}:{count}", _apart(items), half="world")


def world_scenes(seed: int, count: int) -> tuple[Scene, ...]:
    """On backgrounds that training never shows; the first ones do not depend on `count`."""
    draws = (random.Random(f"{seed}/search/{i}") for i in range(count))
    return tuple(draw_scene(draw, held_back=True) for draw in draws)


class _Pictures:
    """Scenes painted some at a time, the last few kept."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self.scenes = scenes
        self._kept: tuple[int, np.ndarray] | None = None

    def of(self, i: int) -> np.ndarray:
        part = i // _AT_ONCE
        if self._kept is None or self._kept[0] != part:
            drawn, _ = paint(self.scenes[part * _AT_ONCE :][:_AT_ONCE], SIDE)
            pixels = (255 * drawn).round().byte().permute(0, 2, 3, 1).numpy()
            self._kept = (part, pixels)
        return self._kept[1][i % _AT_ONCE]


@cache
def shipped_examples() -> Collection:
    """What the list of examples holds, each file and English sentence once, and samples of Gradio."""
    rows = json.loads((EXAMPLES_FOLDER / "examples.json").read_text(encoding="utf-8"))
    listed = [EXAMPLES_FOLDER / row[column] for row in rows for column in _FILES if row.get(column)]
    files = {path.name: path for path in (*listed, *_gradios())}
    found: list[Example] = []
    for name, path in sorted(files.items()):
        modality = MODALITY_OF.get(path.suffix.lower())
        if modality in ("image", "audio") and path.is_file():
            found.append(Example(name, "", {modality: partial(Path, path)}))
    texts = dict.fromkeys(row["sentence"]["en"] for row in rows if row.get("sentence"))
    found += [Example(text, "", {"text": partial(str, text)}) for text in texts]
    return Collection(EXAMPLES, tuple(found), half="real")


def _gradios() -> list[Path]:
    """Gradio's, where it is installed; it is looked for, not imported."""
    spec = find_spec("gradio")
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / "media_assets" / name for name in GRADIOS]
