"""What happens when a person indexes a collection, searches it, and asks why something was found."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from demo.errors import UserError
from demo.inputs import read_sample
from demo.inputs.digest import digests
from demo.pipeline import Pipeline
from demo.schema import MODALITIES
from demo.search.closer import can_look_closer, needs_reranker, search_closer
from demo.search.collection import Source
from demo.search.indexing import Indexing
from demo.search.query import Found, Query, search, with_words
from demo.search.saved import as_bytes
from demo.search.vectors import needs_matching
from demo.search.why import Why, original, why
from demo.settings import Settings
from demo.ui.fuse.handlers import sentence_of
from demo.ui.guard.fields import told
from demo.ui.html import figures as html_figures
from demo.ui.html.files import link
from demo.ui.search import figures
from demo.ui.search import files as kept_files
from demo.ui.search.shelf import Shelf, Shelved
from demo.ui.strings import say
from demo.ui.voice import spoken

SLICE = 30.0  # seconds of indexing in one request; then somebody else may have a turn
MOST_SAVED_MB = 32  # of an index that travels inside the page
SLICES = 30  # requests in a row
_SAID_EVERY = 0.5  # seconds
OWN = "own"  # the kind of a collection of files
MOST_UNASKED = 400  # items that a search reads by itself, about half a minute; more wait for Index


@dataclass(frozen=True)
class Searched:
    """What a search found. shown: place of the hit whose maps are drawn, with them; inputs: modality →
    SHA-256 of what was given; closer: whether the first pictures were looked at closer."""

    shelved: Shelved
    query: Query
    found: Found
    shown: tuple[int, Why] | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    closer: bool = False


@dataclass
class Job:
    """Indexing that goes on over several requests."""

    work: Indexing | None = None
    source: Any = None
    notes: list[str] = field(default_factory=list)

    def end(self) -> None:
        """Let the collection go."""
        if self.work is not None:
            self.work.close()
        self.work = None


class SearchHandlers:
    """The tab's behaviour around one pipeline."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline, self.settings = pipeline, settings
        self.shelf = Shelf(pipeline, settings.search_store)

    @property
    def able(self) -> bool:
        """Whether the loaded models can match at all."""
        try:
            needs_matching(self.pipeline)
        except UserError:
            return False
        return True

    @property
    def looks_closer(self) -> bool:
        """Whether the page offers it."""
        return can_look_closer(self.pipeline)

    # Indexing ---------------------------------------------------------------------------------

    def index(
        self, language: str, kind: str, seed: float | None, count: float, files: list[str] | None
    ) -> Iterator[tuple[Any, Any, Any]]:
        """Yields (line about the collection, Shelved, Job), one step at a time."""
        job = Job()
        try:
            with spoken(language, html=True):
                yield html_figures.working("read", language), gr.skip(), job
                job.source = self.shelf.source(kind, seed, count, files or [])
                shelved = self.shelf.held(job.source) or self.shelf.brought(job.source)
                if shelved is not None:
                    yield figures.collection(shelved, language), shelved, job
                    return
                job.work = self.shelf.begin(job.source)
                yield from self._go_on(language, job)
        except gr.Error as error:
            job.end()
            yield html_figures.trouble(sentence_of(error), language), None, job

    def more(self, language: str, job: Job | None) -> Iterator[tuple[Any, Any, Any]]:
        """The same for a job that is not done yet."""
        if job is None or job.work is None:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        try:
            with spoken(language, html=True):
                yield from self._go_on(language, job)
        except gr.Error as error:
            job.end()
            yield html_figures.trouble(sentence_of(error), language), None, job

    def _go_on(self, language: str, job: Job) -> Iterator[tuple[Any, Any, Any]]:
        work, said = job.work, 0.0
        assert work is not None
        for done in work.work(SLICE):
            if time.monotonic() - said > _SAID_EVERY:
                yield figures.progress(done, work.total, language), gr.skip(), job
                said = time.monotonic()
        if not work.finished:
            return
        yield figures.progress(work.done, work.total, language), gr.skip(), job
        shelved = self.shelf.shelve(work, job.source)
        job.end()
        yield figures.collection(shelved, language), shelved, job

    def stopped(self, language: str, job: Job | None) -> tuple[Any, Any, Any]:
        """What was read until now becomes the collection."""
        if job is None or job.work is None:
            return gr.skip(), gr.skip(), gr.skip()
        try:
            with spoken(language, html=True):
                shelved = self.shelf.shelve(job.work, job.source)
                return figures.collection(shelved, language), shelved, Job()
        except gr.Error as error:
            return html_figures.trouble(sentence_of(error), language), None, Job()
        finally:
            job.end()

    def save(self, language: str, shelved: Shelved | None) -> str:
        """The link that the page follows: the index as a file."""
        with spoken(language, html=True):
            if shelved is None:
                raise UserError("search_no_index")
            held = as_bytes(shelved.index)
            if len(held) > MOST_SAVED_MB * 1024**2:
                raise UserError("search_too_large_to_save", limit=MOST_SAVED_MB)
            return link("collection.safetensors", held)

    def keep(self, language: str, searched: Searched | None, event: gr.EventData) -> str:
        """The link that the page follows: what was found as a file."""
        with spoken(language, html=True):
            kind = told(event, "kind", str)
            if searched is None or kind not in kept_files.FILES:
                raise UserError("event_unknown")
            return link(*kept_files.file(searched, kind, language))

    # Searching --------------------------------------------------------------------------------

    def find(
        self,
        language: str,
        shelved: Shelved | None,
        kind: str,
        seed: float | None,
        drawn: float,
        files: list[str] | None,
        picture: str | None,
        sound: str | None,
        sentence: str,
        image: float,
        audio: float,
        text: float,
        correction: str,
        count: float,
        closer: bool = False,
    ) -> Iterator[tuple[Any, ...]]:
        """Yields (status, results, Searched to keep, line about the collection, Shelved); a collection that
        was chosen and is not indexed yet is indexed first, where that takes no longer than somebody waits."""
        same = gr.skip(), gr.skip()
        try:
            with spoken(language, html=True):
                yield html_figures.working("read", language), *same, *same
                sample = read_sample(picture, sound, sentence, self.settings.max_upload_mb)
                if not (kind == OWN and not files and shelved):
                    source = self.shelf.source(kind, seed, drawn, files or [])
                    if shelved is None or shelved.asked != source:
                        shelved = yield from self._indexed(language, source)
                        yield *(gr.skip(),) * 3, figures.collection(shelved, language), shelved
                assert shelved is not None
                yield html_figures.working("search", language), *same, *same
                weights = dict(zip(MODALITIES, (image, audio, text), strict=True))
                query = with_words(self.pipeline, Query(sample, weights, int(count), correction))
                found = self.answer(shelved, query, closer)
                inputs = digests(picture, sound, sample.text)
                searched = Searched(shelved, query, found, inputs=inputs, closer=closer)
                yield (
                    figures.done(searched, language),
                    figures.result(searched, language),
                    searched,
                    *same,
                )
        except gr.Error as error:
            trouble = html_figures.trouble(sentence_of(error), language)
            yield trouble, figures.empty(language), None, *same

    def answer(self, shelved: Shelved, query: Query, closer: bool) -> Found:
        """What a question finds. Raises UserError as search; search_closer_cannot."""
        asked = shelved.reader, shelved.index, shelved.engine, query
        if not closer:
            return search(*asked)
        needs_reranker(self.pipeline)
        return search_closer(*asked, shelved.originals)

    def _indexed(self, language: str, source: Source) -> Generator[tuple[Any, ...], None, Shelved]:
        """The collection, read now where it was not yet; yields as find. Raises UserError of a large one."""
        shelved = self.shelf.held(source) or self.shelf.brought(source)
        if shelved is not None:
            return shelved
        work = self.shelf.begin(source)
        try:
            if work.total > MOST_UNASKED:
                raise UserError("search_index_first", count=work.total)
            for done in work.work():
                yield figures.progress(done, work.total, language), *(gr.skip(),) * 4
            return self.shelf.shelve(work, source)
        finally:
            work.close()

    def why(
        self, language: str, searched: Searched | None, event: gr.EventData
    ) -> Iterator[tuple[Any, Any, Any]]:
        """Yields (status, results, Searched) with the maps of the hit that was pressed."""
        try:
            with spoken(language, html=True):
                if searched is None:
                    raise UserError("search_no_index")
                place = told(event, "hit", int)
                if not 0 <= place < len(searched.found.hits):
                    raise UserError("event_unknown")
                yield html_figures.working("search_why", language), gr.skip(), gr.skip()
                shown = self.explained(searched, place)
                yield figures.done(shown, language), figures.result(shown, language), shown
        except gr.Error as error:
            yield html_figures.trouble(sentence_of(error), language), gr.skip(), gr.skip()

    def explained(self, searched: Searched, place: int) -> Searched:
        """The same with the maps of one hit. Raises UserError as why.original and why.why."""
        hit = searched.found.hits[place]
        because, shelved = hit.because[0], searched.shelved
        held = original(shelved.source, hit.name)
        maps = why(shelved.reader, searched.query.sample, because.query, held, because.sense)
        return replace(searched, shown=(place, maps))

    def speak(
        self, language: str, shelved: Shelved | None, searched: Searched | None
    ) -> tuple[Any, ...]:
        """The line about the collection, status and results in another language."""
        about = figures.collection(shelved, language) if shelved else ""
        shown = figures.result(searched, language) if searched else figures.empty(language)
        return about, "", shown

    def named(self, language: str) -> list[tuple[str, str]]:
        """The collections that can be chosen."""
        return [(say(f"search_kind_{kind}", language), kind) for kind in figures.KINDS]
