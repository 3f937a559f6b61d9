"""What a person is told beside an answer when not all of the input could be read."""

from __future__ import annotations

from collections.abc import Mapping

from demo.errors import Message
from demo.models.mentions import mentions
from demo.schema import Encoding, Modality, Sample

LEAST_UNHEARD_S = 0.5  # what is less need not be told
MOST_UNSEEN_PERCENT = (
    95  # of a picture that was read; beyond, an edge is left out that nobody would miss
)
WHOLE = (0.0, 0.0, 1.0, 1.0)  # of a picture


def unread(sample: Sample, encodings: Mapping[Modality, Encoding]) -> list[Message]:
    """A note when the model could read only the middle of a long picture, or the beginning of a sound or
    text."""
    notes = []
    box = encodings["image"].grid.box if "image" in encodings else None
    if box is not None and box != WHOLE:
        left, top, right, bottom = (min(1.0, max(0.0, edge)) for edge in box)
        percent = round(100 * (right - left) * (bottom - top))
        if percent < MOST_UNSEEN_PERCENT:
            notes.append(Message("picture_middle_read", {"percent": percent}))
    if "audio" in encodings:
        notes += unheard_end(sample, encodings["audio"], "sound_beginning_read")
    cut = encodings["text"].cut if "text" in encodings else None
    if cut is not None:
        notes.append(Message("text_beginning_read", {"characters": cut}))
    return notes


def unheard_end(sample: Sample, encoding: Encoding, key: str) -> list[Message]:
    """A note of this name when the end of the sound was not heard."""
    edges = encoding.grid.frame_edges_s
    if sample.audio is None or not edges:
        return []
    if edges[-1] > sample.audio.seconds - LEAST_UNHEARD_S:
        return []
    return [Message(key, {"seconds": f"{edges[-1]:.0f}"})]


def only_denied(sample: Sample) -> list[Message]:
    """A note where a sentence says of things only that they are not there: what is left among labels is left
    by elimination, and of two labels one is."""
    named = mentions(sample.text or "")
    if not named or not all(one.negated for one in named):
        return []
    words = dict.fromkeys((sample.text or "")[one.start : one.end] for one in named)
    return [Message("text_only_denies", {"things": ", ".join(words)})]


def unheard(sample: Sample, encodings: Mapping[Modality, Encoding]) -> list[Message]:
    """A note for each modality that was given and that no encoder of the preset reads."""
    return [Message(f"unread_{m}") for m in sample.modalities if m not in encodings]
