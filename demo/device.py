"""Where tensors live: cuda, mps or cpu."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Event, Thread

import torch
from torch import Tensor

from demo.errors import UserError


def choose_device(wanted: str = "auto") -> torch.device:
    """`auto` takes the fastest that is there.

    Raises:
        UserError: the wanted device is not on this machine, or is no device.
    """
    found = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return torch.device(next(name for name, there in found.items() if there))
    if not found.get(wanted, False):
        there = ", ".join(name for name, here in found.items() if here)
        raise UserError("device_missing", device=wanted, available=there)
    return torch.device(wanted)


def in_parts(run: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    """run(batch), in ever smaller parts where the memory of the device does not hold the whole. [B, ...].

    Raises:
        torch.OutOfMemoryError: it does not even hold one.
    """
    try:
        return run(batch)
    except torch.OutOfMemoryError:
        if len(batch) < 2:
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return torch.cat([in_parts(run, part) for part in batch.split(-(-len(batch) // 2))])


def use_threads(count: int) -> None:
    """Limit the CPU threads of the model; 0 takes what OMP_NUM_THREADS says, or else all cores
    this process may use."""
    if not count and "OMP_NUM_THREADS" in os.environ:
        return  # torch has read it
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    torch.set_num_threads(min(count or cores, cores))


def start_thread(work: Callable[[], None], name: str, cores: int) -> None:
    """A daemon that computes on so many cores (0: all), while every other thread keeps those it has."""
    ready, every = Event(), torch.get_num_threads()

    def begin() -> None:
        torch.set_num_threads(cores or every)
        torch.get_num_threads()  # a thread that never asked would take over what is set below
        ready.set()
        work()

    Thread(target=begin, name=name, daemon=True).start()
    ready.wait()
    torch.set_num_threads(every)  # what threads that begin later find


def memory_gb() -> float | None:
    """Memory for models, in GB: the GPU's where there is one, else the machine's; None: nobody can tell."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_properties(0).total_memory / 1e9
    if not hasattr(os, "sysconf"):  # Windows
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def describe(device: torch.device) -> str:
    """The device in words: “cpu” or “cuda (NVIDIA H100)”."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return device.type
