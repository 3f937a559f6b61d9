"""One look from start to end as a single piece of work: the maps, what hangs on them, and their trust.

A single generator, so that turning to something else ends all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from demo.schema import Modality
from demo.ui.fuse.handlers import sentence_of
from demo.ui.html import figures
from demo.ui.look.choosers import CHOOSERS
from demo.ui.look.handlers import LookHandlers, Steps
from demo.ui.look.results import Explored, Looked
from demo.ui.look.tools import LookTools

SHOWN = CHOOSERS + 8  # what a look fills in: LookTab.shown
STATUS, ERASE, RESULTS, KEPT = 0, CHOOSERS + 1, SHOWN - 4, SHOWN - 3
HANGING = 4  # erased, Ablation, attention, Explored


class Course:
    """Each yields [*LookTab.shown, erased, Ablation, attention, Explored]. Its tail: what is explored, the
    sense to erase, how much of it, and whether to keep that; then as the handler of the same name."""

    def __init__(self, looking: LookHandlers, tools: LookTools) -> None:
        self.looking = looking
        self.tools = tools

    def look(self, language: str, *given: Any) -> Steps:
        tail, rest = given[:HANGING], given[HANGING:]
        yield from self._whole(language, self.looking.look(language, *rest), tail, fresh=True)

    def change(self, language: str, *given: Any) -> Steps:
        tail, rest = given[:HANGING], given[HANGING:]
        yield from self._whole(language, self.looking.change(language, *rest), tail, fresh=True)

    def aim(self, language: str, *given: Any) -> Steps:
        tail, rest = given[:HANGING], given[HANGING:]
        yield from self._whole(language, self.looking.aim(language, *rest), tail, fresh=False)

    def word(
        self,
        language: str,
        explored: Explored | None,
        modality: Modality | None,
        percent: float,
        keep: bool,
        kept: Looked | None,
        event: gr.EventData,
    ) -> Steps:
        steps = self.looking.word(language, kept, event)
        yield from self._whole(language, steps, (explored, modality, percent, keep), fresh=False)

    def _whole(self, language: str, steps: Steps, tail: Sequence[Any], fresh: bool) -> Steps:
        """fresh: the sample was not shown before, so that its attention is another one."""
        explored, modality, percent, keep = tail
        looked: Any = gr.skip()
        for step in steps:
            yield [*step, *_same(HANGING)]
            looked = looked if _skips(step[KEPT]) else step[KEPT]
            erasable = step[ERASE]
            if isinstance(erasable, dict) and "value" in erasable:
                modality = erasable["value"]
        if _skips(looked):
            return
        try:
            erased = self.tools.erase(language, looked, modality, percent, keep)
            yield [*_same(SHOWN), *erased, *_same(2)]
            if fresh:
                yield [*_same(SHOWN + 2), *self.tools.explored(language, looked, explored)]
            if looked is not None:
                for measured in self.looking.measure(language, looked):
                    yield _placed(measured)
        except gr.Error as error:
            yield _placed([figures.trouble(sentence_of(error), language), gr.skip(), gr.skip()])


def _placed(measured: Sequence[Any]) -> list[Any]:
    """[status, results, kept] where they belong."""
    step = _same(SHOWN + HANGING)
    step[STATUS], step[RESULTS], step[KEPT] = measured
    return step


def _same(count: int) -> list[Any]:
    return [gr.skip() for _ in range(count)]


def _skips(update: Any) -> bool:
    return bool(update == gr.skip()) if isinstance(update, dict) else False
