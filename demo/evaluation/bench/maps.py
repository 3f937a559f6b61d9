"""How long heatmaps take beside the prediction they explain, and beside other ways to make them.

All ways are timed in one interleaved run on the same sample and model: every method of METHODS, Captum's
LayerGradCam and Occlusion for the picture, and the naive way to Chefer's maps: attention written out with
whole matrices of all layers kept for backpropagation, as `output_attentions` does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from demo.evaluation.bench.app import Spread, spread
from demo.explain import METHODS
from demo.explain.question import Question
from demo.explain.request import ExplainRequest
from demo.explain.target import FusedLabel
from demo.fusion import fusion_named
from demo.fusion.evidence import Evidence
from demo.models.checkpoints.pocket import POCKET_FOLDER, open_pocket
from demo.models.pocket.attention import AttentionCore, attention_cores
from demo.models.pocket.modeling import PocketModel
from demo.pipeline import Pipeline
from demo.schema import Modality, Sample

WINDOW = 8  # pixels of the side of Captum's occlusion window, one cell
MOST_S = 8.0  # of one way; those that take seconds are timed in fewer rounds ...
FEWEST = 3  # ... but in so many at least
PREDICTION = "prediction"


@dataclass(frozen=True)
class WayTimes:
    """Milliseconds of one way to make maps of all senses (Captum: of the picture); ratio: to a prediction;
    rounds: in how many it was timed."""

    way: str
    times: Spread
    ratio: float
    rounds: int


def time_maps(pipeline: Pipeline, sample: Sample, requests: int, warm_up: int) -> list[WayTimes]:
    """Every way once per round, so that a slow moment of the machine hits all alike; what has taken MOST_S
    already sits the other rounds out."""
    ways = ways_of(pipeline, sample)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(warm_up + requests):
        for name, way in ways.items():
            if len(times[name]) >= FEWEST and sum(times[name]) > 1000 * MOST_S:
                continue
            started = time.perf_counter()
            way()
            spent = 1000 * (time.perf_counter() - started)
            if round_ >= warm_up or spent > 1000 * MOST_S / FEWEST:  # nothing warms up for seconds
                times[name].append(spent)
    found = {name: spread(values) for name, values in times.items()}
    plain = found[PREDICTION].median
    return [
        WayTimes(name, one, one.median / plain, len(times[name])) for name, one in found.items()
    ]


def ways_of(pipeline: Pipeline, sample: Sample) -> dict[str, Callable[[], object]]:
    """What is timed, by name; maps are made from encodings that are there already, as in a request."""
    evidence, labels = pipeline.evidence(sample, None)

    def predict() -> object:
        pipeline.forget()
        return pipeline.predict(sample)

    def look(method: str) -> object:
        inspection = pipeline.inspector.inspection(evidence, sample, labels, ExplainRequest())
        return inspection.maps(method)

    ways: dict[str, Callable[[], object]] = {PREDICTION: predict}
    for name in METHODS:
        ways[name] = partial(look, name)
    if pipeline.preset == "pocket":
        model, _ = open_pocket(POCKET_FOLDER)
        ways["chefer, naive"] = partial(naive_chefer, model, evidence)
    if sample.image is not None and pipeline.roles.perturber is not None:
        perturbable = pipeline.roles.perturber.perturbable(sample, evidence.encodings)
        target = FusedLabel(fusion_named(pipeline.default_fusion), 0, labels[0])
        question = Question(evidence, target, perturbable)
        ways["LayerGradCam, Captum"] = partial(captum_grad_cam, question)
        ways["Occlusion, Captum"] = partial(captum_occlusion, question)
    return ways


def captum_grad_cam(question: Question, modality: Modality = "image") -> Tensor:
    """Captum's Grad-CAM at one sense's tokens, before the ReLU. [1, 1, N]."""
    from captum.attr import LayerGradCam

    class FromTokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Identity()

        def forward(self, channels: Tensor) -> Tensor:  # (B, D, N)
            tokens = {m: e.tokens.detach()[None] for m, e in question.evidence.encodings.items()}
            tokens[modality] = self.layer(channels).transpose(1, 2)
            return question.scores(tokens)[:, None]

    model = FromTokens()
    given = question.evidence.encodings[modality].tokens.detach().T[None].requires_grad_(True)
    with torch.enable_grad():
        found: Any = LayerGradCam(model, model.layer).attribute(given, target=0)
    return found


def captum_occlusion(question: Question) -> Tensor:
    """Captum's occlusion of the picture, one cell at a time, several together."""
    from captum.attr import Occlusion

    perturbable = question.perturbable["image"]
    with torch.no_grad():
        found: Any = Occlusion(lambda x: question.scores_with("image", x)).attribute(
            perturbable.inputs[None],
            sliding_window_shapes=(3, WINDOW, WINDOW),
            strides=(3, WINDOW, WINDOW),
            baselines=perturbable.baseline[None],
            perturbations_per_eval=32,
        )
    return found


def naive_chefer(model: PocketModel, evidence: Evidence) -> Tensor:
    """Eager attention with all matrices kept, and R carried as a matrix (Chefer et al. 2021, eq. 6)."""
    tokens = torch.cat([e.tokens for e in evidence.encodings.values()])[None]
    with torch.enable_grad(), _eager(attention_cores(model.joint.layers)) as matrices:
        read = model.joint.read(tokens.detach().requires_grad_(True))
        labels = evidence.labels_of(evidence.everything)
        score = labels.belief(model.label_vector(read)[0])[0]
        gradients = torch.autograd.grad(score, matrices)
    relevance = torch.eye(matrices[0].shape[-1], device=tokens.device)
    for matrix, gradient in zip(matrices, gradients, strict=True):
        weighted = (gradient * matrix.detach()).clamp(min=0).mean((0, 1))
        relevance = relevance + weighted @ relevance
    return relevance[0, 1:]


@contextmanager
def _eager(cores: list[AttentionCore]) -> Iterator[list[Tensor]]:
    """Within it these cores write attention out, and keep the matrices [1, H, N, N]."""
    kept: list[Tensor] = []

    def forward(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        matrix = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1)
        kept.append(matrix)
        return matrix @ v

    for core in cores:
        core.forward = forward  # type: ignore[method-assign]
    try:
        yield kept
    finally:
        for core in cores:
            del core.forward  # the class's own again
