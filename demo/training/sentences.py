"""Endless English and Chinese sentences that name one thing the model can know.

A sentence is a template around a name of the thing (any of its names, singular or plural) with
everyday words from the `wordfreq` lists as distractors, so that the text encoder learns to find the
thing and to ignore the rest. Number words appear as counts (“two dogs” is about dogs). Some templates
and some distractor words are used for validation only.
"""

from __future__ import annotations

import random
from functools import cache

from wordfreq import top_n_list

from demo.training.concepts import CONCEPTS

LONG = 0.08  # part of the sentences that stand in a longer text
_DIGIT_IDS = "zero one two three four five six seven eight nine".split()
_IRREGULAR = {"deer": "deer", "aircraft": "aircraft", "sheep": "sheep"}
_MASS = {"rain", "rainfall", "raining", "surf", "sneezed", "ticking", "sneezing", "fire", "crowing"}

# {a}: the thing with an article; {the}: with “the”; {s}: plural; {n}: a count; {w}: an everyday word.
THINGS_EN = [
    "{a}",
    "{the}",
    "{s}",
    "a photo of {a}",
    "a picture of {the}",
    "a drawing of {a}",
    "this is {a}",
    "I can see {a}",
    "there is {a} in the {w}",
    "look at {the}",
    "{a} near the {w}",
    "{a} on the {w}",
    "{n} {s}",
    "{n} {s} in the {w}",
    "my {w} has {a}",
    "the {w} of {a}",
    "we saw {a} yesterday",
    "{the} was {w}",
    "{the} is very {w} and {w}",
    "do you like {s}?",
    "where is {the}?",
    "I hear {a}",
    "the sound of {a}",
    "{the} made a {w} noise",
    "she took a photo of {a} with her {w}",
    "{a} and a {w}",
    "a {w} {x}",
    "a big {w} {x}",
    "an old {x} by the {w}",
    "{s} are {w}",
    "some {s} {w} over there",
    "he said that {the} is {w}",
    "it looks like {a} to me",
    "what {a}!",
    "no {w}, just {a}",
    "one of the {s} was {w}",
    "the {w} {w} {x} {w} all day",
    "{w} {w} {x} {w}",
    "{w} {x} {w} {w} {w}",
    "{x} {w}",
    "{w} {x}",
    "{w} {w} {w} {w} {x} {w} {w}",
    "listen to {the}",
    "our neighbour has {a} that {w} every {w}",
    "I dreamt about {a} last night",
    "{x}, {w} and {w}",
    "yesterday {the} came to the {w} and we {w}",
    "a small {x} in the morning",
    "you know, {a}",
    "{the} {w} in the garden while we were {w}",
    "they were looking for {a} in the {w}",
]
VALIDATION_EN = [
    "a close-up of {a} taken at noon",
    "have you ever met {a}?",
    "nobody noticed {the} behind the {w}",
    "I think that must be {a}",
    "two of my friends own {s}",
    "on the {w} stood {a}, quite alone",
    "the {w} was full of {s}",
    "suddenly {a} appeared",
    "children love {s}",
    "{the} again!",
]
DIGITS_EN = [
    "{x}",
    "the number {x}",
    "number {x}",
    "the digit {x}",
    "I wrote {x}",
    "press {x}",
    "{x} please",
    "she said {x}",
    "a handwritten {x}",
    "it is a {x}",
    "dial {x} now",
    "the answer is {x}",
    "{x}!",
    "someone says {x}",
    "the figure {x}",
    "channel {x}",
    "I counted to {x}",
    "say {x} again",
    "write the number {x} on the {w}",
    "a voice saying {x}",
    "the {w} number {x}",
    "{x}, {x}, {x}",
    "room {x} is {w}",
    "it must be {x} not a {w}",
    "{w} number {x}",
    "platform {x}",
]
VALIDATION_DIGITS_EN = [
    "I believe this is a {x}",
    "please choose number {x}",
    "the result was {x}",
    "he shouted {x}",
    "a drawing of the digit {x}",
]
THINGS_ZH = [
    "{x}",
    "一只{x}",
    "一个{x}",
    "这是{x}",
    "这是一张{x}的照片",
    "我看到了{x}",
    "我听到{x}",
    "{w}里有{x}",
    "那里有一{c}{x}",
    "{n}{c}{x}",
    "{x}在{w}旁边",
    "{x}很{w}",
    "看，{x}！",
    "你喜欢{x}吗？",
    "{w}{x}{w}",
    "{w}和{x}",
    "{x}和{w}",
    "他说{x}很{w}",
    "昨天我们看见{x}了",
    "一张{x}的图片",
    "{w}{w}{x}",
    "{x}{w}{w}",
    "{x}的声音",
    "远处有{x}",
    "我家有{x}",
    "{w}的{x}",
    "照片里是{x}",
    "{x}在哪里？",
    "她画了{x}",
    "听，{x}",
    "一{c}{w}的{x}",
    "外面有{x}，{w}也在",
    "我觉得是{x}",
    "{w}，{x}，{w}",
]
VALIDATION_ZH = [
    "图中有{x}",
    "我从来没见过这样的{x}",
    "马上就能看到{x}了",
    "孩子们喜欢{x}",
    "突然出现了{x}",
]
DIGITS_ZH = [
    "{x}",
    "数字{x}",
    "这是数字{x}",
    "我写了{x}",
    "他说{x}",
    "答案是{x}",
    "号码{x}",
    "手写的{x}",
    "请按{x}",
    "念{x}",
    "{w}是{x}",
]
VALIDATION_DIGITS_ZH = ["屏幕上显示{x}", "我选数字{x}"]
_COUNTERS = "只个匹辆架艘条头"
_COUNTS_EN = [
    *_DIGIT_IDS[1:],
    "ten",
    "many",
    "several",
    "a few",
    "three hundred",
    "2",
    "3",
    "4",
    "5",
]
_COUNTS_ZH = [*"一两三四五六七八九十", "几", "好多"]


