"""What somebody in a photo does, and where, as its captions agree on it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from demo.training.real.counting import number
from demo.training.real.nouns import nouns
from demo.training.real.photo import Caption, Photo

_FILE = Path(__file__).with_name("activities.csv")


@dataclass(frozen=True)
class Activity:
    """en, zh: how an answer names it; still: said of one only if nothing else is done."""

    en: str
    zh: str
    english: re.Pattern[str]
    chinese: re.Pattern[str]
    still: bool = False


_THEIR = r"(?:(?:a|an|the|his|her|their|red|blue|mountain|bmx|dirt|small|black|yellow) )*"


def _activity(row: dict[str, str]) -> Activity:
    english = row["english"].replace("{their}", _THEIR)
    return Activity(
        row["en"],
        row["zh"],
        re.compile(rf"\b(?:{english})\b"),
        re.compile(row["chinese"]),
        bool(row["still"]),
    )


@cache
def activities() -> tuple[Activity, ...]:
    """The lines of activities.csv, in which {their} stands for what is said before “bike”."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(map(_activity, csv.DictReader(file)))


@dataclass(frozen=True)
class Doing:
    """subject: a noun; several: whether there are more of it."""

    subject: str
    several: bool
    activity: Activity


def doing(photo: Photo) -> Doing | None:
    """What most captions say that the one kind of person or animal does, and at least two in English."""
    who = subject(photo)
    if who is None:
        return None
    noun, several = who
    english = [found for caption in photo.en for found in _activities(caption)]
    chinese = [a for c in photo.zh for a in activities() if a.chinese.search(c.text)]
    votes = Counter(english) + Counter(chinese)
    for still in (False, True):
        among = Counter({a: n for a, n in votes.items() if a.still == still}).most_common(2)
        if not among:
            continue
        (best, times), second = among[0], among[1][1] if len(among) > 1 else 0
        in_english = english.count(best)
        if in_english >= 2 and times >= 3 and times > 1.5 * second:
            return Doing(noun, several, best)
        if times >= 2:
            return None  # they do several things, or it is not sure what
    return None


def _activities(caption: Caption) -> list[Activity]:
    """What the first person or animal of an English caption does, before another one is named."""
    actors = [n for n in caption.named if n.nouns and nouns().every[n.nouns[0]].sort in "pa"]
    if not actors:
        return []
    end = actors[1].start if len(actors) > 1 else len(caption.words)
    said = " ".join(caption.words[actors[0].start : end])
    return [activity for activity in activities() if activity.english.search(said)]


_ACTORS = ("man", "woman", "boy", "girl", "baby", "child", "dog", "horse", "bird", "cat")


def subject(photo: Photo) -> tuple[str, bool] | None:
    """The one kind of person or animal that the photo is of, and whether there are several; or None."""
    counts = {noun: photo.count_en[noun] for noun in _ACTORS if photo.count(noun)}
    agreed = [noun for noun, times in counts.items() if times >= 3]
    up = nouns().up
    if not agreed or any(noun not in up[agreed[0]] and noun not in agreed for noun in counts):
        return None
    if any(other not in up[agreed[0]] for other in agreed):
        return None
    many = number(photo, agreed[0])
    return None if many is None else (agreed[0], many > 1)


# Where ------------------------------------------------------------------------------------------

PLACES = {
    "snow": ("in the snow", "雪地里"),
    "grass": ("on the grass", "草地上"),
    "beach": ("on the beach", "海滩上"),
    "street": ("on the street", "街上"),
    "road": ("on the road", "路上"),
    "water": ("in the water", "水里"),
    "ocean": ("in the sea", "海里"),
    "pool": ("in a pool", "泳池里"),
    "lake": ("at a lake", "湖边"),
    "river": ("at a river", "河边"),
    "mountain": ("in the mountains", "山上"),
    "hill": ("on a hill", "山坡上"),
    "forest": ("in the forest", "树林里"),
    "field": ("in a field", "田野里"),
    "park": ("in a park", "公园里"),
    "playground": ("on a playground", "游乐场"),
    "sidewalk": ("on the sidewalk", "人行道上"),
    "yard": ("in a yard", "院子里"),
    "room": ("in a room", "房间里"),
    "kitchen": ("in a kitchen", "厨房里"),
    "restaurant": ("in a restaurant", "餐厅里"),
    "store": ("in a store", "商店里"),
    "stage": ("on a stage", "舞台上"),
    "desert": ("in the desert", "沙漠里"),
    "sand": ("on the sand", "沙地上"),
    "rock": ("on the rocks", "岩石上"),
    "couch": ("on a couch", "沙发上"),
    "bed": ("in a bed", "床上"),
    "bench": ("on a bench", "长椅上"),
}
_ALIKE = (
    {"water", "ocean", "beach", "sand"},
    {"water", "ocean", "pool", "lake", "river"},
    {"mountain", "hill", "rock"},
    {"mountain", "snow", "hill"},
    {"grass", "field", "park", "yard"},
    {"street", "road", "sidewalk"},
    {"forest", "road"},
    {"park", "playground"},
    {"room", "kitchen", "couch", "bed"},
    {"desert", "sand"},
)  # one photo may well be at both


_IN_WATER = re.compile(r"\b(?:in|into) (?:the |shallow |deep |some )*water\b|水[里中]")


def where(photo: Photo) -> str | None:
    """The noun among PLACES on which most captions agree, unless others name quite another place."""
    counts = {noun: photo.count(noun) for noun in PLACES if photo.count_en[noun] >= 2}
    best = max(counts, key=lambda noun: (counts[noun], noun != "water"), default=None)
    if best is None or counts[best] < 4:
        return None
    if best == "water" and len(_IN_WATER.findall(_all(photo))) < 2:
        return None  # a sprinkler, a drink
    if best == "ocean" and photo.count("beach"):
        return "beach" if photo.count_en["beach"] >= 3 else None
    apart = [n for noun, n in counts.items() if not any({noun, best} <= one for one in _ALIKE)]
    return best if all(2 * n < counts[best] for n in apart) else None


def _all(photo: Photo) -> str:
    return " . ".join(caption.text for caption in (*photo.en, *photo.zh))
