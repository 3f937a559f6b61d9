"""What was given, by its SHA-256: whoever keeps a result can tell later what it is about."""

from __future__ import annotations

import hashlib
from pathlib import Path

from demo.inputs.upload import Source


def digests(
    image: Source | None = None, audio: Source | None = None, text: str | None = None
) -> dict[str, str]:
    """Modality → hexadecimal SHA-256 of the file as it came (what `sha256sum` prints), or of the text."""
    given = {"image": image, "audio": audio, "text": text.encode() if text else None}
    return {
        name: hashlib.sha256(one if isinstance(one, bytes) else Path(one).read_bytes()).hexdigest()
        for name, one in given.items()
        if one is not None
    }
