"""Which things of the vocabulary a sentence names, where, and whether it says that they are not there.

Only what is literally named is found: “it barked at the postman” names no dog. The longest name wins, in
English of whole words, in Chinese of characters; words in which a name means something else (cat walk, 担心)
are listed in assets/vocabulary/compounds.csv. Knows nothing about models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from demo.models.names import WORD, names, plain
from demo.models.vocabulary import Thing, vocabulary
from demo.models.wording import is_chinese, key, simplified, singulars

_BREAK = re.compile(r"[.,;:!?()\n。，；：！？（）、]")
_DIGITS_EN = frozenset(
    "zero one two three four five six seven eight nine 0 1 2 3 4 5 6 7 8 9".split()
)
_DIGITS_ZH = frozenset("零一二三四五六七八九")
_BEFORE_DIGIT = frozenset("number digit numeral figure".split())
_DETERMINERS = frozenset(
    "a an the my your his her its our their this that these those some any no each every another".split()
)
_SUBJECTS = frozenset(  # a verb follows
    "i you he she we they who it can could will would shall should may might must do does did dont "
    "doesnt didnt cant cannot couldnt wont wouldnt lets please".split()
)
_COLOURS = frozenset(
    "red orange yellow green blue purple pink brown white gray black gold silver tan".split()
)
_AFTER_NOUN = frozenset(  # what follows a fruit, and no colour
    "and or is are was on in with at to from for of that but by near next under over beside lies sits".split()
)
_NOT_EN = frozenset(
    "no not without never neither nor isnt arent wasnt werent dont doesnt didnt cant cannot hasnt havent "
    "hadnt aint couldnt".split()
)
_AFTER_NOT = frozenset(  # may stand between “not” and what is not there
    "a an the any one single more be is are been being of my your his her see have has had hear contain show "
    "contains shows include there real actual big small large little black white red green blue brown yellow "
    "sign".split()
)
_COUNTERS_ZH = (
    "个只条匹头辆张朵棵群位名架艘把本面座扇块片根支口盏幅颗件双对枝杯瓶碗盘串台顶顿首场部种枚粒尊栋"
)
_NOT_ZH = re.compile(
    r"(?<![是有])(?:没有|没|不是|并非|无|不|不见|看不[到见]|听不[到见]|不包括|不含)"
    rf"(?:看[到见]|听[到见]|见到|拍到|任何|什么|[一半两几多]?[{_COUNTERS_ZH}]|"
    r"[大小老红黄蓝绿白黑灰]色?的?)*$"
)
_OR_EN = frozenset(("or", "nor"))
_OR_ZH = frozenset(("和", "或", "或者", "与", "、", "跟", "也没有"))
_BEFORE_ALONE_ZH = frozenset(  # a character that is part of many words is a name after these
    _COUNTERS_ZH + "的有是见到看和与跟或在大小老新旧红黄蓝绿白黑灰两几一三四五"
)


@dataclass(frozen=True)
class Mention:
    """text[start:end] names the thing; negated: “no dog”, 没有狗."""

    thing: Thing
    start: int
    end: int
    negated: bool


def mentions(text: str) -> list[Mention]:
    """What is named, in the order of the text; an ambiguous word gives each meaning, the likeliest first."""
    found = [*_english(text), *(_chinese(text) if is_chinese(text) else ())]
    return [
        Mention(thing, one.start, one.end, one.negated)
        for one in sorted(found, key=lambda one: one.start)
        for thing in _meanings(one.name)
    ]


@dataclass(frozen=True)
class _Named:
    """A name in a text, before it is known what it may mean."""

    name: str
    start: int
    end: int
    negated: bool


@lru_cache(maxsize=8192)
def _meanings(name: str) -> tuple[Thing, ...]:
    return vocabulary().lookup(name)


# English ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Word:
    key: str
    start: int
    end: int


def _english(text: str) -> list[_Named]:
    words = [_Word(plain(m[0]), m.start(), m.end()) for m in WORD.finditer(text)]
    known, found = names(), list[_Named]()
    at, last = 0, -1  # last: after the words of the latest name
    while at < len(words):
        size, name = _longest(words, at)
        if size > 1 and name in known.headed:
            at += size - 1  # “park bench” is a bench
            continue
        after = found[-1] if last == at else None
        if name and (size > 1 or _is_noun(text, words, at, name, after)):
            start = words[at].start
            negated = _negated_en(text, words, at, found, last)
            found.append(_Named(name, start, words[at + size - 1].end, negated))
            last = at + size
        at += size or 1
    return found


def _longest(words: Sequence[_Word], at: int) -> tuple[int, str]:
    """How many words the longest name takes, and it, "" where it names no thing; (0, "") for none."""
    known = names()
    for size in range(min(known.longest, len(words) - at), 0, -1):
        row = tuple(word.key for word in words[at : at + size])
        for last in (row[-1], *singulars(row[-1])):
            one = (*row[:-1], last)
            usual = size in (1, len(words)) or known.english.get(one) not in known.never
            if one in known.english and usual:
                return size, known.english[one]
    return 0, ""


def _is_noun(text: str, words: Sequence[_Word], at: int, name: str, noun: _Named | None) -> bool:
    """Whether one word names a thing where it stands: not “he saw”, “one of”, “a man watches the sea”.

    noun: the name right before it, if there is one.
    """
    known, word = names(), words[at].key
    before = words[at - 1].key if at else ""
    after = words[at + 1].key if at + 1 < len(words) else ""
    single = len(words) == 1 or (len(words) == 2 and before in _DETERMINERS)
    if single and not is_chinese(text):
        return True
    if word in known.never or name in known.never:
        return False
    if word in _DIGITS_EN:
        return before in _BEFORE_DIGIT
    if name in known.strict:
        return before in _DETERMINERS
    if (
        name in known.colours
        and after
        and not _BREAK.search(text, words[at].end, words[at + 1].start)
    ):
        return after in _AFTER_NOUN and not (after == "and" and _is_colour(words, at + 2))
    if name not in known.verbs:
        return True
    if before in _SUBJECTS or (before in ("", "to") and after in _DETERMINERS):
        return False
    # “a dog leaves”, “dogs race”; but “dog, leaves and snow” are things
    return (
        noun is None
        or (word == key(name) and not _several(text, noun))
        or _apart(text, noun, words[at])
    )


def _is_colour(words: Sequence[_Word], at: int) -> bool:
    return at < len(words) and words[at].key in _COLOURS


def _several(text: str, noun: _Named) -> bool:
    return noun.name == "crowd" or any(singulars(key(text[noun.start : noun.end])))


def _apart(text: str, noun: _Named, word: _Word) -> bool:
    return bool(_BREAK.search(text, noun.end, word.start))


def _negated_en(text: str, words: Sequence[_Word], at: int, found: list[_Named], last: int) -> bool:
    """“no dog”, “not a big dog”, “no dogs or cats”; not “no, a dog”."""
    back = at - 1
    while back >= 0 and not _BREAK.search(text, words[back].end, words[back + 1].start):
        word = words[back].key
        if word in _NOT_EN or word.endswith("nt") and word[:-2] in _SUBJECTS:
            return True
        if word in _OR_EN and found and last == back:
            return found[-1].negated
        if word not in _AFTER_NOT:
            return False
        back -= 1
    return False


# Chinese ---------------------------------------------------------------------------------------


def _chinese(text: str) -> list[_Named]:
    known, found = names(), list[_Named]()
    simple = simplified(text)
    if len(simple) != len(text):  # then places would not fit
        simple = text
    at = 0
    while at < len(text):  # a few rare characters have a simplified form that nobody uses
        name = max(known.chinese_at(simple, at), known.chinese_at(text, at), key=len)
        if name in known.chinese and _stands_alone(simple, at, name):
            negated = _negated_zh(simple, at, found)
            found.append(_Named(name, at, at + len(name), negated))
        at += len(name) or 1
    return found


def _stands_alone(text: str, at: int, name: str) -> bool:
    if name in _DIGITS_ZH:
        counted = text[:at].endswith("数") and not is_chinese(text[at + 1 : at + 2])  # not 数一数
        return text.strip() == name or text[:at].endswith("数字") or counted
    if name not in names().risky:
        return True
    return at == 0 or not is_chinese(text[at - 1]) or text[at - 1] in _BEFORE_ALONE_ZH


def _negated_zh(text: str, at: int, found: list[_Named]) -> bool:
    """没有狗, 不是一只小狗, 没有狗和猫; not 有没有狗."""
    if _NOT_ZH.search(text[max(0, at - 12) : at]):
        return True
    return bool(found and found[-1].negated and text[found[-1].end : at] in _OR_ZH)
