"""Subtitles: valid files, lines that are read at a glance, captions in order."""

from __future__ import annotations

import re

import pytest

from demo.schema import Transcript, TranscriptWord
from demo.subtitles import CHINESE_LINE, LINE, LONGEST_S, cues, subtitles, width, wrapped

CLOCK = r"\d{2,}:[0-5]\d:[0-5]\d[,.]\d{3}"


def said(text: str, language: str = "en", each: float = 0.3, start: float = 0.0) -> Transcript:
    """The words of a text one after the other; Chinese ones are cut at spaces too."""
    words = text.split()
    timed = tuple(
        TranscriptWord(word, round(start + each * i, 3), round(start + each * (i + 1), 3), {})
        for i, word in enumerate(words)
    )
    return Transcript(text, language, 0.5, timed)


LONG = said("it is a truth universally acknowledged that a single man in possession " * 8)
CHINESE = said("广州市 房地产 中介 协会 分析 ， 今年 以来 市场 成交 继续 回升 。" * 6, "zh")


def test_srt_is_numbered_and_vtt_has_its_head() -> None:
    found = said("Never do it for free. Yes.")
    assert subtitles(found, "srt") == (
        "1\n00:00:00,000 --> 00:00:01,500\nNever do it for free.\n\n"
        "2\n00:00:01,500 --> 00:00:01,800\nYes.\n"
    )
    assert subtitles(found, "vtt") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nNever do it for free.\n\n"
        "00:00:01.500 --> 00:00:01.800\nYes.\n"
    )


@pytest.mark.parametrize("found", [LONG, CHINESE])
@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_every_block_of_a_long_file_is_one_caption(found: Transcript, kind: str) -> None:
    blocks = subtitles(found, kind).rstrip("\n").split("\n\n")
    blocks = blocks[1:] if kind == "vtt" else blocks
    for number, block in enumerate(blocks, start=1):
        head, *lines = block.split("\n")
        if kind == "srt":
            assert head == str(number)
            head, *lines = lines
        assert re.fullmatch(f"{CLOCK} --> {CLOCK}", head)
        assert 1 <= len(lines) <= 2
        assert all(0 < width(line) <= LINE for line in lines)
    spoken = "".join(word.word for word in found.words)
    told = "".join(line for cue in cues(found.words) for line in cue.lines)
    assert told.replace(" ", "") == spoken


@pytest.mark.parametrize("found", [LONG, CHINESE])
def test_captions_follow_one_another(found: Transcript) -> None:
    shown = cues(found.words)
    assert len(shown) > 5
    for before, cue in zip(shown, shown[1:], strict=False):
        assert before.end_s <= cue.start_s
    assert all(0 < cue.end_s - cue.start_s <= LONGEST_S for cue in shown)


def test_chinese_lines_have_few_characters_and_no_spaces() -> None:
    lines = [line for cue in cues(CHINESE.words) for line in cue.lines]
    assert max(map(len, lines)) <= CHINESE_LINE and not any(" " in line for line in lines)
    assert wrapped(["我", "用", "Whisper", "base", "听写"]) == ["我用Whisper base听写"]


def test_a_word_longer_than_a_line_is_cut() -> None:
    assert wrapped(["a" * 50]) == ["a" * 42, "a" * 8]
    assert [len(line) for line in wrapped(["字" * 40])] == [16, 16, 8]


def test_a_pause_ends_a_caption() -> None:
    words = (*said("before the pause").words, *said("after it", start=40.0).words)
    first, second = cues(words)
    assert first.lines == ("before the pause",) and first.end_s == pytest.approx(0.9)
    assert second.start_s == pytest.approx(40.0)


def test_marks_of_vtt_are_escaped_and_hours_counted() -> None:
    found = said("<b> & -->", start=3_725.0)
    assert "01:02:05.000 --> 01:02:05.900\n&lt;b&gt; &amp; --&gt;" in subtitles(found, "vtt")
    assert "01:02:05,000" in subtitles(found, "srt")


def test_nobody_speaks_in_an_empty_file() -> None:
    assert subtitles(said(""), "srt") == ""
    assert subtitles(said(""), "vtt") == "WEBVTT\n"


def test_words_at_one_moment_are_still_seen() -> None:
    (cue,) = cues(said("now", each=0.0).words)
    assert cue.end_s > cue.start_s
