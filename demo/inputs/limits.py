"""How much one file of a stranger may cost, and how a decoding worker is held to it.

The kernel ends a worker that needs more processor time (Linux, macOS) and denies it memory (Linux);
everywhere, Windows included, the process that asked ends it by the clock (workers.py).
"""

from __future__ import annotations

import re
import sys

SECONDS = 4.5  # by the clock, waiting for a free worker included
CPU_SECONDS = 4  # of a worker, over all its threads
MEMORY = 512 * 1024**2  # bytes that decoding one file may add to a worker


def limit_memory() -> None:
    """From now on this process may have MEMORY more than it has; then its allocations fail."""
    if sys.platform == "linux":
        import resource

        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            now = re.search(r"VmData:\s+(\d+) kB", file.read())
        most = (int(now[1]) * 1024 if now else 0) + MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def limit_time() -> None:
    """From now on this process may use CPU_SECONDS more; then the kernel ends it."""
    if sys.platform != "win32":
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = int(usage.ru_utime + usage.ru_stime) + CPU_SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
