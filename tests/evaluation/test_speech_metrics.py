"""What counts as the same word, and how far apart words begin."""

from __future__ import annotations

import pytest

from demo.evaluation.metrics.speech import spoken_units, start_errors


@pytest.mark.parametrize(
    "text, language, units",
    [
        ("It’s a “red”, forty-two line Bible!", "en", "its a red forty two line bible".split()),
        ("Born in 1958.", "en", ["born", "in", "1958"]),
        ("１９５８年，開始 了。", "zh", list("一九五八年开始了")),
        ("幺二九", "zh", list("一二九")),
        ("…", "en", []),
    ],
)
def test_units(text: str, language: str, units: list[str]) -> None:
    assert spoken_units(text, language) == units


def test_only_rightly_heard_words_have_an_error() -> None:
    said = [("ask", 1.0), ("not", 1.5), ("what", 2.0), ("ask", 3.0)]
    heard = [("Ask", 1.25), ("what,", 1.75), ("ask", 3.5)]
    assert start_errors(heard, said, "en") == [0.25, 0.25, 0.5]
    assert start_errors([], said, "en") == []


def test_the_first_character_of_a_chinese_word_has_its_time() -> None:
    """大家 begins at 1.0 and is heard as two words; 好 is right, 家 begins no word in what is said."""
    said = [("大家", 1.0), ("好", 2.0)]
    assert start_errors([("大", 1.1), ("家好", 1.4)], said, "zh") == pytest.approx([0.1])
    assert start_errors([("大", 1.1), ("家", 1.4), ("好", 2.2)], said, "zh") == pytest.approx(
        [0.1, 0.2]
    )
