"""A recogniser that is opened when somebody first speaks: it takes seconds and 0.6 GiB.

Is given how it is opened; knows nothing about files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
import torch

from demo.errors import Message, UserError
from demo.models.transcriber import SpokenPiece
from demo.models.whisper.recogniser import LEAST_VOICE, SpeechRecogniser
from demo.models.whisper.voice import VoiceDetector
from demo.schema import Waveform


class OnDemand:
    """A Transcriber. open_voice: what tells voices from other sounds, small and quick; find: raises UserError
    where there is nothing to open."""

    def __init__(
        self,
        open_recogniser: Callable[[VoiceDetector], SpeechRecogniser],
        open_voice: Callable[[], VoiceDetector],
        find: Callable[[], object],
        device: torch.device,
    ) -> None:
        self._open, self._find, self._device = open_recogniser, find, device
        self._open_voice = open_voice
        self._voice: VoiceDetector | None = None
        self._recogniser: SpeechRecogniser | None = None
        self._failed: Message | None = None
        self._lock = Lock()

    @property
    def missing(self) -> Message | None:
        """See Transcriber. What is installed while the page runs is found; what was damaged stays so."""
        if self._recogniser is not None:
            return None
        if self._failed is not None:
            return self._failed
        try:
            self._find()
        except UserError as error:
            return error.message
        return None

    @property
    def opened(self) -> bool:
        """See Transcriber."""
        return self._recogniser is not None

    def detector(self) -> VoiceDetector:
        """Opened once."""
        with self._lock:
            if self._voice is None:
                self._voice = self._open_voice()
            return self._voice

    def recogniser(self) -> SpeechRecogniser:
        """Opened once, whoever asks first; the others wait.

        Raises:
            UserError: it is not installed, or damaged.
        """
        voice = self.detector()
        with self._lock:
            if self._failed is not None:
                raise UserError(self._failed.key, **self._failed.values)
            if self._recogniser is None:
                self._find()
                try:
                    recogniser = self._open(voice)
                except UserError as error:
                    self._failed = error.message
                    raise
                recogniser.model.to(self._device)  # type: ignore[arg-type]  # wrapped by transformers
                self._recogniser = recogniser
            return self._recogniser

    def transcribe(
        self, sound: Waveform, languages: Sequence[str], beams: int = 1
    ) -> list[SpokenPiece]:
        """See Transcriber. Rain does not open the recogniser."""
        if not self.opened:
            self._find()
            if self.voice(sound) < LEAST_VOICE:
                return []
        return self.recogniser().transcribe(sound, languages, beams)

    def voice(self, sound: Waveform) -> float:
        """See Transcriber."""
        return self.detector()(sound.samples)

    def languages(self, sound: Waveform, among: Sequence[str]) -> dict[str, float]:
        """See Transcriber."""
        return self.recogniser().languages(sound, among)

    def word_scores(
        self, sound: Waveform, piece: SpokenPiece, word: int, kept: np.ndarray
    ) -> np.ndarray:
        """See Transcriber."""
        return self.recogniser().word_scores(sound, piece, word, kept)
