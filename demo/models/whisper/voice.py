"""Whether anybody speaks or sings in a sound, by the sound trunk's kinds of voices. Whisper by itself takes
rain for thanks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from demo.models.pocket.trunks.sounds import SoundTrunk

VOICES = (  # AudioSet's names
    "Speech",
    "Child speech, kid speaking",
    "Conversation",
    "Narration, monologue",
    "Babbling",
    "Speech synthesizer",
    "Shout",
    "Yell",
    "Whispering",
    "Singing",
    "Rapping",
    "Chant",
)


class VoiceDetector:
    """classes: the trunk's, in order."""

    def __init__(self, trunk: SoundTrunk, classes: Sequence[str]) -> None:
        self.trunk = trunk
        self.places = [classes.index(name) for name in VOICES]

    def __call__(self, samples: np.ndarray) -> float:
        """0..1, in the second in which it is surest. samples: float32 [N]."""
        return float(self.trunk.encode(samples).over_time[:, self.places].max())
