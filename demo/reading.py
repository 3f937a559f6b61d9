"""How a person's sentence is put before the models: without what changes no meaning, in taught words.

Quotation marks, emoji beside words, a full stop or its lack, “what's”, “color”: the models read all of them
one way, and maps still lie on what was written. Labels have their own rules (models/wording.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import partial
from typing import Literal, Protocol

import numpy as np

from demo.articles import with_article
from demo.bilingual import frames, noun_phrases
from demo.bilingual.askable import answerable
from demo.errors import Message, UserError
from demo.inputs.text import EMOJI, HAN
from demo.models.generator import Task
from demo.models.labels import LabelVectors
from demo.models.mentions import mentions
from demo.models.roles import Encoder
from demo.models.wording import simplified
from demo.schema import Encoding, WordGrid
from demo.world.language.ambiguous import AMBIGUOUS, UNCOUNTED
from demo.world.language.asking import as_taught, claim_of
from demo.world.language.claims import judged

Decide = Callable[[str], str]  # a taught English sentence → its translation beside the picture
Use = Literal[
    "told", "asked", "translated"
]  # a sentence among labels, a question, one to translate

USE_OF: dict[Task, Use] = {"answer": "asked", "translate": "translated"}  # of others: told

_UNIT = re.compile(rf"{HAN}|(?:(?!{HAN})\w)+|[^\w\s]")
_EMOJI = re.compile(f"[{EMOJI}\ufe0f\u200d]+")
_EDGES = " \t.。．!！,，、;；:：…~～'\"“”‘’「」『』《》<>()（）[]【】{}*_#|-–—"
_ASKING = re.compile(r"[?？][\s!！?？.。~～)）」』”\"']*$")
_WORDS = {  # written otherwise than taught
    **{"what's": "what is", "where's": "where is", "who's": "who is", "how's": "how is"},
    **{"there's": "there is", "here's": "here is", "that's": "that is", "it's": "it is", "let's": "let us"},
    **{"he's": "he is", "she's": "she is", "i'm": "i am", "you're": "you are", "we're": "we are"},
    **{"they're": "they are", "i've": "i have", "i'll": "i will", "i'd": "i would", "can't": "can not"},
    **{"won't": "will not", "whats": "what is", "wheres": "where is", "im": "i am"},
    **{"color": "colour", "colors": "colours", "gray": "grey", "favorite": "favourite"},
}  # fmt: skip
_QUOTES = re.compile(r"[\"“”「」『』*]")
_PARTICLE = re.compile(rf"(?<={HAN})[呀啊哦哇啦哟]+$")  # 这是狗呀
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_NOT = re.compile(r"n't$")


@dataclass(frozen=True)
class Read:
    """What a model is given. denied: things that the sentence says are not there, which it does not read."""

    text: str
    denied: tuple[str, ...] = ()


class Reading(Protocol):
    """How one preset's sentences are read."""

    def read(self, text: str, use: Use) -> Read: ...

    def translated(self, text: str, to: str, decide: Decide) -> str | None:
        """A sentence of few words by the rules of both languages, or None where it is none of these."""

    def doubt(self, text: str, use: Use) -> Message | None:
        """Why what is answered to a question, or written where no rule translates, is a guess at best."""

    def judged(self, question: str, answer: str) -> str | None:
        """Yes or no to a question that states a number, by what was counted; None: the answer stays."""


class AsWritten:
    """For models that were taught people's own sentences: only what is no word is left out."""

    def read(self, text: str, use: Use) -> Read:
        words = _QUOTES.sub("", without_emoji(text)).strip(_EDGES + "?？")
        if not words:
            return Read(text)
        asks = use == "asked" or bool(_ASKING.search(text))
        return Read(words + _mark(words) if asks else words)

    def translated(self, text: str, to: str, decide: Decide) -> str | None:
        return None

    def doubt(self, text: str, use: Use) -> Message | None:
        return None

    def judged(self, question: str, answer: str) -> str | None:
        return None


AS_WRITTEN = AsWritten()


class AboutPhotos(AsWritten):
    """For the half that was taught captions of photos and questions about them.

    “are there two dogs?” is asked as “how many dogs are there?”.
    """

    def read(self, text: str, use: Use) -> Read:
        claim = claim_of(text) if use == "asked" else None
        return super().read(text, use) if claim is None else Read(claim.counted)

    def judged(self, question: str, answer: str) -> str | None:
        return _judged(question, answer)

    def doubt(self, text: str, use: Use) -> Message | None:
        asked = plain(text).casefold()
        if use != "asked" or claim_of(text) or answerable(asked) or as_taught(asked):
            return None
        return Message("doubt_ask")


