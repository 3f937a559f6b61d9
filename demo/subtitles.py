"""A transcript as subtitles: SubRip (.srt) and WebVTT (.vtt, W3C 2019). Knows nothing about who wrote it.

Two lines at a time, of as many characters as are read at a glance; a new caption begins after a sentence
and after a pause.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from demo.schema import Transcript, TranscriptWord

LINE = 42.0  # Latin characters of a line
CHINESE_LINE = 16  # Chinese ones
LINES = 2  # of a caption
LONGEST_S = 7.0  # a caption stands
SHORTEST_S = 0.2
PAUSE_S = 0.8  # between words, after which a new caption begins
KINDS = ("srt", "vtt")


@dataclass(frozen=True)
class Cue:
    """One caption. start_s, end_s: seconds of the recording."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]


def subtitles(transcript: Transcript, kind: str) -> str:
    """The text of a subtitle file of one of KINDS; it ends with a line break, or is empty (SubRip) when
    nobody speaks."""
    found = cues(transcript.words)
    if kind == "srt":
        parts = [
            f"{number}\n{clock(cue.start_s, ',')} --> {clock(cue.end_s, ',')}\n"
            + "\n".join(cue.lines)
            for number, cue in enumerate(found, start=1)
        ]
    else:
        parts = ["WEBVTT"] + [
            f"{clock(cue.start_s, '.')} --> {clock(cue.end_s, '.')}\n"
            + "\n".join(escape(line, quote=False) for line in cue.lines)
            for cue in found
        ]
    return "\n\n".join(parts) + "\n" if parts else ""


def cues(words: Sequence[TranscriptWord]) -> list[Cue]:
    """Captions in order; none begins before the one before it has ended."""
    found: list[Cue] = []
    for group in _groups(words):
        start = max(group[0].start_s, found[-1].end_s if found else 0.0)
        end = max(start + SHORTEST_S, min(group[-1].end_s, start + LONGEST_S))
        found.append(Cue(start, end, tuple(wrapped([word.word for word in group]))))
    return found


def wrapped(words: Sequence[str]) -> list[str]:
    """Words laid out in lines of at most LINE; a word that is longer by itself is cut."""
    lines = [""]
    for word in words:
        longer = joined(lines[-1], word)
        if width(longer) <= LINE:
            lines[-1] = longer
            continue
        lines += _cut(word)
    return [line for line in lines if line]


def joined(before: str, word: str) -> str:
    """A space stands between two words unless one of them is Chinese there."""
    if not before or _chinese(before[-1]) or _chinese(word[0]):
        return before + word
    return f"{before} {word}"


def width(text: str) -> float:
    """In Latin characters; a Chinese one is as wide as several."""
    return sum(LINE / CHINESE_LINE if _chinese(char) else 1.0 for char in text)


def _groups(words: Sequence[TranscriptWord]) -> Iterator[list[TranscriptWord]]:
    """The words of each caption."""
    group: list[TranscriptWord] = []
    for word in words:
        if group and _ends(group, word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _ends(group: Sequence[TranscriptWord], word: TranscriptWord) -> bool:
    """Whether a caption ends before a word."""
    last = group[-1]
    return (
        last.word[-1:] in set(".!?。！？…")
        or word.start_s - last.end_s >= PAUSE_S
        or word.end_s - group[0].start_s > LONGEST_S
        or len(wrapped([*(one.word for one in group), word.word])) > LINES
    )


def _cut(word: str) -> Iterator[str]:
    while width(word) > LINE:
        most = next(i for i in range(len(word), 0, -1) if width(word[:i]) <= LINE)
        yield word[:most]
        word = word[most:]
    yield word


def _chinese(char: str) -> bool:
    """Chinese characters and the full-width marks between them."""
    return "\u2e80" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef"


def clock(seconds: float, point: str) -> str:
    """01:02:03,456."""
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"
