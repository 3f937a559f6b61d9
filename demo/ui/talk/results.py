"""A finished answer of the Talk tab as the page keeps it: the words, and every map already drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from demo import tasks
from demo.errors import Message
from demo.render.modalities import Ground, ground_of
from demo.schema import CaptionWord, Heatmap, Modality, Transcript, TranscriptWord
from demo.subtitles import KINDS, subtitles
from demo.ui.fuse.results import Layers, heat_uri, layers_of


@dataclass(frozen=True)
class Word:
    """One word that was said. maps: modality → Heatmap; heats: modality → data URI of a drawn map, where
    it is not flat; seconds: (start, end) where it was heard in a sound; probability: 0..1 of a heard word."""

    word: str
    maps: Mapping[str, Heatmap]
    heats: Mapping[str, str]
    seconds: tuple[float, float] | None = None
    probability: float | None = None


@dataclass(frozen=True)
class Talk:
    """What a run found. source: the question or the sentence that was translated, "" for none;
    bases: "image" and "audio" → what lies under the maps; chosen: whether the language was, by a person;
    language_probability: 0..1, of the one that was heard, where it was not given; speech: whether anybody
    speaks; subtitles: kind → the file's text; inputs: modality → SHA-256 of what was given; doubt: why
    it is a guess at best; link: as in the
    Result of the Fuse tab."""

    task: str
    said: str
    language: str
    probability: float | None
    source: str
    words: tuple[Word, ...]
    bases: Mapping[str, Layers]
    notes: tuple[Message, ...] = ()
    chosen: bool = False
    language_probability: float | None = None
    speech: bool = True
    subtitles: Mapping[str, str] = field(default_factory=dict)
    preset: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    doubt: Message | None = None
    link: str = ""

    @property
    def switchable(self) -> bool:
        """Whether it could be in the other language: a sentence all in one is not translated into itself."""
        if self.task != "translate":
            return True
        letters = re.findall(r"[^\W\d_]", self.source)
        return len({letter.isascii() for letter in letters}) > 1


def talk_of(
    asked: tasks.Wish,
    found: tasks.Told,
    chosen: bool = False,
    preset: str = "",
    inputs: Mapping[str, str] | None = None,
) -> Talk:
    """Draw every map once, so that the browser can switch between words by itself."""
    sample = asked.sample
    laid = {modality: ground_of(sample, modality) for modality in sample.modalities}
    grounds = {modality: ground for modality, ground in laid.items() if ground}
    return Talk(
        asked.task,
        tasks.said(found),
        found.language,
        found.probability,
        asked.question or sample.text or "",
        tuple(_word(one, grounds) for one in found.words),
        _bases(found, grounds),
        found.notes,
        chosen,
        found.language_probability if isinstance(found, Transcript) else None,
        not isinstance(found, Transcript) or found.speech,
        _subtitles(found),
        preset,
        inputs or {},
        doubt=getattr(found, "doubt", None),
    )


def _subtitles(found: tasks.Told) -> dict[str, str]:
    """What is said as subtitles, where it was said in time."""
    if not isinstance(found, Transcript) or not found.words:
        return {}
    return {kind: subtitles(found, kind) for kind in KINDS}


def _bases(found: tasks.Told, grounds: Mapping[Modality, Ground]) -> dict[str, Layers]:
    """What some word has a map of; and the spectrogram of a transcript, which shows when it was said."""
    mapped = {modality for word in found.words for modality in word.heatmap}
    if isinstance(found, Transcript):
        mapped.add("audio")
    return {
        modality: layers_of(ground) for modality, ground in grounds.items() if modality in mapped
    }


def _word(one: CaptionWord | TranscriptWord, grounds: Mapping[Modality, Ground]) -> Word:
    over = {
        m: heat_uri(ground, one.heatmap[m]) for m, ground in grounds.items() if m in one.heatmap
    }
    heats: dict[str, str] = {modality: heat for modality, heat in over.items() if heat}
    if isinstance(one, TranscriptWord):
        return Word(one.word, one.heatmap, heats, (one.start_s, one.end_s), one.probability)
    return Word(one.word, one.heatmap, heats)
