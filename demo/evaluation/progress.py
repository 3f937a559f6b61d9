"""How a long measurement says how far it is."""

from __future__ import annotations

import sys

REPORT_EVERY_S = 5.0


def to_standard_error(line: str) -> None:
    """Progress of the command line; standard output is for the result."""
    print(line, file=sys.stderr, flush=True)
