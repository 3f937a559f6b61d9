"""The pocket model's Captioner: names what each sense shows, in English or Chinese.

The model says which concept each sense shows and how sure it is; the sentence around the names comes
from the phrases below. Unsure is said as unsure. Knows nothing about heatmaps (pipeline.py adds them).
"""

from __future__ import annotations

from collections.abc import Mapping

from demo.models.pocket.aligner import PocketAligner
from demo.models.roles import CaptionPiece
from demo.schema import Encoding, Modality

SURE = 0.6  # probability from which a sense's best concept is named without “perhaps”
UNSURE = 0.25  # below it, nothing is named

PHRASES: dict[str, dict[str, str]] = {
    "en": {
        "image": "a picture of {thing}",
        "audio": "the sound of {thing}",
        "text": "words about {thing}",
        "perhaps": "perhaps ",
        "or": " or ",
        "image_nothing": "a picture of something I do not know",
        "audio_nothing": "a sound I do not know",
        "text_nothing": "words about nothing I know",
        "comma": ", ",
        "and": " and ",
        "stop": ".",
    },
    "zh": {
        "image": "一张{thing}的图片",
        "audio": "{thing}的声音",
        "text": "关于{thing}的文字",
        "perhaps": "可能是",
        "or": "或",
        "image_nothing": "一张我不认识的图片",
        "audio_nothing": "一种我不认识的声音",
        "text_nothing": "与我所知无关的文字",
        "comma": "，",
        "and": "和",
        "stop": "。",
    },
}


class PocketCaptioner:
    """One clause per sense, joined into a sentence."""

    def __init__(self, aligner: PocketAligner) -> None:
        self.aligner = aligner
        self.concepts = aligner.config.concepts

    def pieces(self, encodings: Mapping[Modality, Encoding], language: str) -> list[CaptionPiece]:
        """The sentence in pieces; those that name a thing say which label and which sense."""
        phrases = PHRASES[language]
        sentence: list[CaptionPiece] = []
        for i, (modality, encoding) in enumerate(encodings.items()):
            if i:
                last = i == len(encodings) - 1
                sentence.append(CaptionPiece(phrases["and" if last else "comma"]))
            sentence += self._clause(modality, encoding, language)
        sentence = [piece for piece in sentence if piece.text]  # a clause may begin with its thing
        first = sentence[0]
        sentence[0] = CaptionPiece(
            first.text[0].upper() + first.text[1:], first.label, first.modality
        )
        return [*sentence, CaptionPiece(phrases["stop"])]

    def _clause(self, modality: Modality, encoding: Encoding, language: str) -> list[CaptionPiece]:
        phrases = PHRASES[language]
        (first, p_first), (second, _) = self._best_two(modality, encoding)
        if p_first < UNSURE:
            return [CaptionPiece(phrases[f"{modality}_nothing"])]
        before, after = phrases[modality].split("{thing}")
        named = [self._named(first, modality, language)]
        if p_first < SURE:
            named += [CaptionPiece(phrases["or"]), self._named(second, modality, language)]
            before = phrases["perhaps"] + before
        return [CaptionPiece(before), *named, CaptionPiece(after)]

    def _best_two(self, modality: Modality, encoding: Encoding) -> list[tuple[int, float]]:
        """The two likeliest concepts among those this sense can show, with their probabilities."""
        able = [i for i, concept in enumerate(self.concepts) if modality in concept["senses"]]
        logits = self.aligner.scale * encoding.vector @ self.aligner.concept_vectors.T
        probabilities = logits.softmax(-1)[able]
        best = probabilities.topk(2)
        return [(able[int(i)], float(p)) for p, i in zip(*best, strict=True)]

    def _named(self, index: int, modality: Modality, language: str) -> CaptionPiece:
        concept = self.concepts[index]
        said = concept["said"].get(modality, concept["said"]["text"])
        return CaptionPiece(said[language], concept[language][0], modality)
