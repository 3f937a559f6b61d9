"""The two networks against independent formulas with random weights: no class of ours is used for those."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.models.pocket.trunks import efficientnet, yamnet
from demo.models.pocket.trunks.convolution import SameConv2d, folded, same_padding
from demo.training.trunks import lite0_state, yamnet_state


@pytest.mark.parametrize(
    "size,kernel,stride,expected",
    [
        (224, 3, 2, (0, 1)),
        (225, 3, 2, (1, 1)),
        (56, 5, 2, (1, 2)),
        (7, 5, 1, (2, 2)),
        (9, 1, 2, (0, 0)),
    ],
)
def test_padding_is_tensorflows_same(
    size: int, kernel: int, stride: int, expected: tuple[int, int]
) -> None:
    assert same_padding(size, kernel, stride) == expected


def test_a_stride_of_two_starts_at_the_first_pixel() -> None:
    convolution = SameConv2d(1, 1, 3, stride=2)
    with torch.no_grad():
        convolution.weight.fill_(0.0)[..., 0, 0] = 1.0  # copies the upper left pixel of each window
        assert convolution.bias is not None
        convolution.bias.fill_(0.0)
        picture = torch.arange(36.0).view(1, 1, 6, 6)
        assert convolution(picture).equal(picture[..., ::2, ::2])


def test_folding_changes_nothing() -> None:
    torch.manual_seed(0)
    convolution, norm = torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4, eps=1e-3)
    x = torch.randn(2, 3, 8, 8)
    norm(convolution(x))  # moves the running mean and variance
    norm.eval()
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2.0)
        norm.bias.uniform_(-1.0, 1.0)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        parts = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
        weight, bias = folded(convolution.weight, *parts, norm.eps)
        torch.testing.assert_close(F.conv2d(x, weight, bias), norm(convolution(x)))


def padded(x: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's “SAME” written as its documentation does, for even sides and strides of 1 or 2."""
    total = kernel - stride
    before = total // 2
    return F.pad(x, (before, total - before, before, total - before))


def published_lite0(stages: tuple[efficientnet.Stage, ...], features: int) -> dict[str, Tensor]:
    """Random weights by the names and in the shapes of the published file."""
    state: dict[str, Tensor] = {}

    def put(name: str, norm: str, *shape: int) -> None:
        state[f"{name}.weight"] = torch.randn(*shape) / np.sqrt(np.prod(shape[1:]))
        state[f"{norm}.weight"] = torch.rand(shape[0]) + 0.5
        state[f"{norm}.bias"] = torch.randn(shape[0])
        state[f"{norm}.running_mean"] = torch.randn(shape[0]) * 0.1
        state[f"{norm}.running_var"] = torch.rand(shape[0]) + 0.5

    put("_conv_stem", "_bn0", 32, 3, 3, 3)
    channels, i = 32, 0
    for stage in stages:
        for _ in range(stage.repeats):
            wide = channels * stage.expansion
            if stage.expansion > 1:
                put(f"_blocks.{i}._expand_conv", f"_blocks.{i}._bn0", wide, channels, 1, 1)
            depthwise = (wide, 1, stage.kernel, stage.kernel)
            put(f"_blocks.{i}._depthwise_conv", f"_blocks.{i}._bn1", *depthwise)
            put(f"_blocks.{i}._project_conv", f"_blocks.{i}._bn2", stage.channels, wide, 1, 1)
            channels, i = stage.channels, i + 1
    put("_conv_head", "_bn1", features, channels, 1, 1)
    state |= {"_fc.weight": torch.randn(1000, features), "_fc.bias": torch.randn(1000)}
    return state


