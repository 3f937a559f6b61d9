"""A sound inside its own address: it plays in the page, and nobody else can fetch it."""

from __future__ import annotations

import base64
import io

import soundfile

from demo.schema import SAMPLE_RATE, Waveform


def sound_uri(sound: Waveform) -> str:
    """The sound as the data URI of a WAV file, 16 bits per sample."""
    buffer = io.BytesIO()
    soundfile.write(buffer, sound.samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return f"data:audio/wav;base64,{base64.b64encode(buffer.getvalue()).decode()}"
