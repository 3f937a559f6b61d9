"""How often a caption or a transcript is wrongly called a guess, and how often one that is wrong passes.

Captions: fresh drawings, photos, things that were never taught, pictures of nothing. Transcripts: recorded
voices, clear and in noise; one is wrong where more than half of its words or characters are.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torchaudio.functional import edit_distance

from demo.evaluation.metrics.speech import spoken_units
from demo.evaluation.metrics.text import same
from demo.evaluation.real.files import opened
from demo.evaluation.real.speech import FILE
from demo.evaluation.world_tasks import caption, unfamiliar
from demo.inputs import read_audio
from demo.inputs.noise import noisy_sound
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample, Waveform
from demo.settings import Settings
from demo.training.data import sources, strange
from demo.training.familiarity import drawn

SEED = 12
SCENES, PHOTOS, STRANGERS, NOTHING = 80, 60, 60, 3  # NOTHING: of each kind
NOISES = (0.0, 0.55, 0.7)  # of noisy_sound: none, -1.7 and -7.4 dB
LONGEST_S = 6.0  # of a recording; of longer ones the text of a part is not known
WRONG = 0.5  # errors per unit above which a transcript is


@dataclass(frozen=True)
class Unsaid:
    """Parts 0..1.

    captions_false: kind → of captions of what was taught, doubted (of drawings: though exactly right);
    captions_missed: kind → of captions of what was not, not doubted; transcripts_false: of those that are not
    wrong, doubted; transcripts_missed: of those that are wrong, not doubted; transcripts: how many of each.
    """

    captions_false: dict[str, float]
    captions_missed: dict[str, float]
    transcripts_false: float
    transcripts_missed: float
    transcripts: tuple[int, int]


def unsaid(data: Path) -> Unsaid:
    """Measures on the picture world, Flickr8k's validation part, drawings of nothing, and FILE."""
    pipeline = open_pipeline(Settings())
    scenes = [
        _doubted(pipeline, one.sample, one.language)
        for one in random.Random(SEED).sample(caption.draw(SEED, SCENES), SCENES)
        if same(_guess(pipeline, one.sample, one.language), one.reference, one.language)
    ]
    photos = [Sample(image=one) for one in sources.flickr8k(data, "val", PHOTOS)]
    kinds = {"stranger_emoji": unfamiliar.STRANGE["stranger_emoji"]}
    strangers = unfamiliar.draw(SEED, STRANGERS, kinds)["stranger_emoji"]
    nothing = drawn(strange.PICTURES, SEED, NOTHING).values()
    heard = list(_transcripts(pipeline, data))
    fair = [doubt for error, doubt in heard if error <= WRONG]
    wrong = [not doubt for error, doubt in heard if error > WRONG]
    return Unsaid(
        {"drawings": _part(scenes), "photos": _part(_doubted(pipeline, one) for one in photos)},
        {
            "stranger_emoji": _part(not _doubted(pipeline, one) for one in strangers),
            "nothing": _part(
                not _doubted(pipeline, Sample(image=one)) for those in nothing for one in those
            ),
        },
        _part(fair),
        _part(wrong),
        (len(fair), len(wrong)),
    )


def _doubted(pipeline: Pipeline, sample: Sample, language: str = "en") -> bool:
    return pipeline.captions(sample, [language], maps=False)[language].doubt is not None


def _guess(pipeline: Pipeline, sample: Sample, language: str) -> str:
    found = pipeline.captions(sample, [language], maps=False)[language]
    return (found.guess or found.caption).rstrip(".。")


def _transcripts(pipeline: Pipeline, data: Path) -> Iterator[tuple[float, bool]]:
    """(errors per unit, whether it is doubted) of each in which anything is written."""
    with opened(data, FILE) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("transcripts.csv").decode("utf-8"))))
        for seed, row in enumerate(rows):
            sound = read_audio(archive.read(row["audio"])).waveform
            if sound.seconds > LONGEST_S:
                continue
            for amount in NOISES:
                given: Waveform = noisy_sound(sound, amount, seed)
                found = pipeline.transcribe(Sample(audio=given), maps=False)
                if not found.speech:
                    continue
                said, truth = (spoken_units(t, row["language"]) for t in (found.text, row["text"]))
                yield edit_distance(said, truth) / len(truth), found.doubt is not None


def _part(those: Iterable[bool]) -> float:
    return round(float(np.mean(list(those))), 3)
