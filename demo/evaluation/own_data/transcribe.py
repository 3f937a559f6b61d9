"""Task “transcribe”: one's own recordings of voices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torchaudio.functional import edit_distance

from demo.data.manifests import Row
from demo.errors import LANGUAGES, Message
from demo.evaluation.metrics.intervals import Measure, bootstrapped, part_of, ratio_of
from demo.evaluation.metrics.speech import Timed, spoken_units, start_errors
from demo.evaluation.own_data.run import Asking, Found, Item, Items, Options, gathered, language_of
from demo.pipeline import Pipeline
from demo.schema import Sample, Transcript

TEXTS = ("text", "transcript", "sentence")
COLUMNS = (("audio",), TEXTS)
RATE = {"en": "wer", "zh": "cer"}  # word error rate, character error rate
_WORD = ("word", "text")
_START = ("start_s", "start")


def recordings(rows: Sequence[Row], options: Options) -> Items:
    """One recording of each row, and what is said in it."""

    def item(row: Row) -> Item | Message:
        parts, said = row.parts(["audio"]), row.text(*TEXTS)
        if not parts or not said:
            lacking = COLUMNS[1] if parts else COLUMNS[0]
            return Message("eval_row_lacks", {"columns": " / ".join(lacking)})
        language = language_of(row, said)
        if language is None:
            return Message("eval_row_language", {"language": row.text("language", "lang")})
        return Item(row.name, parts, {language: (said,)}, starts=timed(row.cells.get("words")))

    return gathered(rows, item)


def timed(value: Any) -> tuple[Timed, ...]:
    """The words of a column “words”, [{"word": …, "start_s": …}, …] as `transcribe --json` prints them; none
    where it holds something else."""
    found = []
    for one in value if isinstance(value, list) else []:
        if not isinstance(one, dict):
            return ()
        word = next((one[key] for key in _WORD if isinstance(one.get(key), str)), None)
        start = next((one[key] for key in _START if isinstance(one.get(key), (int, float))), None)
        if word is None or start is None:
            return ()
        found.append((word, float(start)))
    return tuple(found)


def transcribe(pipeline: Pipeline, items: tuple[Item, ...], options: Options) -> Found:
    """Errors (edit distance) per unit of the right text; may be above 1. The model is not told the language.

    Measures: wer (English words), cer (Chinese characters), exact, language (whether it was heard right),
    by_transcriber (part that Whisper wrote, rather than the picture world's generator), and start_error_s:
    median distance of the beginning of a rightly heard word from where it is said to begin, over n words,
    where the table has a column “words”. See metrics/speech.py for what counts as the same.
    """
    asking = Asking(options)

    def hear(item: Item, sample: Sample) -> Transcript:
        return pipeline.transcribe(sample, None, options.beams, maps=bool(item.starts))

    heard = list(asking.each(items, hear))
    rows = [_compared(item, found) for item, found in heard]
    measures: list[Measure] = []
    for language in LANGUAGES:
        mine = [row for row, (item, _) in zip(rows, heard, strict=True) if language in item.right]
        if mine:
            errors, lengths = zip(*mine, strict=True)
            measures.append(ratio_of(RATE[language], errors, lengths, options.seed))
    measures.append(part_of("exact", [not errors for errors, _ in rows]))
    spoken = [found.speech and found.language in item.right for item, found in heard]
    measures.append(part_of("language", spoken))
    measures.append(part_of("by_transcriber", [f.engine == "transcriber" for _, f in heard]))
    return Found(len(heard), (*measures, *_times(heard, options)), tuple(asking.skipped))


def _compared(item: Item, found: Transcript) -> tuple[int, int]:
    """Edits between what was heard and said, and the length of the latter."""
    ((language, (said,)),) = item.right.items()
    truth = spoken_units(said, language)
    return edit_distance(spoken_units(found.text, language), truth), len(truth)


def _times(heard: Sequence[tuple[Item, Transcript]], options: Options) -> list[Measure]:
    apart: list[float] = []
    for item, found in heard:
        (language,) = item.right
        words = [(word.word, word.start_s) for word in found.words]
        apart += start_errors(words, item.starts, language)
    if not apart:
        return []
    each = np.array(apart)

    def median(drawn: np.ndarray) -> float:
        return float(np.median(each[drawn]))

    return [bootstrapped("start_error_s", median, len(each), options.seed)]
