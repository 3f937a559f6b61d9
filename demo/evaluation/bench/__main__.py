"""`python -m demo.evaluation.bench [--json]`: how long a request takes, and how much of that is the model."""

import sys

from demo.evaluation.bench.suite import main

if __name__ == "__main__":
    sys.exit(main())
