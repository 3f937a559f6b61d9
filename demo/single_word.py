"""A single short word: the model that was taught words one by one hears it better than a transcriber.

Whisper base writes “and” or “Bye.” for half a second of “seven” or “five”, with little evidence. Of 30
digits said by people the pocket model named 27 with at least LEAST_BELIEF, all rightly; of 33 pieces of 0.6 s
cut out of other speech it named none so surely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from demo.fusion.evidence import evidence_of
from demo.inputs.pauses import loud_part, stretches
from demo.models.roles import Roles
from demo.models.segments import Encode
from demo.models.transcriber import SpokenPiece, Transcriber
from demo.schema import Encoding, Modality, Sample, Waveform
from demo.world.concepts import MOODS

LONGEST_S = 1.0  # of a word
LEAST_BELIEF = 0.97  # in the word, among all that are known
LEAST_VOICE = 0.2  # that somebody says it; else it is the sound of the thing
CLEAR = -0.7  # evidence of what a transcriber wrote, above which it is not asked twice


@dataclass(frozen=True)
class SingleWord:
    """word, as it is written in its language; start_s, end_s: where it is; probability, language_probability:
    0..1, as far as languages were asked for."""

    word: str
    language: str
    start_s: float
    end_s: float
    probability: float
    language_probability: float


def single_word(
    sound: Waveform,
    languages: Sequence[str],
    pieces: Sequence[SpokenPiece],
    transcriber: Transcriber,
    roles: Roles,
    encode: Encode,
) -> SingleWord | None:
    """The word that a recording consists of; None where it is longer, unknown, or clear to the transcriber.

    pieces: what the transcriber wrote.
    """
    if any(piece.evidence > CLEAR for piece in pieces) or "audio" not in roles.encoders:
        return None
    heard = stretches(sound, sound.seconds + 1.0)
    if len(heard) != 1:
        return None
    start, word = heard[0]
    begin, end = loud_part(word)
    if end - begin > LONGEST_S:
        return None
    found = believed(word, roles, encode)
    if found is None:
        return None
    place, probability = found
    if transcriber.voice(word) < LEAST_VOICE:
        return None
    likely = transcriber.languages(word, languages)
    language = max(likely, key=lambda one: likely[one])
    label = (roles.known_labels(language) or [])[place]
    return SingleWord(label, language, start + begin, start + end, probability, likely[language])


@torch.no_grad()
def believed(word: Waveform, roles: Roles, encode: Encode) -> tuple[int, float] | None:
    """The place of the one label that it is taken for, and how surely; None where that is not sure enough."""
    labels = roles.known_labels("en")
    if not labels:
        return None
    encodings: dict[Modality, Encoding] = {"audio": encode(Sample(audio=word))["audio"]}
    belief = evidence_of(roles, encodings, labels).belief(("audio",)).exp()
    place = int(belief.argmax())
    sure = float(belief[place])
    if sure < LEAST_BELIEF or roles.canonical(labels[place]) in MOODS:
        return None
    return place, sure
