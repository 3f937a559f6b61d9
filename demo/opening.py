"""From settings to a pipeline that answers, for page, API and command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch

from demo.device import choose_device, use_threads
from demo.fallback import FallingBack, free_memory
from demo.models.halves import open_halves
from demo.models.loaders import fill_roles, find_preset
from demo.models.roles import Roles
from demo.pipeline import Pipeline
from demo.reading import AboutPhotos, AsTaught
from demo.routed import RoutedPipeline
from demo.routing import Router
from demo.schema import Sample
from demo.settings import Settings

ROUTED = "pocket"  # the preset whose two halves share the samples
REAL_HALF = "pocket-real"
Shared = Callable[[Roles, str], Roles]


def open_pipeline(settings: Settings, shared: Shared = lambda roles, name: roles) -> Pipeline:
    """Open the checkpoints of settings.preset on settings.device. shared: what a server makes of roles (of
    the preset that is named), so that requests share them.

    Raises:
        UserError: no such preset or device, or a checkpoint that is missing.
    """
    device = choose_device(settings.device)
    use_threads(settings.threads)
    preset = None if settings.preset == ROUTED else find_preset(settings.preset)

    def opened(where: torch.device) -> Pipeline:
        if preset is None:
            return open_routed(where, shared)
        return Pipeline(shared(fill_roles(preset, where), preset.name), preset.name, where)

    try:
        pipeline = opened(device)
    except torch.OutOfMemoryError:
        free_memory()
        device = torch.device("cpu")
        pipeline = opened(device)
    pipeline.strategy(None)  # a preset may name one that does not exist
    if device.type == "cpu":
        return pipeline
    return cast(Pipeline, FallingBack(pipeline, lambda: opened(torch.device("cpu"))))


def open_routed(device: torch.device, shared: Shared = lambda roles, name: roles) -> RoutedPipeline:
    """Both halves of the pocket model."""
    halves = open_halves(device)
    world = Pipeline(shared(halves.world, ROUTED), ROUTED, device, AsTaught())
    real = Pipeline(shared(halves.real, REAL_HALF), REAL_HALF, device, AboutPhotos())
    router = Router(
        world.roles,
        halves.drawn,
        lambda sample: real.encode(Sample(image=sample.image))["image"],
        halves.reachable,
    )
    return RoutedPipeline(world, real, router, ROUTED)