def sentence(rng: random.Random, concept: int, split: str = "train", long: float = LONG) -> str:
    """One sentence about CONCEPTS[concept], with probability `long` inside a longer text."""
    language = "zh" if rng.random() < 0.35 else "en"
    digit = CONCEPTS[concept]["id"] in _DIGIT_IDS
    templates = _templates(language, digit, split)
    make = _english if language == "en" else _chinese
    said = make(rng, rng.choice(templates), rng.choice(CONCEPTS[concept][language]), split)
    return _among_others(rng, said, language, split) if rng.random() < long else said


def _among_others(rng: random.Random, said: str, language: str, split: str) -> str:
    """The sentence somewhere in a longer text about nothing in particular."""
    space = " " if language == "en" else ""
    words = rng.choices(everyday(language, split), k=rng.randint(4, 50))
    cut = rng.randint(0, len(words))
    return space.join([*words[:cut], said, *words[cut:]])


def _templates(language: str, digit: bool, split: str) -> list[str]:
    if split == "train":
        return {
            ("en", False): THINGS_EN,
            ("en", True): DIGITS_EN,
            ("zh", False): THINGS_ZH,
            ("zh", True): DIGITS_ZH,
        }[language, digit]
    return {
        ("en", False): VALIDATION_EN,
        ("en", True): VALIDATION_DIGITS_EN,
        ("zh", False): VALIDATION_ZH,
        ("zh", True): VALIDATION_DIGITS_ZH,
    }[language, digit]


def _english(rng: random.Random, template: str, name: str, split: str) -> str:
    words = everyday("en", split)
    text = template
    while "{w}" in text:
        text = text.replace("{w}", rng.choice(words), 1)
    article = "" if name in _MASS else ("an " if name[0] in "aeiou" else "a ")
    text = text.replace("{a}", article + name).replace("{the}", "the " + name)
    text = text.replace("{s}", plural(name)).replace("{n}", rng.choice(_COUNTS_EN))
    text = text.replace("{x}", name)
    style = rng.random()
    if style < 0.4:
        text = text[0].upper() + text[1:]
    elif style < 0.45:
        text = text.upper()
    return text + rng.choice(["", "", ".", "!"])


def _chinese(rng: random.Random, template: str, name: str, split: str) -> str:
    words = everyday("zh", split)
    text = template
    while "{w}" in text:
        text = text.replace("{w}", rng.choice(words), 1)
    text = text.replace("{c}", rng.choice(_COUNTERS)).replace("{n}", rng.choice(_COUNTS_ZH))
    return text.replace("{x}", name) + rng.choice(["", "。", "！"])


def plural(name: str) -> str:
    """English plural of a concept name (digits of the form “7” stay as they are)."""
    if name in _IRREGULAR or name in _MASS or not name[-1].isalpha():
        return _IRREGULAR.get(name, name)
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es" if not name.endswith("waves") else name
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


@cache
def everyday(language: str, split: str) -> tuple[str, ...]:
    """Frequent words that do not name anything in CONCEPTS; every seventh is for validation only."""
    taught = {word for c in CONCEPTS for name in (*c["en"], *c["zh"]) for word in name.split()}
    taught |= {plural(word) for word in taught if word.isascii()}
    taught |= {word.rstrip("s") for word in taught if word.isascii()}
    characters = set(
        "猫狗犬鸟鹿蛙马船舰雨浪婴火钟鸡机车"
    )  # a word with these may well mean the thing
    harmless = {"马上", "马路", "机会", "手机", "火锅", "分钟", "鸡蛋"}
    kept = []
    for i, word in enumerate(top_n_list(language, 6000 if language == "en" else 4000)):
        if language == "en":
            usable = word.isalpha() and word.isascii() and len(word) > 2 and word not in taught
        else:
            usable = not word.isascii() and (word in harmless or not set(word) & characters)
            usable = usable and word not in taught and not set(word) & set("零一二三四五六七八九")
        if usable and (i % 7 == 6) == (split != "train"):
            kept.append(word)
    return tuple(kept)
