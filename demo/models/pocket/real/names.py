"""What real inputs are called: any thing of the vocabulary, at the depth that is sure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from demo.models.beliefs import SURE, Beliefs
from demo.models.beliefs import Named as BelievedThing
from demo.models.mentions import mentions
from demo.models.pocket.real.encoders import EverydayWords
from demo.models.pocket.trunks.familiarity import Familiarity
from demo.models.vocabulary import Thing, Vocabulary
from demo.schema import Encoding, Modality, Named

# AudioSet's sounds that noise and tones pass for: from the first on they name no source; and hiss, buzz,
# music as such, tuning fork, wind, rain, water, steam, alarms, telephones and their tones, spray.
FIRST_AMBIGUOUS = 466
UNCLEAR = frozenset((79, 125, 132, 199, 200, 240, 241, 277, 278, 279, 282, 283, 284, 285, 287, 288, 290,
                     382, 383, 387, 388, 390, 392, 393, 447, 452, 453, 454))  # fmt: skip
CLEARLY = 0.6  # probability
SHOWN = 5  # kinds of each sense
CONSIDERED = 20  # of the likeliest sounds
# Belief in one kind that a sentence must not contradict. Where no kind has it, a family that has it is right
# of 86 % of Caltech's photos
LEAST_SURE = 0.5
PERSON, ANIMAL = "n00007846", "n00015388"
# An animal that is named is denied where another is believed so many times as much, and it itself less than
# so many times chance: so are the dogs of 6 in 238 photos in which three people see one
RIVAL, BY_CHANCE = 1.5, 2.0
# Belief in an animal below so many times chance: it is not there (so are 8 dogs among 618 of 1,000 photos)
UNSEEN = 0.4
# Belief in every word for people, in each part of a photo, below which nobody is there: so are 4 % of 906
# photos with people that were learned from, and 83 % of 150 photos of things
NOBODY = 0.48
# Belief in somebody or an animal below which nothing that is seen speaks for one
LEAST_SOMEBODY, LEAST_ANIMAL = 0.3, 0.2
SOMEBODY_ZH = re.compile("[个两三几]人")
SEVERAL = {"word:people", "word:crowd"}  # of whom a crowd is no kind
LEAST_SEEN, LEAST_HEARD, LEAST_WORD = 0.02, 0.05, 0.3  # probability of what is named at all


class RealVocabulary:
    """The things themselves as labels."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def known_labels(self, language: str = "en") -> list[str]:
        """Names that people use."""
        return [thing.name(language) for thing in self.vocabulary.things.values() if thing.common]

    def canonical(self, label: str) -> str:
        """One key for all labels that mean the same. Raises UserError, naming what is nearest."""
        return self.vocabulary.canonical(label)


