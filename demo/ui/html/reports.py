"""A result of any tab as one HTML file to hand in: what was given, found and set, and by which versions.

The file holds its own pictures and style and allows itself nothing else: it opens without a network. Knows no
tab; each makes a Report of its results.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version

from demo import __version__
from demo.errors import LANGUAGES
from demo.schema import Heatmap, Prediction
from demo.strategies import OWN_HEAD
from demo.ui.fuse.results import Layers, data_uri
from demo.ui.html import bars, maps, slides
from demo.ui.html.templates import macros, percent
from demo.ui.html.trust import verdict
from demo.ui.names import Names
from demo.ui.strings import say

LIBRARIES = ("torch", "transformers", "gradio", "numpy", "pillow", "av")
_LANGUAGE_TAGS = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True)
class Picture:
    """heading: what it is; uris: pictures side by side, as data; alt: for who cannot see them; words: a
    sentence as markup instead; said: below it."""

    heading: str
    uris: tuple[str, ...] = ()
    alt: str = ""
    words: str = ""
    said: str = ""


@dataclass(frozen=True)
class Table:
    """heads: of its columns, the first of which names the rows."""

    heading: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """title: what was asked; answer: in large type; told: the result in one sentence; passages: (heading,
    text) that was given or said; settings, digests: name → value; inputs by SHA-256."""

    title: str
    answer: str
    told: str
    passages: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()


def written(report: Report, language: str) -> bytes:
    """The file."""
    made = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    page = macros("report").page(
        report,
        (*report.settings, *versions(language)),
        made,
        _LANGUAGE_TAGS[language if language in LANGUAGES else "en"],
        language,
    )
    return f"{page}\n".encode()


def versions(language: str) -> list[tuple[str, str]]:
    """Of this program and of what it rests on."""
    found = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:  # not needed by everybody
            continue
    system = f"{platform.system()} {platform.machine()}"
    return [
        (say("report_version", language), f"Synesthesia {__version__}"),
        (say("report_libraries", language), ", ".join(found)),
        (say("report_system", language), system),
    ]


def picture_of(
    heatmap: Heatmap, layers: Layers | None, heat: str | None, text: str, language: str
) -> Picture:
    """What was given of one sense beside where it was looked at, with what the map says."""
    heading = say(f"sense_{heatmap.modality}", language)
    said = maps.told(heatmap, text, language)
    if heatmap.faithfulness:
        found = verdict(heatmap.faithfulness, language)
        said += " " + say("map_trust", language, verdict=found)
    if layers is None:
        return Picture(heading, words=maps.sentence(text, heatmap, language), said=said)
    alt = maps.described(heatmap, text, language)
    drawn = [data_uri(slides.ground(layers, one), "JPEG") for one in (None, heat)]
    return Picture(heading, tuple(drawn if heat else drawn[:1]), alt, said=said)


def plain(layers: Layers, modality: str, language: str) -> Picture:
    """What was given of one sense, where nothing is marked."""
    heading = say(f"sense_{modality}", language)
    picture = slides.ground(layers)
    return Picture(heading, (data_uri(picture, "JPEG"),), heading)


def probabilities(prediction: Prediction, names: Names, language: str) -> Table:
    """Labels, likeliest first: together, and by each sense."""
    columns = {"together": prediction.fused, **prediction.by_modality}
    heads = (say("bars_label", language), *(say(f"sense_{one}", language) for one in columns))
    rows = tuple(
        (names.shown(label, language), *(percent(values[label]) for values in columns.values()))
        for label in prediction.ranked
    )
    return Table(say("panel_bars", language), heads, rows)


def shares(prediction: Prediction, language: str) -> Table:
    """What each sense brought to the answer."""
    rows = tuple(
        (
            say(f"sense_{one}", language),
            percent(part),
            f"{100 * prediction.contributions[one]:+.1f}".replace("-", "−"),
        )
        for one, part in prediction.shares.items()
    )
    heads = tuple(say(f"report_{key}", language) for key in ("sense", "share", "points"))
    return Table(say("panel_shares", language), heads, rows)


def agreement(prediction: Prediction, language: str) -> Table:
    """How far each two senses agree."""
    keys = ("report_pair", "report_verdict", "agreement_cosine", "agreement_kl", "agreement_js")
    rows = []
    for pair, found in prediction.agreement.items():
        word = say("agreement_" + bars.word_for(prediction, pair), language)
        named = " + ".join(say(f"sense_{one}", language) for one in pair.split("~"))
        rows.append((named, word, f"{found.cosine:.2f}", f"{found.kl:.2f}", f"{found.js:.2f}"))
    heads = tuple(say(key, language) for key in keys)
    return Table(say("panel_agreement", language), heads, tuple(rows))


def asked_of(prediction: Prediction, names: Names, language: str) -> list[tuple[str, str]]:
    """The settings that every prediction has."""
    return [
        (say("labels", language), names.joined(prediction.labels, language)),
        (say("fusion", language), fusion_name(prediction.fusion, language)),
        (say("report_model", language), f"{prediction.preset} · {prediction.device}"),
    ]


def fusion_name(name: str, language: str) -> str:
    """What a strategy is called; a head of somebody's own is named as such."""
    return say("fusion_own" if name.startswith(OWN_HEAD) else f"fusion_{name}", language)


def inputs_of(digests: Mapping[str, str], language: str) -> tuple[tuple[str, str], ...]:
    """The SHA-256 of what was given, by which somebody else can tell that it is the same."""
    return tuple((say(f"sense_{one}", language), digest) for one, digest in digests.items())


def notes_of(prediction: Prediction, language: str) -> tuple[str, ...]:
    """What was changed on the way in, and what is unfamiliar."""
    strange = [say(f"unfamiliar_{one}", language) for one in prediction.unfamiliar]
    return (*strange, *(note.text(language) for note in prediction.notes))


def filled(tables: Sequence[Table]) -> tuple[Table, ...]:
    """Those that have rows."""
    return tuple(table for table in tables if table.rows)
