"""Several strategies trained side by side on one split, an epoch at a time, so that curves can be drawn.

Each has chance of its own: its numbers do not depend on what is trained beside it, and training that was
stopped goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from demo.errors import UserError
from demo.fusion.heads import HEADS, head_named
from demo.fusion.heads.head import FusionHead
from demo.fusion.heads.senses import MISSING, HeadShape, Missing, SenseBatch
from demo.lab.encode import LabSet
from demo.lab.losses import LOSSES
from demo.schema import Modality
from demo.stopping import check, undisturbed

BATCH, MANY = 64, 1_000
ALONE = "alone_"  # how the name of a single sense's own classifier begins


@dataclass(frozen=True)
class Recipe:
    """How heads are trained. batch: None is BATCH, and twice that from MANY examples on, whose steps are many
    enough; dropout: how often a sense is hidden in training; balance: every class weighs the same."""

    epochs: int = 25
    rate: float = 0.002
    batch: int | None = None
    dropout: float = 0.15
    balance: bool = True
    loss: str = "cross_entropy"
    missing: Missing = "mask"
    decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        _within("epochs", self.epochs, 1, 500)
        _within("rate", self.rate, 1e-6, 1.0)
        _within("dropout", self.dropout, 0.0, 0.9)
        if self.batch is not None:
            _within("batch", self.batch, 2, 4096)
        if self.loss not in LOSSES:
            raise UserError("lab_option", name="loss", wanted=", ".join(LOSSES), value=self.loss)
        if self.missing not in MISSING:
            wanted = ", ".join(MISSING)
            raise UserError("lab_option", name="missing", wanted=wanted, value=self.missing)


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise UserError("lab_option", name=name, wanted=f"{least:g} … {most:g}", value=value)


@dataclass
class Curve:
    """After each epoch: mean loss of training, and accuracy (of a score: 1 − error / variance) of the part
    that is held out, 0..1."""

    loss: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)


class Run:
    """One head and everything its training needs to go on."""

    def __init__(self, name: str, data: LabSet, recipe: Recipe) -> None:
        self.name, self.recipe, self.curve = name, recipe, Curve()
        self.senses: tuple[Modality, ...] = data.shape.senses
        kind, shape = name, data.shape
        if name.startswith(ALONE):
            sense = next(m for m in self.senses if name == ALONE + m)
            kind, self.senses = "concat", (sense,)
            shape = HeadShape(
                {sense: shape.vectors[sense]}, {sense: shape.tokens[sense]}, shape.outputs
            )
        self.head: FusionHead = head_named(kind, shape, recipe.missing, recipe.seed)
        self.chance = torch.Generator().manual_seed(recipe.seed)
        self.centre, self.spread = 0.0, 1.0
        self._prepare(data)
        groups = [p for p in self.head.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(groups, recipe.rate, weight_decay=recipe.decay)
        self.batch = recipe.batch or (BATCH if len(self.train) < MANY else 2 * BATCH)
        steps = recipe.epochs * max(1, -(-len(self.train) // self.batch))
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, recipe.rate, total_steps=steps, pct_start=0.1
        )

    def _prepare(self, data: LabSet) -> None:
        whole = data.batch.only(self.senses)
        there = whole.present.any(1).numpy()
        targets = torch.from_numpy(data.targets)
        if (
            data.data.kind == "score"
        ):  # in units of its spread around its mean, and back in `scores`
            mean, spread = targets[~data.test].mean(), targets[~data.test].std().clamp(min=1e-6)
            self.centre, self.spread = float(mean), float(spread)
            targets = (targets - mean) / spread
        self.train = whole.rows(torch.from_numpy(~data.test & there))
        self.train_targets = targets[~data.test & there]
        if data.copies is not None:
            copies = data.copies.only(self.senses)
            kept = copies.present.any(1)
            self.train = joined(self.train, copies.rows(kept))
            of = torch.from_numpy(data.copy_of)[kept]
            self.train_targets = torch.cat([self.train_targets, targets[of]])
        self.test = whole.rows(torch.from_numpy(data.test & there))
        self.test_targets = targets[data.test & there]
        self.weight = class_weights(self.train_targets, data.shape.outputs, self.recipe.balance)
        self.head.senses.fit(self.train)

    @property
    def done(self) -> bool:
        return len(self.curve.loss) >= self.recipe.epochs

    def epoch(self) -> None:
        """One more pass over the training part, to its end: whoever stops it stops between two of them."""
        with undisturbed():
            self._epoch()

    def _epoch(self) -> None:
        self.head.train()
        order = torch.randperm(len(self.train), generator=self.chance)
        losses = []
        for rows in order.split(self.batch):
            batch = hidden(self.train.rows(rows), self.recipe.dropout, self.chance)
            loss = LOSSES[self.recipe.loss](self.head(batch), self.train_targets[rows], self.weight)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            self.schedule.step()
            losses.append(float(loss.detach()) * len(rows))
        self.curve.loss.append(sum(losses) / len(order))
        self.curve.held_out.append(score(self.logits(self.test), self.test_targets))

    @torch.no_grad()
    def logits(self, batch: SenseBatch) -> Tensor:
        """[B, L] of samples that hold this run's senses."""
        self.head.eval()
        return self.head(batch)


