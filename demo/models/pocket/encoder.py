"""The pocket model as an Aligner and a JointReader: samples in, encodings in label space out."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.errors import UserError
from demo.models.pocket import processing
from demo.models.pocket.attention import AttentionCore, attention_cores
from demo.models.pocket.modeling import PocketModel
from demo.models.roles import AttentionLayer
from demo.schema import Encoding, Modality, Sample, WordGrid

# Below it an input is said to look like nothing the model was taught. Chosen on draws of another seed than
# `evaluate --task unfamiliar` uses, so that about one known input in ten or fewer is flagged.
UNFAMILIAR: dict[str, float] = {"image": 0.75, "audio": 0.5, "text": 0.7}


class PocketEncoder:
    """Encodes samples with the pocket model; labels are looked up among the concepts it was taught."""

    least_familiar: Mapping[str, float] = UNFAMILIAR

    def __init__(self, model: PocketModel, tokenizer: PreTrainedTokenizerFast) -> None:
        self.model = model
        self.config = model.config
        self.tokenizer = tokenizer
        self.device = next(model.parameters()).device
        self.scale = float(model.scale.detach())
        self._index = {
            name.lower(): i
            for i, concept in enumerate(self.config.concepts)
            for name in (concept["id"], *concept["en"], *concept["zh"])
        }
        with torch.no_grad():
            self.concept_vectors = model.concept_vectors()

    # Labels ------------------------------------------------------------------------------------

    def known_labels(self, language: str = "en") -> list[str]:
        """The name shown first for each concept."""
        return [concept[language][0] for concept in self.config.concepts]

    def canonical(self, label: str) -> str:
        """The concept's id.

        Raises:
            UserError: the model was never taught this label.
        """
        return str(self.config.concepts[self.concept_index(label)]["id"])

    def concept_index(self, label: str) -> int:
        """Index of the concept a label names, in any of its names, articles ignored."""
        if label in self._index:
            return self._index[label]
        name = " ".join(label.replace("_", " ").lower().split())
        for article in ("a ", "an ", "the ", "一只", "一个"):
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

    def label_vectors(self, labels: Sequence[str]) -> Tensor:
        """As PocketModel.concept_vectors. [L, D]. Raises UserError for a label it was never taught."""
        return self.concept_vectors[[self.concept_index(label) for label in labels]]

    # Encoding ----------------------------------------------------------------------------------

    @torch.no_grad()
    def encode(self, samples: Sequence[Sample]) -> list[dict[Modality, Encoding]]:
        """Tokens and single-sense vectors of each modality of each sample."""
        encoded: list[dict[Modality, Encoding]] = [{} for _ in samples]
        pictures = [(i, s.image) for i, s in enumerate(samples) if s.image is not None]
        if pictures:
            self._encode_pictures(pictures, encoded)
        for sample, encodings in zip(samples, encoded, strict=True):
            if sample.audio is not None:
                encodings["audio"] = self._encode_sound(sample.audio.samples)
            if sample.text is not None:
                encodings["text"] = self._encode_text(sample.text)
        return encoded

    def _encode_pictures(
        self, pictures: list[tuple[int, np.ndarray]], encoded: list[dict[Modality, Encoding]]
    ) -> None:
        ready = [processing.pixel_values(image, self.config) for _, image in pictures]
        pixels = torch.stack([values for values, _ in ready]).to(self.device)
        tokens = self.model.encode(pixel_values=pixels)["image"]
        vectors = self.model.label_vector(self.model.joint.read(tokens))
        for (i, _), (_, grid), vector, row in zip(pictures, ready, vectors, tokens, strict=True):
            encoded[i]["image"] = Encoding(vector, row, grid)

    def _encode_sound(self, samples: np.ndarray) -> Encoding:
        mel = processing.log_mel(processing.padded(samples, self.config)[None], self.config)
        tokens = self.model.encode(log_mel=mel.to(self.device))["audio"][0]
        columns = tokens.shape[0] // self.config.audio_bands
        grid = processing.spectrogram_grid(len(samples), columns, mel.shape[-1], self.config)
        column = np.tile(np.arange(columns), self.config.audio_bands)
        band = np.repeat(np.arange(self.config.audio_bands), columns)
        cell = np.where(column < grid.cols, band * grid.cols + column, -1)  # -1: padding
        return Encoding(self.read_many(tokens[None])[0], tokens, grid, cell)

    def _encode_text(self, text: str) -> Encoding:
        batch = self.tokenizer(text, truncation=True, return_offsets_mapping=True)
        ids, spans = batch["input_ids"], batch["offset_mapping"]
        if not ids:  # nothing the tokenizer keeps, such as a lone combining mark
            ids, spans = [self.tokenizer.unk_token_id], [(0, len(text))]
        words, cell = _words(text, spans)
        with recording(attention_cores(self.model.text_encoder.layers)) as layers:
            tokens = self.model.encode(input_ids=torch.tensor([ids], device=self.device))["text"][0]
        grid, vector = WordGrid(tuple(words)), self.read_many(tokens[None])[0]
        return Encoding(vector, tokens, grid, np.array(cell), rollout(layers))

    # Reading -----------------------------------------------------------------------------------

    def read(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where these encodings together point in the label space. [D]."""
        return self.read_many(torch.cat([e.tokens for e in encodings])[None])[0]

    def read_depths(self, encodings: Sequence[Encoding]) -> Tensor:
        """The same read out after each layer of the joint transformer. [layers, D]."""
        states = self.model.joint.states(torch.cat([e.tokens for e in encodings])[None])
        readouts = torch.cat([x[:, 0] for x in states])  # of layers × (1, 1 + N, D)
        return self.model.label_vector(self.model.joint.norm_out(readouts))

    def read_many(self, tokens: Tensor) -> Tensor:
        """`read` of several variants at once. tokens [B, N, D] → [B, D]."""
        return self.model.label_vector(self.model.joint.read(tokens))

    def match_vector(self, encodings: Sequence[Encoding]) -> Tensor:
        """Where a whole scene, description or speech lies among others. [D]."""
        readout = self.model.joint.read(torch.cat([e.tokens for e in encodings])[None])
        return self.model.match_vector(readout)[0]

    def familiarity(self, modality: Modality, encoding: Encoding) -> float:
        """0..1: one minus the entropy of the belief over all concepts, in units of its maximum.

        Training teaches that nothing familiar means equal belief in everything.
        """
        belief = (self.scale * encoding.vector @ self.concept_vectors.T).softmax(-1)
        entropy = -(belief * belief.clamp(min=1e-12).log()).sum()
        return float(1 - entropy / math.log(len(belief)))

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Record the joint transformer's attention for readings made by this thread."""
        return recording(attention_cores(self.model.joint.layers))


