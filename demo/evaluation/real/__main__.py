"""The command; prints one line per number, or one JSON object."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from demo.errors import UserError
from demo.evaluation.real.doubts import doubts
from demo.evaluation.real.familiar import familiar
from demo.evaluation.real.listening import listening
from demo.evaluation.real.percentiles import percentiles
from demo.evaluation.real.photos import photos
from demo.evaluation.real.search import search
from demo.evaluation.real.sounds import sounds
from demo.evaluation.real.speech import speech
from demo.evaluation.real.unsaid import unsaid
from demo.schema import to_json

PARTS: dict[str, Callable[[Path], Any]] = {
    "photos": photos,
    "sounds": sounds,
    "search": search,
    "familiar": familiar,
    "doubts": doubts,
    "unsaid": unsaid,
    "percentiles": percentiles,
    "speech": speech,
    "listening": listening,
}


def lines(value: Any, name: str) -> Iterator[str]:
    """`part.field.key: number`, one a line."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from lines(inner, f"{name}.{key}")
    elif isinstance(value, list):
        yield f"{name}: {len(value)} ({', '.join(map(str, value))})"
    else:
        yield f"{name}: {value}"


def main() -> None:
    """Measures the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m demo.evaluation.real", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder with all data sets")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    flags = parser.parse_args()
    try:
        found = {part: to_json(PARTS[part](flags.data), digits=4) for part in flags.only}
    except UserError as error:
        parser.exit(2, f"{error}\n")
    if flags.json:
        json.dump(found, sys.stdout, ensure_ascii=False)
        return
    for part, measured in found.items():
        print("\n".join(lines(measured, part)))


if __name__ == "__main__":
    main()
