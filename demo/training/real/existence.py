"""Which things to ask for in a photo: as many that are there as are not, thing by thing.

A thing that is always asked for where it is (“is there a person?”) would be answered without a look at the
photo, so the chances in chances.csv make each thing's yes about as frequent as its no. They were fitted on
photos of training by `python -m demo.training.real.existence CAPTIONS.jsonl`, which writes that file. Half of
the things that are not there go with what is (grass with a dog).
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from demo.training.real.nouns import nouns
from demo.training.real.photo import Photo, read
from demo.training.real.reading import absent, present

_FILE = Path(__file__).with_name("chances.csv")
_BESIDE = 20  # things that most often go with one
_TRIES = 40
_ROUNDS, _STEP = 12, 0.6


@dataclass(frozen=True)
class Chances:
    """Noun → how likely it is asked for where it is (yes), where it is not (no), and what goes with it."""

    yes: Mapping[str, float]
    no: Mapping[str, float]
    beside: Mapping[str, tuple[str, ...]]

    def there(self, photo: Photo, count: int, chance: random.Random) -> list[str]:
        """At most `count` things that are there."""
        known = [noun for noun in self.yes if photo.count(noun) and present(photo, noun)]
        return _drawn(known, self.yes, count, chance)

    def missing(self, photo: Photo, count: int, chance: random.Random) -> list[str]:
        """At most `count` things that are not there, every other one of those that might be."""
        there = sorted(noun for noun in photo.named if noun in self.beside)
        every, found = [noun for noun in self.no if not photo.count(noun)], list[str]()
        for attempt in range(_TRIES):
            if len(found) == count or not every:
                break
            hard = there and chance.random() < 0.5 and attempt < _TRIES // 2
            among = self.beside[chance.choice(there)] if hard else every
            noun = chance.choices(among, [self.no.get(one, 0.0) + 1e-9 for one in among])[0]
            if noun in every and absent(photo, noun):
                found.append(noun)
            if noun in every:
                every.remove(noun)
        return found


def _drawn(
    among: list[str], weights: Mapping[str, float], count: int, chance: random.Random
) -> list[str]:
    """Without putting back: the largest u^(1/w) (Efraimidis and Spirakis 2006)."""
    keys = {noun: chance.random() ** (1 / weights[noun]) for noun in among}
    return sorted(keys, key=lambda noun: -keys[noun])[:count]


@cache
def chances() -> Chances:
    """Those that ship."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Chances(
        {row["noun"]: float(row["yes"]) for row in rows if float(row["yes"])},
        {row["noun"]: float(row["no"]) for row in rows if float(row["no"])},
        {row["noun"]: tuple(row["beside"].split("|")) for row in rows},
    )


def fitted(photos: Sequence[Photo], seed: int = 0) -> Chances:
    """Chances by which each thing is asked for as often where it is as where it is not."""
    chance = random.Random(seed)
    shown = [[noun for noun in nouns().every if present(photo, noun)] for photo in photos]
    times = Counter(noun for one in shown for noun in one)
    askable = [n for n, one in nouns().every.items() if "never" not in one.unless]
    yes = {noun: 1.0 for noun in askable if times[noun]}
    no = {noun: float(times[noun] + 1) for noun in askable}
    found = Chances(yes, no, _beside(shown, times))
    for _ in range(_ROUNDS):
        asked, denied = Counter[str](), Counter[str]()
        for photo in photos:
            asked.update(found.there(photo, 2, chance))
            denied.update(found.missing(photo, 2, chance))
        for noun in yes:
            middle = ((asked[noun] + 1) * (denied[noun] + 1)) ** 0.5
            yes[noun] = _kept(yes[noun] * (middle / (asked[noun] + 1)) ** _STEP)
            no[noun] *= (middle / (denied[noun] + 1)) ** _STEP
    return found


def _kept(weight: float) -> float:
    return min(max(weight, 0.02), 50.0)


def _beside(shown: Sequence[Sequence[str]], times: Counter[str]) -> dict[str, tuple[str, ...]]:
    """Noun → those that are named with it more often than without, the most frequent first."""
    pairs = {noun: Counter[str]() for noun in times}
    for one in shown:
        for noun in one:
            pairs[noun].update(other for other in one if other != noun)
    lifted = {
        noun: [o for o, n in more.most_common() if n / times[noun] > times[o] / len(shown)]
        for noun, more in pairs.items()
    }
    return {noun: tuple(others[:_BESIDE]) for noun, others in lifted.items() if others}


def photos_of(lines: Iterable[str], split: str) -> list[Photo]:
    """Photos of one split of a captions.jsonl."""
    rows = [row for row in map(json.loads, lines) if row["split"] == split]
    return [read(tuple(row["en"]), tuple(row["zh"])) for row in rows]


def main() -> None:
    """Fit the chances and write chances.csv."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("captions", type=Path, help="captions.jsonl of the photos")
    lines = parser.parse_args().captions.read_text(encoding="utf-8").splitlines()
    found = fitted(photos_of(lines, "train"))
    with _FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("noun", "yes", "no", "beside"))
        for noun in nouns().every:
            yes, no = found.yes.get(noun, 0.0), found.no.get(noun, 0.0)
            beside = "|".join(found.beside.get(noun, ()))
            out.writerow((noun, f"{yes:.4g}", f"{no:.4g}", beside))


if __name__ == "__main__":
    main()
