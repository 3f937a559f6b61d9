"""`python -m demo.evaluation.bench.search [--json]`: searching 1,000 to 100,000 items, indexing, and hubs.

Times are of random vectors, which cost as much as real ones; hubs and recall are of the picture world.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np

from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.search.collection import world_scenes
from demo.search.engines import Engine, open_engine
from demo.search.index import CORRECTIONS, Index, Item, Maker, Sense, asked
from demo.search.indexing import Indexing
from demo.search.vectors import sense_vectors
from demo.settings import add_flags, from_flags
from demo.world.language.grammar import description

SIZES = (1_000, 10_000, 100_000)
WIDTH, QUERIES, HITS = 608, 20, 12
SCENES = 400
NEAREST = 10  # of each query, by which hubs are counted
MOST_QDRANT = 10_000  # its mode without a server is not meant for more


def random_index(items: int) -> Index:
    """Unit vectors of one sense, as wide as those of photos."""
    vectors = np.random.default_rng(0).normal(size=(items, WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sense = Sense(vectors, np.arange(items))
    named = tuple(Item(str(i), ("image",)) for i in range(items))
    return Index("", Maker("", "", vectors[:1]), named, {"image": sense})


def search_ms(index: Index, engine: Engine) -> float:
    """Median time of finding the nearest."""
    times = []
    for query in np.random.default_rng(1).normal(size=(QUERIES, WIDTH)).astype(np.float32):
        wanted = asked(query / np.linalg.norm(query), "text", CORRECTIONS[0])
        started = time.perf_counter()
        engine.nearest("image", wanted, HITS)
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times))


def searching() -> dict[str, float]:
    """Engine and size → milliseconds."""
    found = {}
    for size in SIZES:
        index = random_index(size)
        for where in ("exact", ":memory:") if size <= MOST_QDRANT else ("exact",):
            engine = open_engine(index, where)
            found[f"{where} {size:,} items"] = search_ms(index, engine)
            engine.close()
    return found


def hubs(pipeline: Pipeline, seed: int = 1) -> dict[str, dict[str, float]]:
    """Correction → how often a description finds its scene first and among ten, and how unevenly scenes are
    found: the skewness of how often each is among the ten nearest (Radovanović et al. 2010, eq. 1)."""
    work = Indexing(pipeline, f"world:{seed}:{SCENES}")
    for _ in work.work():
        pass
    index = work.result().index
    work.close()
    texts = [description(scene, "en") for scene in world_scenes(seed, SCENES)]
    queries = np.stack([sense_vectors(work.reader, Sample(text=text))["text"] for text in texts])
    found = {"indexing": {"items_per_second": SCENES / work.seconds}}
    for correction in CORRECTIONS:
        scores = asked(queries, "text", correction) @ index.senses["image"].augmented.T
        order = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        right = order == np.arange(SCENES)[:, None]
        times = np.bincount(order.ravel(), minlength=SCENES).astype(float)
        skew = float((((times - times.mean()) / times.std()) ** 3).mean())
        found[correction] = {
            "recall_1": float(right[:, 0].mean()),
            "recall_10": float(right.any(axis=1).mean()),
            "skewness": skew,
        }
    return found


def main(argv: list[str] | None = None) -> int:
    """Print everything."""
    parser = argparse.ArgumentParser(prog="python -m demo.evaluation.bench.search")
    parser.add_argument("--json", action="store_true")
    add_flags(parser, ("preset", "device", "threads"))
    flags = parser.parse_args(argv)
    times, world = searching(), hubs(open_pipeline(from_flags(flags, {})))
    if flags.json:
        print(json.dumps({"search_ms": times, "world": world}))
        return 0
    for name, value in times.items():
        print(f"{name:28} {value:8.2f} ms")
    for name, values in world.items():
        print(f"{name:28} " + "  ".join(f"{k} {v:.3f}" for k, v in values.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
