"""A preset's file with commits in place of branches, as they were fetched. Knows nothing about the hub."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from demo.models.hub.download import Part

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SECTION = re.compile(r"\s*\[\s*(?P<name>[^\[\]]+?)\s*\]")
_REVISION = re.compile(r"\s*revision\s*=")


def unpinned(parts: Sequence[Part]) -> dict[str, str]:
    """Sources whose revision can change → the commit that was fetched."""
    return {p.checkpoint.source: p.commit for p in parts if p.commit and not p.checkpoint.pinned}


def with_commits(written: str, commits: Mapping[str, str]) -> str:
    """The same TOML file, each of these sources with its commit. commits: source → commit."""
    of = {
        f"checkpoints.{name}": commits[values["source"]]
        for name, values in tomllib.loads(written)["checkpoints"].items()
        if values["source"] in commits
    }
    return "".join(_lines(written, of))


def _lines(written: str, commits: Mapping[str, str]) -> Iterator[str]:
    """commits: section → commit, which stands right below its heading."""
    commit = None
    for line in written.splitlines(keepends=True):
        if section := _SECTION.match(line):
            commit = commits.get(section["name"].replace('"', ""))
            yield line
            if commit:
                yield f'revision = "{commit}"\n'
        elif not (commit and _REVISION.match(line)):
            yield line