def joined(first: SenseBatch, second: SenseBatch) -> SenseBatch:
    """Two batches as one; tokens are padded to the longer."""

    def padded(values: Tensor, length: int) -> Tensor:
        missing = length - values.shape[1]
        return torch.cat([values, values.new_zeros(len(values), missing, *values.shape[2:])], 1)

    longest = {m: max(first.real[m].shape[1], second.real[m].shape[1]) for m in first.real}
    return SenseBatch(
        {m: torch.cat([v, second.vectors[m]]) for m, v in first.vectors.items()},
        {m: torch.cat([padded(first.tokens[m], n), padded(second.tokens[m], n)])
         for m, n in longest.items()},
        {m: torch.cat([padded(first.real[m], n), padded(second.real[m], n)])
         for m, n in longest.items()},
        torch.cat([first.present, second.present]),
    )  # fmt: skip


def hidden(batch: SenseBatch, often: float, chance: torch.Generator) -> SenseBatch:
    """Modality dropout: each sense is hidden `often`, but never all that are present."""
    if not often:
        return batch
    kept = torch.rand(batch.present.shape, generator=chance) >= often
    present = batch.present & kept
    present = torch.where(present.any(1, keepdim=True), present, batch.present)
    return SenseBatch(batch.vectors, batch.tokens, batch.real, present)


def class_weights(targets: Tensor, classes: int, balance: bool) -> Tensor:
    """Inverse frequencies, 1 on the mean over samples; all 1 where classes need no balance. [L]."""
    if not balance or targets.is_floating_point():
        return torch.ones(classes)
    counts = torch.bincount(targets, minlength=classes).float()
    return len(targets) / (counts.clamp(min=1) * (counts > 0).sum())


def score(logits: Tensor, targets: Tensor) -> float:
    """Part that is right; of several labels, part of the yes and no; of a score, 1 − error / variance."""
    if not len(targets):
        return 0.0
    if not targets.is_floating_point():
        return float((logits.argmax(-1) == targets).float().mean())
    if targets.shape[-1] == 1:
        spread = (targets - targets.mean()).square().mean().clamp(min=1e-9)
        return float(1 - (logits - targets).square().mean() / spread)
    return float(((logits > 0) == (targets > 0.5)).float().mean())


class Trainer:
    """Runs by name, and the epochs that are still to be made."""

    def __init__(self, data: LabSet, strategies: Sequence[str], recipe: Recipe) -> None:
        """Raises UserError: no strategy, or an unknown one."""
        if not strategies:
            raise UserError("lab_no_strategy")
        for name in strategies:
            if name not in HEADS:
                raise UserError("fusion_unknown", name=name, known=", ".join(HEADS))
        self.data, self.recipe = data, recipe
        alone = [ALONE + m for m in data.shape.senses]
        self.runs = {name: Run(name, data, recipe) for name in (*alone, *strategies)}

    @property
    def done(self) -> bool:
        return all(run.done for run in self.runs.values())

    @property
    def progress(self) -> float:
        """Part of all epochs that are made, 0..1."""
        made = sum(len(run.curve.loss) for run in self.runs.values())
        return made / (len(self.runs) * self.recipe.epochs)

    def steps(self) -> Iterator[str]:
        """Names of the runs, each after one more epoch, the least trained first, until all are done.

        Raises:
            UserError: request_left or request_too_long, between two epochs; `steps` then goes on from there.
        """
        while not self.done:
            run = min(self.runs.values(), key=lambda r: len(r.curve.loss))
            check()
            run.epoch()
            yield run.name


def strategies_named(said: str) -> list[str]:
    """“all”, or names with commas between. Raises UserError."""
    names = list(HEADS) if said.strip() == "all" else [n.strip() for n in said.split(",")]
    names = [n for n in names if n]
    for name in names:
        if name not in HEADS:
            raise UserError("fusion_unknown", name=name, known=", ".join(HEADS))
    if not names:
        raise UserError("lab_no_strategy")
    return list(dict.fromkeys(names))


def train_all(data: LabSet, strategies: Sequence[str], recipe: Recipe) -> Trainer:
    """Train to the end."""
    trainer = Trainer(data, strategies, recipe)
    for _ in trainer.steps():
        pass
    return trainer
