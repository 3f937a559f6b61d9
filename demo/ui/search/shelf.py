"""Collections that this server has indexed, so that the same one is read once, whoever asks.

Of files, only what was uploaded here is opened; an index that somebody brings names no file of this machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from demo.data.datasets import MODALITY_OF
from demo.data.example import Skip
from demo.errors import Message, UserError
from demo.inputs.formats import TABLE_FILES
from demo.pipeline import Pipeline
from demo.recent import Recent
from demo.search.closer import Originals
from demo.search.collection import EXAMPLES, WORLD, Source
from demo.search.engines import GONE, TAKEN, Engine, Exact, open_engine
from demo.search.index import Index
from demo.search.indexing import Indexed, Indexing
from demo.search.query import in_memory, reader_for
from demo.search.saved import ENDING, open_index

KEPT = 4  # collections of the picture world and of programs


@dataclass(frozen=True)
class Shelved:
    """What can be searched. source: where originals are, "" where they are not; asked: what was chosen to be
    searched; left: how many items were not read; skipped: what could not be; notes: of the store."""

    index: Index
    engine: Engine
    reader: Pipeline
    source: Source
    asked: Source
    skipped: tuple[Skip, ...] = ()
    left: int = 0
    seconds: float = 0.0
    notes: tuple[Message, ...] = ()

    @cached_property
    def originals(self) -> Originals:
        """Where its pictures are looked at again."""
        return Originals(self.source)


class Shelf:
    """Opens, reads and keeps collections around one pipeline."""

    def __init__(self, pipeline: Pipeline, store: str) -> None:
        self.pipeline, self.store = pipeline, store
        self._kept: Recent[Shelved] = Recent(KEPT)

    def source(self, kind: str, seed: float | None, count: float, files: Sequence[str]) -> Source:
        """Where a collection is, as chosen on the page.

        Raises:
            UserError: search_no_files, world_seed.
        """
        if kind == EXAMPLES:
            return EXAMPLES
        if kind == WORLD:
            if seed is None:
                raise UserError("search_no_seed")
            return f"{WORLD}:{int(seed)}:{int(count)}"
        if not files:
            raise UserError("search_no_files")
        # A picture by itself is a collection of one; an archive or an index holds one.
        alone = len(files) == 1 and Path(files[0]).suffix.lower() not in (
            *MODALITY_OF,
            *TABLE_FILES,
        )
        return files[0] if alone else tuple(files)

    def held(self, source: Source) -> Shelved | None:
        """What is there already."""
        return self._kept.held(source)

    def brought(self, source: Source) -> Shelved | None:
        """The index that somebody brings instead of a collection; None: it is a collection.

        Raises:
            UserError: as open_index and reader_for.
        """
        if not isinstance(source, str) or not source.lower().endswith(ENDING):
            return None
        index = open_index(Path(source))
        reader = reader_for(self.pipeline, index)
        made_here = index.source == EXAMPLES or index.source.startswith(WORLD + ":")
        engine, notes = self._engine(index)
        named = index.source if made_here else ""
        return Shelved(index, engine, reader, named, source, notes=notes)

    def begin(self, source: Source) -> Indexing:
        """Work that reads it. Raises UserError as Indexing."""
        return Indexing(self.pipeline, source)

    def shelve(self, work: Indexing, source: Source) -> Shelved:
        """What was read, ready to be searched. Raises UserError as Indexing.result; search_no_qdrant."""
        found: Indexed = work.result()
        made_here = isinstance(source, str) and source.split(":")[0] in (EXAMPLES, WORLD)
        named = source if isinstance(source, str) and made_here else ""
        index = replace(found.index, source=named)  # a path of this server is nobody's business
        engine, notes = self._engine(index)
        shelved = Shelved(
            index,
            engine,
            work.reader,
            source,
            source,
            found.skipped,
            work.total - work.done,
            found.seconds,
            notes,
        )
        return self._kept.get(source, lambda: shelved) if not shelved.left else shelved

    def _engine(self, index: Index) -> tuple[Engine, tuple[Message, ...]]:
        """The store, or the index in memory and a note where it does not answer."""
        try:
            return open_engine(index, self.store), ()
        except UserError as error:
            if error.message.key not in (GONE, TAKEN):
                raise
            return Exact(index), (in_memory(error),)
