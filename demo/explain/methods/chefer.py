"""Gradient-weighted relevance (Chefer, Gur & Wolf 2021, “Generic attention-model explainability for
interpreting bi-modal and encoder-decoder transformers”, arXiv 2103.15679).

Attention counts where more of it would raise the score, and relevance is carried from layer to layer.
For a label only the readout's row of R is carried, so no product of whole matrices is needed.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.explain.matrices import READOUT, attention_gradient, output_gradients
from demo.explain.question import Question
from demo.explain.watched import Reading, Writing
from demo.models.attention_layer import AttentionLayer
from demo.schema import Modality


class Chefer:
    """R ← R + Ā R with Ā = E_h[(∇A ⊙ A)⁺] (eqs. 5 and 6); across senses eqs. 8 to 10."""

    name = "chefer"
    over = "tokens"
    needs_joint_encoder = True
    erases = False
    of_words = True

    def relevance(self, question: Question) -> dict[Modality, Tensor]:
        """What each token contributed to the score, ≥ 0. {modality: [N]}."""
        with torch.enable_grad():
            score = question.score()
        if question.writing is not None:
            return question.by_modality([word_row(score, question.writing)])
        return question.by_modality([_readout(score, r) for r in question.readings])


def weighted(
    layer: AttentionLayer, gradient: Tensor, rows: slice | list[int] = slice(None)
) -> Tensor:
    """Ā = E_h[(∇A ⊙ A)⁺] (eq. 5), these rows of it. [rows, N]."""
    product = attention_gradient(gradient, layer, rows) * layer.weights(rows)
    return product.clamp(min=0).mean(0)


def _readout(score: Tensor, reading: Reading) -> Tensor:
    """The readout's row of R = Π_l (I + Ā_l), last layer first; a query that pools has no I. [1 + N]."""
    gradients = output_gradients(score, reading.layers)
    row = weighted(reading.layers[-1], gradients[-1], READOUT)[0]
    if not reading.pooled:
        row[0] += 1.0
    for layer, gradient in reversed(list(zip(reading.layers[:-1], gradients[:-1], strict=True))):
        row = row + row @ weighted(layer, gradient)
    return reading.whole(row)


def word_row(score: Tensor, generation: Writing) -> Tensor:
    """The rows of R^(tq), words by what is read, where the word's pieces are chosen. [1 + N]."""
    layers = [*generation.joint, *generation.past, *generation.read]
    gradient = iter(output_gradients(score, layers))
    read = torch.eye(generation.joint[0].k.shape[2], device=score.device)
    for layer in generation.joint:  # R^qq, eq. 6
        read = read + weighted(layer, next(gradient)) @ read
    over_past = [weighted(layer, next(gradient)) for layer in generation.past]
    over_read = [weighted(layer, next(gradient)) for layer in generation.read]
    told = torch.eye(len(over_past[0]), device=score.device)
    across = torch.zeros(len(told), len(read), device=score.device)
    memory = _normalised(read)[-over_read[0].shape[1] :]  # some decoders do not read the readout
    for past, now in zip(over_past, over_read, strict=True):
        told, across = told + past @ told, across + past @ across  # eqs. 6 and 7
        across = across + _normalised(told).T @ now @ memory  # eq. 10
    return across[generation.places].mean(0)


def _normalised(relevance: Tensor) -> Tensor:
    """R̄ = (R − I) / row sums + I (eqs. 8 and 9)."""
    identity = torch.eye(len(relevance), device=relevance.device)
    return F.normalize(relevance - identity, p=1, dim=-1) + identity
