"""Pictures (or sounds) with sentences that are right of them, for captions and for retrieval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from demo.data.example import Skip
from demo.data.manifests import Row
from demo.errors import Message
from demo.evaluation.own_data.run import Item, Items, Options, right_texts
from demo.schema import Modality

THINGS: tuple[Modality, ...] = ("image", "audio")
CAPTIONS = ("caption", "captions")
GRADES, MOST_GRADE = ("grade", "relevance"), 10.0
COLUMNS: tuple[tuple[str, ...], ...] = (THINGS, (*CAPTIONS, "en", "zh"))

Texts = Mapping[str, tuple[str, ...]]  # language → all that are right


def described(rows: Sequence[Row], options: Options) -> Items:
    """One item for each picture or sound; rows about the same one (one caption each) become one item."""
    found: dict[tuple[str, ...], Item] = {}
    skipped = []
    for row in rows:
        parts = row.parts([m for m in THINGS if m in options.modalities])
        right = right_texts(row, CAPTIONS)
        try:
            graded = _grades(row, right)
        except ValueError:
            skipped.append(Skip(row.name, Message("eval_row_grade", {"value": row.text(*GRADES)})))
            continue
        if not parts or not right:
            skipped.append(Skip(row.name, _why(row, bool(parts))))
            continue
        key = tuple(row.text(m) for m in parts)
        first = found.get(key, Item(row.name, parts, {}))
        fits = {} if graded and not any(graded.values()) else right
        found[key] = replace(
            first, right=_joined(first.right, fits), grades={**first.grades, **graded}
        )
    return Items(tuple(found.values()), tuple(skipped))


def _grades(row: Row, right: Texts) -> dict[str, float]:
    """Text → how well it fits, where a column says so; a text of grade 0 is not right. Raises ValueError."""
    said = row.text(*GRADES)
    if not said:
        return {}
    grade = float(said)
    if not 0 <= grade <= MOST_GRADE:
        raise ValueError(said)
    return {text: grade for texts in right.values() for text in texts}


def _why(row: Row, pictured: bool) -> Message:
    """What a row lacks."""
    if pictured and row.texts(*CAPTIONS):
        return Message("eval_row_language", {"language": row.text("language", "lang")})
    return Message("eval_row_lacks", {"columns": " / ".join(COLUMNS[1] if pictured else THINGS)})


def _joined(before: Texts, new: Texts) -> dict[str, tuple[str, ...]]:
    languages = dict.fromkeys((*before, *new))
    return {language: (*before.get(language, ()), *new.get(language, ())) for language in languages}
