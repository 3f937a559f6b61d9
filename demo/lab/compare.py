"""What trained heads are worth: measures with intervals on the part held out, confusion, and what is left of
them when a sense is noisy or missing (robustness as in MultiBench, Liang et al. 2021, section 3.3).

Score-level strategies are put beside them, over what each sense says alone. Knows nothing about training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from demo.evaluation.metrics.intervals import Measure, bootstrapped, mean_of
from demo.evaluation.metrics.scores import confusion_matrix
from demo.fusion import FUSIONS
from demo.fusion.evidence import Coalition, Evidence
from demo.fusion.heads.senses import SenseBatch
from demo.fusion.heads.trained import OwnLabels
from demo.lab.encode import Encoded, LabSet, SampleEncoder, collated
from demo.lab.noise import noisy
from demo.lab.training import ALONE, Run, Trainer, score
from demo.schema import Modality
from demo.stopping import check

NOISE_LEVELS = (0.0, 0.35, 0.7, 1.0)
MOST_NOISY = 60  # examples that are made noisy
LEAST_BELIEF = 1e-9
SCORE_LEVEL = ("mean", "weighted", "max", "product")


@dataclass(frozen=True)
class Result:
    """One strategy on the part held out.

    measures: accuracy, macro_f1, log_likelihood (nats, mean), mse (of probabilities, or scores);
    right: bool [N] (score: minus the squared error), for paired comparisons; confusion: [L, L] or None;
    weights: [N, M] or None; parameters: how many numbers were learned; noise: sense → main measure at each
    of NOISE_LEVELS; missing: sense → main measure without it.
    """

    name: str
    measures: Mapping[str, Measure]
    right: np.ndarray
    beliefs: np.ndarray
    parameters: int
    confusion: np.ndarray | None = None
    weights: np.ndarray | None = None
    noise: Mapping[Modality, tuple[float, ...]] = field(default_factory=dict)
    missing: Mapping[Modality, float] = field(default_factory=dict)

    @property
    def main(self) -> Measure:
        """The measure that strategies are ranked by; more is better."""
        return self.measures["accuracy" if "accuracy" in self.measures else "r2"]


class _Opinions(Evidence):
    """What each sense says alone, of many samples at once: log-probabilities [N, L] each."""

    def __init__(self, alone: Mapping[Modality, Tensor]) -> None:
        labels = OwnLabels(next(iter(alone.values())).shape[-1])
        super().__init__({}, dict.fromkeys(alone, labels))
        self.opinions = alone

    @property
    def everything(self) -> Coalition:
        return tuple(self.opinions)

    def belief(self, coalition: Coalition) -> Tensor:
        return self.opinions[coalition[0]]


class Comparison:
    """Every strategy of a trainer, on the same held-out examples. Results appear as they are measured."""

    def __init__(self, trainer: Trainer, encoder: SampleEncoder | None = None) -> None:
        self.trainer, self.data, self.encoder = trainer, trainer.data, encoder
        self.test = self.data.batch.rows(torch.from_numpy(self.data.test))
        self.truth = self.data.targets[self.data.test]
        self.results: dict[str, Result] = {}
        self.done, self.total = 0, 1

    def steps(self) -> Iterator[float]:
        """How far it is, 0..1: first the measures, then what noise and missing senses do to them."""
        for name, beliefs in self.beliefs(self.test).items():
            check()
            self.results[name] = self._result(name, beliefs)
        yield 0.1
        yield from self._break()

    def measure(self) -> dict[str, Result]:
        """To the end."""
        for _ in self.steps():
            pass
        return self.results

    def beliefs(self, batch: SenseBatch) -> dict[str, Tensor]:
        """Strategy → log-probabilities [N, L] (or logits, or scores), single senses and score level too.
        Of a sample without any sense: every label alike, or the mean score."""
        found = {n: self._of(run, batch) for n, run in self.trainer.runs.items()}
        if self.data.data.kind == "label":
            found |= self._score_level(found, batch.present)
        return found

    def _of(self, run: Run, batch: SenseBatch) -> Tensor:
        mine = batch.only(run.senses)
        there = mine.present.any(1)
        logits = torch.zeros(len(batch), self.data.shape.outputs)
        if there.any():
            logits[there] = run.logits(mine.rows(there))
        if self.data.data.kind == "label":
            return logits.log_softmax(-1)
        return logits * run.spread + run.centre if self.data.data.kind == "score" else logits

    def _score_level(self, found: Mapping[str, Tensor], present: Tensor) -> dict[str, Tensor]:
        senses = self.data.shape.senses
        nothing = torch.zeros(len(present), self.data.shape.outputs).log_softmax(-1)
        fused = {n: nothing.clone() for n in SCORE_LEVEL}
        for pattern in {tuple(row) for row in present.tolist() if any(row)}:
            rows = (present == torch.tensor(pattern)).all(1)
            there = tuple(m for m, is_there in zip(senses, pattern, strict=True) if is_there)
            opinions = _Opinions({m: found[ALONE + m][rows] for m in there})
            for name in SCORE_LEVEL:
                fused[name][rows] = FUSIONS[name](opinions, there)
        return fused

    def _result(self, name: str, beliefs: Tensor) -> Result:
        run = self.trainer.runs.get(name)
        parts = [r for n, r in self.trainer.runs.items() if n.startswith(ALONE)]
        learned = run.head.parameter_count if run else sum(r.head.parameter_count for r in parts)
        weights = None
        if run is not None and not name.startswith(ALONE):
            found = run.head.weights(self.test)
            weights = None if found is None else found.numpy()
        values = beliefs.numpy()
        measures, right, confusion = measured(self.data, values, self.truth)
        return Result(name, measures, right, values, learned, confusion, weights)

    # Broken on purpose -----------------------------------------------------------------------

    def _break(self) -> Iterator[float]:
        senses = self.data.shape.senses
        gone = {m: self._accuracies(self._without(m), self.truth) for m in senses}
        rows = np.flatnonzero(self.data.test)[:MOST_NOISY]
        curves: dict[Modality, list[dict[str, float]]] = {m: [] for m in senses}
        self.total = len(rows) * len(senses) * (len(NOISE_LEVELS) - 1)
        for m in senses:
            for level in NOISE_LEVELS if self.encoder else ():
                batch = self.data.batch.rows(torch.from_numpy(rows))
                if level:
                    encoded = []
                    for row in rows:
                        check()
                        encoded.append(self._noisy(int(row), m, level))
                        self.done += 1
                        if self.done % 20 == 0:
                            yield 0.1 + 0.9 * self.done / self.total
                    batch = collated(encoded, senses)
                curves[m].append(self._accuracies(batch, self.data.targets[rows]))
        for name, result in self.results.items():
            noise = {m: tuple(at[name] for at in curves[m]) for m in senses if curves[m]}
            missing = {m: gone[m][name] for m in senses}
            self.results[name] = Result(**{**vars(result), "noise": noise, "missing": missing})
        yield 1.0

    def _noisy(self, row: int, sense: Modality, level: float) -> Encoded:
        assert self.encoder is not None
        sample = self.data.data.examples[row].sample()
        return self.encoder(noisy(sample, sense, level, row))

    def _without(self, sense: Modality) -> SenseBatch:
        """The test part with a sense taken away, where another is left."""
        return self.only(tuple(m for m in self.data.shape.senses if m != sense))

    def only(self, senses: Coalition) -> SenseBatch:
        """The test part with these senses alone, where they are."""
        kept = torch.tensor([m in senses for m in self.data.shape.senses])
        test = self.test
        return SenseBatch(test.vectors, test.tokens, test.real, test.present & kept)

    def _accuracies(self, batch: SenseBatch, truth: np.ndarray) -> dict[str, float]:
        """The main measure, of samples in which something is left to see, hear or read."""
        left = batch.present.any(1)
        found = self.beliefs(batch.rows(left)) if left.any() else {}
        true = torch.from_numpy(truth)[left]
        scores = {n: score(b, true) for n, b in found.items()}
        return {n: scores.get(n, 0.0) for n in self.results}


def measured(
    data: LabSet, values: np.ndarray, truth: np.ndarray
) -> tuple[dict[str, Measure], np.ndarray, np.ndarray | None]:
    """Measures with 95 % bootstrap intervals, what was right, and the confusion matrix of single labels."""
    seed, classes = data.seed, len(data.data.classes)
    if data.data.kind == "score":
        error = np.square(values - truth)[:, 0]
        spread = float(np.square(truth - truth.mean()).mean()) or 1e-9
        r2 = bootstrapped("r2", lambda d: 1 - error[d].mean() / spread, len(error), seed)
        return {"mse": mean_of("mse", error, seed), "r2": r2}, -error, None
    if data.data.kind == "labels":
        return (*_several(values, truth, seed), None)
    answer = values.argmax(-1)
    right = answer == truth
    log_p = np.maximum(values[np.arange(len(truth)), truth], np.log(LEAST_BELIEF))
    brier = np.square(np.exp(values) - np.eye(classes)[truth]).sum(-1)

    def f1(drawn: np.ndarray) -> float:
        cells = truth[drawn] * classes + answer[drawn]
        return mean_f1(np.bincount(cells, minlength=classes**2).reshape(classes, classes))

    measures = {
        "accuracy": mean_of("accuracy", right, seed),
        "macro_f1": bootstrapped("macro_f1", f1, len(truth), seed),
        "log_likelihood": mean_of("log_likelihood", log_p, seed),
        "mse": mean_of("mse", brier, seed),
    }
    return measures, right, confusion_matrix(truth.tolist(), answer.tolist(), classes)


def mean_f1(confusion: np.ndarray) -> float:
    """macro_f1 of the metrics in one step, as a bootstrap asks a thousand times. [L, L]."""
    seen = confusion.sum(0) + confusion.sum(1)
    return float(np.mean(2 * np.diag(confusion)[seen > 0] / seen[seen > 0]))


def _several(
    logits: np.ndarray, truth: np.ndarray, seed: int
) -> tuple[dict[str, Measure], np.ndarray]:
    """Of several labels: accuracy over all yes and no, mean F1 of the labels, log-likelihood, mse."""
    p = 1 / (1 + np.exp(-logits))
    said, true = p > 0.5, truth > 0.5
    right = (said == true).mean(-1)
    log_p = np.log(np.maximum(np.where(true, p, 1 - p), LEAST_BELIEF)).mean(-1)

    def f1(drawn: np.ndarray) -> float:
        hits = (said[drawn] & true[drawn]).sum(0)
        named = said[drawn].sum(0) + true[drawn].sum(0)
        return float(np.mean(2 * hits[named > 0] / named[named > 0])) if named.any() else 0.0

    measures = {
        "accuracy": mean_of("accuracy", right, seed),
        "macro_f1": bootstrapped("macro_f1", f1, len(truth), seed),
        "log_likelihood": mean_of("log_likelihood", log_p, seed),
        "mse": mean_of("mse", np.square(p - truth).mean(-1), seed),
    }
    return measures, right
