"""Loads a preset in the background: fetches what is missing, opens it, and then lets it answer.

One at a time for the whole server; the old preset keeps answering meanwhile, and whenever anything fails.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Literal

from demo.errors import Message, UserError
from demo.models.loaders import find_preset
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.settings import Settings
from demo.ui.models.switch import Switchable

log = logging.getLogger("synesthesia")
Step = Literal["idle", "asking", "fetching", "opening", "done", "cancelled", "failed"]
BUSY = ("asking", "fetching", "opening")


@dataclass(frozen=True)
class State:
    """How far it is. done, total: bytes; why: of a failure."""

    step: Step = "idle"
    preset: str = ""
    done: int = 0
    total: int = 0
    why: Message | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being loaded."""
        return self.step in BUSY


class Loading:
    """The server's one loading."""

    def __init__(
        self,
        pipeline: Switchable,
        settings: Settings,
        load: Callable[[Settings], Pipeline] = open_pipeline,
    ) -> None:
        self.pipeline, self.settings, self.load = pipeline, settings, load
        self.state = State()
        self.thread: Thread | None = None
        self._cancelled = False
        self._lock = Lock()

    def start(self, preset: str) -> None:
        """Begin, unless something is being loaded already."""
        with self._lock:
            if self.state.busy:
                return
            self._cancelled = False
            self.state = State("asking", preset)
            self.thread = Thread(target=self._run, args=(preset,), daemon=True)
            self.thread.start()

    def cancel(self) -> None:
        """Stop fetching; what has been fetched stays, for the next time."""
        self._cancelled = True

    def _run(self, preset: str) -> None:
        from demo.models.hub.download import Cancelled

        try:
            self._fetch(preset)
            if self._cancelled:
                raise Cancelled
            self.state = replace(self.state, step="opening")
            self.pipeline.switch(self.load(replace(self.settings, preset=preset)))
            gc.collect()  # the old preset
            self.state = replace(self.state, step="done")
        except Cancelled:
            self.state = replace(self.state, step="cancelled")
        except UserError as error:
            self.state = replace(self.state, step="failed", why=error.message)
        except MemoryError:
            self.state = replace(self.state, step="failed", why=Message("models_no_memory"))
        except Exception:
            log.exception("a preset could not be loaded")
            self.state = replace(self.state, step="failed", why=Message("models_failed"))

    def _fetch(self, name: str) -> None:
        from demo.models.hub.download import Progress, download, from_hub, is_here

        preset = find_preset(name)
        if not any(map(from_hub, preset.checkpoints)) or is_here(preset):
            return

        def told(progress: Progress) -> None:
            step = replace(self.state, step="fetching", done=progress.done, total=progress.total)
            self.state = step

        download(preset, told, lambda: self._cancelled)
