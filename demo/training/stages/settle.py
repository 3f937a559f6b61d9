"""The last stage: the image encoder goes over photos and digits once more, half of them undistorted.

Distortion makes robust features, but what people upload is not distorted (Touvron et al. 2019). Everything
else stays as it is, and the tokens of scenes are held to what the other parts have learned to read (learning
without forgetting, Li & Hoiem 2016).
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.pocket.modeling import PocketModel
from demo.training.data.augment import EVERYTHING, Augmentation
from demo.training.data.pictures import PictureBatches, paint_scenes, stranger_scenes
from demo.training.loop import ALONE, Stage, train
from demo.training.stages.image import named_right
from demo.training.workers import Worker
from demo.world.scenes import draw_scene

STAGE = Stage(
    "settle", steps=600, learning_rate=4e-4, weight_decay=0.01, optimizer="adamw", warmup=0.05
)
# Pictures in a step; as many photos and digits again are undistorted.
PICTURES = {"photos": 64, "digits": 20, "scenes": 32, "strangers": 8}
HELD = 2.0  # weight of staying with the old tokens of scenes
LABEL_SMOOTHING = 0.05


def settle(
    model: PocketModel,
    data: Path,
    folder: Path,
    report: Callable[[str], None],
    worker: Worker = ALONE,
    augmentation: Augmentation = EVERYTHING,
    stage: Stage = STAGE,
) -> None:
    """Train the image encoder in place, in front of everything else as it is."""
    encoder, side = model.image_encoder, model.config.image_size
    before = copy.deepcopy(encoder).eval().requires_grad_(False)
    model.requires_grad_(False)
    encoder.requires_grad_(True)
    rng = random.Random()
    distorted = PictureBatches(data, side, augmentation)
    as_they_are = copy.copy(distorted)
    as_they_are.augmentation = augmentation.without(("move", "colour", "erase"))
    device = model.device
    right = named_right(data, side, lambda x: model(pixel_values=x.to(device)).logits)

    def loss_of(step: int) -> Tensor:
        model.train()
        encoder.eval()  # keep the statistics it was trained with
        photos, digits = PICTURES["photos"], PICTURES["digits"]
        drawn = [batches(photos, digits) for batches in (distorted, as_they_are)]
        scenes = [draw_scene(rng) for _ in range(PICTURES["scenes"])]
        strange = stranger_scenes(rng, PICTURES["strangers"])
        grid = model.config.image_grid[0]
        lit = augmentation.colour
        known = paint_scenes(scenes, side, grid, augmented=lit).pictures
        unknown = paint_scenes(strange, side, grid, sheet="strangers", augmented=lit).pictures
        labels = torch.cat([labels for _, labels in drawn])
        held = torch.cat([known, unknown]).to(device)
        tokens = encoder(torch.cat([*(pixels.to(device) for pixels, _ in drawn), held]))
        named = model.joint.place("image", tokens[: len(labels)])
        vectors = model.label_vector(model.joint(named)[0])
        logits = (model.scale * vectors @ model.concept_vectors().T).float()
        with torch.no_grad():
            old = before(held).float()
        moved = F.mse_loss(tokens[len(labels) :].float(), old) / old.var()
        right = labels.to(device)
        return F.cross_entropy(logits, right, label_smoothing=LABEL_SMOOTHING) + HELD * moved

    def check() -> str:
        model.eval()
        with torch.no_grad():
            return right()

    train(stage, encoder, loss_of, folder, report, check, 250, worker, [rng])
    model.eval()
    if worker.first:
        report(f"{stage.name} stage done: {check()}")
