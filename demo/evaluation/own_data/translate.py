"""Task “translate”: one's own sentences, with the picture that settles what they mean where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from demo.consensus import LONGEST, tokens
from demo.data.example import Fetch, Skip
from demo.data.manifests import Row
from demo.errors import LANGUAGES, Message
from demo.evaluation.metrics.captions import bleu_counts, bleu_of
from demo.evaluation.metrics.chrf import chrf_counts, chrf_of
from demo.evaluation.metrics.intervals import Measure, bootstrapped, part_of
from demo.evaluation.metrics.text import same
from demo.evaluation.own_data.run import Asking, Found, Item, Items, Options
from demo.pipeline import Pipeline
from demo.schema import Modality, Sample, Translation
from demo.script import other_language

RIGHT = ("translation", "translations", "answer", "answers")
COLUMNS = (("text", "en"), (*RIGHT, "zh"))


def sentences(rows: Sequence[Row], options: Options) -> Items:
    """One sentence of each row with text and translation; a row with en and zh is asked about both ways, the
    first sentence of one against all of the other."""
    items, skipped = [], []
    for row in rows:
        given = _pairs(row)
        if not given:
            columns = " / ".join(("text + translation", "en + zh"))
            skipped.append(Skip(row.name, Message("eval_row_lacks", {"columns": columns})))
        seen = row.parts([m for m in options.modalities if m == "image"])
        for source, to, right in given:
            parts: dict[Modality, Fetch] = {**seen, "text": partial(str, source)}
            items.append(Item(row.name, parts, {to: right}))
    return Items(tuple(items), tuple(skipped))


def _pairs(row: Row) -> list[tuple[str, str, tuple[str, ...]]]:
    """Sentence, language to translate into, right translations."""
    source, right = row.text("text"), row.texts(*RIGHT)
    if source and right:
        return [(source, other_language(source), right)]
    each = {language: row.texts(language) for language in LANGUAGES}
    if not all(each.values()):
        return []
    ways = (LANGUAGES, LANGUAGES[::-1])
    return [(each[source][0], to, each[to]) for source, to in ways]


def translate(pipeline: Pipeline, items: tuple[Item, ...], options: Options) -> Found:
    """How like the right translations they are, for each language that is translated into.

    Measures: exact_zh (the same characters or, in English, words), bleu_zh (BLEU-4 of the corpus, compared as
    captions are), chrf_zh (chrF2 of the corpus, of the text as it is), and the same with en; all 0..1.
    """
    asking = Asking(options)

    def put(item: Item, sample: Sample) -> Translation:
        (to,) = item.right
        return pipeline.translate(sample, to, options.beams)

    told = list(asking.each(items, put))
    measures: list[Measure] = []
    for language in LANGUAGES:
        mine = [(item.right[language], t.text) for item, t in told if language in item.right]
        if mine:
            measures += _scored([t for _, t in mine], [r for r, _ in mine], language, options.seed)
    return Found(len(told), tuple(measures), tuple(asking.skipped))


def _scored(
    texts: Sequence[str], references: Sequence[tuple[str, ...]], language: str, seed: int
) -> list[Measure]:
    exact = [
        any(same(text, one, language) for one in right)
        for text, right in zip(texts, references, strict=True)
    ]
    bleu = bleu_counts(
        [tokens(text, language) for text in texts],
        [[tokens(one, language) for one in right] for right in references],
    )
    chrf = chrf_counts(texts, references)
    return [
        part_of(f"exact_{language}", exact),
        bootstrapped(
            f"bleu_{language}", lambda drawn: bleu_of(bleu[drawn])[LONGEST - 1], len(texts), seed
        ),
        bootstrapped(f"chrf_{language}", lambda drawn: chrf_of(chrf[drawn]), len(texts), seed),
    ]
