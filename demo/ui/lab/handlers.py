"""What happens in the Lab tab: collect, train, compare, break, keep. A person's work stays in one session."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from demo.errors import UserError
from demo.inputs import read_sample
from demo.pipeline import Pipeline
from demo.recent import Recent
from demo.settings import Settings
from demo.ui.guard.fields import told
from demo.ui.html import figures as html
from demo.ui.html.files import link
from demo.ui.lab import cases, figures
from demo.ui.lab.files import file_of, head
from demo.ui.lab.session import Collected, Session, added, counts, packed
from demo.ui.strings import say
from demo.ui.voice import spoken

REDRAW = 0.7  # seconds between two pictures of the curves
MOST_ENCODINGS = 3_000
MOST_HEAD_MB = 40
Steps = Iterator[tuple[Any, Any, Any]]


@dataclass(frozen=True)
class Asked:
    """The fields of the tab. source: "lesson", "file" or "collected"."""

    source: str
    lesson: str
    count: float
    file: str | None
    strategies: Sequence[str]
    epochs: float
    rate: float
    dropout: float
    loss: str
    missing: str
    ways: Sequence[str]
    balance: bool
    seed: float

    def key(self, collected: Sequence[Collected]) -> tuple[Any, ...]:
        """The same for the same data set."""
        made = {
            "lesson": (self.lesson, int(self.count)),
            "file": (self.file,),
            "collected": (len(collected), *map(id, collected)),
        }[self.source]
        return (self.source, *made, tuple(self.ways), int(self.seed))


class LabHandlers:
    """The tab's behaviour around one pipeline."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline, self.settings = pipeline, settings

    # Collect -----------------------------------------------------------------------------------

    def add(
        self,
        language: str,
        label: str,
        picture: str | None,
        sound: str | None,
        words: str,
        held: list[Collected] | None,
    ) -> tuple[Any, ...]:
        """[collected, what there is, status, picture, sound, words]: one more example, and empty fields."""
        with spoken(language, html=True):
            if not (picture or sound or words.strip()):
                raise UserError("lab_example_empty")
            sample = read_sample(picture, sound, words, self.settings.max_upload_mb)
            held = added(held or [], label, sample)
            return held, figures.collected(counts(held), language), "", None, None, ""

    def forget(self, language: str) -> tuple[Any, ...]:
        """[collected, what there is]: nothing."""
        return None, figures.collected({}, language)

    def pack(self, language: str, held: list[Collected] | None) -> str:
        """The link to all that was collected."""
        with spoken(language, html=True):
            if not held:
                raise UserError("lab_no_data")
            return link("collected.zip", packed(held))

    # Train -------------------------------------------------------------------------------------

    def train(
        self, language: str, held: list[Collected] | None, kept: Session | None, *asked: Any
    ) -> Steps:
        """Yields (status, results, Session): encode, train from the start, compare."""
        yield from self._said(
            language, lambda: self._train(language, held or [], kept, Asked(*asked))
        )

    def resume(self, language: str, kept: Session | None) -> Steps:
        """Yields as train: go on from where it was stopped."""
        yield from self._said(language, lambda: self._resume(language, kept))

    def _said(self, language: str, steps: Any) -> Steps:
        try:
            with spoken(language, html=True):
                yield from steps()
        except gr.Error as error:
            yield html.trouble(str(error.message), language), gr.skip(), gr.skip()

    def _train(
        self, language: str, held: Sequence[Collected], kept: Session | None, asked: Asked
    ) -> Steps:
        from demo.lab.training import Recipe, Trainer

        recipe = Recipe(
            epochs=int(asked.epochs),
            rate=float(asked.rate),
            dropout=float(asked.dropout),
            balance=asked.balance,
            loss=asked.loss,
            missing=asked.missing,  # type: ignore[arg-type]
            seed=int(asked.seed),
        )
        if not asked.strategies:
            raise UserError("lab_no_strategy")
        old = kept or Session()
        session = Session(encodings=old.encodings or Recent(MOST_ENCODINGS))
        key = asked.key(held)
        if old.source == key and old.data is not None:
            session.source, session.data = key, old.data
        else:
            yield from self._encode(language, session, held, asked)
            session.source = key
        session.trainer = Trainer(session.data, list(asked.strategies), recipe)
        yield self._working("lab_training", language), figures.results(session, language), session
        yield from self._go_on(language, session)

    def _encode(
        self, language: str, session: Session, held: Sequence[Collected], asked: Asked
    ) -> Steps:
        from demo.lab.encode import EncodeSteps, SampleEncoder, reader_of
        from demo.lab.examples import LabData, LabExample, checked, classes_of
        from demo.lab.lessons import lesson
        from demo.lab.readers import opened_data

        yield self._working("lab_reading", language), gr.skip(), gr.skip()
        with ExitStack() as open_files:
            if asked.source == "lesson":
                data = checked(lesson(asked.lesson, int(asked.seed), int(asked.count)))
            elif asked.source == "file":
                if not asked.file:
                    raise UserError("lab_no_data")
                data = open_files.enter_context(
                    opened_data(Path(asked.file), None, int(asked.seed), uploaded=True)
                )
            else:
                if not held:
                    raise UserError("lab_no_data")
                examples = tuple(
                    LabExample(str(i), lambda one=one: one.sample, (one.label,))  # type: ignore[misc]
                    for i, one in enumerate(held)
                )
                name = say("lab_source_collected", language)
                data = checked(LabData(name, "label", classes_of(examples), examples))
            encoder = SampleEncoder(reader_of(self.pipeline, data), session.encodings)
            steps, drawn = (
                EncodeSteps(encoder, data, 0.25, int(asked.seed), tuple(asked.ways)),
                0.0,
            )
            for done in steps:
                if time.monotonic() > drawn + REDRAW:
                    drawn = time.monotonic()
                    said = say("lab_encoding", language, done=done, total=steps.total)
                    part = done / steps.total
                    yield html_working(said, language, part), gr.skip(), gr.skip()
            session.data = steps.found

    def _resume(self, language: str, kept: Session | None) -> Steps:
        if kept is None or kept.trainer is None:
            raise UserError("lab_nothing_trained")
        yield self._working("lab_training", language), figures.results(kept, language), kept
        yield from self._go_on(language, kept)

    def _go_on(self, language: str, session: Session) -> Steps:
        """Train to the end and measure."""
        from demo.lab.cases import answers
        from demo.lab.compare import Comparison
        from demo.lab.encode import SampleEncoder

        with session.lock, ExitStack() as open_files:
            drawn = time.monotonic()
            for _ in session.trainer.steps():
                if time.monotonic() > drawn + REDRAW:
                    drawn = time.monotonic()
                    yield gr.skip(), figures.training(session, language), gr.skip()
            yield (
                self._working("lab_comparing", language),
                figures.training(session, language),
                session,
            )
            self._reopen(session, open_files)
            reader = self._reader(session.data.encoder)
            found = Comparison(session.trainer, SampleEncoder(reader, session.encodings))
            for part in found.steps():
                session.comparison = found
                said = say("lab_breaking", language, percent=round(100 * part))
                working = html_working(said, language, part)
                yield working, figures.results(session, language), session
            session.answers = answers(found)
            session.shown = cases.drawn(session)
        yield self._done(language), figures.results(session, language), session

    def _reopen(self, session: Session, open_files: ExitStack) -> None:
        """The files of a data set once more, which were closed when all had been encoded."""
        from demo.lab.readers import opened_data

        if session.source[0] != "file":
            return
        path, seed = Path(session.source[1]), session.source[-1]
        fresh = open_files.enter_context(opened_data(path, None, seed, uploaded=True))
        by_name = {example.name: example for example in fresh.examples}
        old = session.data.data
        examples = tuple(by_name.get(e.name, e) for e in old.examples)
        session.data = replace(session.data, data=replace(old, examples=examples))
        session.trainer.data = session.data

    def _reader(self, encoder: str) -> Pipeline:
        """The half whose encodings a data set has."""
        halves = [getattr(self.pipeline, half, self.pipeline) for half in ("world", "real")]
        return next((one for one in halves if one.preset == encoder), self.pipeline)

    def _working(self, key: str, language: str) -> str:
        return html_working(say(key, language), language)

    def _done(self, language: str) -> str:
        return f"<p class='syn-status syn-unseen' role='status'>{say('lab_done', language)}</p>"

    # Keep --------------------------------------------------------------------------------------

    def keep(
        self, language: str, kept: Session | None, event: gr.EventData
    ) -> tuple[Any, Any, Any]:
        """[link, name of the person's own head, status]: a button of the results was pressed."""
        with spoken(language, html=True):
            kind, _, name = told(event, "kind", str).partition(":")
            if kept is None or kept.comparison is None:
                raise UserError("lab_nothing_trained")
            if kind == "use":
                return gr.skip(), self._own(head(kept, name)), self._loaded(name, language)
            return link(*file_of(kept, kind, name, language)), gr.skip(), ""

    def load(self, language: str, file: str | None) -> tuple[Any, Any]:
        """[name of the person's own head, status]: a head from a file."""
        if not file:
            return "", ""
        try:
            with spoken(language, html=True):
                path = Path(file)
                if path.stat().st_size > MOST_HEAD_MB * 1024**2:
                    raise UserError("head_broken")
                name = self._own(path.read_bytes())
                return name, self._loaded(self.pipeline.strategy(name).name, language)
        except gr.Error as error:
            return "", html.trouble(str(error.message), language)

    def _own(self, held: bytes) -> str:
        from demo.lab.keep import imported

        return self.pipeline.keep_head(*imported(held))

    def _loaded(self, name: str, language: str) -> str:
        said = say("lab_loaded", language, name=say(f"fusion_{name}", language))
        return f"<p class='syn-status' role='status' lang='{language}'>{said}</p>"

    # Other languages -----------------------------------------------------------------------------

    def speak(
        self, language: str, kept: Session | None, held: list[Collected] | None
    ) -> tuple[Any, Any, Any]:
        """[status, results, what is collected] in another language."""
        shown = figures.results(kept, language) if kept else figures.empty(language)
        return "", shown, figures.collected(counts(held or []), language)


def html_working(said: str, language: str, part: float | None = None) -> str:
    """What is being done now. part: how much of it is done, 0..1, as a bar."""
    bar = "" if part is None else f"<progress max='1' value='{part:.3f}'></progress>"
    return f"<p class='syn-status syn-busy' role='status' lang='{language}'>{said}{bar}</p>"
