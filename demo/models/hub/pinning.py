"""A preset's file with commits in place of branches, as they were fetched. Knows nothing about the hub."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from demo.models.hub.download import Part

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SECTION = re.compile(r"\s*\[\s*(?P<name>[^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*(?P<name>[\w-]+)\s*=")


def unpinned(parts: Sequence[Part]) -> dict[str, str]:
    """Sources whose revision can change → the commit that was fetched."""
    return {p.checkpoint.source: p.commit for p in parts if p.commit and not p.checkpoint.pinned}


def with_commits(written: str, commits: Mapping[str, str], moved_from: Path | None = None) -> str:
    """The same TOML file, each of these sources with its commit. commits: source → commit; moved_from: the
    folder that folders in it are named from, where the copy will lie in another one."""
    found = {}
    for name, values in tomllib.loads(written)["checkpoints"].items():
        source = values["source"]
        if source in commits:
            found[f"checkpoints.{name}"] = ("revision", commits[source])
        elif moved_from is not None and source.startswith("."):
            found[f"checkpoints.{name}"] = ("source", str((moved_from / source).resolve()))
    return "".join(_lines(written, found))


def _lines(written: str, found: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """found: section → a key and its value, which stands right below its heading."""
    key = None
    for line in written.splitlines(keepends=True):
        said = _KEY.match(line)
        if section := _SECTION.match(line):
            key, value = found.get(section["name"].replace('"', ""), (None, ""))
            yield line
            if key:
                yield f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        elif not (said and said["name"] == key):
            yield line