class AsTaught:
    """For the picture world's half: in its own words and marks; what is denied is left out."""

    def read(self, text: str, use: Use) -> Read:
        asks = use == "asked" or (use == "told" and bool(_ASKING.search(text)))
        words = plain(text)
        if not words:
            return Read(text)
        if asks:
            taught = as_taught(words) or words
            return Read(taught.rstrip("?？") + _mark(taught))
        return Read(words) if use == "translated" else _without_denied(words)

    def translated(self, text: str, to: str, decide: Decide) -> str | None:
        words, meaning = simplified(plain(text)), partial(_meaning, decide)
        said = noun_phrases.translated(words.casefold(), to, meaning)
        return said or frames.translated(words, to, meaning)

    def doubt(self, text: str, use: Use) -> Message | None:
        if use == "translated":
            return Message("doubt_translate")
        if use == "asked" and not as_taught(plain(text)):
            return Message("doubt_ask")
        return None

    def judged(self, question: str, answer: str) -> str | None:
        return _judged(question, answer)


def _judged(question: str, answer: str) -> str | None:
    claim = claim_of(question)
    return None if claim is None else judged(claim, answer)


def _meaning(decide: Decide, noun: str) -> tuple[str, str] | None:
    """The Chinese word and counter that were decided on of a noun with two meanings."""
    said = decide(f"this is {noun if noun in UNCOUNTED else with_article(noun)}")
    meant = [sense for sense in AMBIGUOUS[noun] if sense.zh in said]
    return (meant[0].zh, "" if noun in UNCOUNTED else meant[0].measure) if len(meant) == 1 else None


def _mark(text: str) -> str:
    return "？" if re.search(HAN, text) else "?"


def plain(text: str) -> str:
    """Words alone: no emoji, no marks around them, contractions written out, British spelling."""
    kept = without_emoji(text).replace("’", "'").strip(_EDGES + "?？")
    kept = _PARTICLE.sub("", _QUOTES.sub("", kept))
    return " ".join(_WORD.sub(lambda found: _written_out(found[0]), kept).split())


def without_emoji(text: str) -> str:
    """Emoji beside words say nothing new; without words they are all there is."""
    words = " ".join(_EMOJI.sub(" ", text).split())
    return words if any(c.isalnum() for c in words) else text


def _written_out(word: str) -> str:
    known = _WORDS.get(word.casefold())
    return known or _NOT.sub(" not", word)


def _without_denied(text: str) -> Read:
    """“no dog here, only a cat” is read as “no here, only a cat”."""
    denied = [one for one in mentions(text) if one.negated]
    spans = sorted({(one.start, one.end) for one in denied}, reverse=True)
    left = text
    for start, end in spans:
        left = left[:start] + left[end:]
    if not any(c.isalnum() for c in left):
        left = text
    return Read(left, tuple(dict.fromkeys(one.thing.name("en") for one in denied)))


def realigned(encoding: Encoding, written: str, read: str) -> Encoding:
    """The encoding of what was read, with its words where they lie in what was written; words that nobody
    wrote lie nowhere (cell −1)."""
    grid, cells = encoding.grid, encoding.token_cell
    if written == read or not grid.spans or cells is None:
        return encoding
    where = list(_places(written, read))
    found = [next((w for a, b, w in where if a <= start < b), None) for start, _ in grid.spans]
    spans = sorted({span for span in found if span is not None}) or [(0, len(written))]
    index = [-1 if span is None else spans.index(span) for span in found]
    if set(index) == {-1}:
        index = [0] * len(found)
    moved = np.array([index[cell] for cell in cells])
    return replace(encoding, grid=WordGrid(tuple(spans)), token_cell=moved, read=read)


def encoded(encoder: Encoder, written: str, read: Read) -> Encoding:
    """A sentence as `encoder` reads it; what it denies is believed less than nothing about."""
    encoding = realigned(encoder.encode([read.text])[0], written, read.text)
    if not read.denied:
        return encoding
    try:
        placed = encoder.labels.place(read.denied)
    except UserError:  # a thing it was never taught is not believed in anyhow
        return encoding
    if not isinstance(placed, LabelVectors):
        return encoding
    against, pool = placed.vectors.sum(0), encoding.pool
    return replace(encoding, pool=lambda tokens: pool(tokens) - against)


def _places(written: str, read: str) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """(start, end) of each unit that was read, and of what it stands for in what was written."""
    ours, theirs = list(_UNIT.finditer(read)), list(_UNIT.finditer(written))
    matcher = SequenceMatcher(
        None, [m[0].casefold() for m in ours], [m[0].casefold() for m in theirs], autojunk=False
    )
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        for k in range(i1, i2):
            place = None
            if kind == "equal":
                place = theirs[j1 + k - i1].span()
            elif j2 > j1:
                place = (theirs[j1].start(), theirs[j2 - 1].end())
            yield ours[k].start(), ours[k].end(), place
