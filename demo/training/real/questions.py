"""Questions about real photos and their answers, taken from what people wrote of them, in both languages.

How they are worded is the job of wordings.py and answers.py. What no photo tells, or is asked of a thing that
is not there, is answered with CANNOT. Of 253 questions about 26 photos drawn at random, 6 had an answer that
the captions do not bear out; of 240 yes and no questions looked at beside 60 photos held back, 3 were
doubtful.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.models.pocket.real.verifier import CANNOT, NOBODY
from demo.training.real.answers import MANY_OF, NUMBERS, coloured, listed, some
from demo.training.real.colours import colour
from demo.training.real.counting import MANY, number
from demo.training.real.doing import PLACES, doing, subject, where
from demo.training.real.existence import chances
from demo.training.real.nouns import Noun, nouns
from demo.training.real.photo import Photo, read
from demo.training.real.reading import absent, alone, indoors, nobody
from demo.training.real.wordings import UNANSWERABLE, WORDINGS, YES_NO, typed

_CANNOT_SHARE = 0.3  # of photos; a few in a hundred of all questions
_ZERO_SHARE = 0.15
_HAPPENING_SHARE = 0.3


@dataclass(frozen=True)
class Asked:
    """kind: exists, what, count, colour, place, where, doing, who or cannot; language: "en" or "zh"."""

    kind: str
    language: str
    question: str
    answer: str


def questions_of(en: Sequence[str], zh: Sequence[str], chance: random.Random) -> list[Asked]:
    """About a dozen questions about the photo that people described so; the draws are from `chance`."""
    photo = read(tuple(en), tuple(zh))
    asked = [*_exists(photo, chance)]
    for make in (_what, _list, _count, _place, _where, _who, _cannot):
        one = make(photo, "en" if chance.random() < 0.55 else "zh", chance)
        asked += [one] if one else []
    for make in (_colour, _doing):  # fewer photos tell
        both = [make(photo, language, chance) for language in ("en", "zh")]
        asked += [one for one in both if one]
    return asked


def exists_trials(
    rows: Sequence[Mapping[str, Any]], chance: random.Random, each: int = 2
) -> list[tuple[str, str, str, str]]:
    """Balanced questions: image, “is there a …?”, answer, language; `each` of yes and of no for a photo.

    A photo of which less can be said gets fewer, as many yes as no.
    """
    trials = []
    for row in rows:
        photo = read(tuple(row["en"]), tuple(row["zh"]))
        there = chances().there(photo, each, chance)
        missing = chances().missing(photo, len(there), chance)
        for answer, things in ((True, there[: len(missing)]), (False, missing)):
            for noun in things:
                language = chance.choice(("en", "zh"))
                one = _is_there(noun, answer, language, chance)
                trials.append((row["image"], one.question, one.answer, language))
    return trials


def _exists(photo: Photo, chance: random.Random) -> list[Asked]:
    there = chances().there(photo, 2, chance)
    missing = chances().missing(photo, len(there) or 1, chance)
    pairs = [(noun, True) for noun in there[: len(missing) or 1]] + [
        (noun, False) for noun in missing
    ]
    return [_is_there(n, yes, chance.choice(("en", "zh")), chance) for n, yes in pairs]


def _is_there(noun: str, yes: bool, language: str, chance: random.Random) -> Asked:
    known = nouns().every[noun]
    wordings = WORDINGS[language]["exists"]
    if language == "en":
        wordings = tuple(one for one in wordings if _fits(one, known))
    return _ask("exists", language, wordings, YES_NO[language][yes], chance, known)


def _fits(wording: str, noun: Noun) -> bool:
    """“are there jeans”, but “is there snow”."""
    start = wording.split()[0]
    if noun.mass:
        return start != "are" and "{bare}" not in wording.split("?")[0].removeprefix("{bare}")
    return not noun.pair or (start != "is" and "{bare}" not in wording)


def _what(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    things = _things(photo)
    said = some(photo, things[0], language) if things else None
    return _ask("what", language, WORDINGS[language]["what"], said, chance) if said else None


def _list(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    said = [some(photo, noun, language) for noun in _things(photo)[:3]]
    if not said or None in said:
        return None
    answer = listed([one for one in said if one], language)
    return _ask("what", language, WORDINGS[language]["list"], answer, chance)


def _who(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    if nobody(photo):
        return _ask("who", language, WORDINGS[language]["who"], NOBODY[language], chance)
    people = [noun for noun in _things(photo) if nouns().every[noun].sort == "p"]
    said = [some(photo, noun, language) for noun in people]
    if not said or None in said:
        return None
    answer = listed([one for one in said if one], language)
    does = doing(photo)
    if does and does.subject in people and len(people) == 1 and chance.random() < 0.4:
        activity = does.activity.en if language == "en" else does.activity.zh
        wordings = WORDINGS[language]["who_does"]
        return _ask("who", language, wordings, answer, chance, doing=activity)
    return _ask("who", language, WORDINGS[language]["who"], answer, chance)


def _count(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    if chance.random() < _ZERO_SHARE:
        known = [n for n in chances().missing(photo, 3, chance) if _countable(nouns().every[n])]
        counts = dict.fromkeys(known[:1], 0)
    else:
        said = {n: number(photo, n) for n in nouns().every if photo.count_en[n] >= 3}
        counts = {n: times for n, times in said.items() if times and _countable(nouns().every[n])}
    if not counts:
        return None
    noun, times = chance.choice(list(counts.items()))
    thing = nouns().every[noun]
    answer = MANY_OF[language] if times >= MANY else NUMBERS[language][times]
    if language == "zh" and times < MANY:
        answer += thing.measure
    return _ask("count", language, WORDINGS[language]["count"], answer, chance, thing)


def _countable(noun: Noun) -> bool:
    return (
        noun.sort in "pat" and not noun.mass and not noun.pair and noun.id not in ("crowd", "toy")
    )


def _colour(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    found = {
        noun: said
        for noun, known in nouns().every.items()
        if known.sort in "atwb" and photo.count_en[noun] and (said := colour(photo, noun))
    }
    person = alone(photo)
    named = photo.count("person")
    found = {n: c for n, c in found.items() if _one_of(photo, n, person is not None or not named)}
    if not found:
        return None
    noun, said = chance.choice(list(found.items()))
    thing = nouns().every[noun]
    answer = coloured(said, language)
    many = said.several or thing.pair
    names = WORDINGS[language]
    wordings = names["colours"] if many and language == "en" else names["colour"]
    if person and thing.sort == "w" and not said.several and chance.random() < 0.5:
        wordings = names["worn_pair" if thing.pair and language == "en" else "worn"]
    who = nouns().every[person or "person"]
    words = {"who": who.id if language == "en" else who.zh[0]}
    words["colour"] = chance.choice(("colour", "colour", "color"))
    return _ask("colour", language, wordings, answer, chance, thing, **words)


def _one_of(photo: Photo, noun: str, one_wearer: bool) -> bool:
    """Whether “the shirt” says which: one person, or three captions that speak of the same."""
    return nouns().every[noun].sort not in "wb" or one_wearer or photo.count_en[noun] >= 3


def _place(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    inside = indoors(photo)
    if inside is None or (not inside and chance.random() < 0.75):  # most photos are taken outdoors
        return None
    answers = {"en": ("outdoors", "indoors"), "zh": ("室外", "室内")}
    wordings = WORDINGS[language]["place"]
    return _ask("place", language, wordings, answers[language][inside], chance)


def _where(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    place = where(photo)
    if place is None:
        return None
    answer = PLACES[place][language == "zh"]
    who = subject(photo)
    if who and chance.random() < 0.4:
        wordings = _counted_wordings("where_is", "where_are", who[1], language)
        return _ask("where", language, wordings, answer, chance, nouns().every[who[0]])
    return _ask("where", language, WORDINGS[language]["where"], answer, chance)


def _doing(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    does = doing(photo)
    if does is None:
        return None
    thing = nouns().every[does.subject]
    answer = does.activity.en if language == "en" else does.activity.zh
    if answer == "跑步" and thing.sort == "a":
        answer = "奔跑"
    if chance.random() < _HAPPENING_SHARE:
        return _ask("doing", language, WORDINGS[language]["happening"], answer, chance)
    wordings = _counted_wordings("doing", "doings", does.several, language)
    return _ask("doing", language, wordings, answer, chance, thing)


def _counted_wordings(one: str, many: str, several: bool, language: str) -> tuple[str, ...]:
    return WORDINGS[language][many if several and language == "en" else one]


def _cannot(photo: Photo, language: str, chance: random.Random) -> Asked | None:
    """What no photo tells, or what is asked of a thing that is not there."""
    if chance.random() > _CANNOT_SHARE:
        return None
    answer = CANNOT[language]
    if chance.random() < 0.5:
        return _ask("cannot", language, UNANSWERABLE[language], answer, chance)
    known = [nouns().every[noun] for noun in chances().missing(photo, 4, chance)]
    known = [one for one in known if one.sort in "patw" and absent(photo, one.id) and not one.pair]
    kinds = {noun: _may_ask(noun) for noun in known}
    if not known:
        return None
    noun = known[0]
    kind = chance.choice(kinds[noun])
    spelling = chance.choice(("colour", "color"))
    wordings = WORDINGS[language][kind]
    return _ask("cannot", language, wordings, answer, chance, noun, colour=spelling)


def _may_ask(noun: Noun) -> tuple[str, ...]:
    if noun.sort in "pa":
        return ("where_is", "doing") if noun.sort == "p" else ("where_is", "doing", "colour")
    return ("colour", "where_is")


def _ask(
    kind: str,
    language: str,
    wordings: Sequence[str],
    answer: str,
    chance: random.Random,
    noun: Noun | None = None,
    **words: str,
) -> Asked:
    """A wording with its blanks filled, as somebody would type it."""
    if noun:
        bare = noun.many if noun.pair else noun.id
        words |= {"one": noun.one, "bare": bare, "many": noun.many, "any": f"any {noun.many}"}
        words |= {"noun": noun.zh[0], "m": noun.measure}
    question = chance.choice(wordings).format(**words)
    return Asked(kind, language, typed(question, language, chance), answer)


def _things(photo: Photo) -> list[str]:
    """What people speak of most: persons and animals, then things; as narrow as most say."""
    every, up = nouns().every, nouns().up
    known = [
        n
        for n, noun in every.items()
        if photo.count_en[n] >= 3
        and (noun.sort in "pa" or (noun.sort == "t" and photo.count_zh[n]))
    ]
    wide = {
        above for n in known for above in up[n] - {n} if photo.count(n) >= 0.6 * photo.count(above)
    }
    known = [n for n in known if n not in wide]
    known = [n for n in known if not any(other in up[n] - {n} for other in known)]
    return sorted(known, key=lambda n: (every[n].sort not in "pa", -photo.count(n)))
