"""What the picture world holds, and whose pictures it uses, as HTML."""

from __future__ import annotations

from collections import defaultdict

from demo.ui.html.templates import macros
from demo.ui.strings import COMMA, say
from demo.world.concepts import CONCEPTS, Concept
from demo.world.language.ambiguous import AMBIGUOUS
from demo.world.language.grammar import QUESTION_KINDS
from demo.world.scenes import COLOURS, HELD_BACK_PATTERNS, PATTERNS


def card(language: str) -> str:
    """A table of the world's contents, and the licences."""
    questions = _listed("question_", QUESTION_KINDS, language)
    shown = macros("world").card(
        len(CONCEPTS),
        _groups(language),
        _backgrounds(language),
        questions,
        len(AMBIGUOUS),
        _ambiguous(language),
        language,
    )
    return str(shown)


def _groups(language: str) -> list[tuple[str, int, str]]:
    """Each category with its number of things, largest first, and the things themselves."""
    groups: dict[str, list[Concept]] = defaultdict(list)
    for concept in CONCEPTS:
        groups[concept.category].append(concept)
    ranked = sorted(groups.items(), key=lambda item: -len(item[1]))
    return [
        (name, len(members), COMMA[language].join(_name(one, language) for one in members))
        for name, members in ranked
    ]


def _name(concept: Concept, language: str) -> str:
    return concept.noun if language == "en" else concept.noun_zh


def _backgrounds(language: str) -> tuple[str, ...]:
    seen = _listed("pattern_", PATTERNS, language)
    held = _listed("pattern_", HELD_BACK_PATTERNS, language)
    return (
        say("world_backgrounds_colours", language, count=len(COLOURS)),
        say("world_backgrounds_seen", language, list=seen),
        say("world_backgrounds_held", language, list=held),
    )


def _ambiguous(language: str) -> str:
    words = (
        say("world_ambiguous_word", language, word=word, first=first.zh, second=second.zh)
        for word, (first, second) in AMBIGUOUS.items()
    )
    return COMMA[language].join(words)


def _listed(kind: str, names: tuple[str, ...], language: str) -> str:
    """Names in `language`; kind: how their keys begin."""
    return COMMA[language].join(say(kind + name, language) for name in names)
