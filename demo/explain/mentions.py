"""Where the things a caption names were seen, heard or read: one heatmap per thing and sense.

Explains what each sense by itself believes, among everything the model knows. Knows nothing about how
the caption came about.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from demo.explain import explain, method_named
from demo.fusion import fusion_named
from demo.fusion.evidence import Evidence
from demo.models.roles import CaptionPiece, Roles
from demo.schema import CaptionWord, Encoding, Heatmap, Modality

_READER = "transformer"  # with one sense, its own belief


class Mentions:
    """Heatmaps for the pieces of captions of one sample, each found once however often it is named."""

    def __init__(self, roles: Roles, encodings: Mapping[Modality, Encoding], method: str) -> None:
        self.roles = roles
        self.encodings = encodings
        self.method = method_named(method)
        self._found: dict[tuple[str, Modality], Heatmap] = {}

    def words(self, pieces: Sequence[CaptionPiece], language: str) -> tuple[CaptionWord, ...]:
        """The words of a caption in order; those that name a thing have the map that shows it."""
        words = []
        for piece in pieces:
            shown = self._shown(piece)
            split = piece.text.split() if language == "en" else [piece.text]
            words += [CaptionWord(word, shown) for word in split if word.strip()]
        return tuple(words)

    def _shown(self, piece: CaptionPiece) -> dict[str, Heatmap]:
        if piece.label is None or piece.modality is None or self.roles.reader is None:
            return {}
        key = (self.roles.aligner.canonical(piece.label), piece.modality)
        if key not in self._found:
            self._found[key] = self._look(*key)
        return {piece.modality: dataclasses.replace(self._found[key], target=piece.label)}

    def _look(self, thing: str, modality: Modality) -> Heatmap:
        aligner = self.roles.aligner
        known = aligner.known_labels() or [thing]
        evidence = Evidence(
            {modality: self.encodings[modality]},
            aligner.label_vectors(known),
            aligner.scale,
            self.roles.reader,
        )
        index = [aligner.canonical(label) for label in known].index(thing)
        return explain(evidence, fusion_named(_READER), self.method, index, thing)[modality]
