"""Real voices: word and character errors, and whether sounds without speech stay without words."""

from __future__ import annotations

import csv
import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torchaudio.functional import edit_distance

from demo.evaluation.metrics.speech import spoken_units
from demo.evaluation.real.files import opened, sounds
from demo.inputs import read_audio
from demo.models.checkpoints.speech import open_speech_recogniser
from demo.models.whisper.recogniser import SpeechRecogniser
from demo.schema import Waveform
from demo.training.data import strange
from demo.training.familiarity import drawn

FILE, NOISES = "speech-real.zip", "esc10-train.zip"
EVERY = 8  # of ESC-10's clips one in so many is listened to
STRANGE = 2  # of each kind of sound that says nothing


@dataclass(frozen=True)
class Speech:
    """errors: language → edits per unit of the right text (words in English, characters in Chinese);
    language_right: part 0..1 of recordings; silent: kind of sound → part in which no word is written;
    real_time: seconds of work per second of sound; written: file → what was written."""

    recordings: dict[str, int]
    errors: dict[str, float]
    language_right: float
    silent: dict[str, float]
    real_time: float
    written: dict[str, str]


def speech(data: Path) -> Speech:
    """Measures on FILE's transcripts.csv, ESC-10 and drawn noises."""
    recogniser = open_speech_recogniser()
    wrong: dict[str, int] = {}
    total: dict[str, int] = {}
    counted: dict[str, int] = {}
    right_language, written, spent, length = [], {}, 0.0, 0.0
    with opened(data, FILE) as archive:
        rows = csv.DictReader(io.StringIO(archive.read("transcripts.csv").decode("utf-8")))
        for row in rows:
            sound = read_audio(archive.read(row["audio"])).waveform
            begun = time.perf_counter()
            pieces = recogniser.transcribe(sound)
            spent, length = spent + time.perf_counter() - begun, length + sound.seconds
            language, text = row["language"], " ".join(piece.text for piece in pieces)
            truth, said = (spoken_units(t, language) for t in (row["text"], text))
            wrong[language] = wrong.get(language, 0) + edit_distance(said, truth)
            total[language] = total.get(language, 0) + len(truth)
            counted[language] = counted.get(language, 0) + 1
            right_language.append(bool(pieces) and pieces[0].language == language)
            written[row["audio"]] = text
    return Speech(
        counted,
        {language: wrong[language] / total[language] for language in wrong},
        float(np.mean(right_language)),
        silences(recogniser, data),
        spent / length,
        written,
    )


def silences(recogniser: SpeechRecogniser, data: Path) -> dict[str, float]:
    """Kind of sound without speech → part in which nothing is written."""
    kinds: dict[str, list[np.ndarray]] = {}
    for place, (label, _, samples) in enumerate(sounds(data, NOISES)):
        if place % EVERY == 0:
            kinds.setdefault(label, []).append(samples)
    kinds |= drawn(strange.SOUNDS, 1, STRANGE)
    return {
        kind: round(float(np.mean([not recogniser.transcribe(Waveform(w)) for w in waves])), 3)
        for kind, waves in kinds.items()
    }
