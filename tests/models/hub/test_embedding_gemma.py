"""EmbeddingGemma 2: every sense as transformers' own model reads it, and maps that lie where they belong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoTokenizer,
    EmbeddingGemma2Model,
    Gemma4AudioFeatureExtractor,
    Gemma4ImageProcessorPil,
)
from transformers.models.embedding_gemma2.processing_embedding_gemma2 import (
    EmbeddingGemma2Processor,
)

from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.models.hub.families import FAMILIES
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform
from demo.settings import Settings
from tests.conftest import LABELS
from tests.models.hub import tiny
from tests.models.hub.stimuli import PLANTED, noise, planted

TOLD = "two small dogs slept"
SENSES = ("image", "audio", "text")


@pytest.fixture(scope="module")
def joint(folder: Path) -> Pipeline:
    path = tiny.preset(folder, dict.fromkeys(SENSES, "embedding-gemma"), "joint")
    return open_pipeline(Settings(preset=str(path), device="cpu"))


def given() -> Sample:
    chance = np.random.default_rng(0)
    image = chance.integers(0, 255, (60, 100, 3), dtype=np.uint8)
    sound = Waveform(chance.normal(0, 0.2, int(1.3 * SAMPLE_RATE)).astype(np.float32))
    return Sample(image, sound, TOLD)


class Processor(EmbeddingGemma2Processor):
    """transformers' own, without a part for videos, which needs torchvision."""

    def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
        """Whatever it is given."""
        return type(argument)


def own(folder: Path, sample: Sample, sense: str) -> tuple[dict[str, Any], EmbeddingGemma2Model]:
    """What transformers' processor hands to its model."""
    where = folder / "embedding-gemma"
    words = AutoTokenizer.from_pretrained(where)
    for mark in (
        "image",
        "boi",
        "eoi",
        "audio",
        "boa",
        "eoa",
    ):  # as published checkpoints name them
        setattr(words, f"{mark}_token", f"<{mark}>")
        setattr(words, f"{mark}_token_id", words.convert_tokens_to_ids(f"<{mark}>"))
    heard = Gemma4AudioFeatureExtractor.from_pretrained(where)
    seen = Gemma4ImageProcessorPil.from_pretrained(where)
    assert sample.audio is not None and sample.image is not None
    given: dict[str, Any] = {
        "image": {"images": [sample.image]},
        "audio": {"audio": [sample.audio.samples]},
        "text": {"text": [f"task: classification | query: {TOLD}"]},
    }
    read = Processor(heard, seen, words, None)(return_tensors="pt", **given[sense])
    model = EmbeddingGemma2Model.from_pretrained(where, attn_implementation="eager")
    return dict(read), model.eval()


@pytest.mark.parametrize("sense", SENSES)
def test_every_sense_is_read_as_transformers_reads_it(
    joint: Pipeline, folder: Path, sense: str
) -> None:
    encoding = joint.encode(given())[sense]  # type: ignore[index]
    inputs, model = own(folder, given(), sense)
    with torch.no_grad():
        states = model(**inputs).last_hidden_state[0]
    expected = torch.nn.functional.normalize(states.mean(0), dim=0)
    found = encoding.pool(encoding.tokens[None])[0]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    assert len(encoding.tokens) == len(states)


@pytest.mark.parametrize("sense", SENSES)
def test_recorded_attention_is_eager_attention(joint: Pipeline, folder: Path, sense: str) -> None:
    """Of layers that see everything, and of those with a window of six."""
    encoding = joint.encode(given())[sense]  # type: ignore[index]
    reader = joint.roles.joint_encoder
    assert reader is not None
    with reader.recording() as layers:
        depths = reader.read_depths([encoding])
    torch.testing.assert_close(depths[-1], encoding.pool(encoding.tokens[None])[0])
    inputs, model = own(folder, given(), sense)
    seen: list[torch.Tensor] = []
    hooks = [
        layer.self_attn.register_forward_hook(lambda _, __, out: seen.append(out[1]))
        for layer in model.language_model.layers
    ]
    with torch.no_grad():
        model(**inputs)
    for hook in hooks:
        hook.remove()
    within = [layer for layer in layers if not layer.pools]
    assert len(within) == len(seen) == 3 and len(depths) == 3
    for layer, matrix in zip(within, seen, strict=True):
        torch.testing.assert_close(layer.weights(), matrix[0], atol=1e-5, rtol=1e-4)


def test_labels_and_senses_share_one_space(joint: Pipeline) -> None:
    found = joint.predict(given(), LABELS)
    assert tuple(found.by_modality) == SENSES and joint.roles.calibrated is None
    assert not [note for note in found.notes if "calibrated" in note.key]
    labels: Any = joint.roles.encoders["image"].labels
    vectors = labels.place(LABELS).vectors
    encoding = joint.encode(given())["image"]
    logits = labels.scale * encoding.pool(encoding.tokens[None])[0] @ vectors.T
    assert list(found.by_modality["image"].values()) == pytest.approx(
        logits.softmax(0).tolist(), abs=1e-5
    )


