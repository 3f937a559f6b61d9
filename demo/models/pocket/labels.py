"""What the pocket model knows by name: a label space, a vocabulary, and how familiar an input looks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from demo.errors import UserError
from demo.models.pocket.modeling import PocketModel
from demo.models.roles import LabelVectors
from demo.schema import Encoding, Modality

ARTICLES = ("a ", "an ", "the ", "一只", "一个")


class PocketLabels:
    """The concepts the model was taught: LabelSpace, Vocabulary and Familiarity in one."""

    def __init__(self, model: PocketModel) -> None:
        self.concepts = model.config.concepts
        self.scale = float(model.scale.detach())
        self._index = {
            name.lower(): i
            for i, concept in enumerate(self.concepts)
            for name in (concept["id"], *concept["en"], *concept["zh"])
        }
        with torch.no_grad():
            self.concept_vectors = model.concept_vectors()

    def known_labels(self, language: str = "en") -> list[str]:
        """The name shown first for each concept."""
        return [concept[language][0] for concept in self.concepts]

    def canonical(self, label: str) -> str:
        """The concept's id.

        Raises:
            UserError: the model was never taught this label.
        """
        return str(self.concepts[self.concept_index(label)]["id"])

    def concept_index(self, label: str) -> int:
        """Index of the concept a label names, in any of its names, articles ignored.

        Raises:
            UserError: the model was never taught this label.
        """
        if label in self._index:
            return self._index[label]
        name = " ".join(label.replace("_", " ").lower().split())
        for article in ARTICLES:
            if name not in self._index and name.startswith(article):
                name = name[len(article) :].strip()
        if name not in self._index:
            known = self.known_labels("en")
            raise UserError(
                "label_unknown",
                label=label[:60],
                known=", ".join(known),
                known_zh="、".join(self.known_labels("zh")),
            )
        return self._index[name]

    def place(self, labels: Sequence[str]) -> LabelVectors:
        """As PocketModel.concept_vectors. Raises UserError for a label it was never taught."""
        return LabelVectors(self.vectors(labels), self.scale)

    def vectors(self, labels: Sequence[str]) -> Tensor:
        """[L, D]. Raises UserError for a label it was never taught."""
        return self.concept_vectors[[self.concept_index(label) for label in labels]]

    @torch.no_grad()
    def score(self, modality: Modality, encoding: Encoding, vector: Tensor) -> float:
        """0..1: one minus the entropy of the belief over all concepts, in units of its maximum (the
        entropy score of Hendrycks & Gimpel 2017 and Macêdo et al. 2021, turned around).

        Training teaches that nothing familiar means equal belief in everything.
        """
        belief = (self.scale * vector @ self.concept_vectors.T).softmax(-1)
        entropy = -(belief * belief.clamp(min=1e-12).log()).sum()
        return float(1 - entropy / math.log(len(belief)))
