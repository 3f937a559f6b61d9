"""Synesthesia 通感: see what a model makes of a picture, a sentence and a sound together.

Importing the package makes torchaudio importable beside a CPU-only torch. Its wheel links CUDA, and
transformers imports torchaudio whenever it is installed, so without this neither could be imported.
What we use of torchaudio (resampling, mel filters) is written in Python and needs no compiled part.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import types
from collections.abc import Callable
from pathlib import Path

__version__ = "0.1.0"


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


def _make_torchaudio_importable() -> None:
    """Stand in for `torchaudio._extension` when its compiled library cannot be loaded."""
    if "torchaudio" in sys.modules or _compiled_torchaudio_loads():
        return
    stand_in = types.ModuleType("torchaudio._extension")

    def fail_if_no_align(function: Callable[..., object]) -> Callable[..., None]:
        """Decorator torchaudio puts on `forced_align`, which needs the compiled part."""

        def unavailable(*_: object, **__: object) -> None:
            raise RuntimeError("torchaudio's compiled part is not available on this machine")

        return unavailable

    stand_in.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=fail_if_no_align,
        _check_cuda_version=lambda: None,
    )
    sys.modules["torchaudio._extension"] = stand_in


_make_torchaudio_importable()
