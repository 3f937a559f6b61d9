"""CLAP: sounds among labels as transformers says, and cells at their times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torchaudio.functional import resample
from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample
from demo.settings import Settings
from tests.conftest import LABELS
from tests.models.hub import tiny
from tests.models.hub.stimuli import noise


@pytest.fixture(scope="module")
def hearing(folder: Path) -> Pipeline:
    path = tiny.preset(folder, {"audio": "clap"}, "hearing")
    return open_pipeline(Settings(preset=str(path), device="cpu"))


@pytest.mark.parametrize("seconds", [1.7, 10.0])
def test_sounds_among_labels_as_transformers_says(
    hearing: Pipeline, folder: Path, seconds: float
) -> None:
    sound, where = noise(seconds), folder / "clap"
    found = hearing.predict(Sample(audio=sound), LABELS)
    model, words = ClapModel.from_pretrained(where), AutoTokenizer.from_pretrained(where)
    wave = resample(torch.from_numpy(sound.samples), SAMPLE_RATE, 48_000).numpy()
    heard = ClapFeatureExtractor.from_pretrained(where)(
        wave, sampling_rate=48_000, return_tensors="pt"
    )
    said = words(
        [f"This is a sound of {label}." for label in LABELS], padding=True, return_tensors="pt"
    )
    said.pop("token_type_ids", None)
    with torch.no_grad():
        logits = model(**said, input_features=heard["input_features"]).logits_per_audio[0]
    assert list(found.fused.values()) == pytest.approx(logits.softmax(0).tolist(), abs=1e-4)


@pytest.mark.parametrize("seconds,loud", [(10.0, 7.1), (3.0, 1.3), (25.0, 22.2)])
def test_a_sound_is_marked_when_it_is_heard(hearing: Pipeline, seconds: float, loud: float) -> None:
    """A third of a second of noise in silence: erasing all but its columns leaves what the model reads."""
    sound = noise(seconds, (loud, loud + 0.3))
    encoding = hearing.encode(Sample(audio=sound))["audio"]
    grid, perturber = encoding.grid, hearing.roles.perturber
    assert perturber is not None
    edges = np.array(grid.frame_edges_s)  # type: ignore[union-attr]
    assert edges[-1] == pytest.approx(seconds) and (np.diff(edges) > 0).all()
    assert len(encoding.tokens) == 64 * int(np.ceil(seconds / 10))
    part = perturber.perturbable(Sample(audio=sound), {"audio": encoding})["audio"]
    columns = (np.arange(grid.rows * grid.cols) % grid.cols)[None]
    each_gone = part.erased(torch.from_numpy(columns != np.arange(grid.cols)[:, None]).float())
    left = (each_gone - part.baseline).flatten(1).sum(1).numpy()
    marked = int(left.argmin())
    assert edges[marked] - 0.35 <= loud <= edges[marked + 1]


def test_what_is_left_of_a_long_sound_does_not_count_as_much_as_the_rest(
    hearing: Pipeline,
) -> None:
    """A moment repeated for ten seconds would be half of what is heard of a sound of ten seconds."""
    whole, beyond = noise(10.0), noise(10.2)
    found = [hearing.predict(Sample(audio=one), LABELS).fused for one in (whole, beyond)]
    assert found[0] == pytest.approx(found[1], abs=1e-3)
    assert len(hearing.encode(Sample(audio=noise(10.7)))["audio"].tokens) == 2 * 64


@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains_or_says_why_not(hearing: Pipeline, method: str) -> None:
    from demo.errors import UserError

    if method in ("rise", "integrated"):
        pytest.skip("as occlusion, and slow")
    wanted = ExplainRequest(label="cat", methods=(method,))
    if METHODS[method].needs_joint_encoder:
        with pytest.raises(UserError, match=method):
            hearing.look(Sample(audio=noise(1.7)), wanted, LABELS)
        return
    shown = hearing.look(Sample(audio=noise(1.7)), wanted, LABELS).maps[method]["audio"]
    assert shown.values.shape == (2, 6) and np.isfinite(shown.values).all()
