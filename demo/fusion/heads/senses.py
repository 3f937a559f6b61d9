"""What trained heads read: a batch of encoded samples, standardised, with missing senses made good.

A vector and a few tokens for each sense, and which senses are present. Knows no strategy and no labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.schema import Modality

MOST_TOKENS = 12  # of a sense; more are averaged, neighbours in reading order together
LEAST_SPREAD = 1e-6
Missing = Literal["mask", "mean", "predict"]
MISSING: tuple[Missing, ...] = ("mask", "mean", "predict")


@dataclass(frozen=True)
class HeadShape:
    """vectors, tokens: sense → width of its vector and of its tokens; outputs: how many logits; width: of
    what a head makes of a sense."""

    vectors: Mapping[Modality, int]
    tokens: Mapping[Modality, int]
    outputs: int
    width: int = 64

    @property
    def senses(self) -> tuple[Modality, ...]:
        """In the order of every M below."""
        return tuple(self.vectors)


@dataclass(frozen=True)
class SenseBatch:
    """vectors: sense → [B, D]; tokens: sense → [B, K, T]; real: sense → bool [B, K], which are no padding;
    present: bool [B, M]. What is missing may hold anything finite."""

    vectors: Mapping[Modality, Tensor]
    tokens: Mapping[Modality, Tensor]
    real: Mapping[Modality, Tensor]
    present: Tensor

    def __len__(self) -> int:
        return len(self.present)

    def rows(self, chosen: Tensor) -> SenseBatch:
        """Some of the samples. chosen: int [b] or bool [B]."""
        return SenseBatch(
            {m: v[chosen] for m, v in self.vectors.items()},
            {m: v[chosen] for m, v in self.tokens.items()},
            {m: v[chosen] for m, v in self.real.items()},
            self.present[chosen],
        )

    def only(self, senses: Sequence[Modality]) -> SenseBatch:
        """Only some of the senses."""
        places = [list(self.vectors).index(m) for m in senses]
        return SenseBatch(
            {m: self.vectors[m] for m in senses},
            {m: self.tokens[m] for m in senses},
            {m: self.real[m] for m in senses},
            self.present[:, places],
        )


def few(tokens: Tensor, most: int = MOST_TOKENS) -> Tensor:
    """At most `most` tokens: stretches of them, averaged. [..., N, T] → [..., K, T]."""
    if tokens.shape[-2] <= most:
        return tokens
    return F.adaptive_avg_pool1d(tokens.transpose(-2, -1), most).transpose(-2, -1)


class Senses(nn.Module):
    """Standardises each sense by the training part, and makes good what is missing.

    missing: "mask" leaves absent senses out; "mean" puts the training mean in their place; "predict" what
    a ridge regression expects of them, given the senses that are there.
    """

    def __init__(self, shape: HeadShape, missing: Missing = "mask") -> None:
        super().__init__()
        self.shape, self.missing = shape, missing
        for m in shape.senses:
            self.register_buffer(f"{m}_mean", torch.zeros(shape.vectors[m]))
            self.register_buffer(f"{m}_spread", torch.ones(()))
            self.register_buffer(f"{m}_token_mean", torch.zeros(shape.tokens[m]))
            self.register_buffer(f"{m}_token_spread", torch.ones(()))
            if missing == "predict":
                others = sum(d for n, d in shape.vectors.items() if n != m)
                self.register_buffer(f"{m}_from_others", torch.zeros(others, shape.vectors[m]))

    @torch.no_grad()
    def fit(self, batch: SenseBatch) -> None:
        """Learn means, spreads and, for "predict", the regressions. batch: the training part."""
        for i, m in enumerate(self.shape.senses):
            there = batch.present[:, i]
            if there.any():
                self._fit_one(m, batch.vectors[m][there], "")
                self._fit_one(m, batch.tokens[m][there][batch.real[m][there]], "token_")
        if self.missing == "predict":
            self._fit_regressions(batch)

    def _fit_one(self, m: Modality, values: Tensor, kind: str) -> None:
        mean = values.mean(0)
        getattr(self, f"{m}_{kind}mean").copy_(mean)
        getattr(self, f"{m}_{kind}spread").copy_((values - mean).std().clamp(min=LEAST_SPREAD))

    def _fit_regressions(self, batch: SenseBatch, ridge: float = 0.05) -> None:
        """W = (XᵀX + λN I)⁻¹ XᵀY (Hoerl & Kennard 1970), once more with each single sense left out of X."""
        whole = self._standard(batch)
        for i, m in enumerate(self.shape.senses):
            there = batch.present[:, i] & (batch.present.sum(1) > 1)
            if not there.any():
                continue
            rows = whole.rows(there)
            x, y = self._others(rows, m), rows.vectors[m]
            gram = x.T @ x + ridge * len(x) * torch.eye(x.shape[1], device=x.device)
            getattr(self, f"{m}_from_others").copy_(torch.linalg.solve(gram, x.T @ y))

    def _others(self, batch: SenseBatch, sense: Modality) -> Tensor:
        """The other senses side by side, zeros (their means) where they are missing. [B, ΣD]."""
        parts = [v for n, v in batch.vectors.items() if n != sense]
        return torch.cat(parts, -1) if parts else batch.present.new_zeros(len(batch), 0).float()

    def _standard(self, batch: SenseBatch) -> SenseBatch:
        """(x − mean) / spread, and 0 where a sense is missing."""
        vectors, tokens = {}, {}
        for i, m in enumerate(self.shape.senses):
            there = batch.present[:, i, None]
            vectors[m] = (batch.vectors[m] - self._of(m, "mean")) / self._of(m, "spread") * there
            scaled = (batch.tokens[m] - self._of(m, "token_mean")) / self._of(m, "token_spread")
            tokens[m] = scaled * (batch.real[m] & there)[..., None]
        return replace(batch, vectors=vectors, tokens=tokens)

    def _of(self, m: Modality, name: str) -> Tensor:
        return getattr(self, f"{m}_{name}")

    def forward(self, batch: SenseBatch) -> SenseBatch:
        """The batch as strategies read it; what is present still is as present as it was, or all is."""
        found = self._standard(batch)
        if self.missing == "mask":
            real = {m: r & batch.present[:, i, None] for i, (m, r) in enumerate(batch.real.items())}
            return replace(found, real=real)
        vectors, real = dict(found.vectors), dict(found.real)
        for i, m in enumerate(self.shape.senses):
            gone = ~batch.present[:, i, None]
            if self.missing == "predict":
                expected = self._others(found, m) @ self._of(m, "from_others")
                vectors[m] = torch.where(gone, expected, found.vectors[m])
            first = torch.zeros_like(real[m])
            first[:, 0] = True  # one mean token stands for a sense that is not there
            real[m] = torch.where(gone, first, real[m])
        return replace(found, vectors=vectors, real=real, present=torch.ones_like(batch.present))
