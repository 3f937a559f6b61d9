"""The ways to fuse that can be named: untrained ones, heads that come with a preset, people's own."""

from __future__ import annotations

from functools import cached_property

import torch

from demo.errors import UserError
from demo.fusion import FUSIONS, Fusion
from demo.fusion.heads import HEADS, head_named
from demo.fusion.heads.senses import HeadShape
from demo.fusion.heads.trained import TrainedFusion
from demo.models.checkpoints.heads import open_heads
from demo.recent import Recent

OWN_HEAD = "own:"  # how the name of somebody's own head begins


class Strategies:
    """default: the name of the one that comes first."""

    def __init__(self, preset: str, device: torch.device, default: str) -> None:
        self.preset, self.device, self.default = preset, device, default
        self._own: Recent[TrainedFusion] = Recent(32)  # by what they hold

    @cached_property
    def heads(self) -> dict[str, TrainedFusion]:
        """The trained strategies that come with this preset, over its labels."""
        return shipped_heads(self.preset, self.device)

    @property
    def every(self) -> list[Fusion]:
        """All but people's own."""
        return [*FUSIONS.values(), *self.heads.values()]

    def keep(self, key: str, head: TrainedFusion) -> str:
        """Remember somebody's own head. → the name by which it can be asked for; key: of what it holds, so
        that nobody else can name it."""
        self._own.get(key, lambda: head)
        return OWN_HEAD + key

    def drop(self, name: str) -> None:
        """Forget somebody's own head, by the name that `keep` gave."""
        self._own.drop(name.removeprefix(OWN_HEAD))

    def named(self, name: str | None) -> Fusion:
        """One by its name; None: the default.

        Raises:
            UserError: there is none of that name, or it was forgotten.
        """
        name = name or self.default
        if name.startswith(OWN_HEAD):
            head = self._own.held(name.removeprefix(OWN_HEAD))
            if head is None:
                raise UserError("head_forgotten")
            return head
        if name in FUSIONS:
            return FUSIONS[name]
        if name in self.heads:
            return self.heads[name]
        raise UserError("fusion_unknown", name=name, known=", ".join((*FUSIONS, *self.heads)))


def shipped_heads(preset: str, device: torch.device) -> dict[str, TrainedFusion]:
    """The trained heads in the folder of a preset; none where there is no such folder."""
    found = open_heads(preset)
    if found is None:
        return {}
    heads = {}
    for name in (name for name in HEADS if name in found.tensors):
        head = head_named(name, HeadShape(**found.shape)).eval().requires_grad_(False)
        head.load_state_dict(found.tensors[name])
        head.to(device)
        measured = found.metrics.get(name, {})
        heads[name] = TrainedFusion(name, head, found.labels, preset, False, measured)
    return heads
