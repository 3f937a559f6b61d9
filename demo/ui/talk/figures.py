"""A finished answer of the Talk tab as HTML.

All maps are in the page at once, each in an element that says of which word it is (data-of); page.js
shows those of the word that was pressed.
"""

from __future__ import annotations

from base64 import b64encode

from demo.schema import MODALITIES
from demo.ui.html import figures, maps, summaries
from demo.ui.html.templates import macros, percent
from demo.ui.strings import LANGUAGE_NAMES, say
from demo.ui.talk.results import Talk, Word

KEPT = ("report", "slide", "everything")  # as talk/files.py makes them
SUBTITLE_TYPES = {"srt": "application/x-subrip", "vtt": "text/vtt"}


def result(talk: Talk, language: str) -> str:
    """The whole results column."""
    said = [headline(talk, language), words(talk, language)]
    if talk.doubt is not None:
        guess = (said if _any_maps(talk) else said[:1]) if talk.said else []
        said = [macros("talk").doubted(talk.doubt.text(language), guess, language)]
    panels = [said[0], figures.notes(talk.notes, language), *said[1:]]
    if talk.said or talk.doubt is not None:
        kept = {one: say("save_" + one, language) for one in KEPT}
        aloud = told(talk, language)
        panels.append(macros("files").buttons(kept, talk.said, language, aloud, talk.link))
    return str(macros("talk").result(panels, language))


def headline(talk: Talk, language: str) -> str:
    """What was said, in answer to what, in which language and why, how likely the model thinks it, and a
    button to hear it."""
    given = {"ask": "talk_answer_to", "translate": "talk_translation_of"}.get(talk.task)
    source = say(given, language, question=talk.source, sentence=talk.source) if given else ""
    other = "en" if talk.language == "zh" else "zh"
    names = {"spoken": LANGUAGE_NAMES[talk.language], "other": LANGUAGE_NAMES[other]}
    why = "chosen" if talk.chosen else talk.task
    if talk.language_probability is not None:
        why, names["p"] = "heard", percent(talk.language_probability)
    spoken = say(f"talk_in_{why}", language, **names)
    instead = (other, LANGUAGE_NAMES[other]) if talk.switchable else None
    files = subtitle_links(talk)
    return macros("talk").headline(talk, source, spoken, instead, files, language)


def subtitle_links(talk: Talk) -> list[tuple[str, str]]:
    """(kind, data URI that holds the file): nobody else can fetch it."""
    return [
        (kind, f"data:{SUBTITLE_TYPES[kind]};base64,{b64encode(text.encode()).decode()}")
        for kind, text in talk.subtitles.items()
    ]


def words(talk: Talk, language: str) -> str:
    """The words as chips, and under them the maps of the chosen one."""
    if not talk.words:
        return ""
    chosen = most_telling(talk.words)
    note = "talk_words_note" if _any_maps(talk) else "talk_words_none"
    notes = [say(note, language)]
    if any(word.seconds for word in talk.words):
        notes.append(say("talk_words_times", language))
    chips = [(word.word, _times(word), bool(word.maps or word.seconds)) for word in talk.words]
    shown = _maps(talk, chosen, language)
    return macros("talk").words(notes, chips, chosen, talk.language, shown, language)


def most_telling(said: tuple[Word, ...]) -> int:
    """The longest word whose map points somewhere: rather a noun than an article. Else the first word."""
    drawn = [i for i, word in enumerate(said) if any(not m.flat for m in word.maps.values())]
    return max(drawn, key=lambda i: len(said[i].word), default=0)


def _any_maps(talk: Talk) -> bool:
    return any(word.maps for word in talk.words)


def _times(word: Word) -> tuple[str, ...]:
    """When a word was heard, in seconds; () where that is not known."""
    return tuple(f"{second:.2f}" for second in word.seconds or ())


def _maps(talk: Talk, chosen: int, language: str) -> str:
    """One figure per sense, under one slider that acts on all of them."""
    modalities = [m for m in MODALITIES if m in talk.bases]
    if any("text" in word.maps for word in talk.words):
        modalities.append("text")
    if not modalities:
        return ""
    drawn = any(not m.flat for word in talk.words for m in word.maps.values())
    slider = maps.strength_slider(language) if drawn else ""
    shown = [_figure(talk, modality, chosen, language) for modality in modalities]
    return macros("talk").maps(slider, shown)


def _figure(talk: Talk, modality: str, chosen: int, language: str) -> str:
    joined = macros("parts").joined
    count = range(len(talk.words))
    if modality == "text":
        body = joined(
            [
                _of(i, chosen, maps.sentence(talk.source, word.maps["text"], language))
                for i, word in enumerate(talk.words)
                if "text" in word.maps
            ]
        )
    else:
        over = joined([_of(i, chosen, _over(talk, i, modality, language)) for i in count])
        body = maps.stackup(talk.bases[modality], over, say("sense_" + modality, language))
    said = joined([_of(i, chosen, _told(talk, i, modality, language)) for i in count])
    return macros("maps").figure(modality, body, said, "", language, live=True)


def _of(index: int, chosen: int, body: str) -> str:
    """Something about one word, unseen until that word is chosen."""
    return macros("talk").of(index, chosen, body)


def _over(talk: Talk, index: int, modality: str, language: str) -> str:
    """The heat of one word over what it explains; in a sound also the time at which it was heard."""
    word, axes, when = talk.words[index], talk.bases[modality].axes, None
    if word.seconds and axes:
        length = axes.frame_edges_s[-1] or 1.0
        left, right = (min(100.0, 100 * second / length) for second in word.seconds)
        when = (left, right - left)
    if modality not in word.maps:
        return macros("talk").over(word.heats.get(modality), when, "", "")
    heatmap = word.maps[modality]
    said = maps.described(heatmap, talk.source, language)
    return macros("talk").over(word.heats.get(modality), when, maps.cells(heatmap), said)


def _told(talk: Talk, index: int, modality: str, language: str) -> str:
    word, said = talk.words[index], ""
    if word.seconds and modality == "audio":
        start, end = _times(word)
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
    """The result in one sentence, unseen, for those who listen to the page."""
    return macros("parts").announced(told(talk, language), language)


def told(talk: Talk, language: str) -> str:
    """What was said, how likely it is, and where the maps of the most telling word are strongest."""
    key = "talk_nothing_said" if talk.speech else "talk_no_speech"
    answer = say(f"talk_said_{talk.task}", language) + say("look_colon", language)
    if talk.doubt is not None:
        return summaries.sentence(
            [answer + say("talk_unknown", language), talk.doubt.text(language)], language
        )
    clauses = [answer + (talk.said or say(key, language))]
    if talk.said and talk.probability is not None:
        clauses.append(f"{say('talk_probability', language)} {percent(talk.probability)}")
    if talk.words and _any_maps(talk):
        word = talk.words[most_telling(talk.words)]
        if places := summaries.places(word.maps, talk.source, language):
            clauses += [say("told_word", language, word=word.word), *places]
    return summaries.sentence(clauses, language)
