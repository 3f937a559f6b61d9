"""Families that know certain classes and no others: AST, RoBERTa and wav2vec 2.0, as transformers' pipelines
say, and what they do in a preset: naming sounds unasked, and judging moods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from transformers import pipeline as transformers_pipeline

from demo.errors import UserError
from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.models.hub.classes import ClassLabels
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample
from demo.settings import Settings
from tests.models.hub import tiny
from tests.models.hub.stimuli import noise

TEXT = "Two small dogs slept through the rain."
TOLD = "two small dogs slept"  # without marks at the ends, which are not read
MOODS = ("happy", "sad", "angry")
ROLES = {"ast": "audio", "wav2vec2": "audio", "roberta": "text"}
KINDS = {"audio": "audio-classification", "text": "text-classification"}


def opened(folder: Path, **families: str) -> Pipeline:
    path = tiny.preset(folder, families, "-".join([*families, *families.values()]))
    return open_pipeline(Settings(preset=str(path), device="cpu"))


def expected(folder: Path, family: str, given: Any) -> dict[str, float]:
    """What transformers' own pipeline says of every class."""
    where = folder / family
    kind = KINDS[ROLES[family]]
    parts = (
        {"feature_extractor": transformers.AutoFeatureExtractor.from_pretrained(where)}
        if kind == "audio-classification"
        else {"tokenizer": transformers.AutoTokenizer.from_pretrained(where)}
    )
    auto = {"audio": transformers.AutoModelForAudioClassification}
    model = auto.get(ROLES[family], transformers.AutoModelForSequenceClassification)
    pipe = transformers_pipeline(kind, model=model.from_pretrained(where), device="cpu", **parts)
    return {one["label"]: one["score"] for one in pipe(given, top_k=None)}


@pytest.mark.parametrize("family", ROLES)
@pytest.mark.parametrize("seconds", [0.35, 0.6, 1.7])
def test_classes_are_as_likely_as_transformers_says(
    folder: Path, family: str, seconds: float
) -> None:
    sound = noise(seconds)
    pipeline = opened(folder, **{ROLES[family]: family})
    encoder: Any = pipeline.roles.encoders[ROLES[family]]  # type: ignore[index]
    value: Any = TEXT if family == "roberta" else sound
    (encoding,) = encoder.encode([value])
    with torch.no_grad():
        found = encoder.labels.named(encoding.pool(encoding.tokens[None])[0], 9)
    scores = expected(folder, family, TEXT if family == "roberta" else sound.samples)
    assert {one.name: one.probability for one in found} == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("stable", [True, False])
def test_every_shape_of_wav2vec2_says_what_transformers_says(
    tmp_path: Path, stable: bool, weighted: bool
) -> None:
    """With the norm before or after each layer; from all layers or the last."""
    tiny.wav2vec2(
        tmp_path / "wav2vec2", do_stable_layer_norm=stable, use_weighted_layer_sum=weighted
    )
    encoder: Any = opened(tmp_path, audio="wav2vec2").roles.encoders["audio"]
    (encoding,) = encoder.encode([noise(0.6)])
    with torch.no_grad():
        found = encoder.labels.named(encoding.pool(encoding.tokens[None])[0], 9)
    scores = expected(tmp_path, "wav2vec2", noise(0.6).samples)
    assert {one.name: one.probability for one in found} == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize("family", ["ast", "roberta"])
