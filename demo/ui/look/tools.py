"""What can be done with a look in the Look tab: compare methods, erase, follow attention, keep a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from demo.errors import UserError
from demo.explain import ONE_BY_ONE
from demo.explain.faithfulness import LEAST_SWING
from demo.inspect.inspection import Ablation, Erasure
from demo.models.roles import Roles
from demo.schema import Heatmap, Modality
from demo.ui.fuse.handlers import Handlers, sentence_of
from demo.ui.guard.fields import told
from demo.ui.html import figures
from demo.ui.html.files import link
from demo.ui.look import erased as look_erased
from demo.ui.look import explorer as look_explorer
from demo.ui.look import figures as look_figures
from demo.ui.look import files
from demo.ui.look import methods as look_methods
from demo.ui.look.choices import methods, request_of
from demo.ui.look.handlers import grid_hint
from demo.ui.look.results import Compared, Explored, Looked, Place, Row, heats_of, scaled
from demo.ui.strings import say
from demo.ui.voice import spoken

Update = Any
Steps = Iterator[list[Update]]


class LookTools:
    """The tab's tools around one pipeline."""

    def __init__(self, page: Handlers) -> None:
        self.pipeline = page.pipeline
        self.names = page.names

    @property
    def roles(self) -> Roles:
        """Of whoever answers now."""
        return self.pipeline.roles

    # All methods -------------------------------------------------------------------------------

    def compare(self, language: str, looked: Looked | None) -> Steps:
        """Yields [status, grid, Compared], a method at a time."""
        if looked is None or looked.view is None:
            yield ["", grid_hint(language), None]
            return
        try:
            with spoken(language, html=True):
                yield from self._compare(language, looked)
        except gr.Error as error:
            yield [figures.trouble(sentence_of(error), language), gr.skip(), gr.skip()]

    def _compare(self, language: str, looked: Looked) -> Steps:
        offered = methods(self.roles, looked.choice.kind, looked.choice.writing)
        wanted = [name for name in ONE_BY_ONE if name in offered]
        if not wanted:
            hint = look_figures.hint(say("look_compare_listening", language), language)
            yield ["", hint, None]
            return

        def maps(name: str, measured: bool = False) -> Mapping[str, Heatmap]:
            request = request_of(replace(looked.choice, method=name), measured)
            return self.pipeline.look(looked.sample, request, looked.asked).maps[name]

        compared = Compared(tuple(looked.maps), (), looked.id)
        measured = measurable(looked)
        for i, name in enumerate(wanted):
            values = {
                "i": str(i + 1),
                "n": str(len(wanted)),
                "method": say(f"method_{name}", language),
            }
            yield self._comparing(
                say("look_step_method", language, **values), looked, compared, language
            )
            found = maps(name, measured)
            row = Row(name, found, heats_of(looked.sample, found))
            compared = replace(compared, rows=(*compared.rows, row))
        said = look_figures.done(say("look_step_compared", language, n=str(len(wanted))), language)
        yield [said, look_methods.grid(compared, looked, language), compared]

    def _comparing(
        self, said: str, looked: Looked, compared: Compared, language: str
    ) -> list[Update]:
        grid = look_methods.grid(compared, looked, language) if compared.rows else gr.skip()
        return [look_figures.busy(said, language), grid, gr.skip()]

    def speak_compared(
        self, language: str, looked: Looked | None, compared: Compared | None
    ) -> list[Update]:
        """[status, grid] in another language."""
        if looked is None or compared is None or compared.of != looked.id:
            return ["", grid_hint(language)]
        return ["", look_methods.grid(compared, looked, language)]

    # Erasing -----------------------------------------------------------------------------------

    def erase(
        self,
        language: str,
        looked: Looked | None,
        modality: Modality | None,
        percent: float,
        keep: bool,
    ) -> list[Update]:
        """[html, Ablation]: the target with the most marked part of one sense erased."""
        if looked is None or modality is None or modality not in looked.maps:
            return [look_figures.hint(say("look_erase_hint", language), language), None]
        with spoken(language, html=True):
            erasure = Erasure(modality, percent / 100, keep)
            request = request_of(looked.choice)
            found = self.pipeline.erase(looked.sample, request, erasure, looked.asked)
        return [look_erased.erased(found, looked, self.names, language), found]

    def speak_erased(
        self, language: str, looked: Looked | None, found: Ablation | None
    ) -> list[Update]:
        """[html] in another language."""
        if looked is None or found is None:
            return [look_figures.hint(say("look_erase_hint", language), language)]
        return [look_erased.erased(found, looked, self.names, language)]

    # Attention ---------------------------------------------------------------------------------

    def explore(
        self, language: str, looked: Looked | None, explored: Explored | None, event: gr.EventData
    ) -> list[Update]:
        """[html, Explored] after a button of the explorer was pressed."""
        with spoken(language, html=True):
            place = explored.place if explored else Place()
            wish = told(event, "wish", str)
            try:
                return self._explored(language, looked, look_explorer.asked(place, wish))
            except (IndexError, ValueError):  # no such layer, head or cell
                raise UserError("event_unknown") from None

    def explored(
        self, language: str, looked: Looked | None, explored: Explored | None
    ) -> list[Update]:
        """[html, Explored] of a new sample, in the layer and head that were chosen."""
        with spoken(language, html=True):
            place = explored.place if explored else Place()
            return self._explored(language, looked, replace(place, modality=None, cell=0))

    def _explored(self, language: str, looked: Looked | None, place: Place) -> list[Update]:
        if looked is None:
            return [look_figures.hint(say("look_explore_hint", language), language), None]
        if self.roles.joint_encoder is None:
            return [look_figures.hint(say("look_explore_none", language), language), None]
        modality = place.modality if place.modality in looked.sample.modalities else None
        try:
            found = self.pipeline.attended(
                looked.sample, place.layer, place.head, modality, place.cell
            )
        except UserError as error:  # this sample is read without it: no trouble of the look itself
            return [look_figures.hint(error.message.text(language), language), None]
        explored = Explored(
            replace(place, modality=modality),
            found.cells,
            found.grids,
            found.answer,
            found.layers,
            found.heads,
            found.flow,
            heats_of(looked.sample, scaled(found.cells, found.grids)),
        )
        return [look_explorer.explorer(explored, looked, language), explored]

    def speak_explored(
        self, language: str, looked: Looked | None, explored: Explored | None
    ) -> list[Update]:
        """[html] in another language."""
        if looked is None or explored is None:
            return [look_figures.hint(say("look_explore_hint", language), language)]
        return [look_explorer.explorer(explored, looked, language)]

    # Files -------------------------------------------------------------------------------------

    def save(self, language: str, looked: Looked | None, event: gr.EventData) -> str:
        """The link that look.js follows: the maps as a file."""
        with spoken(language, html=True):
            if looked is None or looked.view is None:
                return ""
            kind = told(event, "kind", str)
            if kind not in files.KINDS:
                raise UserError("event_unknown")
            held = files.file(looked, kind, self.names, language)
            name = "look-slide" if kind == "slide" else "look"
            return link(f"synesthesia-{name}.{files.KINDS[kind]}", held)


def measurable(looked: Looked) -> bool:
    """Whether any map of this target can be told from chance. What is lost when a whole sense is erased does
    not hang on the method, so that the look itself knows it as soon as it was measured.
    """
    if not looked.measured:
        return True
    return any(
        map_.faithfulness.swing >= LEAST_SWING for map_ in looked.maps.values() if map_.faithfulness
    )
