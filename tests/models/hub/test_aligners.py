"""Families that put an input among labels: their numbers are transformers' own, and maps lie where they
belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor

from demo.errors import UserError
from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.fusion import FUSIONS
from demo.models.hub.families import FAMILIES
from demo.models.loaders import HUB_FAMILIES
from demo.models.roles import Roles
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.render.layers import picture_heat
from demo.schema import Heatmap, Sample
from demo.settings import Settings
from tests.conftest import LABELS, sample_with
from tests.models.hub import tiny
from tests.models.hub.stimuli import PLANTED, planted

PICTURES = ("clip", "siglip")
TEXT = "Two small dogs slept through the rain."


def opened(folder: Path, **families: str) -> Pipeline:
    path = tiny.preset(folder, families, "-".join(families.values()))
    return open_pipeline(Settings(preset=str(path), device="cpu"))


def model_of(folder: Path, family: str, **options: Any) -> Any:
    return getattr(transformers, FAMILIES[family].model).from_pretrained(folder / family, **options)


def test_every_family_can_be_named() -> None:
    assert set(HUB_FAMILIES) == set(FAMILIES)


def picture(height: int = 90, width: int = 120, seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("family", PICTURES)
@pytest.mark.parametrize("size", [(90, 120), (200, 60), (32, 32)], ids=str)
def test_pictures_among_labels_as_transformers_says(
    folder: Path, family: str, size: tuple[int, int]
) -> None:
    """The numbers of the zero-shot pipeline for the same sentences."""
    image = picture(*size)
    found = opened(folder, image=family).predict(Sample(image=image), LABELS)
    model = model_of(folder, family)
    pictures = getattr(transformers, FAMILIES[family].pictures).from_pretrained(folder / family)
    words = transformers.AutoTokenizer.from_pretrained(folder / family)
    template = {"clip": "a photo of a {}", "siglip": "this is a photo of {}."}[family]
    said = words(
        [template.format(label) for label in LABELS],
        padding="max_length" if family == "siglip" else True,
        max_length=32,
        truncation=True,
        return_tensors="pt",
    )
    if family == "siglip":
        said = {"input_ids": said["input_ids"]}
    else:
        said.pop("token_type_ids", None)
    with torch.no_grad():
        logits = model(**said, **pictures(images=image, return_tensors="pt")).logits_per_image[0]
    expected = logits.softmax(0).tolist()
    assert list(found.fused.values()) == pytest.approx(expected, abs=1e-5)


def test_sentences_among_labels_are_means_of_pieces(folder: Path) -> None:
    encoder = opened(folder, text="sentence").roles.encoders["text"]
    (encoding,) = encoder.encode([TEXT])
    words = transformers.AutoTokenizer.from_pretrained(folder / "sentence")
    read = words(TEXT, return_tensors="pt")
    with torch.no_grad():
        states = model_of(folder, "sentence")(**read).last_hidden_state[0]
    expected = torch.nn.functional.normalize(states.mean(0), dim=0)
    torch.testing.assert_close(encoding.pool(encoding.tokens[None])[0], expected)
    spans = [TEXT[a:b] for a, b in encoding.grid.spans]  # type: ignore[union-attr]
    assert spans == ["Two", "small", "dogs", "slept", "through", "the", "rain", "."]


def test_sentences_are_read_at_the_first_piece_where_the_checkpoint_says_so(
    tmp_path: Path,
) -> None:
    said = tiny.sentence(tmp_path / "sentence") / "1_Pooling" / "config.json"
    said.parent.mkdir()
    said.write_text('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}')
    encoder = opened(tmp_path, text="sentence").roles.encoders["text"]
    (encoding,) = encoder.encode([TEXT])
    words = transformers.AutoTokenizer.from_pretrained(tmp_path / "sentence")
    with torch.no_grad():
        read = words(TEXT, return_tensors="pt")
        states = model_of(tmp_path, "sentence")(**read).last_hidden_state[0]
    expected = torch.nn.functional.normalize(states[0], dim=0)
    torch.testing.assert_close(encoding.pool(encoding.tokens[None])[0], expected)


def watched(roles: Roles, modality: str, value: Any) -> tuple[list[Any], Tensor, Tensor]:
    """Attention layers of one reading, its depths, and its pool."""
    encoder = roles.encoders[modality]  # type: ignore[index]
    (encoding,) = encoder.encode([value])
    joint = roles.joint_encoder
    assert joint is not None
    with joint.recording() as layers:
        depths = joint.read_depths([encoding])
    return layers, depths, encoding.pool(encoding.tokens[None])[0]


@pytest.mark.parametrize("family", [*PICTURES, "sentence"])
def test_recorded_attention_is_eager_attention(folder: Path, family: str) -> None:
    modality = "text" if family == "sentence" else "image"
    roles = opened(folder, **{modality: family}).roles
    value: Any = TEXT if family == "sentence" else picture()
    layers, depths, pooled = watched(roles, modality, value)
    torch.testing.assert_close(depths[-1], pooled)
    eager = model_of(folder, family, attn_implementation="eager")
    if family == "sentence":
        words = transformers.AutoTokenizer.from_pretrained(folder / family)
        read = words(TEXT, return_tensors="pt")
    else:
        pictures = getattr(transformers, FAMILIES[family].pictures).from_pretrained(folder / family)
        eager, read = eager.vision_model, pictures(images=value, return_tensors="pt")
    with torch.no_grad():
        expected = eager(**read, output_attentions=True).attentions
    within = [layer for layer in layers if not layer.pools]
    assert len(within) == len(expected) == 3
    for layer, matrix in zip(within, expected, strict=True):
        torch.testing.assert_close(layer.weights(), matrix[0], atol=1e-5, rtol=1e-4)
    pools = [layer for layer in layers if layer.pools]
    assert len(pools) == (0 if family == "clip" else 3)
    if family == "siglip":
        head = eager.head
        states = eager(**read).last_hidden_state
        _, row = head.attention(head.probe, states, states, average_attn_weights=False)
        torch.testing.assert_close(pools[-1].weights(), row[0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("family", PICTURES)
@pytest.mark.parametrize("shape", PLANTED)
def test_a_planted_patch_is_found_where_it_lies(folder: Path, family: str, shape: str) -> None:
    """Only one cell of a grey picture is not grey: erasing it alone changes what is read."""
    roles = opened(folder, image=family).roles
    image, plain, seen, grid, cell = planted(roles.encoders["image"], shape)
    assert seen.grid == grid
    moved = (seen.tokens - plain.tokens).norm(dim=1)
    assert divmod(int(moved.argmax()), grid.cols) == cell
    assert roles.perturber is not None
    part = roles.perturber.perturbable(Sample(image=image), {"image": seen})["image"]
    each_gone = part.erased(1 - torch.eye(part.cells))
    left = (each_gone - part.baseline).abs().flatten(1).sum(1)
    assert divmod(int(left.argmin()), grid.cols) == cell


def test_what_lies_beyond_the_last_patch_is_not_in_the_map(tmp_path: Path) -> None:
    """Pictures of 34 pixels in patches of 8, as some of 384 are read in patches of 14."""
    tiny.siglip(tmp_path / "siglip", side=34)
    pipeline = opened(tmp_path, image="siglip")
    image = np.full((68, 68, 3), 127, np.uint8)
    (plain,) = pipeline.roles.encoders["image"].encode([image])
    assert plain.grid.box == pytest.approx((0, 0, 32 / 34, 32 / 34))  # type: ignore[union-attr]
    assert plain.grid.rows == plain.grid.cols == 4
    image[50:54, 34:38] = (255, 0, 0)  # the fourth row, the third column
    sample = Sample(image=image)
    (seen,) = pipeline.roles.encoders["image"].encode([image])
    assert int((seen.tokens - plain.tokens).norm(dim=1).argmax()) == 3 * 4 + 2
    assert pipeline.roles.perturber is not None
    part = pipeline.roles.perturber.perturbable(sample, {"image": seen})["image"]
    red = (part.erased(1 - torch.eye(16)) - part.baseline).abs().flatten(1).sum(1)
    assert int(red.argmin()) == 3 * 4 + 2


MARGINS: dict[str, dict[str, Any]] = {
    "cut": {"do_resize": False},
    "cut after": {"size": {"shortest_edge": 20}},
    "squeezed": {"size": {"height": 18, "width": 25}},
    "at most": {"size": {"shortest_edge": 16, "longest_edge": 40}},
    "padded": {
        "size": {"max_height": 32, "max_width": 32},
        "do_center_crop": False,
        "do_pad": True,
        "pad_size": {"height": 32, "width": 32},
    },
}
SPOTS = {  # height, width, and where in them a spot is planted
    "tiny": (9, 7, 6, 2),
    "square": (20, 20, 3, 14),
    "wide": (14, 70, 9, 30),
    "tall": (70, 13, 38, 3),
}


@pytest.mark.parametrize("spot", SPOTS)
@pytest.mark.parametrize("margin", MARGINS)
def test_a_crop_that_is_larger_than_the_picture_shifts_no_map(
    tmp_path: Path, margin: str, spot: str
) -> None:
    """Where a spot arrives in what the processor makes is asked of the processor, not of our arithmetic."""
    tiny.clip(tmp_path / "clip")
    said = {"crop_size": {"height": 32, "width": 32}, **MARGINS[margin]}
    processor = transformers.CLIPImageProcessorPil(**said)
    processor.save_pretrained(tmp_path / "clip")
    height, width, y, x = SPOTS[spot]
    image = np.full((height, width, 3), 127, np.uint8)
    plain = processor(images=image, return_tensors="pt")["pixel_values"][0]
    image[y : y + 2, x : x + 2] = (255, 0, 0)
    seen = processor(images=image, return_tensors="pt")["pixel_values"][0]
    changed = (seen - plain).abs().sum(0)
    places = torch.arange(32) + 0.5
    row, col = (float((changed.sum(axis) * places).sum() / changed.sum()) for axis in (1, 0))
    encoder = opened(tmp_path, image="clip").roles.encoders["image"]
    grid: Any = encoder.encode([image])[0].grid
    left, top, right, bottom = grid.box
    assert ((x + 1) / width - left) / (right - left) * 32 == pytest.approx(col, abs=1)
    assert ((y + 1) / height - top) / (bottom - top) * 32 == pytest.approx(row, abs=1)
    values, cell = np.zeros((grid.rows, grid.cols), np.float32), (int(row // 8), int(col // 8))
    values[cell] = 1
    layer = picture_heat(Heatmap("image", values, grid, "", ""), (10 * width, 10 * height))
    hot = np.asarray(layer)[..., 0].astype(int)
    drawn = np.array(np.unravel_index(hot.argmax(), hot.shape)) / hot.shape
    across, down = grid.edges(None)
    for at, edges, found in zip(cell, (down, across), drawn, strict=True):
        assert edges[at] <= found <= edges[at + 1]


def test_preprocessing_of_another_size_is_refused(tmp_path: Path) -> None:
    tiny.siglip(tmp_path / "siglip")
    transformers.SiglipImageProcessorPil(size={"height": 40, "width": 40}).save_pretrained(
        tmp_path / "siglip"
    )
    with pytest.raises(UserError, match="does not fit"):
        opened(tmp_path, image="siglip")


@pytest.fixture(scope="module", params=[("clip", "sentence"), ("siglip", "sentence")], ids="+".join)
def pipeline(request: pytest.FixtureRequest, folder: Path) -> Pipeline:
    image, text = request.param
    return opened(folder, image=image, text=text)


@pytest.mark.parametrize("name", [n for n in FUSIONS if n != "transformer"])
def test_every_fusion_of_different_spaces(pipeline: Pipeline, name: str) -> None:
    found = pipeline.predict(sample_with(("image", "text")), LABELS, name)
    assert sum(found.fused.values()) == pytest.approx(1, abs=1e-4)
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-4)
    assert [note.key for note in found.notes if note.key == "not_calibrated"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains(pipeline: Pipeline, method: str) -> None:
    asked = ExplainRequest(label="cat", methods=(method,))
    view = pipeline.look(sample_with(("image", "text")), asked, LABELS)
    assert tuple(view.maps[method]) == ("image", "text")
    for shown in view.maps[method].values():
        assert shown.values.shape == (shown.grid.rows, shown.grid.cols)
        assert np.isfinite(shown.values).all() and shown.values.min() >= 0


@pytest.mark.parametrize(
    "wanted",
    [
        ExplainRequest("modality", "dog", ("text",), measured=True),
        ExplainRequest("agreement", modalities=("image", "text")),
    ],
    ids=lambda r: r.what,
)
def test_whatever_is_asked_is_explained(pipeline: Pipeline, wanted: ExplainRequest) -> None:
    view = pipeline.look(sample_with(("image", "text")), wanted, LABELS)
    assert tuple(view.maps["best"]) == wanted.modalities
    for shown in view.maps["best"].values():
        assert (shown.faithfulness is not None) == wanted.measured


def test_a_template_is_put_around_labels(folder: Path) -> None:
    path = tiny.preset(folder, {"image": "clip"}, "worded")
    path.write_text(path.read_text().replace("[roles]", 'template = "the sound of {}"\n[roles]'))
    worded = open_pipeline(Settings(preset=str(path), device="cpu"))
    labels: Any = worded.roles.encoders["image"].labels
    assert labels.sentences(["big_dog"]) == ["the sound of big dog"]
    sample = Sample(image=picture())
    plain = opened(folder, image="clip").predict(sample, LABELS)
    assert worded.predict(sample, LABELS).fused != plain.fused


def test_labels_are_asked_for_where_any_word_will_do(folder: Path) -> None:
    with pytest.raises(UserError, match="labels"):
        opened(folder, image="clip").predict(Sample(image=picture()))
