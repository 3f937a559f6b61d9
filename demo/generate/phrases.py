"""What is said of a sense that no decoder reads: put together, but for the thing it is about.

Also when nothing of it should be said. Knows roles by their contracts only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from demo.explain import BEST, explain, method_named
from demo.explain.target import ModalityLabel
from demo.fusion.evidence import Evidence, evidence_of
from demo.models.articles import one_of
from demo.models.roles import Roles
from demo.schema import CaptionWord, Encoding, Heatmap, Modality, Sample

WORDS_ABOUT = {"en": "words about {thing}", "zh": "关于{thing}的文字"}
WORDS_ABOUT_NOTHING = {"en": "words about nothing I know", "zh": "与我所知无关的文字"}
ABOUT = {
    "text": WORDS_ABOUT,
    "audio": {"en": "the sound of {thing}", "zh": "{thing}的声音"},
    "image": {"en": "a photo of {thing}", "zh": "{thing}的照片"},
}
# What is said of an input that looks like nothing that was ever taught
UNKNOWN = {
    "image": {"en": "a picture I cannot make out", "zh": "一张我看不明白的图"},
    "audio": {"en": "a sound I do not know", "zh": "一种我不认识的声音"},
    "text": WORDS_ABOUT_NOTHING,
}
# Belief in what a picture is called, where the decoder's own sentence was refused
LEAST_NAMED: dict[str, float] = {"image": 0.5}
_REMARK = re.compile(
    r"\s*[（(].*?[)）]"
)  # bat (animal): what a label needs, and a sentence does not
# What a thing that a sentence names is told from, so that its map shows why it is this
CONTRAST = {
    "en": ("person", "animal", "food", "vehicle", "music"),
    "zh": ("人", "动物", "食物", "车辆", "音乐"),
}


@dataclass(frozen=True)
class AboutWords:
    """The clause of a caption about a sentence. place: of the word that names the thing, whose probability
    `target` gives for `evidence`; None where it is about nothing known."""

    text: str
    words: tuple[str, ...]
    place: int | None = None
    evidence: Evidence | None = None
    target: ModalityLabel | None = None


def unknown(modality: Modality, language: str) -> AboutWords:
    """That nothing is known of a sense."""
    said = UNKNOWN[modality][language]
    return AboutWords(said, tuple(split(said, language)))


@dataclass(frozen=True)
class Phrases:
    """roles: who says what a sense shows."""

    roles: Roles

    def guessed(
        self, modality: Modality, encoding: Encoding, language: str, text: str = ""
    ) -> AboutWords:
        """As about, of whatever is likeliest, though it is hardly so."""
        return self.about(modality, encoding, language, text, sure=False)

    def about(
        self,
        modality: Modality,
        encoding: Encoding,
        language: str,
        text: str = "",
        sure: bool = True,
    ) -> AboutWords:
        """What a caption says of a sense that no decoder reads: it is put together, but for the thing it is
        about. text: the sentence itself, where there is one; sure: nothing is said of what is unlikely."""
        found = self._thing(modality, encoding, language, text, sure)
        if found is None:
            return unknown(modality, language)
        evidence, target = found
        thing = _REMARK.sub("", target.name)
        if modality == "audio" and language == "zh":
            thing = thing.removesuffix("声") or thing  # 雨声 → 雨的声音
        start, end = ABOUT[modality][language].split("{thing}")
        if language == "en" and modality != "text":
            start += one_of(target.name).removesuffix(target.name)
        before, after = split(start, language), split(end, language)
        words = (*before, thing, *after)
        shown = replace(target, name=thing)
        return AboutWords(start + thing + end, words, len(before), evidence, shown)

    def _thing(
        self, modality: Modality, encoding: Encoding, language: str, text: str, sure: bool
    ) -> tuple[Evidence, ModalityLabel] | None:
        """What a sense is about, and beside what it was found; None where that is nothing known."""
        known = self._known(modality, encoding, language, text)
        names, facts = list(known), self.roles.facts
        if not names:
            return None
        evidence = evidence_of(self.roles, {modality: encoding}, names)
        belief = evidence.belief((modality,)).exp().tolist()
        own = [belief[i] if p is None else p for i, p in enumerate(known.values())]
        least = max(facts.least_sure, LEAST_NAMED.get(modality, 0.0))
        # what has a probability of its own is in order: single kinds first, then a family
        enough = [i for i, p in enumerate(own) if p >= least] or [own.index(max(own))]
        best = enough[0] if self.roles.namer is not None else own.index(max(own))
        if sure and (own[best] if own[best] >= least else 0.0) < facts.least_sure:
            return None
        return evidence, ModalityLabel(modality, best, names[best])

    def _known(
        self, modality: Modality, encoding: Encoding, language: str, text: str
    ) -> dict[str, float | None]:
        """What the thing may be called, and how likely each name is by itself, where that is known."""
        namer = self.roles.namer
        if namer is None:
            return dict.fromkeys(self.roles.known_labels(language) or [])
        if modality == "text":
            told = namer.told(text, language)
            beside = CONTRAST[language] if told else ()
            return {**dict.fromkeys(beside, 0.0), **dict.fromkeys(told, 1.0)}
        vector = encoding.pool(encoding.tokens[None])[0]
        subject = namer.subject(vector, language) if modality == "image" else None
        seen = namer.seen(modality, vector, language)
        every = seen if subject is None else (subject, *seen)
        return {one.name: one.probability for one in every}

    def unfamiliar(self, modality: Modality, encoding: Encoding) -> bool:
        """Whether an input looks like nothing real: asked only where somebody names what is, who would name
        anything. The picture world's decoder has learned to say so by itself."""
        familiarity, namer = self.roles.familiarity, self.roles.namer
        if familiarity is None or namer is None:
            return False
        vector = encoding.pool(encoding.tokens[None])[0]
        least = self.roles.facts.least_familiar.get(modality, 0.0)
        return familiarity.score(modality, encoding, vector) < least

    def contradicted(self, modality: Modality, encoding: Encoding, text: str) -> bool:
        """Whether the decoder, which knows fewer things, wrote of something else than what is surely seen, or
        of something that would never be found by this picture."""
        namer, head = self.roles.namer, self.roles.retrieval_head
        if namer is None or modality != "image":
            return False
        if namer.contradicts(encoding.pool(encoding.tokens[None])[0], text):
            return True
        if head is None or "text" not in self.roles.encoders:
            return False
        (read,) = self.roles.encoders["text"].encode([text])
        fit = float(head.match_vector([encoding]) @ head.match_vector([read]))
        return fit < self.roles.facts.least_fit

    def words(self, sample: Sample, clause: AboutWords, maps: bool) -> tuple[CaptionWord, ...]:
        """The clause word by word; maps: with where the sense says what it is about."""
        perturber = self.roles.perturber
        shown: Mapping[str, Heatmap] = {}
        if maps and clause.evidence is not None and clause.target is not None:
            given = clause.evidence.encodings
            perturbable = perturber.perturbable(sample, given) if perturber else None
            method, facts = method_named(BEST), self.roles.facts
            found = explain(clause.evidence, clause.target, method, perturbable, facts=facts)
            shown = {str(m): heatmap for m, heatmap in found.items()}
        return tuple(
            CaptionWord(word, shown if i == clause.place else {})
            for i, word in enumerate(clause.words)
        )


def split(text: str, language: str) -> list[str]:
    """Its words; a Chinese clause stays whole."""
    return text.split() if language == "en" else [text] * bool(text)


def joined(clauses: Sequence[str], language: str) -> str:
    """Clauses as one sentence that begins with a capital and ends with a full stop."""
    comma, last, stop = (", ", " and ", ".") if language == "en" else ("，", "和", "。")
    text = comma.join(clauses[:-1]) + (last if len(clauses) > 1 else "") + clauses[-1]
    return text[0].upper() + text[1:] + stop
