"""How people ask about a photo: wordings by kind and language (wordings.csv), and how they are typed."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from pathlib import Path

YES_NO = {"en": ("no", "yes"), "zh": ("没有", "有")}  # as in the picture world
_FILE = Path(__file__).with_name("wordings.csv")


def _wordings(file: Path) -> dict[str, dict[str, tuple[str, ...]]]:
    """language → kind → wordings, in the order of the file, on which draws depend."""
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            kinds = found[row["language"]]
            kinds[row["kind"]] = (*kinds.get(row["kind"], ()), row["wording"])
    return dict(found)


# {one}: “a dog”, “snow”; {any}: “any dogs”, “any snow”; {bare}: “dog”; {noun}, {m}: Chinese noun and counter
WORDINGS = _wordings(_FILE)
# What no photo tells. The answer is CANNOT.
UNANSWERABLE = {language: kinds.pop("unanswerable") for language, kinds in WORDINGS.items()}


def typed(question: str, language: str, chance: random.Random) -> str:
    """As people type: with a capital or not, seldom shouting, often without the mark."""
    if chance.random() < 0.3:
        question = question.rstrip("?？")
    if language == "zh":
        return (
            f"请问{question}"
            if chance.random() < 0.03
            else question.replace("？", chance.choice("？？？?"))
        )
    style = chance.random()
    if style < 0.35:
        return question[0].upper() + question[1:]
    return question.upper() if style < 0.38 else question
