"""Pictures (or sounds) with sentences that are right of them, for captions and for retrieval."""

from __future__ import annotations

from collections.abc import Sequence

from demo.errors import Message
from demo.evaluation.data.example import Skip
from demo.evaluation.data.manifests import Row
from demo.evaluation.own_data.run import Item, Items, Options, right_texts
from demo.schema import Modality

THINGS: tuple[Modality, ...] = ("image", "audio")
CAPTIONS = ("caption", "captions")
COLUMNS = (THINGS, (*CAPTIONS, "en", "zh"))


def described(rows: Sequence[Row], options: Options) -> Items:
    """One item for each picture or sound; rows about the same one (one caption each) become one item."""
    found: dict[tuple[str, ...], Item] = {}
    skipped = []
    for row in rows:
        parts = row.parts([m for m in THINGS if m in options.modalities])
        right = right_texts(row, CAPTIONS)
        if not parts or not right:
            lacking = COLUMNS[1] if parts else THINGS
            skipped.append(
                Skip(row.name, Message("eval_row_lacks", {"columns": " / ".join(lacking)}))
            )
            continue
        key = tuple(row.text(m) for m in parts)
        before = found[key].right if key in found else {}
        both = {
            language: (*before.get(language, ()), *right.get(language, ()))
            for language in (*before, *(new for new in right if new not in before))
        }
        found[key] = Item(found[key].name if key in found else row.name, parts, both)
    return Items(tuple(found.values()), tuple(skipped))
