"""Task “ask”: questions about one's own pictures and sounds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from demo.data.example import Fetch
from demo.data.manifests import Row
from demo.errors import Message
from demo.evaluation.metrics.intervals import calibration, part_of
from demo.evaluation.metrics.text import same
from demo.evaluation.own_data.run import Asking, Found, Item, Items, Options, gathered, language_of
from demo.pipeline import Pipeline
from demo.schema import Answer, Modality, Sample
from demo.script import script_of
from demo.world.language.grammar import accepted

THINGS: tuple[Modality, ...] = ("image", "audio")
ANSWERS = ("answer", "answers")
KINDS = ("kind", "question_type", "type")
COLUMNS: tuple[tuple[str, ...], ...] = (THINGS, ("question",), ANSWERS)


def questions(rows: Sequence[Row], options: Options) -> Items:
    """One question of each row; its answers are in the language of the question, or of the column."""

    def item(row: Row) -> Item | Message:
        parts = row.parts([m for m in THINGS if m in options.modalities])
        asked, answers = row.text("question"), row.texts(*ANSWERS)
        for columns, there in zip(COLUMNS, (parts, asked, answers), strict=True):
            if not there:
                return Message("eval_row_lacks", {"columns": " / ".join(columns)})
        language = language_of(row, asked)
        if language is None:
            return Message("eval_row_language", {"language": row.text("language", "lang")})
        given: dict[Modality, Fetch] = {**parts, "text": partial(str, asked)}
        return Item(row.name, given, {language: answers}, row.text(*KINDS))

    return gathered(rows, item)


def ask(pipeline: Pipeline, items: tuple[Item, ...], options: Options) -> Found:
    """How many answers are one of the right ones: the same words (English) or characters (Chinese), whatever
    their case and punctuation; of a Chinese number its counter may be left out (kind “count”).

    Measures: exact, ece (expected calibration error of the answers' probabilities), exact_en, exact_zh, and
    kind_… for each kind of question that a column “kind” or “type” names.
    """
    asking = Asking(options)

    def put(item: Item, sample: Sample) -> Answer:
        (language,) = item.right
        told = None if language == script_of(sample.text or "") else language
        seen = Sample(sample.image, sample.audio, notes=sample.notes)
        return pipeline.ask(seen, sample.text or "", told, options.beams, maps=False)

    told = list(asking.each(items, put))
    right = [is_right(item, answer.answer) for item, answer in told]
    measures = [
        part_of("exact", right),
        calibration([answer.probability for _, answer in told], right, options.seed),
    ]
    groups = [(*(f"exact_{m}" for m in item.right), f"kind_{item.kind}") for item, _ in told]
    for group in sorted({group for each in groups for group in each} - {"kind_"}):
        hits = [hit for hit, each in zip(right, groups, strict=True) if group in each]
        measures.append(part_of(group, hits))
    return Found(len(told), tuple(measures), tuple(asking.skipped))


def is_right(item: Item, text: str) -> bool:
    """Whether an answer is one of those that are right."""
    return any(
        same(text, wording, language)
        for language, answers in item.right.items()
        for answer in answers
        for wording in accepted(answer, item.kind, language)
    )
