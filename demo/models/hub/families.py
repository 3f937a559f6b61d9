"""Which families of checkpoints can be opened."""

from __future__ import annotations

from demo.models.hub import (
    blip,
    clap,
    clip,
    embedding_gemma,
    gemma,
    marian,
    roberta,
    sentence,
    siglip,
    smolvlm,
    spectrogram_transformer,
    wav2vec2,
    whisper,
)
from demo.models.hub.opened import Family

FAMILIES: dict[str, Family] = {
    "clip": clip.FAMILY,
    "siglip": siglip.FAMILY,
    "clap": clap.FAMILY,
    "sentence": sentence.FAMILY,
    "blip-caption": blip.CAPTION,
    "blip-answer": blip.ANSWER,
    "marian": marian.FAMILY,
    "whisper": whisper.FAMILY,
    "embedding-gemma": embedding_gemma.FAMILY,
    "smolvlm": smolvlm.FAMILY,
    "gemma": gemma.FAMILY,
    "ast": spectrogram_transformer.FAMILY,
    "roberta": roberta.FAMILY,
    "wav2vec2": wav2vec2.FAMILY,
}
