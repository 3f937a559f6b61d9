"""How often a caption or a transcript is wrongly called a guess, and how often one that is wrong passes.

Captions: fresh drawings, photos, things that were never taught, pictures of nothing. Transcripts: recorded
voices, clear and in noise; one is wrong where more than half of its words or characters are. The limits
below which drawings and voices are called a guess are set on every other one, and reported on the rest.
"""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torchaudio.functional import edit_distance

from demo.errors import LANGUAGES
from demo.evaluation.metrics.speech import spoken_units
from demo.evaluation.metrics.text import same
from demo.evaluation.real.files import opened
from demo.evaluation.real.speech import FILE
from demo.evaluation.world_tasks import caption, unfamiliar
from demo.generate.transcripts import evidence_of_all
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
    """Parts 0..1, of what no limit was set on.

    captions_false: kind → of captions of what was taught, doubted (of drawings: though exactly right);
    captions_missed: kind → of captions of what was not, not doubted; transcripts_false: of those that are not
    wrong, doubted; transcripts_missed: of those that are wrong, not doubted; transcripts: how many of each.
    limits: what the other half would set, as facts.least_written (captions) and least_evidence say it.
    """

    captions_false: dict[str, float]
    captions_missed: dict[str, float]
    transcripts_false: float
    transcripts_missed: float
    transcripts: tuple[int, int]
    limits: dict[str, float]


@dataclass(frozen=True)
class Told:
    """One that was written. score: what its limit is compared with; fair: not wrong, of what was taught;
    sets: whether its half sets the limit."""

    score: float
    fair: bool
    doubted: bool
    sets: bool


def unsaid(data: Path) -> Unsaid:
    """Measures on the picture world, Flickr8k's validation part, drawings of nothing, and FILE."""
    pipeline = open_pipeline(Settings())
    drawings = list(_drawings(pipeline))
    photos = [Sample(image=one) for one in sources.flickr8k(data, "val", PHOTOS)]
    nothing = [
        Sample(image=one)
        for those in drawn(strange.PICTURES, SEED, NOTHING).values()
        for one in those
    ]
    heard = list(_transcripts(pipeline, data))
    (drawn_set, drawn_rest), (heard_set, heard_rest) = halves(drawings), halves(heard)
    return Unsaid(
        {
            "drawings": _false(drawn_rest),
            "photos": _part(_doubted(pipeline, one) for one in photos),
        },
        {
            "stranger_emoji": _missed(drawn_rest),
            "nothing": _part(not _doubted(pipeline, one) for one in nothing),
        },
        _false(heard_rest),
        _missed(heard_rest),
        (sum(one.fair for one in heard_rest), sum(not one.fair for one in heard_rest)),
        {"caption": limit(drawn_set), "transcript": limit(heard_set)},
    )


def halves(those: Sequence[Told]) -> tuple[list[Told], list[Told]]:
    """What a limit is set on, and what is reported."""
    return [one for one in those if one.sets], [one for one in those if not one.sets]


def limit(those: Sequence[Told]) -> float:
    """The highest that doubts nothing fair, halfway down to the next score."""
    spared = min(one.score for one in those if one.fair)
    below = [one.score for one in those if one.score < spared]
    return round((max(below, default=spared) + spared) / 2, 4)


def _drawings(pipeline: Pipeline) -> Iterator[Told]:
    """Captions of scenes that are exactly right, and of things that were never taught."""
    scenes = random.Random(SEED).sample(caption.draw(SEED, SCENES), SCENES)
    for i, one in enumerate(scenes):
        score, said, doubted = _drawing(pipeline, one.sample, one.language)
        if same(said, one.reference, one.language):
            yield Told(score, True, doubted, i % 2 == 0)
    kinds = {"stranger_emoji": unfamiliar.STRANGE["stranger_emoji"]}
    for i, sample in enumerate(unfamiliar.draw(SEED, STRANGERS, kinds)["stranger_emoji"]):
        score, _, doubted = _drawing(pipeline, sample, "en")
        yield Told(score, False, doubted, i % 2 == 0)


def _drawing(pipeline: Pipeline, sample: Sample, language: str) -> tuple[float, str, bool]:
    """How sure its caption is (0 where no limit is asked), that or what is guessed, whether it is doubted."""
    found = pipeline.captions(sample, [language], maps=False)[language]
    said = (found.guess or found.caption).rstrip(".。")
    reader = pipeline.reader(sample)
    if reader is not pipeline.for_world():
        return float(found.doubt is None), said, found.doubt is not None
    written = reader.writing.writer.write("caption", language, sample, ["image"])
    known = written.text.casefold() not in reader.roles.facts.cannot
    return written.probability * known, said, found.doubt is not None


def _doubted(pipeline: Pipeline, sample: Sample, language: str = "en") -> bool:
    return pipeline.captions(sample, [language], maps=False)[language].doubt is not None


def _transcripts(pipeline: Pipeline, data: Path) -> Iterator[Told]:
    """Each in which anything is written; a recording and what noise makes of it are in the same half."""
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
                fair = edit_distance(said, truth) / len(truth) <= WRONG
                yield Told(_evidence(pipeline, given), fair, found.doubt is not None, seed % 2 == 0)


def _evidence(pipeline: Pipeline, sound: Waveform) -> float:
    """What the limit of transcripts is compared with."""
    speech = pipeline.for_world().writing.speech
    pieces = speech.spoken(sound, LANGUAGES) or ()
    if not pieces or speech.single(sound, LANGUAGES, pieces):
        return math.inf
    return evidence_of_all(pieces)


def _false(those: Sequence[Told]) -> float:
    return _part(one.doubted for one in those if one.fair)


def _missed(those: Sequence[Told]) -> float:
    return _part(not one.doubted for one in those if not one.fair)


def _part(those: Iterable[bool]) -> float:
    return round(float(np.mean(list(those))), 3)
