"""“Is there a …?” answered by three witnesses: the decoder, the trunk's belief in the thing, and how near the
photo's meaning lies to that of its name. “What is it?” has the trunk as its witness.

Together they are right in 87 of 100 yes-or-no questions about photos held back, the decoder alone in 70.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.errors import LANGUAGES
from demo.models.articles import is_there, one_of
from demo.models.generator import NO_YES, Closer, Generation
from demo.models.mentions import mentions
from demo.models.pocket.real.asked import asked_for
from demo.models.pocket.real.encoders import PhotoEncoder
from demo.models.pocket.real.generator import RealGenerator
from demo.models.pocket.real.modeling import RealModel
from demo.models.pocket.real.names import ANIMAL, PERSON, SEVERAL, RealNamer
from demo.models.pocket.real.spaces import LEAST, SentenceSpace
from demo.models.pocket.trunks.efficientnet import FEATURES
from demo.models.vocabulary import Thing
from demo.schema import Encoding, Modality

# Before a name in an answer that is nothing but this name
COUNTED = {
    "en": re.compile(r"(an?|one|two|three|some|the)?\s*"),
    "zh": re.compile(r"[零一两三]?[只条个头匹群]?"),
}
SOMEBODY_ZH = re.compile(r"[一两三]?个?人")  # too short for a name of the vocabulary
COUNTING = re.compile(r"how many|number of|^count\b|几|多少", re.IGNORECASE)
NONE = {"en": "zero", "zh": "零"}
NOBODY = {"en": "nobody", "zh": "没有人"}
CANNOT = {"en": "I cannot see that", "zh": "我看不出来"}  # both as they were taught
WHICH_ANIMAL = re.compile(
    r"(what|which)( kind of| sort of)? animal|(?:什么|哪[种个]|哪一[种个])动物", re.IGNORECASE
)
# Questions that yes and no do not answer: “what …?”, but not 有什么动物吗
OPEN = re.compile(
    r"^\W*(?:what|which|who|where|when|why|how)\b|^(?!.*(?:吗|有没有|是不是)).*(?:什么|哪|谁|怎么)",
    re.IGNORECASE,
)
WHO = re.compile(r"\bwho\b|谁", re.IGNORECASE)
HARDLY = -3.0  # log-odds of what the trunk hardly believes: 5 %


class Said(NamedTuple):
    """What the witnesses say of a thing: log-odds of yes by the decoder and by the trunk, whether the trunk
    knows the thing at all (else what it says is not heard), and cosines of the photo with its two names."""

    decoder: float
    trunk: float
    knows: bool
    likeness: float
    likeness_zh: float

    def heard(self) -> tuple[float, float, float, float, float]:
        """As numbers, in the order of the fields."""
        return self._replace(trunk=self.trunk * self.knows, knows=float(self.knows))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Witnesses:
    """How much each counts for questions in one language; added up it is the log-odds of yes: a logistic
    regression, fitted by demo/training/real/verifier.py. Unfitted, the decoder alone is asked."""

    decoder: float = 1.0
    trunk: float = 0.0
    knows: float = 0.0
    likeness: float = 0.0
    likeness_zh: float = 0.0
    bias: float = 0.0

    def log_odds(self, said: Said) -> float:
        """Of yes."""
        *counts, bias = astuple(self)
        return bias + sum(count * one for count, one in zip(counts, said.heard(), strict=True))


NOT_SEEN = 0.95  # probability of no about what the trunk hardly believes in, see RealNamer.unseen
# Probability that there are any, below which there are none: of all that was asked “how many …?” of in
# training, so much was not there
FEW = 0.15


class Verifier:
    """Sees to it that yes and no, and what a photo shows, rest on all that is known of it."""

    def __init__(
        self,
        model: RealModel,
        tokenizer: PreTrainedTokenizerFast,
        generator: RealGenerator,
        pictures: PhotoEncoder,
        sentences: SentenceSpace,
        namer: RealNamer,
    ) -> None:
        self.model, self.tokenizer, self.generator = model, tokenizer, generator
        self.pictures, self.sentences = pictures, sentences
        self.namer, self.beliefs = namer, namer.beliefs
        self.counts = {
            language: Witnesses(**model.config.witnesses.get(language, {})) for language in NO_YES
        }

    def verified(
        self,
        generation: Generation,
        question: str,
        encodings: Mapping[Modality, Encoding],
        closer: Closer,
    ) -> Generation:
        """The answer, or another one where others know better: yes and no, how many there are of what is not
        there, and a living thing that is named where a question asks for none."""
        if "image" not in encodings:
            return generation
        words, photo = NO_YES[generation.language], encodings["image"]
        asked = asked_for(question)
        if asked and COUNTING.search(question):
            return self._counted(generation, photo, asked[0])
        if generation.text not in words or OPEN.search(question):
            return self._named(generation, question, photo)
        if not asked:
            return generation
        read = [one.tokens for one in encodings.values()]
        chance = self._chance(
            self._log_odds(generation.language, read, photo, asked[0]), photo, asked[0]
        )
        said = words[int(chance >= 0.5)]
        return self.generator.say(generation, said, max(chance, 1 - chance))

    def _chance(self, log_odds: float, photo: Encoding, thing: Thing) -> float:
        """That a thing is there."""
        chance = 1 / (1 + math.exp(-log_odds))
        return min(chance, 1 - NOT_SEEN) if self.namer.unseen(photo, thing) else chance

    def _counted(self, generation: Generation, photo: Encoding, thing: Thing) -> Generation:
        """None of what is hardly there; a number is no surer than that there are any, and none no surer than
        that there are not. Whoever asks how many there are has mostly seen some."""
        if thing.id in SEVERAL:  # of whom there may be one
            thing = self.beliefs.vocabulary.things[PERSON]
        odds = [
            self._log_odds(language, [photo.tokens, self._plainly(thing, language)], photo, thing)
            for language in LANGUAGES
        ]
        chance = self._chance(sum(odds) / len(odds), photo, thing)
        none = NONE[generation.language]
        if chance < FEW:
            return self.generator.say(generation, none, 1 - chance)
        sure = 1 - chance if generation.text.startswith(none) else chance
        return replace(generation, probability=min(generation.probability, sure))

    @torch.no_grad()
    def _plainly(self, thing: Thing, language: str) -> Tensor:
        """“Is there a …?”, as tokens [L, TOKEN]."""
        asked = is_there(thing.name(language), language)
        ids = self.tokenizer(asked, return_tensors="pt")["input_ids"].to(self.model.device)
        return self.model.read_words(ids, torch.ones_like(ids, dtype=torch.bool))[0]

    def _named(self, generation: Generation, question: str, photo: Encoding) -> Generation:
        """The kind that is surely seen in place of a living thing that is not, if there is one."""
        of_something = (m.thing for m in mentions(question) if m.thing.id != ANIMAL)
        if any(self.beliefs.classes[thing.id] for thing in of_something):
            return generation
        vector, language = photo.pool(photo.tokens[None])[0], generation.language
        subject, alive = self.namer.subject(vector, language), self._alive(generation)
        unseen = alive is not None and self.namer.unseen(photo, alive)
        if unseen and WHO.search(question):
            return self.generator.say(generation, NOBODY[language], NOT_SEEN)
        animal = alive is not None and alive.id not in self.namer.people
        denied = unseen or (animal and self.namer.contradicts(vector, generation.text))
        if subject is not None and (denied or WHICH_ANIMAL.search(question)):
            said = one_of(subject.name) if language == "en" else subject.name
            return self.generator.say(generation, said, subject.probability)
        if generation.text in NO_YES[language]:  # to an open question
            return self.generator.say(generation, CANNOT[language], 1 - generation.probability)
        if unseen and not animal:
            return self.generator.say(generation, CANNOT[language], NOT_SEEN)
        return generation

    def _alive(self, generation: Generation) -> Thing | None:
        """The living thing that an answer names, if it does nothing more."""
        text, vocabulary = generation.text, self.beliefs.vocabulary
        if SOMEBODY_ZH.fullmatch(text):
            return vocabulary.things[PERSON]
        animals = vocabulary.below(vocabulary.things[ANIMAL])
        for one in mentions(text):
            alone = COUNTED[generation.language].fullmatch(text[: one.start])
            living = one.thing in animals or one.thing.id in self.namer.people
            if alone and living and one.end == len(text):
                return one.thing
        return None

    def _log_odds(
        self, language: str, read: Sequence[Tensor], photo: Encoding, thing: Thing
    ) -> float:
        """Of yes. Where one kind is seen for sure, the trunk alone says what else is not there: of lions and
        pianos the decoder has learned nothing."""
        said = self.witnesses(language, read, photo, thing)
        vector = photo.pool(photo.tokens[None])[0]
        if said.trunk < HARDLY and self.namer.sure_kind(vector) and self.beliefs.classes[thing.id]:
            return said.trunk
        return self.counts[language].log_odds(said)

    @torch.no_grad()
    def witnesses(
        self, language: str, read: Sequence[Tensor], photo: Encoding, thing: Thing
    ) -> Said:
        """What each says. read: tokens of all that the decoder reads, the question's among them."""
        no, yes = (self.tokenizer(word)["input_ids"][0] for word in NO_YES[language])
        memory = self.model.joint(torch.cat(list(read))[None])[1]
        start = torch.tensor(
            [[self.model.config.tasks[f"answer-{language}"]]], device=memory.device
        )
        logits = self.model.write(start, memory)[0, 0]
        name = thing.name("en")
        placed = self.pictures.labels.place([name])
        likely = min(float(placed.likely(photo.pool(photo.tokens[None])[0])[0]), -1e-4)
        meaning = self.model.photo_meaning(photo.tokens[:, :FEATURES].mean(0))
        return Said(
            float(logits[yes] - logits[no]),
            likely - math.log1p(-math.exp(likely)),
            likely > LEAST + 0.05,
            *(float(meaning @ self.sentences.vector(thing.name(each))) for each in ("en", "zh")),
        )
