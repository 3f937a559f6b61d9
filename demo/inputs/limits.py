"""How much one file of a stranger may cost, and how a decoding worker is held to it.

The kernel ends a worker that needs more processor time (Linux, macOS) and denies it memory (Linux);
everywhere, Windows included, the process that asked ends it by the clock (workers.py).
"""

from __future__ import annotations

import re
import sys

# Processor time of a worker, over all its threads, in seconds; by the clock it may take half a second more,
# waiting for a free worker included.
COSTS = {"picture": 4, "sound": 4, "video": 30}
GRACE = 0.5  # s
MEMORY = 512 * 1024**2  # bytes that decoding one file may add to a worker


def limit_memory() -> None:
    """From now on this process may have MEMORY more than it has; then its allocations fail."""
    if sys.platform == "linux":
        import resource

        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            now = re.search(r"VmData:\s+(\d+) kB", file.read())
        most = (int(now[1]) * 1024 if now else 0) + MEMORY
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def limit_time(seconds: int) -> None:
    """From now on this process may use so many more; then the kernel ends it."""
    if sys.platform != "win32":
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = int(usage.ru_utime + usage.ru_stime) + seconds + 1
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
