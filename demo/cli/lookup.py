"""The verbs `index` and `search`. Knows nothing about how vectors are made or compared."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.cli.given import sample_of, settings_of
from demo.cli.output import Answer
from demo.errors import Message, UserError
from demo.schema import to_json

if TYPE_CHECKING:
    from demo.search.indexing import Indexing
    from demo.search.query import Found

REPORT_EVERY_S = 2.0
MOST_REASONS = 5  # of what was left out


def index(flags: argparse.Namespace) -> Answer:
    """Read a collection and write its index to --out."""
    settings = settings_of(flags)
    from demo.opening import open_pipeline
    from demo.search.collection import EXAMPLES, WORLD, open_collection
    from demo.search.indexing import Indexing
    from demo.search.saved import save_index

    out = Path(flags.out)
    if out.is_dir() or not out.parent.is_dir():
        raise UserError("subtitles_no_place", path=flags.out)
    made_here = flags.data.split(":")[0] in (WORLD, EXAMPLES)
    source = flags.data if made_here else str(Path(flags.data).absolute())
    with open_collection(source):  # what is wrong with it is said before the model is loaded
        pass
    work = Indexing(open_pipeline(settings), source)
    try:
        _watched(work)
        found = work.result()
    finally:
        work.close()
    save_index(found.index, out)
    value = {
        "index": str(out),
        "items": len(found.index.items),
        "senses": {m: len(sense.rows) for m, sense in found.index.senses.items()},
        "half": found.index.maker.half,
        "seconds": found.seconds,
        "skipped": len(found.skipped),
        "skipped_reasons": [
            {"name": one.name, "reason": one.reason.text(flags.language)}
            for one in found.skipped[:MOST_REASONS]
        ],
    }
    return Answer(value, _of_index(value, flags.language))


def _watched(work: Indexing) -> None:
    """Read everything, saying now and then on standard error how far it is."""
    said = time.monotonic()
    for done in work.work():
        if time.monotonic() - said > REPORT_EVERY_S:
            print(f"{done} / {work.total}", file=sys.stderr, flush=True)
            said = time.monotonic()


def _of_index(value: dict[str, Any], language: str) -> str:
    head = Message(
        "cli_indexed",
        {
            "count": value["items"],
            "seconds": value["seconds"],
            "rate": value["items"] / max(value["seconds"], 1e-3),
            "half": value["half"],
        },
    )
    lines = [head.text(language)]
    if value["skipped"]:
        lines.append(Message("cli_skipped", {"n": value["skipped"]}).text(language))
    lines += [f"  {one['name']}: {one['reason']}" for one in value["skipped_reasons"]]
    return "\n".join([*lines, Message("cli_written", {"path": value["index"]}).text(language)])


def search(flags: argparse.Namespace) -> Answer:
    """The hits of a query; --why N explains one of them."""
    settings, sample = settings_of(flags), sample_of(flags)
    from demo.opening import open_pipeline
    from demo.search.closer import Originals, needs_reranker, search_closer
    from demo.search.engines import open_engine
    from demo.search.query import Query, reader_for, weights_of, with_words
    from demo.search.query import search as find
    from demo.search.saved import open_index

    opened = open_index(Path(flags.index))
    pipeline = open_pipeline(settings)
    reader = reader_for(pipeline, opened)
    query = with_words(pipeline, Query(sample, weights_of(flags.weights), flags.count, flags.hubs))
    with _closing(open_engine(opened, flags.where)) as engine:
        if flags.closer:
            needs_reranker(pipeline)
            found = search_closer(reader, opened, engine, query, Originals(opened.source))
        else:
            found = find(reader, opened, engine, query)
    value, text = to_json(found, flags.language), _of_found(found, flags.language)
    if flags.why:
        from demo.cli.maps import make_folder
        from demo.search.why import original, why

        if flags.why > len(found.hits):
            raise UserError("search_count", most=len(found.hits))
        hit = found.hits[flags.why - 1]
        because = hit.because[0]
        shown = why(
            reader, query.sample, because.query, original(opened.source, hit.name), because.sense
        )
        value["why"] = to_json({"query": shown.query, "hit": shown.hit, "cosine": shown.cosine})
        if flags.out:
            text += _drawn(shown, query.sample, make_folder(flags.out), flags.language)
    return Answer(value, text)


def _drawn(shown: Any, query: Any, folder: Path, language: str) -> str:
    """Both maps as PNGs. → a line that says where."""
    from demo.render.modalities import finished

    finished(query, shown.query, language).save(folder / "query.png")
    finished(shown.original, shown.hit, language).save(folder / "hit.png")
    return "\n" + Message("cli_written", {"path": str(folder)}).text(language)


@contextmanager
def _closing(engine: Any) -> Iterator[Any]:
    try:
        yield engine
    finally:
        engine.close()


def _of_found(found: Found, language: str) -> str:
    lines = []
    for rank, hit in enumerate(found.hits, start=1):
        because = "; ".join(
            Message(
                "cli_because",
                {
                    "query": Message(f"cli_{one.query}").text(language),
                    "sense": Message(f"cli_{one.sense}").text(language),
                    "cosine": one.cosine,
                },
            ).text(language)
            for one in hit.because
        )
        values = {"rank": rank, "name": hit.name, "score": hit.score, "because": because}
        lines.append(Message("cli_hit", values).text(language))
    values = {
        "of": found.of,
        "ms": found.milliseconds,
        "engine": found.engine,
        "correction": found.correction,
    }
    lines += [Message("cli_searched", values).text(language)]
    return "\n".join([*lines, *(note.text(language) for note in found.notes)])
