"""A model that has lost what it learned, stage by stage from the answer down (Adebayo et al. 2018, section
3.1).

A map that looks the same afterwards shows the picture, not the model.
"""

from __future__ import annotations

import copy

import torch
from torch import nn

from demo.errors import UserError
from demo.models.pocket.encoder import PocketEncoder
from demo.models.pocket.generator import PocketGenerator
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.perturber import PocketPerturber
from demo.models.roles import Roles

STAGES = ("labels", "joint", "encoders")  # each holds those before it


def shuffled(roles: Roles, stage: str, seed: int = 0) -> Roles:
    """The same roles after the weights down to `stage` were replaced by chance.

    Each tensor keeps its own mean and spread, so that numbers stay in the range the code was made for.

    Raises:
        UserError: role_missing_task, for a model of another kind.
    """
    if not isinstance(roles.encoder, PocketEncoder):
        raise UserError("role_missing_task", preset="", task="explain")
    model = copy.deepcopy(roles.encoder.model)
    chance = torch.Generator().manual_seed(seed)
    for part in _parts(model)[: STAGES.index(stage) + 1]:
        for module in part:
            for value in module.state_dict().values():
                if value.is_floating_point() and value.ndim:
                    _replace(value, chance)
    encoder = PocketEncoder(model, roles.encoder.tokenizer)
    return Roles(encoder, encoder, PocketGenerator(encoder), perturber=PocketPerturber(encoder))


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
