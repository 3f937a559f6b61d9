"""The vocabulary of things, put together from its sources and from tables written by hand.

    python -m demo.training.things --data DATA

Sources: ImageNet's classes and their WordNet families (DATA/pretrained), AudioSet's sounds (the sound trunk),
the picture world's concepts. Tables, in assets/vocabulary: photos.csv (better names of classes), families.csv
(which families are used, their names, and whether people would say them), sounds.csv (Chinese names),
everyday.csv (things that the others lack), above.csv and heard.csv (links that WordNet lacks). Names that are
the same in two sources become one thing, so “dog” can be seen and heard.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.models.checkpoints.trunks import SOUND_TRUNK, TRUNKS_FOLDER, trunk_config
from demo.models.vocabulary import VOCABULARY_FOLDER
from demo.training.trunks import IMAGENET_CLASSES
from demo.world.concepts import CONCEPTS

# Sounds that share no more than a name with something that can be seen, and what they are shown as.
APART = {"Tick": "ticking", "Engine": "engine sound", "Glass": "sound of glass"}
GROUPS = {"Canidae, dogs, wolves", "Rodents, rats, mice"}  # their parts are things of their own
PROPER = {"Hammond", "French", "Middle", "Christmas", "Carnatic", "Christian", "Doppler"}


@dataclass
class Draft:
    """A thing in the making; the first names are the ones shown."""

    id: str
    en: list[str]
    zh: list[str]
    gloss: str = ""
    common: bool = True  # a word that people use, so it may be given as an answer
    above: list[str] = field(default_factory=list)
    image: list[int] = field(default_factory=list)
    sound: list[int] = field(default_factory=list)


def unique(names: Iterable[str]) -> list[str]:
    """In order, without those that differ by case only."""
    kept: dict[str, str] = {}
    for name in names:
        if name:
            kept.setdefault(name.lower(), name)
    return list(kept.values())


class Drafts:
    """All things so far; finds them by the name they show, then by any name."""

    def __init__(self) -> None:
        self.things: dict[str, Draft] = {}
        self.shown: dict[str, Draft] = {}
        self.plain: dict[str, Draft] = {}
        self.named: dict[str, Draft] = {}

    def find(self, name: str) -> Draft | None:
        """The thing that shows this name, with or without a remark in brackets, or else has it."""
        name = name.lower()
        return self.shown.get(name) or self.plain.get(name) or self.named.get(name)

    def register(self, draft: Draft) -> None:
        self.plain.setdefault(re.sub(r" \(.*\)", "", draft.en[0].lower()), draft)
        for name in draft.en:
            self.named.setdefault(name.lower(), draft)

    def add(self, draft: Draft) -> Draft:
        """A new thing, or what goes by the name it would show with its names and links added."""
        known = self.shown.get(draft.en[0].lower())
        if known is None:
            self.things[draft.id] = self.shown[draft.en[0].lower()] = known = draft
        else:
            self.merge(known, draft)
        self.register(known)
        return known

    def merge(self, known: Draft, draft: Draft) -> Draft:
        """Names that belong to something else already are not taken over."""
        free = [name for name in draft.en if self.find(name) in (None, known)]
        known.en, known.zh = unique([*known.en, *free]), unique([*known.zh, *draft.zh])
        known.gloss = known.gloss or draft.gloss
        known.image += draft.image
        known.sound += [i for i in draft.sound if i not in known.sound]
        known.above += draft.above
        self.register(known)
        return known


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a table written by hand."""
    with (VOCABULARY_FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def split(names: str) -> list[str]:
    return [name for name in names.split("|") if name]


class Photos:
    """ImageNet's classes and the families above them."""

    def __init__(self, source: Mapping[str, Any], drafts: Drafts) -> None:
        self.classes, self.ancestors = source["classes"], source["ancestors"]
        self.drafts = drafts
        self.thing_of: dict[str, Draft] = {}  # WordNet identifier → thing
        lemmas = [word for c in self.classes for lemma in c["en"] for word in lemma.split("_")]
        self.lower = {word for word in lemmas if word.islower()}
        self.lower -= {word.lower() for word in lemmas if not word.islower()}

    def add(self) -> None:
        better = {int(row["index"]): row for row in read_table("photos")}
        for row in read_table("families"):
            wnid, family = f"n{row['wordnet']}", self.ancestors[f"n{row['wordnet']}"]
            names = split(row["en"])
            draft = Draft(
                wnid, names, split(row["zh"]), family.get("gloss") or "", row["common"] == "1"
            )
            self.thing_of[wnid] = self.drafts.add(draft)
        for entry in self.classes:
            row = better.get(entry["idx"], {"en": "", "zh": ""})
            lemmas = [lemma.replace("_", " ") for lemma in entry["en"]]
            en = split(row["en"]) or [self.shown_name(entry["simple_en"], lemmas)]
            zh = split(row["zh"]) or self.chinese(entry["zh"])
            draft = Draft(entry["wnid"], unique([*en, *lemmas]), zh, entry["gloss"] or "")
            draft.image.append(entry["idx"])
            self.thing_of[entry["wnid"]] = self.drafts.add(draft)
        self.link()

    def shown_name(self, name: str, lemmas: Sequence[str]) -> str:
        """Spelt as in WordNet where it is one of its names; else words that WordNet never capitalises are
        lowered (“Sussex Spaniel” → “Sussex spaniel”)."""
        same = [lemma for lemma in lemmas if lemma.lower() == name.lower()]
        words = [word.lower() if word.lower() in self.lower else word for word in name.split()]
        return same[0] if same else " ".join(words)

    def chinese(self, names: str) -> list[str]:
        """Without remarks in brackets."""
        return unique(n.strip() for n in re.sub(r"[（(].*?[）)]", "", names).split(","))

    def link(self) -> None:
        """Each thing below the nearest families that are used."""
        hyper = {e["wnid"]: e["hyper"] for e in self.classes}
        hyper |= {wnid: e["hyper"] for wnid, e in self.ancestors.items()}

        def nearest(wnid: str) -> list[str]:
            found = []
            for parent in hyper.get(wnid, []):
                known = self.thing_of.get(parent)
                found += [known.id] if known else nearest(parent)
            return found

        for wnid, draft in self.thing_of.items():
            draft.above += nearest(wnid)


def add_everyday(drafts: Drafts) -> None:
    """Words of everyday photos that ImageNet lacks (the commonest nouns of Flickr8k's captions)."""
    for row in read_table("everyday"):
        names = split(row["en"])
        draft = drafts.add(Draft(f"word:{names[0].replace(' ', '_')}", names, split(row["zh"])))
        parent = drafts.find(row["above"])
        draft.above += [parent.id] if parent else []


def add_concepts(drafts: Drafts) -> None:
    """The picture world's things; what exists by that name already gets its other names."""
    for concept in CONCEPTS:
        draft = Draft(f"world:{concept.id.replace(' ', '_')}", list(concept.en), list(concept.zh))
        known = drafts.find(concept.en[0])
        drafts.merge(known, draft) if known else drafts.add(draft)


def audioset_names(name: str) -> list[str]:
    """“Bee, wasp, etc.” → bee, wasp; commas in brackets do not count."""
    if name in GROUPS:
        return [name.split(",")[0].lower()]
    parts = [part for part in re.split(r", (?![^(]*\))", name) if part != "etc."]
    return [part if part.split()[0] in PROPER else part[0].lower() + part[1:] for part in parts]


def add_sounds(drafts: Drafts) -> None:
    """AudioSet's sounds; one that is named like a thing is how that thing sounds."""
    classes = trunk_config(TRUNKS_FOLDER / SOUND_TRUNK)["classes"]
    for row in read_table("sounds"):
        index = int(row["index"])
        names = audioset_names(classes[index])
        known = drafts.find(names[0]) if classes[index] not in APART else None
        draft = Draft(f"sound:{index}", names, split(row["zh"]), sound=[index])
        if classes[index] in APART:
            draft.en = [APART[classes[index]], *names]
        drafts.merge(known, draft) if known else drafts.add(draft)
    for row in read_table("heard"):
        thing = drafts.shown[row["thing"]]
        thing.sound = sorted(
            {*thing.sound, *(classes.index(name) for name in split(row["sounds"]))}
        )


def build(data: Path) -> list[Draft]:
    """All things, most general links last.

    Raises:
        UserError: the WordNet file is missing.
    """
    path = data / "pretrained" / IMAGENET_CLASSES
    if not path.exists():
        raise UserError("train_missing_data", folder=str(path.parent), files=path.name)
    drafts = Drafts()
    Photos(json.loads(path.read_text(encoding="utf-8")), drafts).add()
    for add in (add_everyday, add_concepts, add_sounds):
        add(drafts)
    for row in read_table("above"):
        drafts.shown[row["below"]].above.append(drafts.shown[row["above"]].id)
    for draft in drafts.things.values():
        draft.above = [i for i in dict.fromkeys(draft.above) if i != draft.id]
    return list(drafts.things.values())


def write(drafts: Sequence[Draft], path: Path) -> None:
    """One line per thing, so that changes can be read."""
    lines = [json.dumps(vars(draft), ensure_ascii=False, separators=(",", ":")) for draft in drafts]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def main() -> None:
    """The command; says how many things there are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with all data sets")
    try:
        drafts = build(parser.parse_args().data)
    except UserError as error:
        parser.error(str(error))
    write(drafts, VOCABULARY_FOLDER / "vocabulary.json")
    print(
        f"{len(drafts)} things, {sum(bool(d.image) for d in drafts)} with photos of their own, "
        f"{sum(bool(d.sound) for d in drafts)} with sounds"
    )


if __name__ == "__main__":
    main()
