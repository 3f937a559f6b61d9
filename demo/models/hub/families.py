"""Which families of checkpoints can be opened."""

from __future__ import annotations

from demo.models.hub import clip, sentence, siglip
from demo.models.hub.opened import Family

FAMILIES: dict[str, Family] = {
    "clip": clip.FAMILY,
    "siglip": siglip.FAMILY,
    "sentence": sentence.FAMILY,
}
