"""What the Look tab can be asked to explain about a sample, and by which methods.

Knows what a model's roles offer, and nothing about gradio.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, get_args

from demo.explain import BEST, METHODS, applies
from demo.explain.request import ExplainRequest
from demo.fusion import fusions_with
from demo.models.generator import Task
from demo.models.roles import Roles
from demo.pipeline import DEFAULT_METHOD, Pipeline
from demo.schema import MODALITIES, Modality, Sample
from demo.strategies import OWN_HEAD

KINDS = ("label", "modality", "agreement", "word")
# Fields of Choice that a person sets, in the order in which the page hands them on.
CHOSEN = ("kind", "label", "fusion", "modality", "pair", "writing", "method")
# Those, beside the kind, that say what a target of each kind is; and which word.
SAYS = {
    "label": ("label", "fusion"),
    "modality": ("label", "modality"),
    "agreement": ("pair",),
    "word": ("writing", "word"),
}
# What can be written → the task, and the senses it is written about (none: all that are there).
WRITINGS: dict[str, tuple[Task, tuple[Modality, ...]]] = {
    "caption_image": ("caption", ("image",)),
    "caption_audio": ("caption", ("audio",)),
    "answer": ("answer", ()),
    "transcribe": ("transcribe", ("audio",)),
}
PAIRS = tuple(f"{first}~{second}" for first, second in combinations(MODALITIES, 2))
LONGEST = -1  # as a word: the longest of those written, which is seldom “a” or “the”

_ASKS = re.compile(
    r"[?？]\s*$|^(what|where|which|who|how|is|are|do|does|can)\b|[吗呢]|什么|几|多少|哪|有没有|是不是|颜色",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Choice:
    """What to explain, as chosen on the page. label: "" is the winner; fusion: what
    believes it, "" is the preset's own; language: of what is written."""

    kind: str = "label"
    label: str = ""
    fusion: str = ""
    modality: str = "image"
    pair: str = PAIRS[0]
    writing: str = "caption_image"
    method: str = DEFAULT_METHOD
    word: int = LONGEST
    language: str = "en"


def kinds(sample: Sample, roles: Roles) -> list[str]:
    """The kinds of target there are."""
    able = {"agreement": len(sample.modalities) > 1, "word": bool(writings(sample, roles))}
    return [kind for kind in KINDS if able.get(kind, True)]


def pairs(sample: Sample) -> list[str]:
    """Two senses that can be compared."""
    return [pair for pair in PAIRS if set(pair.split("~")) <= set(sample.modalities)]


def writings(sample: Sample, roles: Roles) -> list[str]:
    """What can be written about it: an answer only where the sentence asks something about the rest."""
    given = sample.modalities
    able = {
        "caption_image": "image" in given,
        "caption_audio": "audio" in given,
        "answer": is_question(sample.text or "") and given != ("text",),
        "transcribe": "audio" in given,
    }
    return [name for name, (task, _) in WRITINGS.items() if able[name] and roles.can(task)]


def methods(roles: Roles, kind: str, writing: str = "") -> list[str]:
    """The methods that can explain such a target with what the preset offers."""
    if kind == "word" and writing == "transcribe" and roles.listens:
        return [BEST]  # where the transcriber listened
    offered = kind == "word", roles.joint_encoder is not None, roles.perturber is not None
    return [name for name, method in METHODS.items() if applies(method, *offered)]


def strategies(pipeline: Pipeline, chosen: str = "") -> list[str]:
    """The fusion strategies that can be asked, a head of somebody's own among them where it is chosen."""
    own = [chosen] if chosen.startswith(OWN_HEAD) else []
    return [*fusions_with(pipeline.roles.joint_encoder), *pipeline.heads, *own]


def fitted(
    choice: Choice,
    sample: Sample,
    labels: Sequence[str],
    roles: Roles,
    offered: Sequence[str] = (),
) -> Choice:
    """The same choice where this sample allows it, else the first that it does. offered: strategies, none:
    the untrained ones."""
    offered = offered or fusions_with(roles.joint_encoder)
    kind = one_of(choice.kind, kinds(sample, roles))
    writing = one_of(choice.writing, writings(sample, roles))
    return replace(
        choice,
        kind=kind,
        label=choice.label if choice.label in labels else "",
        fusion=one_of(choice.fusion or roles.facts.fusion, offered),
        modality=one_of(choice.modality, sample.modalities),
        pair=one_of(choice.pair, pairs(sample)),
        writing=writing,
        method=one_of(choice.method, methods(roles, kind, writing)),
    )


def request_of(choice: Choice, measured: bool = False) -> ExplainRequest:
    """The choice as the pipeline takes it."""
    how: dict[str, Any] = {
        "methods": (choice.method,),
        "fusion": choice.fusion or None,
        "measured": measured,
    }
    if choice.kind == "agreement":
        return ExplainRequest("agreement", modalities=_modalities(choice.pair.split("~")), **how)
    if choice.kind == "word":
        task, read = WRITINGS[choice.writing]
        said: dict[str, Any] = {"task": task, "language": choice.language, "word": choice.word}
        return ExplainRequest("word", modalities=read, **said, **how)
    label = choice.label or None
    if choice.kind == "modality":
        return ExplainRequest("modality", label, _modalities([choice.modality]), **how)
    return ExplainRequest("label", label, **how)


def is_question(text: str) -> bool:
    """Whether a sentence asks something, in English or Chinese."""
    return bool(_ASKS.search(text.strip()))


def _modalities(names: Sequence[str]) -> tuple[Modality, ...]:
    return tuple(m for m in get_args(Modality) if m in names)


def one_of(wanted: str, offered: Sequence[str]) -> str:
    """What is wanted where it is offered, else the first that is."""
    return wanted if wanted in offered or not offered else offered[0]
