"""Task “retrieve”: find one's own pictures (or sounds) by their captions, and the captions by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from demo.errors import LANGUAGES
from demo.evaluation.metrics.intervals import Measure, bootstrapped, mean_of, part_of
from demo.evaluation.own_data.closer import NEAREST, Looks
from demo.evaluation.own_data.pictured import COLUMNS, described
from demo.evaluation.own_data.run import Asking, Found, Item, Options
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.search.closer import needs_reranker
from demo.search.vectors import needs_matching, sense_vectors

__all__ = ["COLUMNS", "described", "retrieve"]

_ROWS = 512  # captions compared at once


@dataclass(frozen=True)
class Caption(Item):
    """owner: place of the picture that it is right of."""

    owner: int = 0


def retrieve(pipeline: Pipeline, items: tuple[Item, ...], options: Options) -> Found:
    """Each caption looks for its picture among all that could be read, each picture for any of its captions
    among all of that language. A tie counts against the model.

    With options.closer, text_to_image_en_closer_1, _5, _10 as well (see closer.py).

    Measures: text_to_image_en_1, _5, _10 (recall: how often it is among the nearest so many), and
    text_to_image_en_median_rank (1 is the nearest); the same with image_to_text and with zh; audio stands in
    the names where sounds are looked for. Where a column “grade” says how well a caption fits (one picture a
    row, 0: not at all), text_to_image_en_ndcg_10 counts those that fit less, too.

    Raises:
        UserError: role_missing_task, search_closer_cannot.
    """
    needs_matching(pipeline)
    if options.closer:
        needs_reranker(pipeline)
    asking = Asking(options)
    readers: list[Pipeline] = []  # of the first picture, and then of everything: one space for all

    looks = Looks(options.closer)

    def place(_: Item, sample: Sample) -> np.ndarray:
        if not readers:
            readers.append(pipeline.reader(sample))
        vector = next(iter(sense_vectors(readers[0], sample).values()))  # as in a search
        looks.remember(readers[0], sample)
        return vector

    placed = list(asking.each(items, place))
    if not placed:
        return Found(0, (), tuple(asking.skipped))
    things = np.stack([vector for _, vector in placed])
    kind = "image" if all("image" in item.parts for item, _ in placed) else "audio"
    measures: list[Measure] = []
    for language in LANGUAGES:
        captions = [
            Caption(text, {"text": partial(str, text)}, {}, owner=i)
            for i, (item, _) in enumerate(placed)
            for text in item.right.get(language, ())
        ]
        options.report(f"{language}: {len(captions)}")
        read = list(asking.each(captions, place))
        if read:
            texts = np.stack([vector for _, vector in read])
            owner = np.array([caption.owner for caption, _ in read])
            measures += both_ways(things, texts, owner, kind, language, options.seed)
            if looks.remembered:
                said = [caption.name for caption, _ in read]
                measures += looks.measures(things, said, texts, owner, language, options.report)
            if any(item.grades for item, _ in placed):
                said = [caption.name for caption, _ in read]
                grades = [item.grades for item, _ in placed]
                name = f"text_to_{kind}_{language}_ndcg_10"
                gains = ndcg(things, texts, said, grades)
                measures.append(mean_of(name, gains, options.seed))
    return Found(len(placed), tuple(measures), tuple(asking.skipped))


def both_ways(
    things: np.ndarray, texts: np.ndarray, owner: np.ndarray, kind: str, language: str, seed: int
) -> list[Measure]:
    """Recall and median rank. things: [N, D]; texts: [T, D]; owner: int [T], whose caption each is."""
    ways = {
        f"text_to_{kind}_{language}": ranks_of_things(things, texts, owner),
        f"{kind}_to_text_{language}": ranks_of_texts(things, texts, owner),
    }
    measures = []
    for name, ranks in ways.items():
        measures += [part_of(f"{name}_{k}", ranks < k) for k in NEAREST]
        measures.append(median_rank(name, ranks, seed))
    return measures


def ndcg(
    things: np.ndarray,
    texts: np.ndarray,
    said: Sequence[str],
    grades: Sequence[Mapping[str, float]],
    most: int = 10,
) -> np.ndarray:
    """Of each different text, the discounted gain of the nearest things over that of the best order, 0..1:
    Σ (2^grade − 1) / log₂(1 + rank) (Burges et al. 2005). grades: of each thing, text → grade. → [texts].
    """
    found = []
    for text in dict.fromkeys(said):
        gain = np.array([2.0 ** each.get(text, 0.0) - 1 for each in grades])
        order = np.lexsort((gain, -(things @ texts[said.index(text)])))  # of a tie, the worse first
        discount = 1 / np.log2(np.arange(2, 2 + min(most, len(gain))))
        best = np.sort(gain)[::-1][: len(discount)] @ discount
        if best > 0:
            found.append(gain[order][: len(discount)] @ discount / best)
    return np.array(found)


def median_rank(name: str, ranks: np.ndarray, seed: int) -> Measure:
    """Counted from 1."""

    def median(drawn: np.ndarray) -> float:
        return float(np.median(ranks[drawn])) + 1

    return bootstrapped(f"{name}_median_rank", median, len(ranks), seed)


def ranks_of_things(things: np.ndarray, texts: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Of each caption, how many pictures of others are at least as near as its own. → int [T]."""
    found = []
    for start in range(0, len(texts), _ROWS):
        mine = owner[start : start + _ROWS]
        likeness = texts[start : start + _ROWS] @ things.T
        right = likeness[np.arange(len(mine)), mine, None]
        found.append((likeness >= right).sum(axis=1) - 1)
    return np.concatenate(found)


def ranks_of_texts(things: np.ndarray, texts: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Of each picture that has a caption, how many captions of others are at least as near as the nearest of
    its own. → int [pictures]."""
    found = []
    for i in np.unique(owner):
        likeness, mine = texts @ things[i], owner == i
        found.append(int((likeness[~mine] >= likeness[mine].max()).sum()))
    return np.array(found)
