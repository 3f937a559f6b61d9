"""`python -m demo <verb>`: the command line.

Exit status 0: answered; 2: something a person can put right, said in one line on standard error;
130: interrupted. What the verbs do is in demo/cli; this file only starts and ends them.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence

from demo.cli.flags import parse
from demo.cli.output import emit, fail
from demo.errors import UserError
from demo.utf8 import ensure_utf8

OK, FAILED, INTERRUPTED = 0, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb. → the exit status (wrong flags raise SystemExit(2), as argparse does)."""
    flags = parse(argv)
    try:
        from demo.cli.verbs import VERBS  # here, so that --help need not wait for the models

        # A library that prints must not spoil the one JSON object.
        with contextlib.redirect_stdout(sys.stderr) if flags.json else contextlib.nullcontext():
            answer = VERBS[flags.verb](flags)
        return emit(answer, flags)
    except UserError as error:
        return fail(error, flags.language)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough: `| head`
        return FAILED


if __name__ == "__main__":
    ensure_utf8()
    sys.exit(main())
