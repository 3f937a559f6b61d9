"""Memory that is free within the process goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

HELD = """
import re, sys
from demo.serving import memory

def resident_mb():
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        return int(re.search(r"VmRSS:\\s+(\\d+) kB", file.read())[1]) // 1024

if "hold" in sys.argv:
    memory.hold_little()
blocks = [bytearray(b"x" * 100_000) for _ in range(1000)]  # each too small to be mapped by itself
pinned = [bytearray(b"y" * 1000) for _ in range(100)]
full = resident_mb()
blocks[:-1] = []
if "give" in sys.argv:
    memory.give_back()
print(full, resident_mb())
"""


def held(*how: str) -> tuple[int, int]:
    """Megabytes with 100 MB in use, and after all but the last of them was let go."""
    found = subprocess.run(
        [sys.executable, "-c", HELD, *how], capture_output=True, text=True, check=True, timeout=60
    )
    full, after = map(int, found.stdout.split())
    return full, after


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_what_lies_unused_within_the_heap_goes_back() -> None:
    full, after = held("hold")
    assert after > full - 20  # a block above keeps all below it
    full, after = held("hold", "give")
    assert after < full - 80
