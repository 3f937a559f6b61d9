"""Stages 5 and 6: everything meets in the joint transformer, and the decoder learns to write.

Multi-task training (Caruana 1997) with the stated weights: naming (cross-entropy over the label space),
place (cells.py), matching (matching.py), writing (captions, answers, transcripts, translations) and looking
(pointing.py). The convolutions are first kept as they are, then trained with the rest. Inputs that show
nothing have “no idea” as their right answer: equal belief in everything.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.pocket.modeling import PocketModel
from demo.training.data.augment import EVERYTHING, Augmentation
from demo.training.data.cells import Taught
from demo.training.data.joint_batches import JointBatches
from demo.training.loop import ALONE, Stage, train
from demo.training.losses.matching import Matching
from demo.training.stages.one_sense import HEAR, LOOK, OneSense
from demo.training.stages.several_senses import SeveralSenses
from demo.training.workers import Worker

STAGE = Stage("joint", steps=1_500, learning_rate=1.8e-3, weight_decay=0.03, optimizer="muon")
POLISH = Stage(
    "polish",
    steps=3_400,
    learning_rate=1.3e-3,
    weight_decay=0.03,
    optimizer="muon",
    warmup=0.05,
    convolutions=0.25,
)
WEIGHTS = {"name": 1.0, "place": 0.5, "match": 0.75, "write": 1.0, "look": 0.5}
SPOKEN = (  # part of the corpus and seconds of a step, by turns
    ("sentences", 1.92),
    ("descriptions", 3.52),
    ("sentences", 2.56),
    ("descriptions", 2.56),
    ("descriptions", 3.52),
)


class Lessons(OneSense, SeveralSenses):
    """One training step of each kind (one_sense.py, several_senses.py), as losses by name."""

    def __init__(
        self, taught: Taught, tokenizer: PreTrainedTokenizerFast, batches: JointBatches
    ) -> None:
        super().__init__(taught, tokenizer, batches)
        self.matching = Matching(self.model.config.hidden_size)

    def __call__(self, step: int) -> Tensor:
        """The weighted sum of all losses of one step."""
        part, seconds = SPOKEN[step % len(SPOKEN)]
        waves, spoken = self.batches.spoken(part, HEAR["sentences"], seconds)
        scenes = [*self.batches.scenes(LOOK["scenes"]), *spoken.scenes]
        look, seen = self.look(scenes)
        read, told = self.read(scenes, spoken.texts)
        hear, heard = self.hear(waves, spoken, seconds)
        scale = self.model.log_match_scale.exp().clamp(max=100.0)
        losses = [*look, *read, *hear, ("match", self.matching(scale, seen, told, heard))]
        losses += [*self.ask(), self.ask_about_sounds(), self.translate(), self.modalities()]
        if step % 2:
            losses.append(self.moods(seconds))
        total = torch.zeros((), device=scale.device)
        for kind, loss in losses:
            total = total + WEIGHTS[kind] * loss
        return total


def train_joint(
    model: PocketModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Path,
    speech: Path,
    folder: Path,
    report: Callable[[str], None],
    worker: Worker = ALONE,
    augmentation: Augmentation = EVERYTHING,
    stages: Sequence[Stage] = (STAGE, POLISH),
) -> None:
    """Train in place: everything but the convolutions first, then everything."""
    from demo.training.validation import validate

    torch.manual_seed(3)  # every worker begins with the same heads
    taught = Taught(model).to(model.device)
    convolutions = [model.image_encoder.convolutions, model.audio_encoder.convolutions]
    for module in convolutions:  # a step takes an eighth less time
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = JointBatches(data, speech, model.config, augmentation)
    lessons = Lessons(taught, tokenizer, batches)

    def loss_of(step: int) -> Tensor:
        for module in convolutions:
            module.eval()  # keep the statistics they were trained with
        return lessons(step)

    def check(every: int = 10) -> str:
        return validate(copy.deepcopy(model).cpu(), tokenizer, data, speech, every)

    for stage in stages:
        for module in convolutions:
            module.requires_grad_(stage is not STAGE)
        chance = (batches.rng, batches.random)
        remembered = lessons.matching
        train(stage, taught, loss_of, folder, report, check, 500, worker, chance, remembered)
        if worker.first:
            report(f"{stage.name} stage done: {check(every=4)}")
