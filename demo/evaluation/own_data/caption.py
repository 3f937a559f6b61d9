"""Task “caption” on one's own pictures or sounds, of each of which several captions may be right."""

from __future__ import annotations

from demo.consensus import LONGEST, tokens
from demo.errors import LANGUAGES
from demo.evaluation.metrics.captions import bleu_counts, bleu_of, cider_d
from demo.evaluation.metrics.intervals import Measure, bootstrapped, mean_of
from demo.evaluation.own_data.pictured import COLUMNS, described
from demo.evaluation.own_data.run import Asking, Found, Item, Options
from demo.pipeline import Pipeline
from demo.schema import Caption, Sample

__all__ = ["COLUMNS", "caption", "described"]


def caption(pipeline: Pipeline, items: tuple[Item, ...], options: Options) -> Found:
    """BLEU (0..1) and CIDEr-D (0..10) of the corpus, in each language that captions are right in.

    Measures: bleu_1_en .. bleu_4_en, cider_en, and the same with zh; see metrics/captions.py. How rare an
    n-gram is, is counted over the captions of these very pictures, so CIDEr-D of a few of them is rough.
    """
    asking = Asking(options)

    def ask(item: Item, sample: Sample) -> dict[str, Caption]:
        return pipeline.captions(sample, list(item.right), options.beams, maps=False)

    written = list(asking.each(items, ask))
    measures: list[Measure] = []
    for language in LANGUAGES:
        mine = [(item, said[language]) for item, said in written if language in said]
        if mine:
            texts = [one.caption for _, one in mine]
            measures += scored(texts, [item.right[language] for item, _ in mine], language, options)
    return Found(len(written), tuple(measures), tuple(asking.skipped))


def scored(
    texts: list[str], references: list[tuple[str, ...]], language: str, options: Options
) -> list[Measure]:
    """Every measure of these captions, with intervals over pictures."""
    said = [tokens(text, language) for text in texts]
    right = [[tokens(text, language) for text in each] for each in references]
    counts, seed = bleu_counts(said, right), options.seed
    bleu = [
        bootstrapped(
            f"bleu_{n}_{language}",
            lambda drawn, n=n: bleu_of(counts[drawn])[n - 1],  # type: ignore[misc]
            len(texts),
            seed,
        )
        for n in range(1, LONGEST + 1)
    ]
    return [*bleu, mean_of(f"cider_{language}", cider_d(said, right), seed)]
