"""What this process no longer uses goes back to the system, where glibc's allocator would keep it for later.

A request's tensors come and go in many sizes, on many threads: each thread gets a heap of its own, and a heap
gives nothing back below what is still in use. Elsewhere than on glibc nothing is done.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

HEAPS = 2  # instead of eight for every core
# Bytes from which a block is mapped by itself, and gone when it is freed: 256 KB would make a prediction half
# as slow again, 32 MB leave a server with twice the memory at work
LARGE = 4 * 1024**2
KEPT = 2 * LARGE  # free bytes at the end of a heap, until `give_back` is called
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # names of mallopt(3)


@cache
def _libc() -> ctypes.CDLL | None:
    """None: not glibc."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None


def hold_little() -> None:
    """From now on few heaps, and large blocks outside of them; called before there are threads."""
    libc = _libc()
    if libc is not None:
        libc.mallopt(_ARENA_MAX, HEAPS)
        libc.mallopt(_MMAP_THRESHOLD, LARGE)
        libc.mallopt(_TRIM_THRESHOLD, KEPT)


def give_back() -> None:
    """Give back what lies unused within the heaps."""
    libc = _libc()
    if libc is not None:
        libc.malloc_trim(0)
