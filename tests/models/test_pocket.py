"""The pocket model: masking, batching, saving; its labels, grids and limits on the real checkpoint."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy

from demo.errors import UserError
from demo.evaluation.world_tasks.run import pictures
from demo.inputs import read_sample
from demo.models.attention_layer import AttentionLayer
from demo.models.checkpoints.pocket import POCKET_FOLDER, open_pocket, save_pocket
from demo.models.loaders import load_roles
from demo.models.pocket import processing
from demo.models.pocket.attention import attention_cores, recording
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.encoder import rollout
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.processor import PocketProcessor
from demo.models.roles import Roles
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, SpectrogramGrid, Waveform
from demo.world.scenes import draw_scene
from tests.conftest import sample_with


@pytest.fixture(scope="module")
def perturbable() -> tuple[PocketModel, PocketProcessor]:
    return open_pocket(POCKET_FOLDER)


@pytest.fixture(scope="module")
def batch(perturbable: tuple[PocketModel, PocketProcessor]) -> dict[str, torch.Tensor]:
    sample = sample_with(("image", "audio", "text"))
    assert sample.image is not None and sample.audio is not None
    shorter = sample.audio.samples[:20_000]
    return dict(
        perturbable[1](
            images=[sample.image, sample.image[::-1].copy()],
            audio=[shorter, shorter[::-1].copy()],
            text=["a dog", "a small green frog sat by the old clock"],
        )
    )


def test_size(perturbable: tuple[PocketModel, PocketProcessor]) -> None:
    assert sum(p.numel() for p in perturbable[0].parameters()) <= 12_000_000
    assert sum(f.stat().st_size for f in POCKET_FOLDER.iterdir()) <= 25_000_000


def test_an_absent_modality_is_as_if_never_given(perturbable, batch) -> None:  # type: ignore[no-untyped-def]
    model = perturbable[0]
    present = torch.tensor([[True, False, False]] * 2)
    masked = model(**batch, present=present).logits
    alone = model(pixel_values=batch["pixel_values"]).logits
    torch.testing.assert_close(masked, alone, atol=1e-3, rtol=1e-3)


def test_padding_does_not_change_a_sentence(perturbable, batch) -> None:  # type: ignore[no-untyped-def]
    model, processor = perturbable
    padded = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[0]
    alone = model(**processor(text=["a dog"])).logits[0]
    torch.testing.assert_close(padded, alone, atol=1e-3, rtol=1e-3)


def test_the_readout_alone_is_that_of_the_whole(perturbable, batch) -> None:  # type: ignore[no-untyped-def]
    """Also where gradients flow, and while attention is watched, which then covers every token."""
    model = perturbable[0]
    tokens = torch.cat(list(model.encode(batch["pixel_values"], batch["log_mel"]).values()), dim=1)
    tokens = tokens.detach().requires_grad_(True)
    whole, alone = model.joint(tokens)[0], model.joint.read(tokens)
    torch.testing.assert_close(alone, whole, atol=1e-5, rtol=1e-5)
    slopes = [torch.autograd.grad(out.square().sum(), tokens)[0] for out in (whole, alone)]
    torch.testing.assert_close(*slopes, atol=1e-5, rtol=1e-4)
    with recording(attention_cores(model.joint.layers)) as layers:
        torch.testing.assert_close(model.joint.read(tokens), whole)
    assert {layer.q.shape[-2] for layer in layers} == {1 + tokens.shape[1]}


def test_no_modality_is_refused(perturbable) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="at least one"):
        perturbable[0]()


def test_training_lowers_the_loss() -> None:
    """Gradients reach every part of a small untrained model, the decoder included."""
    torch.manual_seed(0)
    config = PocketConfig(concepts=[{"id": str(i)} for i in range(3)], hidden_size=48, num_heads=2)
    model = PocketModel(config).train()
    inputs = {
        "pixel_values": torch.randn(6, 3, 64, 64),
        "log_mel": torch.randn(6, 1, 64, 100),
        "input_ids": torch.randint(0, 99, (6, 7)),
        "labels": torch.tensor([0, 1, 2, 0, 1, 2]),
    }
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    losses = []
    ids = torch.randint(3, 99, (6, 5))
    for _ in range(20):
        out = model(**inputs)
        written = model.write(ids[:, :-1], out.memory, out.valid).flatten(0, 1)
        loss = out.loss + cross_entropy(written, ids[:, 1:].flatten())
        found = model.log_match_scale.exp() * out.match @ out.match.detach().T
        loss = loss + cross_entropy(found, torch.arange(6))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
    assert all(p.grad is not None for p in model.parameters())


def test_a_category_has_its_own_temperature_also_once_it_was_saved(tmp_path: Path) -> None:
    concepts = [{"id": "dog", "category": "animal"}, {"id": "sad", "category": "mood"}]
    config = PocketConfig(concepts=concepts, hidden_size=48, num_heads=2)
    model = PocketModel(config).eval()
    pictures = torch.rand(2, 3, config.image_size, config.image_size)
    before = model(pixel_values=pictures).logits
    config.category_temperatures = {"mood": 2.0}
    wanted = before / torch.tensor([1.0, 2.0])
    torch.testing.assert_close(model(pixel_values=pictures).logits, wanted)
    model.save_pretrained(tmp_path)
    again = PocketModel.from_pretrained(tmp_path).eval()
    torch.testing.assert_close(again(pixel_values=pictures).logits, wanted)


def test_saving_and_opening_changes_nothing(perturbable, batch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    save_pocket(*perturbable, tmp_path)
    again, processor = open_pocket(tmp_path)
    assert torch.equal(again(**batch).logits, perturbable[0](**batch).logits)
    assert processor.sizes == perturbable[1].sizes
    assert not list(tmp_path.glob("*.bin"))


def test_weights_that_do_not_fit_are_refused(perturbable, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    save_pocket(*perturbable, tmp_path)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text(encoding="utf-8"))
    part = tmp_path / index["weight_map"]["joint.norm_out.weight"]
    state = load_file(part)
    state.pop("joint.norm_out.weight")
    save_file(state, part, metadata={"format": "pt"})
    with pytest.raises(UserError) as refused:
        open_pocket(tmp_path)
    assert refused.value.message.key == "checkpoint_misfit"


def test_a_pointer_to_weights_is_no_weights(perturbable, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    save_pocket(*perturbable, tmp_path)
    part = next(tmp_path.glob("model-*.safetensors"))
    part.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(UserError) as refused:
        open_pocket(tmp_path)
    assert refused.value.message.key == "checkpoint_missing"


@pytest.mark.parametrize("sizes", [{"max_text_tokens": 64}, None])
def test_a_configuration_of_other_sizes_is_refused(perturbable, tmp_path: Path, sizes) -> None:  # type: ignore[no-untyped-def]
    save_pocket(*perturbable, tmp_path)
    config = tmp_path / "config.json"
    if sizes is None:
        config.unlink()
    else:
        config.write_text(json.dumps({**json.loads(config.read_text()), **sizes}))
    with pytest.raises(UserError) as refused:
        open_pocket(tmp_path)
    assert refused.value.message.key == "checkpoint_misfit"


def test_missing_weights_and_presets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        open_pocket(tmp_path)
    assert refused.value.message.key == "checkpoint_missing"
    with pytest.raises(UserError) as refused:
        load_roles("huge", torch.device("cpu"))
    assert "pocket" in str(refused.value)


def test_encoding_one_or_many_is_the_same(roles: Roles) -> None:
    samples = [sample_with(("image", "text"), seed) for seed in range(3)]
    together = roles.encode(samples)
    for sample, encodings in zip(samples, together, strict=True):
        alone = roles.encode([sample])[0]
        for m, encoding in encodings.items():
            other = alone[m]
            vectors = [one.pool(one.tokens[None])[0] for one in (encoding, other)]
            torch.testing.assert_close(*vectors, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "label,concept",
    [
        ("dog", "dog"),
        ("Dog", "dog"),
        ("a dog", "dog"),
        ("dog_bark", "dog"),
        ("狗", "dog"),
        ("7", "seven"),
        ("seven", "seven"),
        ("person sneeze", "sneeze"),
        ("sea_waves", "sea waves"),
    ],
)
def test_names_of_one_thing(roles: Roles, label: str, concept: str) -> None:
    assert roles.canonical(label) == concept


def test_labels_that_mean_the_same_are_one(pipeline: Pipeline) -> None:
    found = pipeline.predict(sample_with(("text",)), ["dog", "cat", "dog bark"])
    assert found.labels == ("dog", "cat")
    assert [note.key for note in found.notes] == ["label_same"]
    with pytest.raises(UserError):
        pipeline.predict(sample_with(("text",)), ["dog", "puppy"])


@pytest.mark.parametrize("seconds", [1 / SAMPLE_RATE, 0.1, 0.35, 1.5, 5.0, 5.13, 10.24, 41.0, 60.0])
def test_sound_grid_covers_the_sound(roles: Roles, seconds: float) -> None:
    """Cells start at 0, end where the sound ends, and there are never too many tokens."""
    samples = np.random.default_rng(0).normal(0, 0.1, max(1, int(seconds * SAMPLE_RATE)))
    encoding = roles.encode([Sample(audio=Waveform(samples.astype(np.float32)))])[0]["audio"]
    grid = encoding.grid
    assert isinstance(grid, SpectrogramGrid)
    assert grid.frame_edges_s[0] == 0
    assert grid.frame_edges_s[-1] == pytest.approx(max(seconds, 1e-3), abs=0.011)
    assert list(grid.frame_edges_s) == sorted(set(grid.frame_edges_s))
    assert list(grid.band_edges_hz) == sorted(set(grid.band_edges_hz))
    assert len(encoding.tokens) <= 4 * 48
    assert (
        encoding.token_cell is not None and encoding.token_cell.max() == grid.rows * grid.cols - 1
    )


@pytest.mark.parametrize(
    "sample",
    [
        Sample(audio=Waveform(np.zeros(SAMPLE_RATE, np.float32))),
        Sample(audio=Waveform(np.zeros(1, np.float32))),
        Sample(audio=Waveform(np.full(9_000, 1e-30, np.float32))),
        Sample(image=np.zeros((1, 1, 3), np.uint8)),
        Sample(image=np.zeros((1, 4000, 3), np.uint8)),
        Sample(text="\u0301"),
        Sample(text="𓀀 ᚠ ლ"),
        Sample(text="?" * 2000),
    ],
    ids=["silence", "one-sample", "denormal", "1x1", "1x4000", "combining", "scripts", "marks"],
)
def test_strange_but_valid_inputs_give_finite_answers(pipeline: Pipeline, sample: Sample) -> None:
    found = pipeline.explain(sample, labels=["dog", "rain", "seven"])
    assert np.isfinite(list(found.prediction.fused.values())).all()
    assert all(np.isfinite(h.values).all() for h in found.heatmaps.values())
    assert pipeline.caption(sample).caption.endswith(".")


def test_loudness_does_not_matter(roles: Roles) -> None:
    sample = sample_with(("audio",))
    assert sample.audio is not None
    quiet = Sample(audio=Waveform(sample.audio.samples * 0.05))
    heard = [e["audio"] for e in roles.encode([sample, quiet])]
    loud, soft = (one.pool(one.tokens[None])[0] for one in heard)
    assert float(loud @ soft) > 0.98


def test_very_long_pictures_are_read_in_the_middle() -> None:
    assert processing.picture_box(100, 100) == (0, 0, 1, 1)
    left, top, right, bottom = processing.picture_box(1000, 100)
    assert (top, bottom) == (0, 1)
    assert left == pytest.approx(1 - right)
    assert (right - left) * 1000 == pytest.approx(processing.MAX_ASPECT * 100)


def test_words_are_spans_of_the_text(roles: Roles) -> None:
    text = "Unbelievable aeroplanes, 两只小狗!"
    grid = roles.encode([Sample(text=text)])[0]["text"].grid
    words = [text[start:end] for start, end in grid.spans]  # type: ignore[union-attr]
    assert words == ["Unbelievable", "aeroplanes", ",", *"两只小狗", "!"]


def test_a_text_too_long_to_read_is_said(pipeline: Pipeline) -> None:
    found = pipeline.predict(Sample(text="the dog " * 200), ["dog", "cat"])
    assert [note.key for note in found.notes] == ["text_beginning_read"]
    assert not pipeline.predict(Sample(text="the dog"), ["dog", "cat"]).notes


def test_rollout_says_where_content_came_from(roles: Roles) -> None:
    """Rows sum to 1; two layers by hand; a text's encoding carries it."""
    q = torch.zeros(1, 2, 3, 4)
    v = torch.zeros(1, 2, 3, 4)
    even = AttentionLayer(q, q, v, v)  # attends to all three alike
    mixed = rollout([even, even])
    once = 0.5 * torch.eye(3) + 0.5 / 3
    torch.testing.assert_close(mixed, once @ once)
    encoding = roles.encode([Sample(text="a dog and a cat")])[0]["text"]
    assert encoding.mixing is not None
    torch.testing.assert_close(encoding.mixing.sum(-1), torch.ones(5), atol=1e-5, rtol=0)


