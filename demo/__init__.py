"""Synesthesia 通感: see what a model makes of a picture, a sentence and a sound together.

Importing the package makes torchaudio importable beside a CPU-only torch. Its wheel links CUDA, and
transformers imports torchaudio whenever it is installed, so without this neither could be imported.
What we use of torchaudio (resampling, mel filters) is written in Python and needs no compiled part. It is
looked into when it is imported, so that `--help` need not wait for torch.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import types
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

__version__ = "0.1.0"

# OpenMP's threads sleep between two steps instead of spinning, which whoever shares the cores pays for: on
# two busy cores the picture trunk takes 46 instead of 220 ms of processor time. Read once, by torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _compiled_torchaudio_loads() -> bool:
    spec = importlib.util.find_spec("torchaudio")
    if spec is None or not spec.submodule_search_locations:
        return True  # nothing to repair: let the import itself say what is wrong
    folder = Path(spec.submodule_search_locations[0]) / "lib"
    libraries = [p for p in folder.glob("*torchaudio*") if p.suffix in {".so", ".pyd", ".dylib"}]
    if not libraries:
        return True
    import torch  # noqa: F401  # its libraries must be in the process before torchaudio's

    try:
        for library in libraries:
            ctypes.CDLL(str(library))
    except OSError:
        return False
    return True


class _StandIn(MetaPathFinder, Loader):
    """Stands in for `torchaudio._extension` when its compiled library cannot be loaded."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != "torchaudio._extension" or _compiled_torchaudio_loads():
            return None
        return ModuleSpec(name, self)

    def exec_module(self, module: types.ModuleType) -> None:
        def fail_if_no_align(function: Callable[..., object]) -> Callable[..., None]:
            """Decorator torchaudio puts on `forced_align`, which needs the compiled part."""

            def unavailable(*_: object, **__: object) -> None:
                raise RuntimeError("torchaudio's compiled part is not available on this machine")

            return unavailable

        module.__dict__.update(
            _IS_TORCHAUDIO_EXT_AVAILABLE=False,
            _IS_ALIGN_AVAILABLE=False,
            fail_if_no_align=fail_if_no_align,
            _check_cuda_version=lambda: None,
        )


sys.meta_path.insert(0, _StandIn())
