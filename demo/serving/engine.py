"""Where the models of a server compute: in this process, or on Ray Serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch

from demo.device import choose_device
from demo.models.roles import Roles
from demo.pipeline import Pipeline
from demo.serving.batches import Batches
from demo.serving.roles import batched
from demo.settings import Settings


class Tells(Protocol):
    """What tells (kind, how many) of every batch that is computed here."""

    seen: Callable[[str, int], None]


class Engine(Protocol):
    """Makes roles such that many requests share them, as open_pipeline wants it."""

    @property
    def batches(self) -> Tells:
        """Those of this process."""

    def __call__(self, roles: Roles, name: str) -> Roles:
        """The same roles, shared. name: of the preset."""

    def explaining(self, pipeline: Pipeline) -> Pipeline:
        """The same pipeline, its heatmaps made where this engine makes them."""

    def later(self) -> Engine:
        """What shares the roles of a preset that is loaded while others ask: in this process, by itself."""

    def wait(self) -> None:
        """Until they can be asked."""


class Local:
    """In this process. device: as in Settings."""

    def __init__(self, device: str = "cpu") -> None:
        self.batches = Batches()
        self.device = device
        self.on_cpu = choose_device(device).type == "cpu"

    def __call__(self, roles: Roles, name: str) -> Roles:
        """See Engine. Models whose steps are too small to be divided among the cores compute side by side."""
        cores = roles.facts.cores
        if cores and self.on_cpu:
            self.batches.cores = cores
            self.batches.workers = max(1, torch.get_num_threads() // cores)
        return batched(roles, name, self.batches)

    def explaining(self, pipeline: Pipeline) -> Pipeline:
        """The same."""
        return pipeline

    def later(self) -> Local:
        """See Engine."""
        found = Local(self.device)
        found.batches.seen = lambda kind, size: self.batches.seen(kind, size)
        return found

    def wait(self) -> None:
        """They can at once."""


@contextmanager
def engine(settings: Settings) -> Iterator[Engine]:
    """What settings.engine names, for as long as it is needed.

    Raises:
        UserError: as ray_roles.
    """
    if settings.engine == "local":
        yield Local(settings.device)
        return
    from demo.serving.ray_engine import ray_roles

    with ray_roles(settings) as found:
        yield found