class RealNamer:
    """Names of what is seen and heard. sounds: AudioSet's names, in order."""

    def __init__(self, beliefs: Beliefs, words: EverydayWords, classes: int) -> None:
        self.beliefs, self.words, self.classes = beliefs, words, classes
        things = beliefs.vocabulary.things
        self.of_class: dict[int, Thing] = {}
        self.of_sound: dict[int, Thing] = {}
        for thing in things.values():
            for kind in thing.image:
                self.of_class.setdefault(kind, thing)
            for sound in thing.sound:
                self.of_sound.setdefault(sound, thing)
        self.quiet = {kind for kind, thing in self.of_sound.items() if thing.en[0] == "silence"}

    def names(self, encodings: Mapping[Modality, Encoding], language: str) -> list[str]:
        found: dict[str, None] = {}
        for modality, encoding in encodings.items():
            if modality != "text":
                vector = encoding.pool(encoding.tokens[None])[0]
                single = [one for one in self.seen(modality, vector, language) if not one.family]
                found |= dict.fromkeys(one.name for one in single)
        return list(found) if len(found) > 1 else []

    def seen(self, modality: Modality, vector: Tensor, language: str) -> tuple[Named, ...]:
        if modality == "image":
            return self._seen(vector, language)
        return self._heard(vector, language) if modality == "audio" else ()

    def told(self, text: str, language: str) -> list[str]:
        found = {m.thing.name(language): None for m in mentions(text) if not m.negated}
        return list(found)

    def living(self, text: str, language: str) -> list[str]:
        vocabulary = self.beliefs.vocabulary
        alive = [
            thing for one in (ANIMAL, PERSON) for thing in vocabulary.below(vocabulary.things[one])
        ]
        alive += [vocabulary.things[one] for one in (PERSON, *SEVERAL)]
        return list(dict.fromkeys(one.name(language) for one in self._told(text) if one in alive))

    def unsupported(self, vector: Tensor, text: str, language: str) -> list[str]:
        likely = vector.exp().detach().cpu().numpy().astype(np.float64)
        doubtful = [thing for thing in self._told(text) if self._unsupported(likely, thing)]
        return list(dict.fromkeys(thing.name(language) for thing in doubtful))

    def _told(self, text: str) -> list[Thing]:
        """What a sentence says is there; and somebody, whose Chinese name is too short to be looked for."""
        somebody = [self.beliefs.vocabulary.things[PERSON]] * bool(SOMEBODY_ZH.search(text))
        return [*(m.thing for m in mentions(text) if not m.negated), *somebody]

    def _unsupported(self, likely: np.ndarray, thing: Thing) -> bool:
        """Whether it is somebody or an animal, and hardly anything that is seen speaks for it."""
        vocabulary = self.beliefs.vocabulary
        below = {one.id for one in vocabulary.below(thing)}
        if thing in vocabulary.below(vocabulary.things[PERSON]) or below & SEVERAL:
            below |= {PERSON}
            words = [i for i, word in enumerate(self.words.things) if word in below]
            return bool(likely[[self.classes + i for i in words]].max() < LEAST_SOMEBODY)
        mine = self.beliefs.classes[thing.id]
        animal = bool(mine) and thing in vocabulary.below(vocabulary.things[ANIMAL])
        return animal and bool(likely[list(mine)].sum() < LEAST_ANIMAL)

    @cached_property
    def people(self) -> frozenset[str]:
        """Ids of whoever is somebody."""
        vocabulary = self.beliefs.vocabulary
        below = vocabulary.below(vocabulary.things[PERSON])
        return frozenset({PERSON, *SEVERAL, *(one.id for one in below)})

    def unseen(self, photo: Encoding, thing: Thing) -> bool:
        """Whether it is somebody where hardly anybody is seen, or an animal that the trunk sees less of than
        chance would."""
        if thing.id in self.people:
            words = [i for i, word in enumerate(self.words.things) if word in self.people]
            return float(self.words.somewhere(photo)[words].max().sigmoid()) < NOBODY
        vector = photo.pool(photo.tokens[None])[0]
        mine = sorted(self.beliefs.classes[thing.id])
        vocabulary = self.beliefs.vocabulary
        if not mine or thing not in vocabulary.below(vocabulary.things[ANIMAL]):
            return False
        return float(vector[mine].exp().sum()) < UNSEEN * len(mine) / self.classes

    def sure_kind(self, vector: Tensor, sure: float = SURE) -> BelievedThing | None:
        """The one kind, or family believed by at least `sure`, that a photo shows. vector: [K].

        None where people are seen, too: then it is often only what they wear or hold.
        """
        classes = self._classes(vector)
        if classes is None:
            return None
        depth = self.beliefs.depth(classes, sure)
        return depth.best if depth.best.probability >= LEAST_SURE else depth.sure

    def subject(self, vector: Tensor, language: str) -> Named | None:
        found = self.sure_kind(vector, LEAST_SURE)
        if found is None:
            return None
        return Named(found.thing.name(language), found.probability)

    def contradicts(self, vector: Tensor, text: str) -> bool:
        """Whether a sentence about a picture names something else than the one kind that is seen for sure, or
        an animal where another one is far likelier."""
        classes = self._classes(vector)
        if classes is None:
            return False
        below = self.beliefs.vocabulary.below
        said = [m.thing for m in mentions(text) if not m.negated]
        if (sure := self.sure_kind(vector)) is not None:
            return not any(one in below(sure.thing) or sure.thing in below(one) for one in said)
        return any(self._denied(classes, one) for one in said)

    def _classes(self, vector: Tensor) -> np.ndarray | None:
        """Belief in each of ImageNet's classes, float64; None where a person is seen."""
        likely = vector.exp().detach().cpu().numpy().astype(np.float64)
        person = self.words.things.index(PERSON) + self.classes
        return None if likely[person] >= LEAST_SURE else likely[: self.classes]

    def _denied(self, classes: np.ndarray, thing: Thing) -> bool:
        """Whether it is an animal and another one is seen, see RIVAL."""
        below, covered = self.beliefs.vocabulary.below, self.beliefs.classes
        animals = below(self.beliefs.vocabulary.things[ANIMAL])
        mine = covered[thing.id]
        own = classes[list(mine)].sum()
        if thing not in animals or not mine or own >= BY_CHANCE * len(mine) / self.classes:
            return False
        others = (covered[one.id] for one in animals if one.common)
        return any(
            classes[list(other)].sum() > RIVAL * own
            for other in others
            if other and not other & mine
        )

    def _seen(self, vector: Tensor, language: str) -> tuple[Named, ...]:
        likely = vector.exp()
        classes = likely[: self.classes]
        best = self._top(classes, self.of_class, SHOWN, LEAST_SEEN, language)
        words = {i: self.beliefs.vocabulary.things[t] for i, t in enumerate(self.words.things)}
        beside = self._top(likely[self.classes :], words, SHOWN, LEAST_WORD, language)
        sure = self.beliefs.depth(classes.detach().cpu().numpy().astype(np.float64)).sure
        family: tuple[Named, ...] = ()
        if sure is not None and sure.thing.name(language) not in {one.name for one in best}:
            family = (Named(sure.thing.name(language), sure.probability, family=True),)
        single = sorted((*best, *beside), key=lambda one: -one.probability)[:SHOWN]
        return (*single, *family)

    def _heard(self, vector: Tensor, language: str) -> tuple[Named, ...]:
        """Without families of what is named already, and without the silence between sounds."""
        likely = vector.exp()
        order = [k for k in likely.argsort(descending=True).tolist() if k in self.of_sound]
        kept: list[int] = []
        for kind in order[:CONSIDERED]:
            thing = self.of_sound[kind]
            loud = float(likely[kind]) >= LEAST_HEARD or len(kept) < 2
            if loud and not (kind in self.quiet and kept) and not self._above_any(thing, kept):
                kept = [k for k in kept if not self._is_above(self.of_sound[k], thing)]
                kept.append(kind)
        if len(kept) > 2:
            kept = [k for k in kept if k not in self.quiet]
        found: dict[str, Named] = {}
        for kind in kept:
            name = self.of_sound[kind].name(language)
            found.setdefault(name, Named(name, float(likely[kind])))
        return tuple(found.values())[:SHOWN]

    def _above_any(self, thing: Thing, kinds: Sequence[int]) -> bool:
        return any(self._is_above(thing, self.of_sound[k]) for k in kinds)

    def _is_above(self, family: Thing, thing: Thing) -> bool:
        return thing.id != family.id and thing in self.beliefs.vocabulary.below(family)

    def _top(
        self, likely: Tensor, things: Mapping[int, Thing], count: int, least: float, language: str
    ) -> tuple[Named, ...]:
        order = likely.argsort(descending=True).tolist()
        found: dict[str, Named] = {}
        for kind in order:
            if len(found) == count or (float(likely[kind]) < least and len(found) > 1):
                break
            if kind in things:
                name = things[kind].name(language)
                found.setdefault(name, Named(name, float(likely[kind])))
        return tuple(found.values())