@pytest.mark.parametrize("modality", ["image", "audio", "text"])
def test_what_is_like_nothing_taught_is_flagged_and_what_was_taught_is_not(
    pipeline: Pipeline, modality: str
) -> None:
    """A threshold of 0 would never flag, one of 1 always."""
    picture = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    strange = {
        "image": Sample(image=picture),
        "audio": Sample(audio=Waveform(np.zeros(SAMPLE_RATE, np.float32))),
        "text": Sample(text="the committee postponed its annual budget"),
    }[modality]
    words = Path(__file__).parents[2] / "assets" / "words" / "dog-zh-f2.flac"
    known = {
        "image": Sample(image=pictures([draw_scene(random.Random(3), 1)])[0]),
        "audio": read_sample(audio=words),
        "text": Sample(text="a dog"),
    }[modality]
    assert pipeline.predict(strange).unfamiliar == (modality,)
    assert pipeline.predict(known).unfamiliar == ()


@pytest.mark.parametrize(
    "written", ["🐶", "Dogs", "the dog", "a photo of my dog", "一只狗", "狗的照片"]
)
def test_a_label_is_known_as_people_write_it(roles: Roles, written: str) -> None:
    assert roles.canonical(written) == "dog"


@pytest.mark.parametrize(
    "label,near",
    [
        ("husky", ("dog",)),
        ("tulip", ("flower", "tree", "cactus")),
        ("banjo", ("guitar", "violin", "piano")),
        ("elefant", ("elephant",)),
        ("小柴犬", ("狗",)),
    ],
)
def test_an_unknown_label_is_met_with_the_nearest_known_ones(
    roles: Roles, label: str, near: tuple[str, ...]
) -> None:
    with pytest.raises(UserError) as caught:
        roles.canonical(label)
    assert caught.value.nearest[: len(near)] == near
    assert len(caught.value.nearest) <= 3
    assert {*caught.value.nearest} <= {
        *(roles.known_labels() or []),
        *(roles.known_labels("zh") or []),
    }
    assert "、".join(near) in caught.value.message.text("zh")


def test_a_label_that_is_like_none_offers_none(roles: Roles) -> None:
    with pytest.raises(UserError) as caught:
        roles.canonical("xyzzy")
    assert caught.value.nearest == () and "near" in str(caught.value)
