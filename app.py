"""Start the app: `python app.py --port 7861`, or as a Hugging Face Space. `--help` lists the flags."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from demo.errors import UserError
from demo.settings import add_flags, from_flags
from demo.start import importing
from demo.ui.network import check_address
from demo.utf8 import ensure_utf8


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped: 128 and the number of the signal; 2, and one sentence, for what a person can put
    right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    add_flags(parser)
    environment = dict(os.environ)
    if "SPACE_ID" in environment:  # a Space forwards to its container's port from outside
        environment.setdefault("SYNESTHESIA_HOST", "0.0.0.0")
    try:
        settings = from_flags(parser.parse_args(arguments), environment)
        check_address(settings.host, settings.port)  # a refusal need not wait for the models' code
        with importing():
            from demo.ui.serve import serve  # after the flags, so that --help is quick

        serve(settings)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before the server takes care of it
        return 130
    return 0


if __name__ == "__main__":
    ensure_utf8()
    sys.exit(main())
