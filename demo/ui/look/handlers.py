"""What happens when a person presses something in the Look tab: plain functions around one pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import gradio as gr

from demo.inputs import read_sample
from demo.inputs.digest import digests
from demo.schema import MODALITIES, Sample
from demo.script import script_of
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers, sentence_of, trouble_of, with_limits
from demo.ui.fuse.results import bases_of
from demo.ui.guard.fields import told
from demo.ui.html import figures
from demo.ui.look import figures as look_figures
from demo.ui.look.choices import (
    CHOSEN,
    WRITINGS,
    Choice,
    fitted,
    one_of,
    request_of,
    strategies,
)
from demo.ui.look.choosers import CHOOSERS, Choosers, Update, named
from demo.ui.look.results import Changes, Looked, changed, heats_of, longest
from demo.ui.strings import say
from demo.ui.voice import spoken

Steps = Iterator[list[Update]]
CHANGES = 1 + len(MODALITIES)  # the senses in use, and noise in each


class LookHandlers:
    """The tab's behaviour around one pipeline."""

    def __init__(self, page: Handlers) -> None:
        self.page = page
        self.pipeline = page.pipeline
        self.names = page.names
        self.choosers = Choosers(page.pipeline, page.names)

    def example(self, index: int, language: str) -> tuple[Any, ...]:
        """(picture, sound, sentence, labels) of one example."""
        return self.page.filled(examples.to_look_at()[index], language)

    # Each yields [status, answer, *choosers, words, player, results, kept, grid, compared].

    def look(
        self,
        language: str,
        picture: str | None,
        sound: str | None,
        sentence: str,
        labels: str,
        *rest: Any,
    ) -> Steps:
        """Read what was given, and look at the target that was chosen. rest: changes, then the choice."""
        try:
            with spoken(language, html=True):
                yield self._says("look_step_read", language)
                limit = self.page.settings.max_upload_mb
                given = read_sample(picture, sound, sentence, limit)
                wanted = tuple(self.page.wanted(labels, given, language))
                choice = choice_of(rest[CHANGES:])
                changes, inputs = changes_of(rest), digests(picture, sound, given.text)
                yield from self._see(language, given, wanted, changes, choice, inputs=inputs)
        except gr.Error as error:
            # One sentence, where a person is looking; an earlier look must not stand beside it.
            trouble = trouble_of(error, language)
            emptied = ["", *[gr.skip()] * CHOOSERS, "", "", look_figures.empty(language), None]
            yield [trouble, *emptied, grid_hint(language), None]

    def change(self, language: str, kept: Looked | None, *rest: Any) -> Steps:
        """Look again with senses left out or noise added. rest: changes, then the choice."""
        changes, choice = changes_of(rest), choice_of(rest[CHANGES:])
        yield from self._again(
            language,
            kept,
            lambda old: self._see(language, old.given, old.asked, changes, choice, old),
        )

    def aim(self, language: str, kept: Looked | None, *chosen: Any) -> Steps:
        """Look at another target; another fusion strategy may believe something else."""
        choice = choice_of(chosen)

        def other(old: Looked) -> Steps:
            if choice.fusion != old.choice.fusion:
                return self._see(language, old.given, old.asked, old.changes, choice, old)
            if choice.kind == old.choice.kind == "word" and choice.writing == old.choice.writing:
                same = replace(choice, word=old.choice.word, language=old.choice.language)
                return self._aim(language, old, same, same_words=True)
            return self._aim(language, old, choice)

        yield from self._again(language, kept, other)

    def word(self, language: str, kept: Looked | None, event: gr.EventData) -> Steps:
        """Look at another word of what was written."""

        def another(old: Looked) -> Steps:
            choice = replace(old.choice, word=told(event, "word", int))
            return self._aim(language, old, choice, same_words=True)

        yield from self._again(language, kept, another)

    def _again(self, language: str, kept: Looked | None, steps: Callable[[Looked], Steps]) -> Steps:
        """Further steps from an earlier look, if there was one."""
        if kept is None:
            yield self._nothing()
            return
        try:
            with spoken(language, html=True):
                yield from steps(kept)
        except gr.Error as error:
            yield self._trouble(error, language)

    def _see(
        self,
        language: str,
        given: Sample,
        asked: tuple[str, ...] | None,
        changes: Changes,
        choice: Choice,
        kept: Looked | None = None,
        inputs: Mapping[str, str] | None = None,
    ) -> Steps:
        """Predict, then look; kept: an earlier look at the same sample, so that a chosen word stays."""
        sample = changed(given, changes)
        yield self._says("look_step_look", language)
        wanted = choice.fusion or self.pipeline.default_fusion
        fusion = one_of(wanted, strategies(self.pipeline, wanted))
        predict = partial(self.pipeline.predict, labels=asked, fusion=fusion)
        before = predict(given) if changes.touch(given) else None
        found = with_limits(predict(sample))
        inputs = inputs or (kept.inputs if kept else {})
        looked = Looked(
            given, changes, sample, asked, before, found, bases_of(sample), inputs=inputs
        )
        if kept is not None and kept.choice.writing == choice.writing:
            choice = replace(choice, word=kept.choice.word)
        yield from self._aim(language, looked, choice, fresh=True)

    def _aim(
        self,
        language: str,
        looked: Looked,
        choice: Choice,
        fresh: bool = False,
        same_words: bool = False,
    ) -> Steps:
        """The maps of one target, as yet unmeasured.

        fresh: the sample was not shown before; same_words: only another word of the same sentence is meant.
        """
        offered = strategies(self.pipeline, choice.fusion)
        fits = fitted(choice, looked.sample, looked.prediction.labels, self.pipeline.roles, offered)
        yield self._turning(fits, looked, language, same_words)
        if fits.kind == "word" and not same_words:
            fits = self._written(fits, looked, language)
        looked = replace(self._viewed(looked, fits, measured=False), id=uuid4().hex)
        again = same_words or not fresh
        yield [
            look_figures.busy(say("look_step_measure", language), language),
            gr.skip() if again else look_figures.answer(looked, self.names, language),
            *[gr.skip()] * len(CHOSEN),
            gr.skip() if same_words else self.choosers.erasable(looked, language),
            gr.skip() if same_words else look_figures.words(looked, language),
            gr.skip() if again else look_figures.player(looked, language),
            look_figures.shown(looked, self.names, language),
            looked,
            grid_hint(language),
            None,
        ]

    def measure(self, language: str, kept: Looked) -> Steps:
        """Yields [status, results, kept]: how far each map can be trusted."""
        with spoken(language, html=True):
            if not kept.measured:
                busy = look_figures.busy(say("look_step_measure", language), language)
                yield [busy, gr.skip(), gr.skip()]
                kept = self._viewed(kept, kept.choice, measured=True)
            said = look_figures.told(kept, self.names, language)
            shown = look_figures.shown(kept, self.names, language)
            yield [look_figures.done(said, language), shown, kept]

    def _written(self, choice: Choice, looked: Looked, language: str) -> Choice:
        """The choice with the language of what will be written, and a word that is there."""
        task, _ = WRITINGS[choice.writing]
        words: Sequence[str]
        if task == "transcribe":
            heard = self.pipeline.transcribe(Sample(audio=looked.sample.audio))
            language, words = heard.language, [one.word for one in heard.words]
        else:
            language = script_of(looked.sample.text or "") if task == "answer" else language
            first = request_of(replace(choice, language=language, word=0))
            first = replace(first, methods=())
            words = self.pipeline.look(looked.sample, first, looked.asked).words
        choice = replace(choice, language=language)
        there = 0 <= choice.word < len(words)
        return choice if there else replace(choice, word=longest(words))

    def _viewed(self, looked: Looked, choice: Choice, measured: bool) -> Looked:
        request = request_of(choice, measured)
        view = self.pipeline.look(looked.sample, request, looked.asked)
        heats = looked.heats
        if not measured or heats is None:
            heats = heats_of(looked.sample, view.maps[choice.method])
        return replace(looked, choice=choice, view=view, heats=heats)

    def _says(self, key: str, language: str) -> list[Update]:
        busy = look_figures.busy(say(key, language), language)
        return [busy, *[gr.skip()] * (CHOOSERS + 7)]

    def _turning(
        self, choice: Choice, looked: Looked, language: str, same_words: bool
    ) -> list[Update]:
        """What can be chosen, before anything is computed: later it would undo what was chosen meanwhile."""
        says = self._says("look_step_look", language)
        if same_words:
            return says
        choosers = self.choosers.updates(replace(looked, choice=choice, view=None), language)
        return [*says[:2], *choosers[:-1], gr.skip(), "", *says[CHOOSERS + 3 :]]

    def _nothing(self) -> list[Update]:
        return [gr.skip()] * (CHOOSERS + 8)

    def _trouble(self, error: gr.Error, language: str) -> list[Update]:
        """The sentence, in place of maps that answer another question; what was given is kept."""
        trouble = figures.trouble(sentence_of(error), language)
        gone = look_figures.hint(say("look_no_maps", language), language)
        same = [gr.skip()] * (CHOOSERS + 1)
        return [trouble, *same, "", gr.skip(), gone, gr.skip(), grid_hint(language), None]

    def speak(self, language: str, looked: Looked | None) -> list[Update]:
        """[status, answer, *choosers, words, player, results] in another language."""
        if looked is None:
            updates = self.choosers.updates(None, language)
            return ["", "", *updates, "", "", look_figures.empty(language)]
        return [
            "",
            look_figures.answer(looked, self.names, language),
            *self.choosers.updates(looked, language)[:-1],
            gr.update(choices=named("sense_", list(looked.maps), language)),
            look_figures.words(looked, language),
            look_figures.player(looked, language),
            look_figures.shown(looked, self.names, language),
        ]


def changes_of(values: Sequence[Any]) -> Changes:
    """From the senses in use and three sliders in per cent."""
    use, *noises = values[:CHANGES]
    amounts = (float(noise) / 100 for noise in noises)
    return Changes(tuple(use), dict(zip(MODALITIES, amounts, strict=True)))


def choice_of(values: Sequence[Any]) -> Choice:
    """From what is CHOSEN as the page holds it; what is unset is as usual."""
    return Choice(**{name: value for name, value in zip(CHOSEN, values, strict=True) if value})


def grid_hint(language: str) -> str:
    """What to press for the comparison of all methods."""
    return look_figures.hint(say("look_grid_hint", language), language)
