"""`make bench-fusion DATA=folder`: all strategies on four tasks, five seeds, mean and 95 % interval.

    digits     written and spoken digits, both degraded as MultiBench describes its AV-MNIST: pictures without
               75 % of their energy, by PCA; digits spoken in environmental noise. The encoder knows nothing
               of the test part: pictures, speaker and noise are those that its training held back.
    things, agree, moods   lessons (demo/lab/lessons.py)

Each sample is encoded once; a seed decides pairs, split, first weights and order. Prints markdown.

`make bench-fusion ARGS="--time 2000"` times all strategies on 2,000 examples, as the page trains them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from demo.data.datasets import open_dataset
from demo.device import use_threads
from demo.evaluation.trials import TRIAL_OF
from demo.fusion.heads import HEADS
from demo.lab.compare import Comparison
from demo.lab.encode import Encoded, LabSet, SampleEncoder, collated, encode_set
from demo.lab.examples import LabData, LabExample, split
from demo.lab.lessons import LESSONS, lesson
from demo.lab.training import ALONE, Recipe, train_all
from demo.opening import open_pipeline
from demo.schema import Sample, Waveform
from demo.settings import Settings
from demo.world.concepts import DIGITS, index_of

KEPT_ENERGY = 0.25
NOISE_DB = -10.0  # signal to noise
SEEDS = 5
LESSON_SIZE = 600
RECIPE = Recipe(epochs=20, batch=128)
T_95 = {3: 4.303, 5: 2.776}  # Student's t for the mean of so many, two-sided
TASKS = ("digits", "things", "agree", "moods")


def without_energy(pictures: np.ndarray, fitted_on: np.ndarray) -> np.ndarray:
    """The projection on the first principal components, which hold KEPT_ENERGY. uint8 [N, H, W]."""
    flat = fitted_on.reshape(len(fitted_on), -1) / 255.0
    mean = flat.mean(0)
    _, size, axes = np.linalg.svd(flat - mean, full_matrices=False)
    energy = np.cumsum(size**2) / np.sum(size**2)
    axes = axes[: int(np.searchsorted(energy, KEPT_ENERGY)) + 1]
    given = pictures.reshape(len(pictures), -1) / 255.0 - mean
    back = given @ axes.T @ axes + mean
    return (255 * back.clip(0, 1)).round().astype(np.uint8).reshape(pictures.shape)


def in_noise(speech: np.ndarray, noise: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Speech over a stretch of noise at NOISE_DB. float32 [N]."""
    start = chance.integers(0, max(1, len(noise) - len(speech)))
    under = np.resize(noise[start : start + len(speech)], len(speech))
    scale = speech.std() / max(under.std(), 1e-6) / 10 ** (NOISE_DB / 20)
    mixed = speech + scale * under
    return (0.5 * mixed / max(np.abs(mixed).max(), 1e-9)).astype(np.float32)


def digits(encoder: SampleEncoder, folder: Path) -> list[LabSet]:
    """One set for each seed: every spoken digit with a written one of its own."""
    sounds, spoken, test = _spoken(encoder, folder)
    pictures, written = _written(encoder, folder)
    sets = []
    for seed in range(SEEDS):
        chance = np.random.default_rng(seed)
        order = chance.permutation(len(pictures))
        pools = {d: [i for i in order if written[i] == d] for d in range(10)}
        pairs = [(pictures[pools[d].pop()], s) for d, s in zip(spoken, sounds, strict=True)]
        joined = [Encoded(p.vectors | s.vectors, p.tokens | s.tokens) for p, s in pairs]
        examples = tuple(LabExample(str(i), Sample, (DIGITS[d],)) for i, d in enumerate(spoken))
        data = LabData("digits", "label", DIGITS, examples)
        batch = collated(joined, ("image", "audio"))
        sets.append(LabSet(data, encoder.pipeline.preset, batch, data.targets(), test, seed))
    return sets


def _spoken(encoder: SampleEncoder, folder: Path) -> tuple[list[Encoded], list[int], np.ndarray]:
    """All spoken digits in noise: encodings, digits, and which are of the speaker that is held back."""
    trial, noises = TRIAL_OF["spoken digits"], _noises(folder)
    chance = np.random.default_rng(0)
    found, said, test = [], [], []
    with open_dataset(folder / trial.archive) as dataset:
        held = {e.name for e in trial.held_back(dataset.examples)}
        for example in dataset.examples:
            audio = example.sample().audio
            assert audio is not None
            among = noises[example.name in held]
            noise = among[chance.integers(len(among))]
            mixed = Waveform(in_noise(audio.samples, noise, chance))
            found.append(encoder(Sample(audio=mixed)))
            said.append(index_of(example.label) - index_of("zero"))
            test.append(example.name in held)
            _say("spoken", len(found))
    return found, said, np.array(test)


