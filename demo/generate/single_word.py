"""A single short word: the model that was taught words one by one hears it better than a transcriber.

Whisper base writes “and” or “Bye.” for half a second of “seven” or “five”, with little evidence. Of 120
digits said by people the pocket model named 111 with at least LEAST_BELIEF and 102 with at least SURE, all
rightly; of 270 pieces of 0.3 to 0.9 s cut out of other speech it named 9 and none.
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
SURE = 0.99  # above which a transcriber must be PLAIN to be believed instead
WRITTEN = 8.0  # how much more the generator's sureness counts than the transcriber's guess of the language
LEAST_VOICE = 0.2  # that somebody says it; else it is the sound of the thing
CLEAR, PLAIN = (
    -0.7,
    -0.35,
)  # evidence of what a transcriber wrote: above it seldom, never asked twice


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
    clear = max((piece.evidence for piece in pieces), default=-float("inf"))
    if clear > PLAIN or "audio" not in roles.encoders:
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
    if clear > CLEAR and probability < SURE:
        return None
    if transcriber.voice(word) < LEAST_VOICE:
        return None
    likely = language_of(word, languages, transcriber, roles, encode)
    language = max(likely, key=lambda one: likely[one])
    label = (roles.known_labels(language) or [])[place]
    return SingleWord(label, language, start + begin, start + end, probability, likely[language])


def language_of(
    word: Waveform,
    languages: Sequence[str],
    transcriber: Transcriber,
    roles: Roles,
    encode: Encode,
) -> dict[str, float]:
    """How likely each language is, by how surely the generator writes the word in each, too.

    Of ten Chinese words the transcriber takes eight for English, both together one; of 29 English ones none.
    """
    likely = transcriber.languages(word, languages)
    generator = roles.generator
    if generator is None or "transcribe" not in generator.tasks or len(languages) < 2:
        return likely
    heard = [encode(Sample(audio=word))["audio"]]
    sure = {one: generator.write("transcribe", one, heard).probability for one in languages}
    both = {one: likely[one] * max(sure[one], 1e-9) ** WRITTEN for one in languages}
    whole = sum(both.values())
    return {one: p / whole for one, p in both.items()}


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