def lite0_by_formula(state: dict[str, Tensor], pixels: Tensor) -> Tensor:
    """Logits with batch normalisation as it was trained, from the published names only."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        return F.batch_norm(
            x, mean, variance, state[f"{name}.weight"], state[f"{name}.bias"], eps=1e-3
        )

    def convolved(
        x: Tensor, name: str, kernel: int = 1, stride: int = 1, groups: int = 1
    ) -> Tensor:
        return F.conv2d(
            padded(x, kernel, stride), state[f"{name}.weight"], None, stride, 0, 1, groups
        )

    x = F.relu6(norm(convolved((pixels - 127) / 128, "_conv_stem", 3, 2), "_bn0"))
    i = 0
    for stage in efficientnet.STAGES:
        for repeat in range(stage.repeats):
            block, stride, y = f"_blocks.{i}", stage.stride if repeat == 0 else 1, x
            if stage.expansion > 1:
                y = F.relu6(norm(convolved(y, f"{block}._expand_conv"), f"{block}._bn0"))
            depthwise = convolved(y, f"{block}._depthwise_conv", stage.kernel, stride, y.shape[1])
            y = F.relu6(norm(depthwise, f"{block}._bn1"))
            y = norm(convolved(y, f"{block}._project_conv"), f"{block}._bn2")
            x = x + y if repeat > 0 else y
            i += 1
    x = F.relu6(norm(convolved(x, "_conv_head"), "_bn1"))
    return x.flatten(2).mean(2) @ state["_fc.weight"].T + state["_fc.bias"]


@torch.no_grad()
def test_the_picture_network_is_the_formula() -> None:
    torch.manual_seed(1)
    published = published_lite0(efficientnet.STAGES, efficientnet.FEATURES)
    network = efficientnet.EfficientNetLite0()
    network.load_state_dict(lite0_state(published))
    pixels = torch.randint(0, 256, (2, 3, 128, 192)).float()
    features = network.features(pixels)
    assert features.shape == (2, 1280, 4, 6)
    expected = lite0_by_formula(published, pixels)
    torch.testing.assert_close(network.logits(features), expected, rtol=1e-3, atol=1e-3)


def published_yamnet() -> dict[str, Tensor]:
    """Random weights by the names and in the shapes of the published file."""
    shapes, channels = [(32, 1, 3, 3)], 32
    for width, _ in yamnet.BLOCKS:
        shapes += [(channels, 1, 3, 3), (width, channels, 1, 1)]
        channels = width
    state = {
        f"conv.{i}.weight": torch.randn(*shape) * np.sqrt(2 / np.prod(shape[1:]))
        for i, shape in enumerate(shapes)
    }
    state |= {f"conv.{i}.bias": torch.randn(shape[0]) * 0.1 for i, shape in enumerate(shapes)}
    return state | {"fc.weight": torch.randn(521, 1024) * 0.05, "fc.bias": torch.randn(521)}


@torch.no_grad()
def test_the_sound_network_is_the_formula() -> None:
    torch.manual_seed(2)
    published = published_yamnet()
    strides = [2, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1]
    network = yamnet.YAMNet()
    network.load_state_dict(yamnet_state(published))
    patches = torch.randn(2, 1, 96, 64)
    x = patches
    for i, stride in enumerate(strides):
        weight = published[f"conv.{i}.weight"]
        groups = x.shape[1] if i % 2 == 1 else 1
        bias = published[f"conv.{i}.bias"]
        x = F.relu(
            F.conv2d(padded(x, weight.shape[-1], stride), weight, bias, stride, 0, 1, groups)
        )
    expected = x.mean((2, 3)) @ published["fc.weight"].T + published["fc.bias"]
    features = network.features(patches)
    assert features.shape == (2, 1024, 3, 2)
    torch.testing.assert_close(network.logits(features), expected, rtol=1e-3, atol=1e-3)


def test_log_mel_is_the_formula() -> None:
    """One frame, by a discrete Fourier transform and triangles written out."""
    noise = np.random.default_rng(3).standard_normal(400)
    n = np.arange(400)
    windowed = noise * (0.5 - 0.5 * np.cos(2 * np.pi * n / 400))
    k = np.arange(257)
    magnitude = np.abs(np.exp(-2j * np.pi * k[:, None] * n / 512) @ windowed)
    mel = 1127 * np.log(1 + k * (16_000 / 512) / 700)
    low, high = 1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700)
    step = (high - low) / 65
    centre = low + step * np.arange(1, 65)
    triangles = np.maximum(0, 1 - np.abs(mel[:, None] - centre) / step)
    triangles[0] = 0
    expected = np.log(magnitude @ triangles + 0.001)
    found = yamnet.log_mel(torch.from_numpy(noise.astype(np.float32)))
    assert found.shape == (1, 64)
    np.testing.assert_allclose(found[0].numpy(), expected, rtol=1e-3, atol=1e-3)
