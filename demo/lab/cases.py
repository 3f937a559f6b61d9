"""One held-out example at a time: what each strategy answers, what each sense brought to that answer (Shapley
values, as in the Fuse tab), and the strategy's own weights or gates. As arrays over all examples, and as CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from demo.fusion.shapley import coalitions, split
from demo.lab.compare import Comparison
from demo.lab.examples import truth_of
from demo.lab.training import ALONE


@dataclass(frozen=True)
class Answers:
    """One strategy on every held-out example.

    said: the label, all labels that it says yes to, or the score; value: float [N], probability of the
    likeliest label, or the score; brought: [N, M], in units of value, sums to value minus that of knowing
    nothing; weights: [N, M], parts of one, or None; right: float [N], more is better.
    """

    said: tuple[str, ...]
    value: np.ndarray
    brought: np.ndarray
    weights: np.ndarray | None
    right: np.ndarray


@torch.no_grad()
def answers(comparison: Comparison) -> dict[str, Answers]:
    """Of every strategy that fuses. comparison: measured."""
    data, senses = comparison.data.data, comparison.data.shape.senses
    worth = {c: comparison.beliefs(comparison.only(c)) for c in ((), *coalitions(senses))}
    found = {}
    for name, result in comparison.results.items():
        if name.startswith(ALONE):
            continue
        beliefs = worth[senses][name]
        values = {c: _value(b[name], beliefs.argmax(-1), data.kind) for c, b in worth.items()}
        brought = np.stack(list(split(senses, values).values()), -1)
        said = tuple(_said(row, data.kind, data.classes) for row in beliefs)
        right = result.right.astype(float)
        found[name] = Answers(said, values[senses], brought, result.weights, right)
    return found


def _value(beliefs: Tensor, answer: Tensor, kind: str) -> np.ndarray:
    chosen = beliefs.gather(-1, answer[:, None])[:, 0]
    if kind == "score":
        return chosen.numpy()
    return (chosen.exp() if kind == "label" else chosen.sigmoid()).numpy()


def _said(beliefs: Tensor, kind: str, classes: tuple[str, ...]) -> str:
    if kind == "score":
        return f"{float(beliefs[0]):.4g}"
    if kind == "label":
        return classes[int(beliefs.argmax())]
    return " | ".join(c for c, b in zip(classes, beliefs, strict=True) if b > 0) or "–"


def telling(found: Mapping[str, Answers], most: int) -> list[int]:
    """Examples on which strategies differ most in how right they are, then in how sure; most of all first."""
    right = np.stack([one.right for one in found.values()]).std(0)
    sure = np.stack([one.value for one in found.values()]).std(0)
    return np.lexsort((-sure, -right))[:most].tolist()


def truths(comparison: Comparison) -> list[str]:
    """What each held-out example is, as its data say."""
    data = comparison.data.data
    held = [data.examples[i] for i in np.flatnonzero(comparison.data.test)]
    return [truth_of(data, example) for example in held]


def as_csv(comparison: Comparison, found: Mapping[str, Answers]) -> bytes:
    """Every held-out example under every strategy, a row each."""
    data, senses = comparison.data, comparison.data.shape.senses
    names = [data.data.examples[i].name for i in np.flatnonzero(data.test)]
    table = io.StringIO()
    out = csv.writer(table)
    numbers = [*(f"brought_{m}" for m in senses), *(f"weight_{m}" for m in senses)]
    out.writerow(["example", "truth", "strategy", "answer", "value", *numbers])
    for i, (name, truth) in enumerate(zip(names, truths(comparison), strict=True)):
        for strategy, one in found.items():
            weights = [""] * len(senses) if one.weights is None else _short(one.weights[i])
            values = _short([one.value[i], *one.brought[i]])
            out.writerow([name, truth, strategy, one.said[i], *values, *weights])
    return table.getvalue().encode("utf-8-sig")


def _short(values: np.ndarray | list[float]) -> list[str]:
    return [f"{value:.4f}" for value in values]
