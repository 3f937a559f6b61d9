"""What happens when a person presses something: plain functions between components and the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import gradio as gr

from demo import tasks
from demo.errors import LANGUAGES, Message, UserError
from demo.explain.request import ExplainRequest
from demo.inputs import parse_labels, read_image, read_sample
from demo.inputs.digest import digests
from demo.pipeline import Explanation, Pipeline
from demo.schema import Caption, Prediction, Sample
from demo.settings import Settings
from demo.ui import links
from demo.ui.fuse import examples, files
from demo.ui.fuse.results import Result, draw
from demo.ui.guard.fields import told
from demo.ui.html import figures
from demo.ui.html.files import link
from demo.ui.names import SETS, Names, NamesNow, is_mood
from demo.ui.strings import say
from demo.ui.voice import spoken

STEPS = ("read", "look", "describe", "draw", "measure")  # of a run

Update = dict[str, Any]
OWN = "own"  # the strategy that a person brought


class Handlers:
    """The page's behaviour around one pipeline."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline = pipeline
        self.settings = settings
        self.names: Names = NamesNow(pipeline)

    def run(
        self,
        language: str,
        picture: str | None,
        drawing: str | None,
        drawn: bool,
        sound: str | None,
        sentence: str,
        labels: str,
        fusion: str,
        method: str,
        target: str,
        hear_words: bool = True,
        own: str = "",
    ) -> Iterator[tuple[Any, Any, Any]]:
        """Yields (status, results, Result to keep), one step at a time."""
        try:
            with spoken(language, html=True):
                yield figures.working("read", language, STEPS), gr.skip(), gr.skip()
                if fusion == OWN and not own:
                    raise UserError("head_none")
                limit = self.settings.max_upload_mb
                image = drawn_on(drawing, limit) if drawn else picture
                sample = read_sample(image, sound, sentence, limit)
                yield figures.working("look", language, STEPS), gr.skip(), gr.skip()
                given, sample = sample, self.heard(sample, hear_words)
                if fusion == OWN:  # it brings labels of its own
                    fusion, wanted, target = own, None, ""
                else:
                    wanted = self.wanted(labels, sample, language)
                request = ExplainRequest(label=target or None, methods=(method,), fusion=fusion)
                found = limited(self.pipeline.explain(sample, request, wanted))
                yield figures.working("describe", language, STEPS), gr.skip(), gr.skip()
                captions = self._captions(given)
                yield figures.working("draw", language, STEPS), gr.skip(), gr.skip()
                others = () if wanted is None else tuple(self.pipeline.compare(sample, wanted))
                inputs = digests(image, sound, sample.text)
                layers = draw(sample, found.heatmaps)
                address = links.query(
                    "fuse",
                    None if drawn else examples.place_of(inputs, examples.available()),
                    labels=labels,
                    fusion=fusion,
                    method=method,
                    target=target,
                    hear=hear_words,
                )
                result = Result(found, sample.text, layers, captions, inputs, others, address)
                shown = figures.result(result, self.names, language)
                yield figures.working("measure", language, STEPS), shown, result
                trusted = self.pipeline.look(sample, replace(request, measured=True), wanted)
                measured = replace(found, heatmaps=dict(trusted.maps[method]))
                result = replace(result, explanation=measured)
                shown = figures.result(result, self.names, language)
                yield figures.done(result, self.names, language), shown, result
        except gr.Error as error:
            # One sentence, where a person is looking; the answer to an earlier run must not stand beside it.
            yield trouble_of(error, language), figures.empty(language), None

    def labels(self, typed: str, language: str) -> list[str] | None:
        """Labels from a text box; None when it is empty.

        Raises:
            UserError: too few, too many or too long.
        """
        return list(parse_labels(typed)) if typed.strip() else None

    def wanted(self, typed: str, sample: Sample, language: str) -> list[str]:
        """Labels from a text box, or what is asked about when nobody says. Raises UserError as `labels`."""
        return self.labels(typed, language) or self.pipeline.default_labels(sample, language)

    def heard(self, sample: Sample, hear_words: bool) -> Sample:
        """The sample with what is said in its sound as its sentence, where that is wanted and can be."""
        return self.pipeline.with_spoken_words(sample) if hear_words else sample

    def _captions(self, sample: Sample) -> dict[str, Caption]:
        if not tasks.can(self.pipeline, "caption"):
            return {}
        return self.pipeline.captions(sample, LANGUAGES)

    def speak(self, language: str, result: Result | None) -> tuple[str, str]:
        """Status and results in another language, without running again."""
        if result is None:
            return "", figures.empty(language)
        return "", figures.result(result, self.names, language)

    def save(self, language: str, result: Result | None, event: gr.EventData) -> str:
        """The link that the page follows: what is shown, as a file."""
        with spoken(language, html=True):
            if result is None:
                return ""
            kind = told(event, "kind", str)
            if kind not in files.FILES:
                raise UserError("event_unknown")
            return link(*files.file(result, kind, self.names, language))

    def translated(self, typed: str, language: str) -> str:
        """Labels from a text box, known ones in `language`, whatever else as it stands."""
        try:
            return self.names.joined(parse_labels(typed), language)
        except UserError:
            return typed

    def targets(self, typed: str, chosen: str, language: str) -> Update:
        """What can be explained: the winner, or any of the labels."""
        try:
            labels = self.labels(typed, language) or []
        except UserError:  # Run will say what is wrong with the labels
            labels = []
        choices = [(say("target_top", language), ""), *((label, label) for label in labels)]
        return gr.update(choices=choices, value=chosen if chosen in labels else "")

    def label_set(self, name: str, language: str) -> str:
        """The labels of a ready-made set as the text box shows them."""
        return self.names.joined(SETS.get(name, ()), language)

    def example(self, index: int, language: str) -> tuple[Any, ...]:
        """(picture, sound, sentence, labels) of one example of the Fuse tab."""
        return self.filled(examples.available()[index], language)

    def filled(self, row: examples.Example, language: str) -> tuple[Any, ...]:
        """(picture, sound, sentence, labels) of an example."""
        picture, sound = (str(file) if file else None for file in row.files)
        sentence = row.sentence.get(language, "")
        return picture, sound, sentence, self.names.joined(row.labels, language)


def limited(found: Explanation) -> Explanation:
    """The same, with what has to be said beside some labels."""
    return replace(found, prediction=with_limits(found.prediction))


def with_limits(prediction: Prediction) -> Prediction:
    """The same; where moods were asked about, how little can be said of them stands beside it."""
    if not any(is_mood(label) for label in prediction.labels):
        return prediction
    return replace(prediction, notes=(*prediction.notes, Message("moods_limits")))


def sentence_of(error: gr.Error) -> str:
    """The plain sentence inside a gr.Error made for the page."""
    return unescape(str(error.message))


def trouble_of(error: gr.Error, language: str) -> str:
    """What went wrong as HTML; known labels are offered for one that is not."""
    cause = error.__cause__
    if isinstance(cause, UserError) and cause.nearest:
        return figures.unknown(cause, language)
    return figures.trouble(sentence_of(error), language)


def drawn_on(drawing: str | None, max_upload_mb: int) -> str | None:
    """The path of a drawing as it came; None when nothing was drawn.

    Raises:
        UserError: as read_image.
    """
    if drawing is None:
        return None
    pixels = read_image(drawing, max_upload_mb).pixels
    return None if int(pixels.max()) - int(pixels.min()) < 16 else drawing  # one colour all over
