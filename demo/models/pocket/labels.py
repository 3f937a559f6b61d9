"""What the pocket model knows by name: a label space, a vocabulary, and how familiar an input looks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from demo.models.labels import LabelVectors
from demo.models.likeness import OFFERED, language_of, nearest, unknown
from demo.models.pocket.modeling import PocketModel
from demo.models.vocabulary import vocabulary
from demo.models.wording import forms, key
from demo.schema import Encoding, Modality


class PocketLabels:
    """The concepts the model was taught: LabelSpace, Vocabulary and Familiarity in one."""

    def __init__(self, model: PocketModel) -> None:
        self.concepts = model.config.concepts
        self.scale = float(model.scale.detach())
        self._index = {
            name: i
            for i, concept in enumerate(self.concepts)
            for name in (concept["id"], *concept["en"], *concept["zh"])
        }
        self._spelled = {key(name): i for name, i in self._index.items()}
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
        """Index of the concept a label names, in any of its names and of the forms that people write.

        Raises:
            UserError: the model was never taught this label.
        """
        if (
            label in self._index
        ):  # as code writes them; what a person wrote is looked for in many forms
            return self._index[label]
        found = next((form for form in forms(label) if form in self._spelled), None)
        if found is None:
            raise unknown(label, len(self.concepts), self.nearest(label))
        return self._spelled[found]

    def nearest(self, label: str) -> tuple[str, ...]:
        """Known labels that may have been meant, in the language of the label: first what is of the same
        kind, as far as the vocabulary knows, then what is written most alike.
        """
        language = language_of(label)
        names = ((name, one[language][0]) for one in self.concepts for name in one[language])
        related = vocabulary().related(label, self.known_labels(language))
        alike = nearest(label, names)
        return tuple(dict.fromkeys([*related, *alike]))[:OFFERED]

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