def test_words_are_those_of_the_sentence_alone(joint: Pipeline) -> None:
    """What stands before it, as before labels, is no word of a map."""
    encoding = joint.encode(Sample(text=TOLD))["text"]
    assert [TOLD[a:b] for a, b in encoding.grid.spans] == TOLD.split()
    cells = np.asarray(encoding.token_cell)
    assert set(cells[cells >= 0]) == set(range(4)) and (cells[:7] == -1).all()
    labels: Any = joint.roles.encoders["text"].labels
    assert labels.sentences(["dog"]) == ["task: classification | query: dog"]


@pytest.mark.parametrize("shape", PLANTED)
def test_a_planted_patch_is_found_where_it_lies(joint: Pipeline, shape: str) -> None:
    roles = joint.roles
    image, _, seen, grid, (row, col) = planted(roles.encoders["image"], shape)
    height, width = image.shape[:2]
    whole = grid.box == (0, 0, 1, 1)
    assert seen.grid == grid
    assert abs(grid.cols / grid.rows / (width / height) - 1) < 0.5 or not whole
    cells = np.asarray(seen.token_cell)
    assert sorted(cells[cells >= 0]) == list(range(grid.rows * grid.cols))
    assert roles.perturber is not None
    part = roles.perturber.perturbable(Sample(image=image), {"image": seen})["image"]
    torch.testing.assert_close(part.tokens(part.inputs[None])[0], seen.tokens)
    gone = part.erased(1 - torch.eye(part.cells)[row * grid.cols + col][None])
    grey = (part.inputs - part.baseline).abs().sum()
    assert float((gone - part.baseline).abs().sum()) < 0.2 * float(grey)  # a patch has soft edges


@pytest.mark.parametrize("loud", [0.3, 1.0])
def test_a_sound_is_marked_when_it_is_heard(joint: Pipeline, loud: float) -> None:
    sound = noise(1.3, (loud, loud + 0.1))
    encoding, perturber = joint.encode(Sample(audio=sound))["audio"], joint.roles.perturber
    assert perturber is not None
    part = perturber.perturbable(Sample(audio=sound), {"audio": encoding})["audio"]
    each_gone = part.erased(1 - torch.eye(part.cells))
    left = (each_gone - part.baseline).abs().flatten(1).sum(1)
    edges = encoding.grid.frame_edges_s  # type: ignore[union-attr]
    assert edges[-1] == pytest.approx(1.3)
    marked = int(left.argmin())
    assert edges[marked] - 0.1 <= loud <= edges[marked + 1]


@pytest.mark.parametrize("at", [0.26, 0.49, 0.74, 1.21])
def test_a_soft_token_of_a_sound_stands_for_what_reaches_it(joint: Pipeline, at: float) -> None:
    """What comes out of its convolutions is compared with and without a click."""
    tower: Any = joint.roles.encoders["audio"]
    convolutions, seen = tower.model.audio_tower.subsample_conv_projection, []
    hook = convolutions.register_forward_hook(lambda _, __, out: seen.append(out[0][0]))
    encodings = tower.encode([noise(1.3, (9, 9)), noise(1.3, (at - 0.005, at + 0.005))])
    hook.remove()
    changed = (seen[1] - seen[0]).norm(dim=1)
    soft = np.flatnonzero(np.asarray(encodings[1].token_cell) >= 0)
    cell = encodings[1].token_cell[soft[int(changed[: len(soft)].argmax())]]
    edges = encodings[1].grid.frame_edges_s
    assert edges[cell] - 0.02 <= at <= edges[cell + 1] + 0.02  # half of a token


@pytest.mark.parametrize("method", [n for n in METHODS if n not in ("rise", "integrated")])
def test_every_method_explains(joint: Pipeline, method: str) -> None:
    sample = Sample(given().image[:20, :30], None, TOLD)  # type: ignore[index]
    view = joint.look(sample, ExplainRequest(label="cat", methods=(method,)), LABELS)
    assert tuple(view.maps[method]) == ("image", "text")
    for shown in view.maps[method].values():
        assert shown.values.shape == (shown.grid.rows, shown.grid.cols)
        assert np.isfinite(shown.values).all()


def test_weights_are_never_kept_in_float16() -> None:
    for family in FAMILIES.values():
        for kind in ("cpu", "cuda", "mps"):
            assert family.dtype(torch.device(kind)) in (torch.float32, torch.bfloat16)
    assert FAMILIES["embedding-gemma"].dtype(torch.device("cuda")) == torch.bfloat16
