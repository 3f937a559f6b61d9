"""The picture world says only what is true: places, counts, masks and answers agree with the scene."""

from __future__ import annotations

import random
import re
from collections import Counter

import numpy as np
import pytest
import torch

from demo.articles import with_article
from demo.world import sprites
from demo.world.concepts import CONCEPTS, index_of, plural
from demo.world.grounds import ground
from demo.world.language import grammar, moods
from demo.world.paint import paint
from demo.world.scenes import (
    COLOURS,
    HELD_BACK_PATTERNS,
    PATTERNS,
    SHOWN,
    Background,
    Scene,
    Thing,
    draw_scene,
    relation,
)


def thing(name: str, cell: tuple[int, int], size: float = 0.3) -> Thing:
    x, y = ((0.22, 0.5, 0.78)[i] for i in (cell[1], cell[0]))
    return Thing(index_of(name), 0, cell, x, y, size, 0.0, False)


def scene(*things: Thing, colour: str = "blue") -> Scene:
    return Scene(things, Background(colour, "plain", 1))


# Concepts --------------------------------------------------------------------------------------


def test_there_are_enough_concepts_with_names_and_sprites() -> None:
    assert len(CONCEPTS) >= 100
    for concept in CONCEPTS:
        assert concept.en and concept.zh and concept.emoji and concept.measure
    assert len(sprites.things()) == sum(len(c.emoji) for c in CONCEPTS)
    assert sprites.things()[..., 3].any(axis=(1, 2)).all()  # none is empty


def test_no_name_means_two_things() -> None:
    seen: dict[str, str] = {}
    for concept in CONCEPTS:
        for name in (concept.noun, *concept.en, concept.noun_zh, *concept.zh):
            assert seen.setdefault(name.lower(), concept.id) == concept.id


@pytest.mark.parametrize(
    "noun,one,many",
    [
        ("dog", "a dog", "dogs"),
        ("apple", "an apple", "apples"),
        ("one", "a one", "ones"),
        ("mouse", "a mouse", "mice"),
        ("computer mouse", "a computer mouse", "computer mice"),
        ("bus", "a bus", "buses"),
        ("bow and arrow", "a bow and arrow", "bows and arrows"),
        ("butterfly", "a butterfly", "butterflies"),
        ("key", "a key", "keys"),
    ],
)
def test_english_nouns(noun: str, one: str, many: str) -> None:
    assert (with_article(noun), plural(noun)) == (one, many)


# Scenes and pixels -------------------------------------------------------------------------------


def test_a_seed_draws_the_same_scenes_and_pixels() -> None:
    first, second = ([draw_scene(random.Random(7)) for _ in range(3)] for _ in range(2))
    assert first == second
    assert torch.equal(paint(first, 64)[0], paint(second, 64)[0])


@pytest.mark.parametrize("held_back", [False, True])
def test_backgrounds_are_split(held_back: bool) -> None:
    rng = random.Random(0)
    seen = {draw_scene(rng, held_back=held_back).background.pattern for _ in range(300)}
    assert seen == set(HELD_BACK_PATTERNS if held_back else PATTERNS)
    assert not set(PATTERNS) & set(HELD_BACK_PATTERNS)


def test_things_lie_where_the_scene_says() -> None:
    """The mask of each thing surrounds its centre, in its cell; everything is inside 0..1."""
    rng = random.Random(1)
    scenes = [draw_scene(rng, 1) for _ in range(60)]
    pictures, owners = paint(scenes, 96)
    assert pictures.min() >= 0 and pictures.max() <= 1
    for drawn, owner in zip(scenes, owners, strict=True):
        (only,) = drawn.things
        rows, columns = np.nonzero((owner == 0).numpy())
        assert len(rows) > 20
        assert abs(rows.mean() / 96 - only.y) < 0.12 and abs(columns.mean() / 96 - only.x) < 0.12
        assert only.cell == (min(2, int(only.y * 3)), min(2, int(only.x * 3)))


def test_what_is_not_a_thing_is_background() -> None:
    drawn = scene(thing("moon", (0, 0)))
    picture, owner = paint([drawn], 64)
    plain = torch.from_numpy(ground(drawn.background, 64)).permute(2, 0, 1)
    far = (owner[0] < 0) & (torch.arange(64)[:, None] > 40)
    assert torch.equal(picture[0][:, far], plain[:, far])


def test_mirroring_and_turning_move_pixels() -> None:
    import dataclasses

    still = thing("guitar", (1, 1), 0.6)
    mirrored = dataclasses.replace(still, mirrored=True)
    turned = dataclasses.replace(still, angle=90.0)
    a, b, c = paint([scene(t) for t in (still, mirrored, turned)], 64)[0]
    assert torch.allclose(a.flip(-1), b, atol=0.02)  # the middle of the picture is its axis
    # counter-clockwise by a quarter, as torch.rot90 does
    assert (torch.rot90(a, 1, (1, 2)) - c).abs().mean() < 0.01


