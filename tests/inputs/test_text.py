"""Text and labels as people type and paste them."""

from __future__ import annotations

import time

import pytest

from demo.inputs.text import clean_text, parse_labels


@pytest.mark.parametrize(
    "given, cleaned",
    [
        ("a dog", "a dog"),
        ("  a\t big \r\n dog\u3000barks\u00a0 ", "a big dog barks"),
        ("cafe\u0301", "café"),
        ("\u1112\u1161\u11ab", "한"),
        ("一只狗在叫。", "一只狗在叫。"),
        ("كلب ينبح", "كلب ينبح"),
        ("กำลังเห่า", "กำลังเห่า"),
        ("nul\x00l\x1b[31m bell\x07 del\x7f", "null[31m bell del"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("\u202egod a\u202c \u2066x\u2069\u200e\u200f\u061c", "god a x"),
        ("hid\U000e0041\U000e0042den", "hidden"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀 \U0001f468\u200d\U0001f469\u200d\U0001f467", "👩\u200d🚀 👨\u200d👩\u200d👧"),
        ("half \ud83d pair", "half pair"),
        ("ａ ｄｏｇ，３ ｃａｔｓ！", "a dog，3 cats！"),
        ("𝐚 𝓭𝓸𝓰 ﬁve", "a dog five"),
        ("這是一隻貓", "这是一只猫"),
        ("dog🐶barks", "dog 🐶 barks"),
        ("a dog🐶🐶", "a dog 🐶🐶"),
        ("猫😀❤\ufe0f在叫", "猫 😀❤\ufe0f 在叫"),
        ("I ❤ dogs, 100% ½", "I ❤ dogs, 100% ½"),
        ("", ""),
        (" \n\t\u3000\u200b\u00a0", ""),
        ("\u200d \u200c", ""),
    ],
)
def test_clean_text(given: str, cleaned: str) -> None:
    assert clean_text(given) == cleaned
    assert clean_text(cleaned) == cleaned
    cleaned.encode("utf-8")


def test_length_is_counted_after_cleaning(refused) -> None:
    assert len(clean_text("字" * 2000)) == 2000
    assert len(clean_text("  a\u200b " * 1000)) == 1999
    assert len(clean_text("\u1112\u1161\u11ab" * 2000)) == 2000
    assert refused("text_too_long", clean_text, "字" * 2001).values["length"] == 2001
    assert refused("text_too_long", clean_text, "a " * 100_000).values["length"] == 199_999


def test_long_text_is_refused_quickly(refused) -> None:
    started = time.perf_counter()
    refused("text_too_long", clean_text, "a" + "\u0301\u0323" * 500_000)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "given, labels",
    [
        ("cat,dog", ("cat", "dog")),
        (" cat , dog ,, ", ("cat", "dog")),
        ("猫，狗、鸟；马;牛,羊", ("猫", "狗", "鸟", "马", "牛", "羊")),
        ("cat\ndog\r\nbird", ("cat", "dog", "bird")),
        ("fire_truck, guinea  pig", ("fire truck", "guinea pig")),
        ("Dog, cat, dog, CAT, Straße, STRASSE", ("Dog", "cat", "Straße")),
        ("cafe\u0301, café, tea", ("café", "tea")),
        ("z, a, m", ("z", "a", "m")),
        (["cat", " dog_house ", "Cat", ""], ("cat", "dog house")),
        (("salt, pepper", "sugar"), ("salt, pepper", "sugar")),
        ("a" * 60 + ",b", ("a" * 60, "b")),
        ('["cat", "salt, pepper", 7]', ("cat", "salt, pepper", "7")),
        ("[cat, dog]", ("[cat", "dog]")),
        ("🐶, 🐱", ("🐶", "🐱")),
    ],
)
def test_parse_labels(given: str | list[str], labels: tuple[str, ...]) -> None:
    assert parse_labels(given) == labels


@pytest.mark.parametrize(
    "given, count", [("", 0), ("cat", 1), ("cat, Cat", 1), (", _ ,\u200b", 0), ([], 0)]
)
def test_too_few_labels(given: str | list[str], count: int, refused) -> None:
    assert refused("labels_too_few", parse_labels, given).values["count"] == count


def test_too_many_labels(refused) -> None:
    names = [f"label {number}" for number in range(51)]
    assert len(parse_labels(names[:50] + names[:50])) == 50
    assert refused("labels_too_many", parse_labels, ",".join(names)).values["count"] == 51


def test_label_too_long(refused) -> None:
    message = refused("labels_too_long", parse_labels, "cat," + "a" * 61)
    assert message.values["length"] == 61 and len(message.values["label"]) < 30