class RealFamiliarity:
    """How much a picture or a sound looks like real ones, from the trunks' features."""

    def __init__(self, pictures: Familiarity, sounds: Familiarity, channels: Mapping[str, int]):
        self.boundaries: dict[str, Familiarity] = {"image": pictures, "audio": sounds}
        self.channels = channels

    def score(self, modality: Modality, encoding: Encoding, vector: Tensor) -> float:
        """0..1; sentences are taken as they are: 1. A sound that is clearly of one kind is familiar, too:
        the boundary was drawn around everyday sounds, without music."""
        if modality not in self.boundaries:
            return 1.0
        with torch.no_grad():
            near = self.boundaries[modality].of(encoding.tokens[:, : self.channels[modality]])
        if modality != "audio":
            return near
        clear = [i for i in range(len(vector)) if i < FIRST_AMBIGUOUS and i not in UNCLEAR]
        likely = float(vector[clear].max().exp())
        return max(near, likely) if likely >= CLEARLY else near


def reachable(beliefs: Beliefs, words: Collection[str], label: str, modality: Modality) -> bool:
    """Whether this sense could ever say so: some class, everyday word or sound speaks for the label."""
    if modality == "image":
        things = beliefs.vocabulary.lookup(label)
        return bool(beliefs.seen_as(label)) or any(thing.id in words for thing in things)
    return bool(beliefs.heard_as(label)) if modality == "audio" else True
