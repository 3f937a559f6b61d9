"""/search for programs: a collection is indexed at the first question about it and kept for the next ones."""

from __future__ import annotations

from typing import Any

from demo.errors import Message, UserError
from demo.inputs import read_sample
from demo.schema import to_json
from demo.search.collection import EXAMPLES
from demo.search.index import CORRECTIONS
from demo.search.query import COUNT, Query, weights_of, with_words
from demo.search.vectors import needs_matching
from demo.ui.arguments import arguments
from demo.ui.search.handlers import SearchHandlers
from demo.ui.search.shelf import Shelved
from demo.ui.voice import answering

MOST_SECONDS = 80.0  # of indexing in one request


class SearchEndpoint:
    """What a program may ask."""

    def __init__(self, handlers: SearchHandlers) -> None:
        self.handlers = handlers

    @arguments(
        image="picture file to look for",
        audio="sound file, or a voice that says what to look for",
        text="a sentence in English or Chinese to look for",
        collection='"examples", or "world:SEED:COUNT" for scenes of the picture world',
        data="a zip, CSV, JSONL or saved index of your own to search instead",
        weights='what each sense counts, 0 to 1, such as "text=1,image=0.5"; empty: 1 each',
        correction='of items near to everything: "csls", "softmax" or "none"',
        count="how many hits, 1 to 100",
        closer="look closer at the pictures among the first 20 hits of a sentence, and order them anew",
    )
    def search(
        self,
        image: str | None = None,
        audio: str | None = None,
        text: str = "",
        collection: str = EXAMPLES,
        data: str | None = None,
        weights: str = "",
        correction: str = CORRECTIONS[0],
        count: int | None = COUNT,
        language: str = "en",
        closer: bool = False,
    ) -> dict[str, Any]:
        """Find items of a collection by words, a picture, a sound or several at once.

        Returns:
            hits, best first, each with name, score, and which sense of the query found which of its senses
        """
        with answering(language) as language:
            needs_matching(self.handlers.pipeline)
            sample = read_sample(image, audio, text, self.handlers.settings.max_upload_mb)
            wanted = Query(
                sample, weights_of(weights or ""), int(count or COUNT), correction or CORRECTIONS[0]
            )
            shelved = self._shelved(data, (collection or EXAMPLES).strip())
            query = with_words(self.handlers.pipeline, wanted)
            found = to_json(self.handlers.answer(shelved, query, closer), language)
            found["notes"] += [note.text(language) for note in shelved.notes]
            if shelved.left:
                whole = len(shelved.index.items) + len(shelved.skipped) + shelved.left
                part = Message("search_part_only", {"done": whole - shelved.left, "total": whole})
                found["notes"].append(part.text(language))
            return found

    def _shelved(self, data: str | None, collection: str) -> Shelved:
        """Raises UserError as Shelf; a collection that is named is none of this machine's files."""
        if data is None and collection != EXAMPLES and not collection.startswith("world:"):
            raise UserError("search_collection", name=collection)
        shelf = self.handlers.shelf
        source = shelf.source("files", None, 0, [data]) if data else collection
        kept = shelf.held(source) or shelf.brought(source)
        if kept is not None:
            return kept
        work = shelf.begin(source)
        try:
            for _ in work.work(MOST_SECONDS):
                pass
            return shelf.shelve(work, source)
        finally:
            work.close()