def _noises(folder: Path) -> dict[bool, list[np.ndarray]]:
    """Environmental sounds: of the fold that is held back, and the others."""
    trial = TRIAL_OF["environmental sounds"]
    found: dict[bool, list[np.ndarray]] = {True: [], False: []}
    with open_dataset(folder / trial.archive) as dataset:
        held = {e.name for e in trial.held_back(dataset.examples)}
        for example in dataset.examples:
            audio = example.sample().audio
            assert audio is not None
            if audio.samples.std() > 1e-3:
                found[example.name in held].append(audio.samples)
    return found


def _written(encoder: SampleEncoder, folder: Path) -> tuple[list[Encoded], list[int]]:
    """Written digits that the encoder never saw, without most of their energy."""
    trial = TRIAL_OF["handwritten digits"]
    with open_dataset(folder / trial.archive) as dataset:
        kept = trial.held_back(dataset.examples)[:3_500]
        drawn = np.stack([_grey(e.sample()) for e in kept])
        fitted = np.stack([_grey(e.sample()) for e in dataset.examples[:5_000]])
        said = [index_of(e.label) - index_of("zero") for e in kept]
    poor = without_energy(drawn, fitted)
    found = []
    for picture in poor:
        found.append(encoder(Sample(image=np.repeat(picture[..., None], 3, -1))))
        _say("written", len(found))
    return found, said


def _grey(sample: Sample) -> np.ndarray:
    assert sample.image is not None
    return sample.image[..., 0]


def lessons(encoder: SampleEncoder, name: str) -> list[LabSet]:
    """One set for each seed, which decides what is held out."""
    data = lesson(name, 0, LESSON_SIZE)
    whole = encode_set(encoder, data, report=lambda done, total: _say(name, done))
    return [replace(whole, test=split(whole.data, 0.25, seed), seed=seed) for seed in range(SEEDS)]


def scores(sets: Sequence[LabSet]) -> dict[str, list[float]]:
    """Strategy → accuracy for each seed."""
    found: dict[str, list[float]] = {}
    for data in sets:
        trainer = train_all(data, list(HEADS), replace(RECIPE, seed=data.seed))
        comparison = Comparison(trainer)
        next(comparison.steps())
        for name, result in comparison.results.items():
            found.setdefault(name, []).append(result.main.value)
        _say(data.data.name, data.seed, every=1)
    return found


def timed(encoder: SampleEncoder, count: int) -> str:
    """Seconds, on the clock and of the processor, of `count` examples with every strategy. Markdown."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "–"
    marks = [_now()]
    data = encode_set(encoder, lesson("things", 0, count), report=lambda n, _: _say("things", n))
    marks.append(_now())
    trainer = train_all(data, list(HEADS), Recipe())
    marks.append(_now())
    Comparison(trainer).measure()
    marks.append(_now())
    rows = [f"{count:,} examples, {len(HEADS)} strategies, load {load} before", ""]
    rows += ["| step | seconds | of the processor |", "|---|--:|--:|"]
    for step, before, after in zip(("encode", "train", "compare"), marks, marks[1:], strict=False):
        rows.append(f"| {step} | {after[0] - before[0]:.1f} | {after[1] - before[1]:.1f} |")
    return "\n".join(rows)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean, and half of its 95 % interval (Student's t over seeds)."""
    half = T_95[len(values)] * np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values)), float(half)


def table(found: dict[str, dict[str, list[float]]]) -> str:
    """Markdown: a row for each strategy, a column for each task; in bold what beats the better single sense
    by more than both intervals."""
    names = dict.fromkeys(name for scores in found.values() for name in scores)
    head = "| strategy | " + " | ".join(found) + " |\n|---|" + "--:|" * len(found)
    return "\n".join([head, *(_row(name, found) for name in names)])


def _row(name: str, found: dict[str, dict[str, list[float]]]) -> str:
    cells = []
    for scores in found.values():
        if name not in scores:
            cells.append("–")
            continue
        mean, half = spread(scores[name])
        alone = max((spread(v) for n, v in scores.items() if n.startswith(ALONE)), default=(1, 0))
        cell = f"{100 * mean:.1f} ± {100 * half:.1f}"
        beats = not name.startswith(ALONE) and mean - half > alone[0] + alone[1]
        cells.append(f"**{cell}**" if beats else cell)
    return f"| {name} | " + " | ".join(cells) + " |"


def _say(what: str, done: int, every: int = 250) -> None:
    if done % every == 0:
        print(f"{what}: {done}", file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, help="folder of the public sets; without it, lessons only"
    )
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument(
        "--time", type=int, metavar="N", help="only time all strategies on N examples"
    )
    parser.add_argument("--threads", type=int, default=0)
    flags = parser.parse_args(argv)
    use_threads(flags.threads)
    encoder = SampleEncoder(open_pipeline(Settings(threads=flags.threads)).for_world())
    if flags.time:
        print(timed(encoder, flags.time), flush=True)
        return
    makers = {name: partial(lessons, encoder, name) for name in LESSONS if name != "digits"}
    if flags.data:
        makers["digits"] = partial(digits, encoder, flags.data)
    found = {}
    for name in flags.tasks:
        if name in makers:
            found[name] = scores(makers[name]())
            print(table(found), flush=True)


if __name__ == "__main__":
    main()