@pytest.mark.parametrize("pattern", [*PATTERNS, *HELD_BACK_PATTERNS])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_background_is_nearest_to_its_own_colour(pattern: str, colour: str) -> None:
    mean = ground(Background(colour, pattern, 3), 64).mean((0, 1))
    table = {name: np.array(rgb) / 255 for name, (_, rgb) in COLOURS.items()}
    assert min(table, key=lambda name: float(np.abs(table[name] - mean).sum())) == colour


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="tartan"):
        ground(Background("red", "tartan", 0), 8)


# Sentences -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drawn,en,zh",
    [
        (scene(thing("dog", (1, 0))), "a dog on the left", "左边有一只狗"),
        (scene(thing("apple", (0, 2))), "an apple at the top right", "右上角有一个苹果"),
        (
            scene(thing("dog", (1, 2)), thing("cat", (1, 0))),
            "a cat to the left of a dog",
            "一只猫在一只狗的左边",
        ),
        (
            scene(thing("sun", (2, 1)), thing("book", (0, 1))),
            "a book above a sun",
            "一本书在一个太阳的上面",
        ),
        (scene(thing("fish", (0, 0)), thing("fish", (2, 2))), "two fish", "两条鱼"),
        (
            scene(thing("car", (0, 1)), thing("key", (2, 0)), thing("car", (2, 2))),
            "a key and two cars",
            "一把钥匙和两辆汽车",
        ),
        (
            scene(thing("car", (0, 1)), thing("key", (2, 0)), thing("dog", (2, 2))),
            "a key, a car and a dog",
            "一把钥匙、一辆汽车和一只狗",
        ),
    ],
)
def test_captions(drawn: Scene, en: str, zh: str) -> None:
    assert (grammar.caption(drawn, "en"), grammar.caption(drawn, "zh")) == (en, zh)


def test_descriptions_name_the_background() -> None:
    drawn = scene(thing("dog", (1, 1)), colour="orange")
    assert grammar.description(drawn, "en") == "a dog in the middle on an orange background"
    assert grammar.description(drawn, "zh") == "橙色背景上，中间有一只狗"


@pytest.mark.parametrize(
    "first,second,how",
    [
        ((0, 0), (0, 2), "left"),
        ((1, 2), (1, 0), "right"),
        ((0, 0), (2, 1), "above"),
        ((2, 1), (0, 1), "below"),
        ((0, 0), (1, 1), None),
    ],
)
def test_relations(first: tuple[int, int], second: tuple[int, int], how: str | None) -> None:
    assert relation(first, second) == how


NUMBERS = {"en": "zero one two three four".split(), "zh": list("零一两三四")}
PLACES = {
    "en": """at the top left,at the top,at the top right,on the left,in the middle,on the right,
        at the bottom left,at the bottom,at the bottom right""".replace("\n        ", "").split(
        ","
    ),
    "zh": "左上角 上边 右上角 左边 中间 右边 左下角 下边 右下角".split(),
}
BESIDE = {  # words of a question → how far down and right the thing asked about lies from the one named
    "en": {"left of": (0, -1), "right of": (0, 1), "above": (-1, 0), "below": (1, 0)},
    "zh": {"左边": (0, -1), "右边": (0, 1), "上面": (-1, 0), "下面": (1, 0)},
}


def named_in(question: str, language: str) -> int:
    """The thing that a question names: that of the longest name in it."""
    found: dict[str, int] = {}
    for i, concept in enumerate(CONCEPTS):
        for name in (concept.noun, concept.plural) if language == "en" else (concept.noun_zh,):
            if re.search(
                rf"\b{re.escape(name)}\b" if language == "en" else re.escape(name), question
            ):
                found[name] = i
    return found[max(found, key=len)]


def counted(concept: int, number: int, language: str) -> str:
    thing = CONCEPTS[concept]
    if language == "zh":
        return f"{NUMBERS['zh'][number]}{thing.measure}{thing.noun_zh}"
    return thing.singular if number == 1 else f"{NUMBERS['en'][number]} {thing.plural}"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", grammar.QUESTION_KINDS[:5])
def test_answers_are_true(kind: str, language: str) -> None:
    """Each answer is reckoned from the scene, without the code that made it."""
    rng = random.Random(5)
    for _ in range(200):
        drawn = draw_scene(rng)
        asked = grammar.question(rng, drawn, kind, language)
        assert asked.question.endswith("?" if language == "en" else "？")
        assert asked.answer == true_answer(drawn, asked)


