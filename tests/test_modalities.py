"""The table of the modalities holds for each of them."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile
from PIL import Image

from demo.errors import LANGUAGES
from demo.inputs.noise import NOISE
from demo.render.modalities import KNOWN, finished, ground_of
from demo.schema import MODALITIES, Grid, Heatmap, PictureGrid, Sample, SpectrogramGrid, WordGrid
from tests.conftest import sample_with
from tests.warm import ANEW, PYTHON

ROOT = Path(__file__).parents[1]
GRIDS = {
    PictureGrid: PictureGrid(2, 3),
    SpectrogramGrid: SpectrogramGrid((0.0, 4000.0, 8000.0), (0.0, 0.6, 1.7)),
    WordGrid: WordGrid(((0, 3), (4, 9))),
}


def a_map(modality: str, flat: bool = False) -> Heatmap:
    grid = GRIDS[KNOWN[modality].grid]
    values = np.linspace(0, 1, grid.rows * grid.cols, dtype=np.float32)
    return Heatmap(
        modality, values.reshape(grid.rows, grid.cols) * (not flat), grid, "m", "t", flat
    )  # type: ignore[arg-type]


def test_every_modality_and_grid_is_in_the_table() -> None:
    assert tuple(KNOWN) == tuple(NOISE) == MODALITIES
    assert {known.grid for known in KNOWN.values()} == {*get_args(Grid)} == {*GRIDS}


@pytest.mark.parametrize("folder", ["demo/locales", "demo/ui/locales"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_modality_has_all_its_words(folder: str, language: str) -> None:
    """What the first three have (sense_image, sense_audio, sense_text), every further one needs."""
    keys = set(json.loads((ROOT / folder / f"{language}.json").read_text(encoding="utf-8")))
    first = [{key.removesuffix(m) for key in keys if key.endswith(f"_{m}")} for m in MODALITIES[:3]]
    needed = {name + m for name in set.intersection(*first) for m in MODALITIES}
    assert needed and needed - keys == set()


def test_a_further_modality_leaves_the_pocket_model_as_it_is() -> None:
    """Its weights are of the senses that it reads, not of all there are."""
    added = f"{ANEW}\nimport torch, demo.schema as s; s.MODALITIES += ('touch',)\n"
    opened = "from demo.models.loaders import load_roles; load_roles('pocket', torch.device('cpu'))"
    subprocess.run([*PYTHON, "-c", added + opened], check=True, cwd=ROOT)


def test_every_modality_is_read() -> None:
    picture, sound = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(picture, "PNG")
    soundfile.write(sound, np.full(16_000, 0.5), 16_000, format="WAV")
    given = {"image": picture.getvalue(), "audio": sound.getvalue(), "text": " a dog "}
    read = {modality: KNOWN[modality].read(value) for modality, value in given.items()}
    assert read["image"].pixels.shape == (10, 20, 3) and read["text"] == "a dog"
    assert read["audio"].waveform.seconds == 1


@pytest.mark.parametrize("modality", MODALITIES)
def test_noise_grows_from_nothing_to_everything(modality: str) -> None:
    value = getattr(sample_with((modality,)), modality)
    kept, gone = (KNOWN[modality].noise(value, amount, 0) for amount in (0.0, 1.0))
    if modality == "text":
        assert kept == value and not any(word in gone for word in value.strip(".").split())
        return
    before, same, after = (
        np.asarray(getattr(x, "samples", x)).ravel() for x in (value, kept, gone)
    )
    assert np.allclose(same, before, atol=1e-6)
    assert abs(np.corrcoef(after, before)[0, 1]) < 0.1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("modality", MODALITIES)
def test_a_map_is_drawn_and_a_flat_one_says_so(modality: str, language: str) -> None:
    sample = sample_with((modality,))
    drawn, flat = (finished(sample, a_map(modality, f), language) for f in (False, True))
    assert np.asarray(drawn).std() > 0 and drawn.tobytes() != flat.tobytes()


@pytest.mark.parametrize("modality", MODALITIES)
def test_heat_covers_what_it_lies_over(modality: str) -> None:
    assert ground_of(Sample(), modality) is None
    ground = ground_of(sample_with((modality,)), modality)
    if ground is None:
        assert KNOWN[modality].ground is None
    else:
        heat = ground.heat(a_map(modality))
        assert heat.size == ground.picture.size and heat.mode == "RGBA"
        assert np.asarray(heat)[..., 3].std() > 0
