"""What the picture world holds, and whose pictures it uses, as HTML."""

from __future__ import annotations

from collections import defaultdict
from html import escape

from demo.ui.strings import say
from demo.world.concepts import CONCEPTS, Concept
from demo.world.language.ambiguous import AMBIGUOUS
from demo.world.language.grammar import QUESTION_KINDS
from demo.world.scenes import COLOURS, HELD_BACK_PATTERNS, PATTERNS

_COMMA = {"en": ", ", "zh": "、"}


def card(language: str) -> str:
    """A table of the world's contents, and the licences."""
    rows = "".join(
        f"<tr><th scope='row'>{head}</th><td>{body}</td></tr>"
        for head, body in (
            (say("world_concepts", language, count=len(CONCEPTS)), _concepts(language)),
            (say("world_backgrounds", language), _backgrounds(language)),
            (
                say("world_questions", language),
                escape(_listed("question_", QUESTION_KINDS, language)),
            ),
            (say("world_ambiguous", language, count=len(AMBIGUOUS)), _ambiguous(language)),
        )
    )
    return (
        f"<div class='syn-about' lang='{language}'><section class='syn-panel'>"
        f"<h2>{say('world_holds', language)}</h2><div class='syn-scroll' tabindex='0'>"
        f"<table class='syn-table syn-contents'><tbody>{rows}</tbody></table></div></section>"
        f"<section class='syn-panel'><h2>{say('world_licences', language)}</h2>"
        f"<p>{say('world_licence_sprites', language)}</p></section></div>"
    )


def _concepts(language: str) -> str:
    """Each category with its number of things, largest first; the things themselves unfold."""
    groups: dict[str, list[Concept]] = defaultdict(list)
    for concept in CONCEPTS:
        groups[concept.category].append(concept)
    ranked = sorted(groups.items(), key=lambda item: -len(item[1]))
    return "".join(
        f"<details class='syn-group'><summary>{say('category_' + name, language)} "
        f"<b>{len(members)}</b></summary>"
        f"<p>{escape(_COMMA[language].join(_name(one, language) for one in members))}</p></details>"
        for name, members in ranked
    )


def _name(concept: Concept, language: str) -> str:
    return concept.noun if language == "en" else concept.noun_zh


def _backgrounds(language: str) -> str:
    seen = _listed("pattern_", PATTERNS, language)
    held = _listed("pattern_", HELD_BACK_PATTERNS, language)
    lines = (
        say("world_backgrounds_colours", language, count=len(COLOURS)),
        say("world_backgrounds_seen", language, list=seen),
        say("world_backgrounds_held", language, list=held),
    )
    return "<br>".join(map(escape, lines))


def _ambiguous(language: str) -> str:
    words = (
        say("world_ambiguous_word", language, word=word, first=first.zh, second=second.zh)
        for word, (first, second) in AMBIGUOUS.items()
    )
    return escape(_COMMA[language].join(words))


def _listed(kind: str, names: tuple[str, ...], language: str) -> str:
    """Names in `language`; kind: how their keys begin."""
    return _COMMA[language].join(say(kind + name, language) for name in names)
