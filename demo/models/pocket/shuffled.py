"""A model that has lost what it learned, stage by stage from the answer down (Adebayo et al. 2018, section
3.1).

A map that looks the same afterwards shows the picture, not the model.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from demo.models.pocket.modeling import PocketModel
from demo.models.roles import SHUFFLED_STAGES


def shuffled(model: PocketModel, stage: str, seed: int = 0) -> PocketModel:
    """A copy in which the weights down to `stage` were replaced by chance.

    Each tensor keeps its own mean and spread, so that numbers stay in the range the code was made for.
    """
    model = copy.deepcopy(model)
    chance = torch.Generator().manual_seed(seed)
    for part in _parts(model)[: SHUFFLED_STAGES.index(stage) + 1]:
        for module in part:
            replace_by_chance(module, chance)
    return model


def replace_by_chance(module: nn.Module, chance: torch.Generator) -> None:
    """All weights of a module, in place."""
    for value in module.state_dict().values():
        if value.is_floating_point() and value.ndim:
            _replace(value, chance)


def _parts(model: PocketModel) -> list[list[nn.Module]]:
    top: list[nn.Module] = [model.to_label_space, model.concepts, model.decoder]
    encoders: list[nn.Module] = [model.image_encoder, model.audio_encoder, model.text_encoder]
    return [top, [model.joint], encoders]


def _replace(value: torch.Tensor, chance: torch.Generator) -> None:
    """In place. One-dimensional tensors are shuffled, since a variance must stay positive."""
    with torch.no_grad():
        if value.ndim == 1:
            value.copy_(value[torch.randperm(len(value), generator=chance).to(value.device)])
        else:
            fresh = torch.randn(value.shape, generator=chance).to(value)
            value.copy_(fresh * value.std() + value.mean())
