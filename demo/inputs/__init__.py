"""Bytes from a stranger become a Sample we trust, or one clear sentence.

Each modality has its file; this one only puts a sample together. Knows nothing about models or
pages.
"""

from __future__ import annotations

from demo.errors import Message, UserError
from demo.inputs.audio import Sound, read_audio
from demo.inputs.image import Picture, read_image
from demo.inputs.spectrum import spectrogram
from demo.inputs.text import clean_text, parse_labels, text_notes
from demo.inputs.upload import MAX_UPLOAD_MB, Source
from demo.inputs.video import is_video, read_still
from demo.schema import Sample

__all__ = [
    "Picture",
    "Sound",
    "Source",
    "clean_text",
    "parse_labels",
    "read_audio",
    "read_image",
    "read_sample",
    "spectrogram",
    "text_notes",
]


def read_sample(
    image: Source | None = None,
    audio: Source | None = None,
    text: str | None = None,
    max_upload_mb: int = MAX_UPLOAD_MB,
) -> Sample:
    """Whatever a person gave, decoded; image and audio are paths or the bytes of a file.

    Of a video as the picture one frame is used, and its sound where no other is given; a note says so.

    Text without anything visible counts as not given.

    Raises:
        UserError: sample_empty when nothing is given, else what read_image, read_audio or
            clean_text refuse; of a video, what read_video does.
    """
    words = clean_text(text) if text is not None else ""
    sound = read_audio(audio, max_upload_mb) if audio is not None else None
    picture = None
    if image is not None and is_video(image):
        still = read_still(image, max_upload_mb, sound=sound is None)
        picture = Picture(still.pixels, still.notes)
        sound = Sound(still.sound) if still.sound else sound
    elif image is not None:
        picture = read_image(image, max_upload_mb)
    if picture is None and sound is None and not words:
        raise UserError("sample_empty")
    seen: tuple[Message, ...] = picture.notes if picture else ()
    heard: tuple[Message, ...] = sound.notes if sound else ()
    return Sample(
        image=picture.pixels if picture else None,
        audio=sound.waveform if sound else None,
        text=words or None,
        notes=(*seen, *heard, *text_notes(text)),
    )
