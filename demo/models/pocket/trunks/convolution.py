"""The convolution that both trunks are made of. Knows nothing about what is seen or heard."""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after `size` places such that ceil(size / stride) come out.

    TensorFlow's rule “SAME”: the odd zero goes to the end, so a stride of 2 over an even size pads one side
    more. Both trunks were trained with it; padding both sides alike costs 5 points (Tan and Le 2019's
    released code: tf.keras.layers.Conv2D(padding="same")).
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """A convolution with bias, padded as `same_padding` says. (B, C, H, W) → (B, C', ⌈H/s⌉, ⌈W/s⌉)."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        padding = kernel // 2 if stride == 1 else 0  # at stride 1 the rule is the usual one
        super().__init__(channels_in, channels_out, kernel, stride, padding, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride > 1:
            top, bottom = same_padding(x.shape[-2], kernel, stride)
            left, right = same_padding(x.shape[-1], kernel, stride)
            x = F.pad(x, (left, right, top, bottom))
        return super().forward(x)


def folded(
    weight: Tensor, gain: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """A convolution without bias and the batch normalisation after it as one convolution.

    weight [C', C, k, k]; gain, shift, mean, variance [C'] (Ioffe and Szegedy 2015, algorithm 2, line 11) →
    weight, bias. Computed in float64: variances come near 0.
    """
    scale = gain.double() / (variance.double() + eps).sqrt()
    return (
        (weight.double() * scale[:, None, None, None]).float(),
        (shift.double() - mean.double() * scale).float(),
    )


def frozen(network: Network) -> Network:
    """In evaluation mode, without gradients, channels last: a third faster on processors."""
    network.eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
    return network
