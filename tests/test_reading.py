"""What a person writes and what the models read of it: the same meaning, in words they were taught."""

from __future__ import annotations

import numpy as np
import pytest

from demo.inputs import clean_text
from demo.notes import only_denied
from demo.reading import AS_WRITTEN, AsTaught, Use, realigned
from demo.schema import Encoding, Sample, WordGrid

TAUGHT = AsTaught()


@pytest.mark.parametrize(
    "written",
    [
        "this is a dog",
        "This is a dog.",
        "“This is a dog!!”",
        "(this is a dog)",
        "this is a dog😊",
        "👉 this is a dog …",
        "Ｔｈｉｓ　ｉｓ　ａ　ｄｏｇ．",
        "  this\u00a0is a\u200b dog \n",
    ],
)
@pytest.mark.parametrize("use", ["told", "translated"])
def test_habits_of_writing_change_nothing(written: str, use: Use) -> None:
    assert TAUGHT.read(clean_text(written), use).text.casefold() == "this is a dog"


def test_contractions_and_spelling_are_written_as_taught() -> None:
    assert TAUGHT.read("It's not gray", "told").text == "it is not grey"
    assert TAUGHT.read("I don’t like the color", "translated").text == "I do not like the colour"


def test_what_is_denied_is_not_read_among_labels_but_is_translated() -> None:
    read = TAUGHT.read("no dog here, only a cat", "told")
    assert "dog" not in read.text and "cat" in read.text and "dog" in read.denied
    assert TAUGHT.read("这里没有狗，只有一座城堡", "told").denied
    assert TAUGHT.read("这不是一座城堡", "told").denied
    assert TAUGHT.read("this is not a dog", "translated").text == "this is not a dog"


@pytest.mark.parametrize(
    "text, denied",
    [
        ("there is no dog", "dog"),
        ("没有狗和猫", "狗, 猫"),
        ("no dog, only a cat", None),
        ("hello", None),
    ],
)
def test_a_sentence_that_only_denies_says_so(text: str, denied: str | None) -> None:
    notes = [note.values["things"] for note in only_denied(Sample(text=text))]
    assert notes == ([denied] if denied else [])


def test_emoji_alone_stay_and_beside_words_go() -> None:
    assert AS_WRITTEN.read("🐶", "told").text == "🐶"
    assert AS_WRITTEN.read("a walk 🐶 today", "told").text == "a walk today"


def test_words_lie_where_they_were_written() -> None:
    written, read = "Is there a puppy?", "is there a dog here?"
    spans = ((0, 2), (3, 8), (9, 10), (11, 14), (15, 19), (19, 20))
    encoding = Encoding(None, WordGrid(spans), lambda x: x, np.arange(6))  # type: ignore[arg-type]
    moved = realigned(encoding, written, read)
    assert isinstance(moved.grid, WordGrid) and moved.token_cell is not None
    shown = [written[a:b] for a, b in moved.grid.spans]
    assert shown[moved.token_cell[3]] == "puppy"
    assert [shown[cell] for cell in moved.token_cell[:3]] == ["Is", "there", "a"]
    assert moved.read == read
