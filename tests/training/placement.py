"""A make-believe accelerator: says where tensors would lie if the model were on another device.

Nothing moves. Parameters that are `placed`, and what is computed from them, lie on the accelerator; so does
what is sent there with `.to(device)` or made there with `device=`. An operation between a tensor there and
one that was left behind is an error, as it would be in earnest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

THERE = torch.device("cpu", 1)  # torch takes it for "cpu", but it can be told apart
BACK = {"tolist", "item", "__bool__", "__int__", "__float__", "__len__", "any"}
FROM_BOTH = {
    *("__getitem__", "__setitem__", "ctc_loss"),  # indices and lengths may be anywhere
    *("__get__", "__set__", "_has_compatible_shallow_copy_type"),  # when a module moves
}


def placed(model: nn.Module) -> None:
    """Say that these parameters and buffers lie on the accelerator."""
    for tensor in (*model.parameters(), *model.buffers()):
        tensor._placed = True  # type: ignore[attr-defined]


def is_placed(tensor: Tensor) -> bool:
    return getattr(tensor, "_placed", False)


class MakeBelieve(TorchFunctionMode):
    """Within it, tensors that would lie apart must not meet."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        given = list(tensors((args, kwargs)))
        result = func(*args, **kwargs)
        if name in BACK:
            return result
        if isinstance(result, torch.device):
            return THERE if is_placed(args[0]) else result
        if name == "numpy":
            assert not is_placed(args[0]), "numpy does not reach there"
        if name in ("cpu", "to"):
            wanted = [*args[1:], *kwargs.values()]
            return marked(result, args[0], name == "to" and _goes_there(args[0], wanted))
        if name == "__deepcopy__":
            return marked(result, args[0], is_placed(args[0]))
        there = any(map(is_placed, given)) or kwargs.get("device") == THERE
        if there and name not in FROM_BOTH:
            left = [t.shape for t in given if t.ndim and not is_placed(t)]
            assert not left, f"{name}: {left} was left behind"
        if there:
            for one in tensors(result):
                one._placed = True  # type: ignore[attr-defined]
        return result


def _goes_there(tensor: Tensor, wanted: Iterable[Any]) -> bool:
    for one in wanted:
        if isinstance(one, torch.device):
            return one == THERE
        if isinstance(one, Tensor):
            return is_placed(one)
    return is_placed(tensor)  # only another type


def marked(tensor: Tensor, source: Tensor, there: bool) -> Tensor:
    """A copy where nothing had to be done, so that the source is not marked with it."""
    tensor = tensor.clone() if tensor is source else tensor
    tensor._placed = there  # type: ignore[attr-defined]
    return tensor


def tensors(nested: Any) -> Iterator[Tensor]:
    if isinstance(nested, Tensor):
        yield nested
    elif isinstance(nested, dict):
        yield from tensors(tuple(nested.values()))
    elif isinstance(nested, Iterable) and not isinstance(nested, (str, bytes)):
        for one in nested if isinstance(nested, (list, tuple)) else ():
            yield from tensors(one)
