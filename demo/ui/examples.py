"""Examples that need no network: those of assets/examples whose files are there, else Gradio's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True)
class Example:
    """One row. picture, sound: file names in FOLDER, or ""; the rest: language → text."""

    title: Mapping[str, str]
    picture: str = ""
    sound: str = ""
    sentence: Mapping[str, str] | None = None
    labels: tuple[str, ...] = ()

    @property
    def there(self) -> bool:
        """Whether its files are."""
        return all((FOLDER / name).is_file() for name in (self.picture, self.sound) if name)


# A row whose files are missing is left out.
EXAMPLES: tuple[Example, ...] = ()


def fallback() -> tuple[Example, ...]:
    """Pictures and sounds that come with Gradio; joining a path to FOLDER leaves it as it is."""
    animals = ("cat", "dog", "horse", "bird", "deer", "frog", "rooster")
    vehicles = ("airplane", "automobile", "ship", "truck", "helicopter")
    return (
        Example(
            {"en": "Lion and a voice", "zh": "狮子与人声"},
            gr.media.get_image("lion.jpg"),
            gr.media.get_audio("recording1.wav"),
            {"en": "a big cat rests on a rock", "zh": "一只大猫在石头上休息"},
            animals,
        ),
        Example(
            {"en": "Bus in the street", "zh": "街上的公交车"},
            gr.media.get_image("bus.png"),
            "",
            {"en": "a truck in the street", "zh": "街上的卡车"},
            vehicles,
        ),
        Example(
            {"en": "A sentence alone", "zh": "只有一句话"},
            sentence={"en": "a dog barks at the sea", "zh": "一只狗对着大海叫"},
            labels=("dog", "sea waves", "cat", "ship"),
        ),
    )


def available() -> tuple[Example, ...]:
    """The rows the page offers."""
    return tuple(example for example in EXAMPLES if example.there) or fallback()


def folders() -> list[str]:
    """Folders the page may read these files from."""
    return [str(FOLDER), str(Path(gr.media.get_image("lion.jpg")).parents[1])]
