"""The two halves of the pocket model, as two sets of roles; demo/routing.py decides which of them reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from demo.models.beliefs import Beliefs
from demo.models.checkpoints.facts import read_facts
from demo.models.checkpoints.real import REAL_FACTS, open_real
from demo.models.loaders import load_roles
from demo.models.pocket.trunks.familiarity import Familiarity
from demo.models.roles import Roles
from demo.models.vocabulary import vocabulary
from demo.schema import Modality


@dataclass(frozen=True)
class Halves:
    """world, real: the roles of each; drawn: whether a picture belongs to the first; reachable: whether a
    sense of the second could ever say a label."""

    world: Roles
    real: Roles
    drawn: Familiarity
    reachable: Callable[[str, Modality], bool]


def open_halves(device: torch.device) -> Halves:
    """Both halves of the pocket model.

    Raises:
        UserError: as load_roles.
    """
    from demo.models.pocket.real.assemble import real_roles
    from demo.models.pocket.real.names import reachable

    parts = open_real(device)
    speaks = partial(reachable, Beliefs(vocabulary()), frozenset(parts.words.things))
    roles = real_roles(parts, read_facts(REAL_FACTS))
    return Halves(load_roles("pocket", device), roles, parts.drawn, speaks)