def true_answer(drawn: Scene, asked: grammar.Question) -> str:
    language, question = asked.language, asked.question
    many = Counter(t.concept for t in drawn.things)
    if asked.kind == "colour":
        colour = drawn.background.colour
        return colour if language == "en" else COLOURS[colour][0]
    if asked.kind == "count":
        every = "thing" in question or "东西" in question
        number = len(drawn.things) if every else many[named_in(question, language)]
        measure = "个" if every else CONCEPTS[named_in(question, language)].measure
        return NUMBERS[language][number] + (measure if language == "zh" else "")
    if asked.kind == "exists":
        there = many[named_in(question, language)] > 0
        return ("yes" if there else "no") if language == "en" else ("有" if there else "没有")
    if asked.kind == "where":
        (only,) = [t for t in drawn.things if t.concept == named_in(question, language)]
        return PLACES[language][3 * only.cell[0] + only.cell[1]]
    if len(many) == 2 == len(drawn.things):
        other = named_in(question, language)
        (wanted,) = [t for t in drawn.things if t.concept != other]
        (known,) = [t for t in drawn.things if t.concept == other]
        ((down, right),) = [way for words, way in BESIDE[language].items() if words in question]
        assert (wanted.cell[0] - known.cell[0]) * down + (
            wanted.cell[1] - known.cell[1]
        ) * right > 0
        return counted(wanted.concept, 1, language)
    order = sorted(drawn.things, key=lambda t: t.cell[::-1])  # column by column
    parts = [counted(c, many[c], language) for c in dict.fromkeys(t.concept for t in order)]
    comma, last = (", ", " and ") if language == "en" else ("、", "和")
    return comma.join(parts[:-1]) + last * (len(parts) > 1) + parts[-1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_spoken_sentences_agree_in_number(language: str) -> None:
    rng = random.Random(6)
    frames = set()
    for _ in range(600):
        drawn, said = grammar.spoken_scene(rng, language)
        first = next(iter(drawn.counts.values()))
        for start, right in {
            "there is": first == 1,
            "there are": first > 1,
            "this is": len(drawn.things) == 1,
            "these are": len(drawn.things) > 1,
        }.items():
            if said.startswith(start):
                frames.add(start)
                assert right, said
    assert len(frames) == (4 if language == "en" else 0)


def test_counts_are_counted() -> None:
    drawn = scene(thing("dog", (0, 0)), thing("dog", (0, 2)), thing("cat", (2, 1)))
    rng = random.Random(0)
    answers = {}
    for _ in range(200):
        asked = grammar.question(rng, drawn, "count", "en")
        answers[asked.question] = asked.answer
    assert answers["how many dogs are there?"] == "two"
    assert answers["how many cats do you see?"] == "one"
    assert answers["how many things are there?"] == "three"
    zeros = [a for q, a in answers.items() if not any(w in q for w in ("dog", "cat", "thing"))]
    assert zeros and set(zeros) == {"zero"}


def test_where_is_only_asked_of_what_is_alone_of_its_kind() -> None:
    drawn = scene(thing("dog", (0, 0)), thing("dog", (0, 2)))
    assert grammar.question(random.Random(0), drawn, "where", "en").kind == "count"


def test_spoken_sentences_have_no_punctuation() -> None:
    rng = random.Random(2)
    for language in ("en", "zh"):
        for _ in range(200):
            drawn, said = grammar.spoken_scene(rng, language)
            assert said == grammar.spoken_form(said) and 1 <= len(drawn.things) <= 3
            assert not set(said) & set(",.?!，。？！、")


def test_sounds_are_heard_by_name() -> None:
    assert grammar.heard(index_of("dog"), "en") == "a dog"
    assert grammar.heard(index_of("seven"), "en") == "seven"
    assert grammar.heard(index_of("rain"), "zh") == "雨声"
    assert grammar.agree_question(random.Random(0), False, "en").answer == "no"


# Moods -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "face,words,voice,mood",
    [
        ("happy", "happy", "happy", "happy"),
        ("sad", "happy", "sad", "sad"),
        ("angry", "happy", "angry", "sarcastic"),
        ("angry", "angry", "happy", "angry"),
        ("happy", "sad", "angry", None),
    ],
)
def test_true_mood(face: str, words: str, voice: str, mood: str | None) -> None:
    assert moods.true_mood(face, words, voice) == mood


def test_contradictions_contradict() -> None:
    rng = random.Random(0)
    drawn = [moods.draw_moods(rng, True) for _ in range(400)]
    assert all(len(set(modalities)) == 2 for *modalities, _ in drawn)
    assert {mood for *_, mood in drawn} == {*moods.PLAIN_MOODS, moods.SARCASTIC}
    assert all(
        len(set(modalities)) == 1
        for *modalities, _ in (moods.draw_moods(rng, False) for _ in "abc")
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_mood_sentences_are_split(language: str) -> None:
    rng = random.Random(0)
    for mood in moods.PLAIN_MOODS:
        train = {moods.mood_sentence(rng, mood, language) for _ in range(500)}
        later = {moods.mood_sentence(rng, mood, language, held_back=True) for _ in range(200)}
        assert not train & later


def test_every_concept_can_be_shown() -> None:
    assert set(SHOWN) == set(range(len(CONCEPTS)))


def test_a_chinese_number_needs_no_counter() -> None:
    assert grammar.accepted("两只", "count", "zh") == ("两只", "两")
    assert grammar.accepted("一只狗", "what", "zh") == ("一只狗",)
    assert grammar.accepted("two", "count", "en") == ("two",)
