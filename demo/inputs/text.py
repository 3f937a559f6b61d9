"""A stranger's sentence, and the labels a person typed, become tidy bounded text.

Knows nothing about tokenisation or about which words a model understands.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from opencc import OpenCC

from demo.errors import Message, UserError

MAX_CHARACTERS = 2_000  # of a text
MIN_LABELS, MAX_LABELS = 2, 50
MAX_LABEL_CHARACTERS = 60

_JOINERS = "\u200c\u200d"  # ZWNJ and ZWJ shape Persian and Indic words and emoji: they stay
# Zero-width and bidirectional controls, soft hyphen, annotations and invisible tag characters: they
# can hide words from the reader or show them in another order than the model sees.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
HAN = "[\u3400-\u9fff]"
EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_RUN = f"[{EMOJI}][{EMOJI}\ufe0f{_JOINERS}]*"  # with what shapes and joins emoji
_GLUED_BEFORE = re.compile(rf"(?<=\w)({_RUN})")
_GLUED_AFTER = re.compile(rf"({_RUN})(?=\w)")
_SEPARATORS = re.compile(r"[,，、;；\r\n]")


def clean_text(text: str) -> str:
    """The text on one line as the models know it; "" when nothing is left.

    Without control characters, letters and digits of full width or of special shape as plain ones,
    Chinese in simplified characters, emoji apart from words, all in Unicode NFC.

    Raises:
        UserError: text_too_long, when more than MAX_CHARACTERS remain.
    """
    tidy = _tidied(text)
    # Normalising a long run of accents takes quadratic time, so it starts from a bounded length;
    # NFC makes one character out of at most four.
    if len(tidy) <= 4 * MAX_CHARACTERS:
        tidy = unicodedata.normalize("NFC", "".join(map(_plain_letter, tidy)))
    if len(tidy) > MAX_CHARACTERS:
        raise UserError("text_too_long", length=len(tidy), limit=MAX_CHARACTERS)
    apart = _GLUED_AFTER.sub(r"\1 ", _GLUED_BEFORE.sub(r" \1", tidy))
    return simplified(apart if len(apart) <= MAX_CHARACTERS else tidy)


def text_notes(text: str | None) -> tuple[Message, ...]:
    """What clean_text changed and the person should know."""
    return (Message("text_simplified"),) if text and simplified(text) != text else ()


def simplified(text: str) -> str:
    """Traditional Chinese characters as simplified ones, which the models were taught."""
    return _converter().convert(text) if re.search(HAN, text) else text


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _plain_letter(character: str) -> str:
    """Ａ, ５ and 𝐝 as A, 5 and d; punctuation stays, because ，and , part different languages."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain.isalnum() else character


def parse_labels(labels: str | Sequence[str]) -> tuple[str, ...]:
    """MIN_LABELS to MAX_LABELS different labels, in the order given.

    labels: one string with , ， 、 ; ； or line breaks between the labels, a JSON array of them, or one
    string per label.
    `_` is read as a space; a label that differs from an earlier one only in case is left out.

    Raises:
        UserError: labels_too_few, labels_too_many or labels_too_long.
    """
    pieces = _pieces(labels) if isinstance(labels, str) else labels
    distinct: dict[str, str] = {}
    for piece in pieces:
        label = _clean_label(piece)
        if label:
            distinct.setdefault(label.casefold(), label)
    if len(distinct) < MIN_LABELS:
        raise UserError("labels_too_few", count=len(distinct), least=MIN_LABELS)
    if len(distinct) > MAX_LABELS:
        raise UserError("labels_too_many", count=len(distinct), most=MAX_LABELS)
    return tuple(distinct.values())


def _pieces(labels: str) -> Sequence[str]:
    """What stands between the separators, or in a JSON array of words and numbers."""
    if labels.lstrip().startswith("["):
        try:
            listed = json.loads(labels)
        except (ValueError, RecursionError):
            listed = None
        if isinstance(listed, list) and all(type(one) in (str, int, float) for one in listed):
            return [str(one) for one in listed]
    return _SEPARATORS.split(labels)


def _clean_label(piece: str) -> str:
    label = _tidied(piece.replace("_", " "))
    if len(label) <= 4 * MAX_LABEL_CHARACTERS:
        label = unicodedata.normalize("NFC", label)
    if len(label) > MAX_LABEL_CHARACTERS:
        shown = label[:20].rstrip() + "…"
        raise UserError(
            "labels_too_long", label=shown, length=len(label), limit=MAX_LABEL_CHARACTERS
        )
    return label


def _tidied(text: str) -> str:
    visible = _INVISIBLE.sub("", text)
    # Cs: halves of surrogate pairs, which no encoder accepts.
    kept = (c for c in visible if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    line = " ".join("".join(kept).split())
    return line if line.strip(" " + _JOINERS) else ""
