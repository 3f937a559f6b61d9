"""`python -m demo.training.real DATA [--runs FOLDER] [--seed N]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from demo.training.real.recipe import train_real

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("data", type=Path)
parser.add_argument("--runs", type=Path, default=Path("runs/real"))
parser.add_argument("--seed", type=int, default=0)
flags = parser.parse_args()
train_real(flags.data, flags.runs, flags.seed)
