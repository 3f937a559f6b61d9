"""`python -m tests.mutants`: how many small changes to the code do the tests notice?

Draws mutants of each package by a seed, has mutmut run every test that reaches them, package by package, and
prints the part that was noticed, with the names of those that were not; `python -m mutmut show NAME` prints
one. What is mutated and which tests run says pyproject.toml, [tool.mutmut].

A run can be cut off (Ctrl+C, or --minutes) and called again: what was tried stays tried for as long as its
function is as it was, and every verdict is appended to a file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import get_mutant_name

PACKAGES = ("demo/explain", "demo/fusion", "demo/inputs", "demo/evaluation/metrics")
NOTICED = {"killed", "timeout", "segfault"}  # a test failed, or never came to its end
UNTRIED = "not checked"
LAST_WORDS_S = 60  # that mutmut may take to end once it is told to


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


def outcomes(sample: dict[Path, list[str]]) -> dict[str, str]:
    """name → what became of it, as mutmut wrote it down; of a file changed since nothing is known."""
    found = {}
    for path, names in sample.items():
        written = Path(f"mutants/{path}.meta")
        known = written.exists() and written.stat().st_mtime > path.stat().st_mtime
        codes = json.loads(written.read_text("utf-8"))["exit_code_by_key"] if known else {}
        found.update({name: status_by_exit_code[codes.get(name)] for name in names})
    return found


def refresh(copies: Path = Path("mutants/demo")) -> None:
    """Brings up to date what mutmut copies only once: code that is gone, and files that are no code."""
    for copy in [path for path in copies.rglob("*") if path.is_file()]:
        original = copy.relative_to(copies.parent)
        if copy.suffix == ".py":
            if not original.exists():
                copy.unlink()
        elif original.exists() and copy.read_bytes() != original.read_bytes():
            shutil.copy2(original, copy)


def tried(names: Sequence[str], jobs: int, seconds: float | None) -> bool:
    """Has mutmut try them; what it has done by the end is written down. False if it was cut off before."""
    run = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *names]
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    mutmut = subprocess.Popen(run, env=alone, start_new_session=True)
    try:
        if mutmut.wait(seconds):
            raise SystemExit(mutmut.returncode)
        return True
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        mutmut.send_signal(signal.SIGINT)
    try:
        mutmut.wait(LAST_WORDS_S)
    except subprocess.TimeoutExpired:
        os.killpg(mutmut.pid, signal.SIGKILL)
        mutmut.wait()
    return False


def appended(out: Path, package: str, seed: int, found: dict[str, str]) -> None:
    """One JSON line for each verdict."""
    out.parent.mkdir(parents=True, exist_ok=True)
    at = datetime.now().isoformat(timespec="seconds")
    with out.open("a", encoding="utf-8") as lines:
        for name, status in found.items():
            row = {"at": at, "package": package, "seed": seed, "mutant": name, "status": status}
            lines.write(json.dumps(row) + "\n")


def summary(package: str, found: dict[str, str]) -> str:
    """How many of those that were tried were noticed, and which were not."""
    known = {name: status for name, status in found.items() if status != UNTRIED}
    counts = Counter(known.values())
    noticed = sum(counts[status] for status in NOTICED)
    share = f", {noticed / len(known):.0%}" if known else ""
    left = f"; {len(found) - len(known)} not tried yet" if len(known) < len(found) else ""
    missed = [f"    {status}: {n}" for n, status in known.items() if status not in NOTICED]
    told = f"{package}: {noticed} of {len(known)} noticed{share}{left}; {dict(counts)}"
    return "\n".join([told, *missed])


def main() -> None:
    """Draws, runs, counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=60, help="mutants of each; 0: all")
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--packages", nargs="+", default=PACKAGES, metavar="PATH")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--minutes", type=float, help="stop after so many")
    parser.add_argument("--again", action="store_true", help="try once more what went unnoticed")
    parser.add_argument("--out", type=Path, default=Path("runs/mutants.jsonl"))
    flags = parser.parse_args()
    ends = time.monotonic() + 60 * flags.minutes if flags.minutes else None
    going, told = True, []
    refresh()
    for package in flags.packages:
        sample = drawn(package, flags.sample, flags.seed)
        before = outcomes(sample)
        again = {s for s in before.values() if s not in NOTICED} if flags.again else {UNTRIED}
        names = [name for name, status in before.items() if status in again]
        if names and going:
            left = None if ends is None else max(ends - time.monotonic(), 0)
            going = tried(names, flags.jobs, left)
        found = outcomes(sample)
        new = {name: found[name] for name in names if found[name] != UNTRIED}
        appended(flags.out, package, flags.seed, new)
        told.append(summary(package, found))
    print("\n".join(told))


if __name__ == "__main__":
    main()
