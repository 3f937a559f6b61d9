"""What there is, how many, of what colour and where: phrases of captions, in English and Chinese.

“two red cars and a dog” is 两辆红色的汽车和一只狗, “a cat to the left of a tree” 一只猫在一棵树的左边.
A phrase is parsed as a whole or not at all, so that nothing is left out or turned around. Which meaning of a
word is meant (“bat”) is not decided here: the caller says it.
"""

from __future__ import annotations

from demo.bilingual.from_chinese import to_english
from demo.bilingual.from_english import to_chinese
from demo.bilingual.phrase import Meaning

LONGEST = 300  # characters of a phrase


def translated(text: str, to: str, meaning: Meaning) -> str | None:
    """A phrase in the language `to`; None where a word or the form of it is not known.

    text: in lower case, on one line, without marks and contractions; commas within are kept.
    """
    if len(text) > LONGEST:
        return None
    return to_chinese(text, meaning) if to == "zh" else to_english(text)
