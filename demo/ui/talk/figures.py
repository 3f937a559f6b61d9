"""A finished answer of the Talk tab as HTML. Everything is escaped.

All maps are in the page at once, each in an element that says of which word it is (data-of); page.js
shows those of the word that was pressed.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape

from demo.schema import MODALITIES, Waveform
from demo.ui.html import figures, maps
from demo.ui.html.sounds import sound_uri
from demo.ui.html.templates import macros, percent
from demo.ui.strings import say
from demo.ui.talk.results import Talk, Word

SUBTITLE_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt"}


def _sure(probability: float | None, language: str) -> str:
    """How probable the sentence is; nothing where it was put together from phrases."""
    if probability is None:
        return ""
    said = f"{say('talk_probability', language)} {percent(probability)}"
    return f"<p class='syn-sure'>{said}</p>"


def result(talk: Talk, language: str) -> str:
    """The whole results column."""
    notes = figures.notes(talk.notes, language)
    panels = (headline(talk, language), notes, words(talk, language))
    return f"<div class='syn-results syn-told' lang='{language}'>{''.join(panels)}</div>"


def headline(talk: Talk, language: str) -> str:
    """What was said, in answer to what, how likely the model thinks it, and a button to hear it."""
    given = {"ask": "talk_answer_to", "translate": "talk_translation_of"}.get(talk.task)
    source = (
        escape(say(given, language, question=talk.source, sentence=talk.source)) if given else ""
    )
    nothing = "talk_no_speech" if talk.task == "transcribe" else "talk_nothing_said"
    sentence = escape(talk.said) or say(nothing, language)
    listen = (
        f"<button type='button' class='syn-listen' data-listen>{_SPEAKER}"
        f"{say('talk_listen', language)}</button>"
    )
    return (
        f"<section class='syn-headline'><p class='syn-above'>{say('talk_said_' + talk.task, language)}</p>"
        f"<h2 lang='{talk.language}'>{sentence}</h2>"
        f"{_sure(talk.probability, language) if talk.said else ''}{_heard(talk, language)}"
        + (f"<p class='syn-small'>{source}</p>" if source else "")
        + (listen if talk.said else "")
        + _downloads(talk, language)
        + "</section>"
    )


def _heard(talk: Talk, language: str) -> str:
    """Which language was heard, where it was not given."""
    if talk.language_probability is None:
        return ""
    name = say(f"talk_language_{talk.language}", language)
    said = say("talk_heard_language", language, name=name, p=percent(talk.language_probability))
    return f"<p class='syn-small'>{said}</p>"


def _downloads(talk: Talk, language: str) -> str:
    """Links that hold the subtitle files: nobody else can fetch them."""
    return "".join(
        f"<a class='syn-listen' download='transcript.{kind}' "
        f"href='data:{SUBTITLE_TYPES[kind]};base64,{b64encode(text.encode()).decode()}'>"
        f"{say('talk_subtitles', language, kind=kind)}</a> "
        for kind, text in talk.subtitles.items()
    )


# A loudspeaker, drawn here so that no font need have one.
_SPEAKER = (
    "<svg viewBox='0 0 24 24' width='18' height='18' aria-hidden='true' fill='none' "
    "stroke='currentColor' stroke-width='2' stroke-linecap='round' stroke-linejoin='round'>"
    "<path d='M4 9v6h4l5 4V5L8 9H4z' fill='currentColor'/><path d='M16.5 8.5a5 5 0 0 1 0 7'/>"
    "<path d='M19 6a8.5 8.5 0 0 1 0 12'/></svg>"
)


def words(talk: Talk, language: str) -> str:
    """The words as chips, and under them the maps of the chosen one."""
    if not talk.words:
        return ""
    chosen = most_telling(talk.words)
    note = "talk_words_note" if _any_maps(talk) else "talk_words_none"
    notes = [say(note, language)]
    if any(word.seconds for word in talk.words):
        notes.append(say("talk_words_times", language))
    chips = "".join(_chip(talk, i, i == chosen, language) for i in range(len(talk.words)))
    return (
        f"<section class='syn-panel'><h3>{say('talk_words', language)}</h3>"
        f"<p class='syn-small'>{' '.join(notes)}</p>"
        f"<div class='syn-said' role='group' lang='{talk.language}'>{chips}</div>"
        f"{_maps(talk, chosen, language)}</section>"
    )


def most_telling(said: tuple[Word, ...]) -> int:
    """The longest word whose map points somewhere: rather a noun than an article. Else the first word."""
    drawn = [i for i, word in enumerate(said) if any(not m.flat for m in word.maps.values())]
    return max(drawn, key=lambda i: len(said[i].word), default=0)


def _any_maps(talk: Talk) -> bool:
    return any(word.maps for word in talk.words)


def _chip(talk: Talk, index: int, chosen: bool, language: str) -> str:
    word = talk.words[index]
    times = ""
    if word.seconds:
        start, end = (f"{second:.2f}" for second in word.seconds)
        times = f"<small>{say('talk_seconds', language, start=start, end=end)}</small>"
    if not word.maps and not word.seconds:
        return f"<span class='syn-chip'>{escape(word.word)}</span>"
    return (
        f"<button type='button' class='syn-chip' data-word='{index}' "
        f"aria-pressed='{str(chosen).lower()}'>{escape(word.word)}{times}</button>"
    )


def _maps(talk: Talk, chosen: int, language: str) -> str:
    """One figure per sense, under one slider that acts on all of them."""
    modalities = [m for m in MODALITIES if m in talk.bases]
    if any("text" in word.maps for word in talk.words):
        modalities.append("text")
    if not modalities:
        return ""
    drawn = any(not m.flat for word in talk.words for m in word.maps.values())
    slider = maps.strength_slider(language) if drawn else ""
    shown = "".join(_figure(talk, modality, chosen, language) for modality in modalities)
    return f"<div class='syn-maps'>{slider}{shown}</div>"


def _figure(talk: Talk, modality: str, chosen: int, language: str) -> str:
    head = f"<h4><span class='syn-dot'></span>{say('sense_' + modality, language)}</h4>"
    if modality == "text":
        body = "".join(
            _of(i, chosen, maps.sentence(talk.source, word.maps["text"]))
            for i, word in enumerate(talk.words)
            if "text" in word.maps
        )
    else:
        over = macros("parts").joined(
            [_of(i, chosen, _over(talk, i, modality)) for i in range(len(talk.words))]
        )
        body = maps.stackup(talk.bases[modality], over, say("sense_" + modality, language))
    captions = "".join(
        _of(i, chosen, _told(talk, i, modality, language)) for i in range(len(talk.words))
    )
    return (
        f"<figure class='syn-map syn-{modality}'>{head}{body}"
        f"<figcaption aria-live='polite'>{captions}</figcaption></figure>"
    )


def _of(index: int, chosen: int, body: str) -> str:
    """Something about one word, unseen until that word is chosen."""
    return macros("talk").of(index, chosen, body)


def _over(talk: Talk, index: int, modality: str) -> str:
    """The heat of one word over what it explains; in a sound also the time at which it was heard."""
    word, axes, when = talk.words[index], talk.bases[modality].axes, None
    if word.seconds and axes:
        length = axes.frame_edges_s[-1] or 1.0
        left, right = (min(100.0, 100 * second / length) for second in word.seconds)
        when = (left, right - left)
    cells = maps.cells(word.maps[modality]) if modality in word.maps else ""
    return macros("talk").over(word.heats.get(modality), when, cells)


def _told(talk: Talk, index: int, modality: str, language: str) -> str:
    word, said = talk.words[index], ""
    if word.seconds and modality == "audio":
        start, end = (f"{second:.2f}" for second in word.seconds)
        said = say("talk_spoken", language, word=word.word, start=start, end=end) + " "
        if word.probability is not None:
            said += say("talk_word_probability", language, p=percent(word.probability)) + " "
    if modality in word.maps:
        return said + maps.told(word.maps[modality], talk.source, language)
    return said or say("talk_word_none", language)


def empty(language: str) -> str:
    """What the column says before the first run."""
    return macros("figures").empty("talk_empty_title", "talk_empty_about", (), language)


def done(talk: Talk, language: str) -> str:
    """The sentence once more, unseen, for those who listen to the page."""
    said = say("talk_done", language, said=talk.said)
    return macros("parts").status("syn-unseen", said, language)


def player(sound: Waveform, language: str) -> str:
    """A sound that plays at once, inside the page: nobody else can fetch it."""
    label = say("talk_listen", language)
    return (
        f"<audio class='syn-player' controls autoplay aria-label='{label}' "
        f"src='{sound_uri(sound)}'></audio>"
    )
