"""What the app adds to the field's own models: `python -m demo.evaluation.bench.hub`, or `make bench-gpu`.

CLIP, CLAP and a sentence encoder in their real sizes, with random weights (which cost as much as trained
ones), go through the loader that hub checkpoints go through. Ours and transformers' own calls on the same
inputs are timed in turns in one run, so that a slow moment of the machine hits both. Each request is one that
was never seen; labels are read once and kept, in both. Without a GPU the models are small, as is said.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torchaudio.functional import resample
from transformers import (
    BertConfig,
    BertModel,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    PreTrainedTokenizerFast,
)

from demo.device import choose_device, describe
from demo.explain.request import ExplainRequest
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform, to_json
from demo.serving.engine import Local
from demo.settings import Settings

USERS = (1, 8, 32)
LABELS = ("dog", "cat", "rain", "car", "bird")
SAID = "a photo of the sound dog cat rain car bird this is two three small large red in street"
SOUND_S = 5.0
MOST_JUDGED = 5  # requests whose maps' faithfulness is measured, each of which takes seconds
SMALL: dict[str, Any] = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
}
SMALL_CLAP: dict[str, Any] = {
    "depths": [1, 1, 2, 1],
    "num_attention_heads": [1, 2, 4, 8],
    "hidden_size": 256,
    "patch_embeds_hidden_size": 32,
}
MINI: dict[str, Any] = {  # all-MiniLM-L6-v2
    "hidden_size": 384,
    "intermediate_size": 1536,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
}
CLAP_RATE = 48_000  # Hz
PRESET = """name = "bench"
[checkpoints.eyes]
family = "clip"
source = "./clip"
[checkpoints.ears]
family = "clap"
source = "./clap"
[checkpoints.reader]
family = "sentence"
source = "./sentence"
[roles]
image = "eyes"
audio = "ears"
text = "reader"
"""


@dataclass(frozen=True)
class HubReport:
    """Milliseconds are medians of requests with a picture, a sound and a sentence.

    bare: transformers' calls, preprocessing included; overhead: of a prediction, relative to them; maps: of a
    prediction with the default maps of all senses, times them; judged: the same with each map's measured
    faithfulness, hundreds of readings of erased inputs; per_second: users at once → predictions (0:
    transformers' calls, one after the other); peak_mb: of the device's memory, or the process's.
    """

    device: str
    real_size: bool
    bare_ms: float
    ours_ms: float
    maps_ms: float
    overhead: float
    maps: float
    judged_ms: float
    per_second: dict[int, float]
    peak_mb: float


def tokenizer() -> Any:
    """Words alone: what a sentence is cut into hardly costs anything."""
    marks = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    words = Tokenizer(
        models.WordLevel(
            {w: i for i, w in enumerate((*marks, *dict.fromkeys(SAID.split())))}, "[UNK]"
        )
    )
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    named = {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4, "bos": 2, "eos": 3}
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        model_max_length=77,
        **{f"{name}_token": marks[i] for name, i in named.items()},
    )


@dataclass(frozen=True)
class Part:
    """A model with its preprocessing."""

    model: Any
    reads: Any


def parts(real: bool) -> dict[str, Part]:
    """Models with random weights. real: of the sizes that the preset `base` names."""
    torch.manual_seed(0)
    words = tokenizer()
    ends = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
    less: dict[str, Any] = {} if real else SMALL
    heard: dict[str, Any] = {"num_attention_heads": [4, 8, 16, 32], "enable_fusion": False}
    heard |= {} if real else SMALL_CLAP
    clip = CLIPConfig(text_config={**less, **ends}, vision_config=dict(less))
    clap = ClapConfig(text_config={**less, "pad_token_id": 0}, audio_config=heard)
    sounds = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad")
    return {
        "clip": Part(CLIPModel(clip).eval(), CLIPImageProcessorPil()),
        "clap": Part(ClapModel(clap).eval(), sounds),
        "sentence": Part(BertModel(BertConfig(**(MINI if real else SMALL))).eval(), words),
    }


def written(every: dict[str, Part], folder: Path) -> Path:
    """The same as a preset file beside checkpoints."""
    for name, part in every.items():
        part.model.save_pretrained(folder / name)
        tokenizer().save_pretrained(folder / name)
        part.reads.save_pretrained(folder / name)
    path = folder / "bench.toml"
    path.write_text(PRESET, encoding="utf-8")
    return path


def samples(count: int, seed: int = 0) -> list[Sample]:
    """Requests like no other: noise, and words in another order."""
    chance, words = np.random.default_rng(seed), SAID.split()
    return [
        Sample(
            chance.integers(0, 255, (480, 640, 3), dtype=np.uint8),
            Waveform(chance.normal(0, 0.1, int(SOUND_S * SAMPLE_RATE)).astype(np.float32)),
            " ".join(chance.permutation(words)[:8]),
        )
        for _ in range(count)
    ]


class Bare:
    """transformers' own calls for one request: each sense's vector."""

    def __init__(self, every: dict[str, Part], device: torch.device) -> None:
        self.every, self.device = every, device
        for part in every.values():
            part.model.to(device)

    @torch.no_grad()
    def __call__(self, sample: Sample) -> None:
        assert sample.audio is not None
        wave = resample(torch.from_numpy(sample.audio.samples), SAMPLE_RATE, CLAP_RATE).numpy()
        read = {
            "clip": self.every["clip"].reads(images=sample.image, return_tensors="pt"),
            "clap": self.every["clap"].reads(wave, sampling_rate=CLAP_RATE, return_tensors="pt"),
            "sentence": self.every["sentence"].reads(sample.text, return_tensors="pt"),
        }
        given = {name: one.to(self.device) for name, one in read.items()}
        self.every["clip"].model.get_image_features(given["clip"]["pixel_values"])
        self.every["clap"].model.get_audio_features(given["clap"]["input_features"])
        states = self.every["sentence"].model(given["sentence"]["input_ids"]).last_hidden_state
        states.mean(1).cpu()


def measure(real: bool, device: torch.device, requests: int, users: Sequence[int]) -> HubReport:
    """Everything, on checkpoints of a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        every = parts(real)
        path, bare = written(every, Path(name)), Bare(every, device)
        pipeline = open_pipeline(Settings(preset=str(path), device=device.type), Local())

        def ours(sample: Sample) -> None:
            pipeline.predict(sample, LABELS)

        def mapped(sample: Sample, measured: bool = False) -> None:
            asked = ExplainRequest(label=LABELS[0], measured=measured)
            pipeline.explain(sample, asked, LABELS)

        spent = in_turns((bare, ours, mapped), samples(requests + 2), pipeline)
        few = samples(min(requests, MOST_JUDGED) + 2, seed=1)
        (judged_ms,) = in_turns((partial(mapped, measured=True),), few, pipeline)
        rates = throughput(bare, ours, users, requests)
    bare_ms, ours_ms, maps_ms = spent
    return HubReport(
        describe(device),
        real,
        bare_ms,
        ours_ms,
        maps_ms,
        ours_ms / bare_ms - 1,
        maps_ms / bare_ms,
        judged_ms,
        rates,
        peak_mb(device),
    )


def in_turns(
    ways: Sequence[Callable[[Sample], None]], given: Sequence[Sample], pipeline: Pipeline
) -> list[float]:
    """Median milliseconds of each way, every request by all of them; the first two warm up."""
    times: list[list[float]] = [[] for _ in ways]
    for number, sample in enumerate(given):
        for way, kept in zip(ways, times, strict=True):
            pipeline.forget()
            started = time.perf_counter()
            way(sample)
            if number >= 2:
                kept.append(1000 * (time.perf_counter() - started))
    return [float(np.median(kept)) for kept in times]


def throughput(
    bare: Callable[[Sample], None],
    ours: Callable[[Sample], None],
    users: Sequence[int],
    requests: int,
) -> dict[int, float]:
    """Requests per second."""

    def rate(way: Callable[[Sample], None], at_once: int, seed: int) -> float:
        given = samples(max(requests, 2 * at_once), seed)
        started = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(way, given))
        return len(given) / (time.perf_counter() - started)

    return {0: rate(bare, 1, 1), **{count: rate(ours, count, 10 + count) for count in users}}


