"""Task “transcribe”: sentences about the world's things, said by voices that training never heard.

Asked as the page asks: by the preset's transcriber (Whisper) where it is installed, else by its generator.
"""

from __future__ import annotations

import random

from torchaudio.functional import edit_distance

from demo.errors import UserError
from demo.evaluation.metrics.intervals import calibration, part_of, ratio_of
from demo.evaluation.metrics.text import same
from demo.evaluation.world_tasks.run import Exercise, Found, Run, watched
from demo.evaluation.world_tasks.speech import speak, turn, unknown_voices
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.world.language.grammar import spoken_sentence
from demo.world.language.units import units

SIZE = 1_080  # sentences: two English ones for each Chinese one
RATE = {"en": "wer", "zh": "cer"}  # word error rate, character error rate


def draw(seed: int, count: int) -> list[Exercise]:
    """`count` sentences, going round the voices of each language."""
    rng = random.Random(f"transcribe {seed}")
    languages = ["zh" if i % 3 == 2 else "en" for i in range(count)]
    exercises = []
    for i, language in enumerate(languages):
        said = spoken_sentence(rng, language)
        sound, voice = speak(rng, said, turn(unknown_voices(language), i // 3))
        groups = (RATE[language], f"{RATE[language]}_{voice.name}")
        exercises.append(Exercise(Sample(audio=sound), "transcribe", language, said, groups))
    return exercises


def transcribe(pipeline: Pipeline, run: Run) -> Found:
    """Errors (edit distance) per unit of the right text; may be above 1.

    Measures: wer (English words), cer (Chinese characters), wer_VOICE, cer_VOICE, exact, ece_en, ece_zh
    (expected calibration error of whole transcripts), and by_transcriber (part that it wrote, rather than the
    generator).

    Raises:
        UserError: the preset has neither.
    """
    exercises = draw(run.seed, run.size)
    if not pipeline.roles.can("transcribe"):
        raise UserError("role_missing_task", preset=pipeline.preset, task="transcribe")
    heard = [
        pipeline.transcribe(e.sample, e.language, run.beams, maps=False)
        for e in watched(exercises, run)
    ]
    texts = [one.text for one in heard]
    wanted = [units(e.reference, e.language) for e in exercises]
    pairs = zip(texts, exercises, wanted, strict=True)
    errors = [edit_distance(units(text, e.language), right) for text, e, right in pairs]
    measures = []
    for group in dict.fromkeys(group for e in exercises for group in e.groups):
        mine = [i for i, e in enumerate(exercises) if group in e.groups]
        above, below = [errors[i] for i in mine], [len(wanted[i]) for i in mine]
        measures.append(ratio_of(group, above, below, run.seed))
    exact = [same(t, e.reference, e.language) for t, e in zip(texts, exercises, strict=True)]
    for language in RATE:
        mine = [i for i, e in enumerate(exercises) if e.language == language]
        sure = [heard[i].probability for i in mine]
        measures.append(calibration(sure, [exact[i] for i in mine], run.seed, f"ece_{language}"))
    measures.append(part_of("by_transcriber", [one.engine == "transcriber" for one in heard]))
    return Found(len(exercises), (*measures, part_of("exact", exact)))