@contextmanager
def recording(cores: Sequence[AttentionCore]) -> Iterator[list[AttentionLayer]]:
    """Within it, what these attention layers compute in this thread is appended to the list."""
    layers: list[AttentionLayer] = []
    owner = threading.get_ident()

    def record(_: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        if threading.get_ident() == owner:  # another request may be reading at the same time
            q, k, v, mask = inputs
            layers.append(AttentionLayer(q, k, v, output, mask))

    hooks = [core.register_forward_hook(record) for core in cores]
    try:
        yield layers
    finally:
        for hook in hooks:
            hook.remove()


def rollout(layers: Sequence[AttentionLayer]) -> Tensor:
    """Attention rollout (Abnar & Zuidema 2020, section 3): Π (½ Ā + ½ I), Ā the mean over heads.

    Row i says how much of output token i comes from each input position; rows sum to 1. [N, N].
    """
    identity = torch.eye(layers[0].q.shape[-2], device=layers[0].q.device)
    mixed = identity
    for layer in layers:
        scores = layer.q[0] @ layer.k[0].transpose(-2, -1) / layer.q.shape[-1] ** 0.5
        mixed = 0.5 * (scores.softmax(-1).mean(0) + identity) @ mixed
    return mixed


def _words(text: str, spans: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], list[int]]:
    """Join word pieces that touch into words. → spans of words, and the word of each piece."""
    words: list[tuple[int, int]] = []
    cell: list[int] = []
    for start, end in spans:
        inside = (
            words and start == words[-1][1] and _is_word(text[start - 1]) and _is_word(text[start])
        )
        if inside:
            words[-1] = (words[-1][0], end)
        else:
            words.append((start, end))
        cell.append(len(words) - 1)
    return words, cell


def _is_word(character: str) -> bool:
    """Letters and digits join into words; every Chinese character stands alone."""
    return character.isalnum() and not "\u3400" <= character <= "\u9fff"
