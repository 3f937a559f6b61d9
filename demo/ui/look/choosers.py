"""What can be chosen in the Look tab: updates of its choosers for what was looked at, in a language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from demo.pipeline import Pipeline
from demo.strategies import OWN_HEAD
from demo.ui.look.choices import CHOSEN, kinds, methods, pairs, strategies, writings
from demo.ui.look.results import Looked
from demo.ui.names import Names
from demo.ui.strings import say

Update = Any
CHOOSERS = len(CHOSEN) + 1  # and the sense to erase


@dataclass(frozen=True)
class Choosers:
    """pipeline: whoever answers now; names: of labels."""

    pipeline: Pipeline
    names: Names

    def updates(self, looked: Looked | None, language: str) -> list[Update]:
        """Updates of what can be CHOSEN, and of the sense to erase."""
        if looked is None:
            return [gr.skip()] * CHOOSERS
        choice, sample, roles = looked.choice, looked.sample, self.pipeline.roles
        winner = (say("look_label_winner", language), "")
        labels = [(self.names.shown(one, language), one) for one in looked.prediction.labels]
        offered = {
            "kind": named("look_kind_", kinds(sample, roles), language),
            "label": [winner, *labels],
            "fusion": fusions(strategies(self.pipeline, choice.fusion), language),
            "modality": named("look_sense_", sample.modalities, language),
            "pair": [(pair_name(pair, language), pair) for pair in pairs(sample)],
            "writing": named("look_writing_", writings(sample, roles), language),
            "method": named("method_", methods(roles, choice.kind, choice.writing), language),
        }
        updates = [
            gr.update(
                choices=offered[name], value=value_among(getattr(choice, name), offered[name])
            )
            for name in CHOSEN
        ]
        return [*updates, self.erasable(looked, language)]

    def erasable(self, looked: Looked, language: str) -> Update:
        """Update of the sense to erase."""
        modalities = named("sense_", list(looked.maps), language)
        return gr.update(choices=modalities, value=modalities[0][1] if modalities else None)


def named(stem: str, keys: Sequence[str], language: str) -> list[tuple[str, str]]:
    """(what it is called, key) for each key. stem: how the keys begin in the locales."""
    return [(say(stem + key, language), key) for key in keys]


def fusions(names: Sequence[str], language: str) -> list[tuple[str, str]]:
    """(what a strategy is called, its name); a head of somebody's own is named as such."""
    return [
        (say("fusion_own" if name.startswith(OWN_HEAD) else f"fusion_{name}", language), name)
        for name in names
    ]


def pair_name(pair: str, language: str) -> str:
    """“Picture and sound”."""
    first, second = (say("sense_" + modality, language) for modality in pair.split("~"))
    return say("look_pair", language, first=first, second=second)


def value_among(value: str, choices: Sequence[tuple[str, str]]) -> str | None:
    """The value where it is offered, else nothing."""
    return value if any(key == value for _, key in choices) else None