def peak_mb(device: torch.device) -> float:
    """The most memory that was held so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated() / 1e6
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def lines(found: HubReport) -> Iterator[str]:
    """The report for a person."""
    size = "real sizes" if found.real_size else "small sizes, as there is no GPU here"
    yield f"{found.device}; {size}; random weights; a picture, a sound of {SOUND_S:g} s and a sentence"
    yield f"transformers' own calls: {found.bare_ms:.1f} ms"
    yield f"prediction: {found.ours_ms:.1f} ms, {found.overhead:+.0%}"
    yield f"prediction and maps of all senses: {found.maps_ms:.1f} ms, {found.maps:.2f} times"
    yield f"the same, each map's faithfulness measured: {found.judged_ms:,.0f} ms"
    for users, rate in found.per_second.items():
        yield (
            f"{users} users: {rate:.1f} a second"
            if users
            else f"bare, one by one: {rate:.1f} a second"
        )
    yield f"peak memory: {found.peak_mb:,.0f} MB"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--real", action="store_true", help="real sizes without a GPU, too")
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--users", type=int, nargs="+", default=list(USERS))
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args(arguments)
    device = choose_device(flags.device)
    found = measure(flags.real or device.type == "cuda", device, flags.requests, flags.users)
    print(json.dumps(to_json(found)) if flags.json else "\n".join(lines(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
