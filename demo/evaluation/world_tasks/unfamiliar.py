"""Task “unfamiliar”: how often inputs of nothing the model knows are flagged, and known ones wrongly.

What counts is Prediction.unfamiliar, which is what a person is shown.
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from demo.errors import UserError
from demo.evaluation.metrics.intervals import part_of
from demo.evaluation.world_tasks import name
from demo.evaluation.world_tasks.run import SIDE, Found, Run, pictures, watched
from demo.inputs import read_sample
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, SAMPLE_RATE, Modality, Sample, Waveform
from demo.training.data.pictures import stranger_scenes
from demo.world.concepts import CONCEPTS
from demo.world.scenes import draw_scene

SIZE = 60  # inputs of each kind
# Of Gradio's own pictures, those of nothing in concepts.csv.
PHOTOS = "avatar.png cheetah.jpg cheetah1.jpg groot.jpeg logo.png screenshot.gif tower.jpg".split()
_PICTURE, _SECONDS = (SIDE, SIDE, 3), (0.6, 4.0)

Draw = Callable[[random.Random, int], list[Sample]]


def draw(
    seed: int,
    count: int,
    kinds: dict[str, tuple[Modality, Draw]],
    modalities: Sequence[Modality] = MODALITIES,
) -> dict[str, list[Sample]]:
    """At most `count` samples of each kind of these modalities; a kind whose data or whose speech engine is
    not installed is left out."""
    drawn = {}
    for kind, (modality, make) in kinds.items():
        if modality not in modalities:
            continue
        samples = make(random.Random(f"{kind} {seed}"), count)
        if samples:
            drawn[kind] = samples[:count]
    return drawn


def unfamiliar(pipeline: Pipeline, run: Run) -> Found:
    """Measures: flagged_KIND of each of STRANGE, flagged_MODALITY over all of them;
    wrongly_flagged_KIND of each of KNOWN, wrongly_flagged_MODALITY."""
    measures, total = [], 0
    for name_, kinds in (("flagged", STRANGE), ("wrongly_flagged", KNOWN)):
        by_modality: dict[str, list[bool]] = {}
        for kind, samples in draw(run.seed, run.size, kinds, run.modalities).items():
            modality = kinds[kind][0]
            run.report(f"{kind} …")
            flags = [modality in pipeline.predict(s).unfamiliar for s in watched(samples, run)]
            measures.append(part_of(f"{name_}_{kind}", flags))
            by_modality.setdefault(modality, []).extend(flags)
            total += len(flags)
        measures += [part_of(f"{name_}_{m}", flags) for m, flags in by_modality.items()]
    return Found(total, tuple(measures))


# Nothing it knows ------------------------------------------------------------------------------


def _noise_pictures(rng: random.Random, count: int) -> list[Sample]:
    """Every pixel by chance, or every block of up to 32 × 32 pixels."""
    chance, found = np.random.default_rng(rng.getrandbits(32)), []
    for i in range(count):
        block = 2 ** (i % 6)
        coarse = chance.integers(0, 256, (SIDE // block, SIDE // block, 3), dtype=np.uint8)
        found.append(Sample(image=np.kron(coarse, np.ones((block, block, 1), np.uint8))))
    return found


def _blank_pages(rng: random.Random, count: int) -> list[Sample]:
    """White, black and one other colour in turn."""
    colours = [
        [(255,) * 3, (0,) * 3, tuple(rng.randrange(256) for _ in range(3))][i % 3]
        for i in range(count)
    ]
    return [Sample(image=np.full(_PICTURE, colour, np.uint8)) for colour in colours]


def _strangers(rng: random.Random, count: int) -> list[Sample]:
    scenes = stranger_scenes(rng, count, held_back=True)
    return [Sample(image=picture) for picture in pictures(scenes, sheet="strangers")]


def _photos(rng: random.Random, count: int) -> list[Sample]:
    """Gradio's; read as files, since only the page may import it."""
    installed = importlib.util.find_spec("gradio")
    for folder in (installed and installed.submodule_search_locations) or ():
        files = [Path(folder, "media_assets", "images", photo) for photo in PHOTOS]
        return [read_sample(image=file) for file in files if file.is_file()]
    return []


def _noise_sounds(rng: random.Random, count: int) -> list[Sample]:
    """White noise, and the duller brown noise that its running sum makes, in turn."""
    chance, found = np.random.default_rng(rng.getrandbits(32)), []
    for i in range(count):
        wave = chance.standard_normal(_length(rng))
        found.append(_sound(np.cumsum(wave) if i % 2 else wave))
    return found


def _tones(rng: random.Random, count: int) -> list[Sample]:
    found = []
    for _ in range(count):
        seconds = np.arange(_length(rng)) / SAMPLE_RATE
        found.append(_sound(np.sin(2 * np.pi * rng.uniform(80, 4_000) * seconds)))
    return found


def _silence(rng: random.Random, count: int) -> list[Sample]:
    return [Sample(audio=Waveform(np.zeros(_length(rng), np.float32))) for _ in range(count)]


def _nothing_said(rng: random.Random, count: int) -> list[Sample]:
    try:
        from demo.training.data.sentences import nothing
    except ImportError:  # wordfreq, which only the recipe needs
        return []
    return [Sample(text=nothing(rng, "validation")) for _ in range(count)]


def _length(rng: random.Random) -> int:
    return int(rng.uniform(*_SECONDS) * SAMPLE_RATE)


def _sound(wave: np.ndarray) -> Sample:
    return Sample(audio=Waveform((0.3 * wave / np.abs(wave).max()).astype(np.float32)))


# What it knows ---------------------------------------------------------------------------------


def _one_thing(rng: random.Random, count: int) -> list[Sample]:
    return [one.sample for one in name.draw_scenes(rng.getrandbits(32), count)]


def _many_things(rng: random.Random, count: int) -> list[Sample]:
    scenes = [draw_scene(rng, rng.choice((2, 3)), held_back=True) for _ in range(count)]
    return [Sample(image=picture) for picture in pictures(scenes)]


def _words(rng: random.Random, count: int) -> list[Sample]:
    try:
        return [one.sample for one in name.draw_words(rng.getrandbits(32), count)]
    except UserError as error:
        if error.message.key != "speech_engine_missing":
            raise
        return []


def _sentences(rng: random.Random, count: int) -> list[Sample]:
    try:
        from demo.training.data.sentences import sentence
    except ImportError:
        return []
    things = [rng.randrange(len(CONCEPTS)) for _ in range(count)]
    return [Sample(text=sentence(rng, thing, "validation", long=0)) for thing in things]


STRANGE: dict[str, tuple[Modality, Draw]] = {
    "noise_pictures": ("image", _noise_pictures),
    "blank_pages": ("image", _blank_pages),
    "stranger_emoji": ("image", _strangers),
    "photos": ("image", _photos),
    "noise_sounds": ("audio", _noise_sounds),
    "tones": ("audio", _tones),
    "silence": ("audio", _silence),
    "nothing_said": ("text", _nothing_said),
}
KNOWN: dict[str, tuple[Modality, Draw]] = {
    "one_thing": ("image", _one_thing),
    "many_things": ("image", _many_things),
    "words": ("audio", _words),
    "sentences": ("text", _sentences),
}