def test_recorded_attention_is_eager_attention(folder: Path, family: str) -> None:
    modality = ROLES[family]
    roles = opened(folder, **{modality: family}).roles
    value: Any = TEXT if family == "roberta" else noise(0.5)
    (encoding,) = roles.encoders[modality].encode([value])  # type: ignore[index]
    joint = roles.joint_encoder
    assert joint is not None
    with joint.recording() as layers:
        depths = joint.read_depths([encoding])
    torch.testing.assert_close(depths[-1], encoding.pool(encoding.tokens[None])[0])
    where = folder / family
    if family == "roberta":
        eager = transformers.RobertaForSequenceClassification.from_pretrained(
            where, attn_implementation="eager"
        )
        read = transformers.AutoTokenizer.from_pretrained(where)(TEXT, return_tensors="pt")
        read = {"input_ids": read["input_ids"]}
    else:
        eager = transformers.ASTForAudioClassification.from_pretrained(
            where, attn_implementation="eager"
        )
        extractor = transformers.ASTFeatureExtractor.from_pretrained(where)
        read = extractor(value.samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
    with torch.no_grad():
        matrices = eager(**read, output_attentions=True).attentions
    within = [layer for layer in layers if not layer.pools]
    assert len(within) == len(matrices) == 3
    for layer, matrix in zip(within, matrices, strict=True):
        torch.testing.assert_close(layer.weights(), matrix[0], atol=1e-5, rtol=1e-4)
    first = 1 if family == "roberta" else 2
    pool = next(layer for layer in layers if layer.pools)
    assert pool.weights()[0, 0, :first].tolist() == pytest.approx([1 / first] * first)


@pytest.mark.parametrize("family", ["ast", "wav2vec2"])
@pytest.mark.parametrize("seconds,loud", [(0.6, 0.31), (0.6, 0.05), (0.35, 0.2)])
def test_a_sound_is_marked_when_it_is_heard(
    folder: Path, family: str, seconds: float, loud: float
) -> None:
    """A tenth of a second of noise in silence: erasing all but its columns leaves nothing."""
    pipeline, sound = opened(folder, audio=family), noise(seconds, (loud, loud + 0.1))
    encoding = pipeline.encode(Sample(audio=sound))["audio"]
    grid, perturber = encoding.grid, pipeline.roles.perturber
    edges = np.array(grid.frame_edges_s)  # type: ignore[union-attr]
    assert edges[-1] == pytest.approx(seconds) and (np.diff(edges) > 0).all()
    assert (np.diff(np.array(grid.band_edges_hz)) > 0).all()  # type: ignore[union-attr]
    assert perturber is not None
    part = perturber.perturbable(Sample(audio=sound), {"audio": encoding})["audio"]
    torch.testing.assert_close(part.tokens(part.inputs[None])[0], encoding.tokens)
    assert int(part.feature_mask.max()) == part.cells - 1
    columns = np.arange(grid.rows * grid.cols) % grid.cols
    gone = part.erased(torch.from_numpy(columns != np.arange(grid.cols)[:, None]).float())
    left = (gone - part.baseline).abs().flatten(1).sum(1).numpy()
    marked = int(left.argmin())
    assert edges[marked] - 0.1 <= loud <= edges[marked + 1] + 0.05


@pytest.mark.parametrize("family", ROLES)
@pytest.mark.parametrize("method", [n for n in METHODS if n not in ("rise", "integrated")])
def test_every_method_explains_or_says_why_not(folder: Path, family: str, method: str) -> None:
    modality = ROLES[family]
    pipeline = opened(folder, **{modality: family})
    sample = Sample(text=TEXT) if modality == "text" else Sample(audio=noise(0.5))
    labels = ("dog", "rain") if family == "ast" else MOODS
    wanted = ExplainRequest(label=labels[0], methods=(method,))
    if METHODS[method].needs_joint_encoder and family == "wav2vec2":
        with pytest.raises(UserError, match=method):
            pipeline.look(sample, wanted, labels)
        return
    (shown,) = pipeline.look(sample, wanted, labels).maps[method].values()
    assert shown.values.shape == (shown.grid.rows, shown.grid.cols)
    assert np.isfinite(shown.values).all()


def test_labels_are_classes_by_any_of_their_names() -> None:
    labels = ClassLabels(tiny.SOUNDS, several=False)
    assert all(map(labels.knows, ("dog", "man speaking", "Male_speech, man speaking", "BARK")))
    assert not labels.knows("violin")
    with pytest.raises(UserError, match="violin.*5 things"):
        labels.place(["dog", "violin"])
    moods = ClassLabels(tiny.VOICES, several=False)
    placed = moods.place(["happy", "生气", "sadness"])
    logits = torch.tensor([0.0, 1.0, 2.0, 3.0])  # neu, hap, ang, sad
    assert placed.belief(logits).exp().tolist() == pytest.approx(
        logits[[1, 2, 3]].softmax(0).tolist()
    )
    inside = placed.inside(logits)
    assert inside is not None
    assert float(inside.exp()) == pytest.approx(float(1 - logits.softmax(0)[0]))


def test_classes_that_may_be_true_together_are_believed_each_by_itself() -> None:
    placed = ClassLabels(tiny.EMOTIONS, several=True).place(["happy", "sad"])
    logits = torch.tensor([2.0, -1.0, 0.0, 5.0, 0.0])
    each = logits[:2].sigmoid()
    torch.testing.assert_close(placed.belief(logits).exp(), each / each.sum())
    inside = placed.inside(logits)
    assert inside is not None
    torch.testing.assert_close(inside.exp(), 1 - (1 - each).prod())


FEELING = {
    "audio": "clap",
    "text": "sentence",
    "sound_tags": "ast",
    "mood_text": "roberta",
    "mood_audio": "wav2vec2",
}


def test_sounds_are_named_unasked(folder: Path) -> None:
    pipeline = opened(folder, **FEELING)
    sample = Sample(audio=noise(0.6), text=TEXT)
    found = pipeline.predict(sample, ("dog", "violin", "rain"))
    scores = expected(folder, "ast", noise(0.6).samples)
    best = sorted(scores, key=lambda name: -scores[name])[:3]
    assert [one.name for one in found.seen["audio"]] == best
    assert pipeline.default_labels(Sample(audio=noise(0.6))) == best
    with pytest.raises(UserError, match="labels"):
        pipeline.default_labels(Sample(text=TEXT))


def test_moods_are_judged_by_whoever_knows_them(folder: Path) -> None:
    pipeline = opened(folder, **FEELING)
    sample = Sample(audio=noise(0.6), text=TOLD)
    found = pipeline.predict(sample, MOODS)
    heard = expected(folder, "wav2vec2", noise(0.6).samples)
    total = heard["hap"] + heard["sad"] + heard["ang"]
    assert found.by_modality["audio"]["happy"] == pytest.approx(heard["hap"] / total, abs=1e-4)
    read = expected(folder, "roberta", TOLD)
    total = read["joy"] + read["sadness"] + read["anger"]
    assert found.by_modality["text"]["sad"] == pytest.approx(read["sadness"] / total, abs=1e-4)
    assert [note.key for note in found.notes if "calibrated" in note.key] == ["not_calibrated"]
    # the voice knows no surprise, so that CLAP hears it; the words do
    mixed = pipeline.predict(sample, ("surprise", "happy"))
    plain = opened(folder, audio="clap").predict(Sample(audio=noise(0.6)), ("surprise", "happy"))
    assert mixed.by_modality["audio"] == pytest.approx(plain.by_modality["audio"], abs=1e-5)
    assert mixed.by_modality["text"]["happy"] == pytest.approx(
        read["joy"] / (read["joy"] + read["surprise"]), abs=1e-4
    )
    shown = pipeline.explain(sample, ExplainRequest(label="sad"), MOODS)
    assert set(shown.heatmaps) == {"audio", "text"} and shown.prediction.fused == found.fused
    assert len(pipeline.compare(sample, MOODS)) >= 4


def test_a_role_needs_a_family_that_fits(folder: Path) -> None:
    with pytest.raises(UserError, match="mood_text"):
        opened(folder, mood_text="sentence")


def test_it_is_said_when_the_end_of_a_sound_was_not_heard(folder: Path) -> None:
    """The tiny AST hears 0.64 s."""
    heard = opened(folder, audio="ast").predict(Sample(audio=noise(1.7)), ["dog", "cat"]).notes
    assert [note.key for note in heard] == ["sound_beginning_read"]
    assert "first 1 s" in heard[0].text("en") and "前 1 秒" in heard[0].text("zh")
    assert not opened(folder, audio="ast").predict(Sample(audio=noise(0.6)), ["dog", "cat"]).notes
    both = opened(folder, audio="wav2vec2", sound_tags="ast")
    notes = both.predict(Sample(audio=noise(1.7)), ["happy", "sad"]).notes
    assert [note.key for note in notes] == ["tags_beginning_read"]
