"""`python -m tests.mutants`: how many small changes to the code do the tests notice?

Draws mutants of each package by a seed, has mutmut run every test that reaches them, and prints the part
that was noticed, package by package, with the names of those that were not; `python -m mutmut show NAME`
prints one. What is mutated and which tests run says pyproject.toml, [tool.mutmut].
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name

PACKAGES = ("demo/explain", "demo/fusion", "demo/inputs", "demo/evaluation/metrics")
NOTICED = {"killed", "timeout", "segfault"}  # a test failed, or never came to its end


def mutants_of(path: Path) -> list[str]:
    """Names of all mutants of a file, as mutmut knows them."""
    mutated = mutate_file_contents(str(path), path.read_text(encoding="utf-8"), None, None)
    return [get_mutant_name(path, name) for name in mutated.mutant_names]


def drawn(package: str, size: int, seed: int) -> dict[Path, list[str]]:
    """file → the mutants of it that are in the sample; 0: all."""
    within = Path(package)
    files = sorted(within.rglob("*.py")) if within.is_dir() else [within]
    found = [(path, name) for path in files for name in mutants_of(path)]
    some = random.Random(seed).sample(found, min(size or len(found), len(found)))
    by_file: dict[Path, list[str]] = {}
    for path, name in some:
        by_file.setdefault(path, []).append(name)
    return by_file


def outcomes(sample: dict[Path, list[str]]) -> Iterator[tuple[str, str]]:
    """(name, what became of it) of each mutant, as mutmut wrote it down."""
    for path, names in sample.items():
        codes = json.loads(Path(f"mutants/{path}.meta").read_text("utf-8"))["exit_code_by_key"]
        yield from ((name, status_by_exit_code[codes[name]]) for name in names)


def main() -> None:
    """Draws, runs, counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="mutants of each; 0: all")
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--packages", nargs="+", default=PACKAGES, metavar="PATH")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    flags = parser.parse_args()
    samples = {one: drawn(one, flags.sample, flags.seed) for one in flags.packages}
    names = [name for files in samples.values() for some in files.values() for name in some]
    run = [sys.executable, "-m", "mutmut", "run", "--max-children", str(flags.jobs), *names]
    subprocess.run(run, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    for package, files in samples.items():
        found = dict(outcomes(files))
        counts = Counter(found.values())
        noticed = sum(counts[status] for status in NOTICED)
        print(
            f"{package}: {noticed} of {len(found)} noticed, {noticed / len(found):.0%}; {dict(counts)}"
        )
        for name, status in found.items():
            if status not in NOTICED:
                print(f"    {status}: {name}")


if __name__ == "__main__":
    main()
