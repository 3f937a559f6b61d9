"""Speech to learn from, made by the synthesisers of demo/world/speech and kept in a folder.

Five parts, each `<part>.i16` (all samples one after the other) and `<part>.json` (what is said where):
words, sentences, descriptions and moods in the voices for training, and held_back in voices that are never
trained on.
Two builds of one plan (speech_plan.py) agree; a part whose JSON is there is finished, and left alone while
its plan is still the same. Knows nothing about features or models.

    python -m demo.training.data.speech_corpus --out runs/speech
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from demo.schema import SAMPLE_RATE
from demo.training.data.speech_plan import FULL, PARTS, Amounts, Clip, Job
from demo.world.speech.saying import say
from demo.world.speech.voices import VOICE_NAMED

LONGEST = 5.0  # s; longer clips are left out
WORKERS = 2  # they wait for programs, so threads will do
_FULL_SCALE = 32767


@dataclass(frozen=True)
class SpeechCorpus:
    """samples: int16 [total], on disk; clip i is samples[edges[i] : edges[i + 1]]."""

    clips: list[Clip]
    edges: np.ndarray
    samples: np.ndarray

    def __len__(self) -> int:
        return len(self.clips)

    def wave(self, i: int) -> np.ndarray:
        """float32 [N], mono at SAMPLE_RATE, peak about 0.5."""
        start, end = self.edges[i], self.edges[i + 1]
        return self.samples[start:end].astype(np.float32) / _FULL_SCALE


def load_speech(folder: Path, part: str) -> SpeechCorpus:
    """A finished part of PARTS.

    Raises:
        FileNotFoundError: it has not been built.
    """
    index = json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
    clips = [Clip(**clip) for clip in index["clips"]]
    edges = np.concatenate([[0], np.cumsum(index["lengths"], dtype=np.int64)])
    return SpeechCorpus(clips, edges, np.memmap(folder / f"{part}.i16", np.int16, mode="r"))


def build_speech(
    folder: Path,
    report: Callable[[str], None] = print,
    amounts: Amounts = FULL,
    only: Collection[str] = (),
) -> None:
    """Every part (or `only` these) that is not there yet, or was built to another plan.

    Raises:
        UserError: speech_engine_missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part, plan in PARTS.items():
        if only and part not in only:
            continue
        jobs = list(plan(random.Random(part), amounts))
        if _plan_of(folder / f"{part}.json") == _mark(jobs):
            report(f"{part}: already there")
        else:
            _build(folder, part, jobs, report)


def _mark(jobs: Sequence[Job]) -> int:
    """A number that differs when anything in the plan does."""
    return zlib.crc32(repr(jobs).encode())


def _plan_of(index: Path) -> int | None:
    """The mark of the plan that a part was built to."""
    if not index.exists():
        return None
    plan: int | None = json.loads(index.read_text(encoding="utf-8")).get("plan")
    return plan


def _build(folder: Path, part: str, jobs: list[Job], report: Callable[[str], None]) -> None:
    clips, lengths = [], []
    with ThreadPoolExecutor(WORKERS) as pool, (folder / f"{part}.i16").open("wb") as file:
        waiting = iter(jobs)
        while batch := list(islice(waiting, 1_000)):
            for job, wave in zip(batch, pool.map(spoken, batch), strict=True):
                if 0 < len(wave) <= LONGEST * SAMPLE_RATE:
                    file.write((wave * _FULL_SCALE).astype(np.int16).tobytes())
                    clips.append(job.clip)
                    lengths.append(len(wave))
            report(f"{part}: {len(clips):,} clips of {len(jobs):,} planned")
    hours = sum(lengths) / SAMPLE_RATE / 3600
    report(f"{part}: {len(clips):,} clips, {hours:.2f} h; {len(jobs) - len(clips)} left out")
    index = {
        "plan": _mark(jobs),
        "sample_rate": SAMPLE_RATE,
        "lengths": lengths,
        "clips": [asdict(c) for c in clips],
    }
    unfinished = folder / f"{part}.json.part"
    unfinished.write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(folder / f"{part}.json")


def spoken(job: Job) -> np.ndarray:
    """float32 [N]; nothing where the program failed, so that one crash does not end the build."""
    try:
        return say(
            job.clip.text,
            VOICE_NAMED[job.clip.voice],
            pitch=job.pitch,
            rate=job.rate,
            mood=job.clip.voice_mood,
            rng=random.Random(job.seed),
        )
    except RuntimeError:
        return np.zeros(0, np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the spoken corpus.")
    parser.add_argument("--out", type=Path, default=Path("runs/speech"))
    build_speech(parser.parse_args().out, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
