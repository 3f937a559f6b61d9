"""Whether a server answers: true only when a prediction has just worked, which a running process need not."""

from __future__ import annotations

import logging
import time
from threading import Lock

import numpy as np

from demo import stopping
from demo.errors import UserError
from demo.pipeline import Pipeline
from demo.schema import Sample

log = logging.getLogger("synesthesia")
SECONDS = 10  # that the prediction may take
FRESH = 5.0  # seconds for which an answer holds, lest asking become work
LABELS = ("dog", "cat")


class Health:
    """Asks the pipeline about noise that it has never seen; one at a time, and not again at once."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._lock = Lock()
        self._asked = -FRESH
        self._well = False
        self._chance = np.random.default_rng()

    def well(self) -> bool:
        """Whether a prediction works."""
        with self._lock:
            if time.monotonic() - self._asked >= FRESH:
                self._well = self._predicts()
                self._asked = time.monotonic()
            return self._well

    def _predicts(self) -> bool:
        noise = self._chance.integers(0, 255, (32, 32, 3), dtype=np.uint8)
        try:
            with stopping.within(SECONDS, SECONDS, lambda: False):
                known = self.pipeline.known_labels() or list(LABELS)
                found = self.pipeline.predict(Sample(noise, text="a dog"), known[:2])
            return bool(np.isclose(sum(found.fused.values()), 1.0, atol=1e-3))
        except UserError as error:
            log.warning("not well: %s", error)
        except Exception:
            log.exception("not well")
        return False
