"""Examples that need no network: the project's own files of assets/examples, and Gradio's samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "examples"


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


ANIMALS = ("cat", "dog", "horse", "bird", "deer", "frog", "rooster")
VEHICLES = ("airplane", "automobile", "ship", "truck", "helicopter")
NUMBERS = tuple("zero one two three four five six seven eight nine".split())
AROUND = ("rain", "sea waves", "clock tick", "helicopter", "chainsaw", "fire crackling")


def available() -> tuple[Example, ...]:
    """The rows the page offers; a row whose files are missing is left out.

    Joining the full path of one of Gradio's samples to FOLDER leaves it as it is.
    """
    rows = (
        Example(
            {"en": "A seven, drawn, spoken and written", "zh": "写、念、说同一个七"},
            "seven.png",
            "seven.flac",
            {"en": "my lucky number is seven", "zh": "我的幸运数字是七"},
            NUMBERS,
        ),
        Example(
            {"en": "Senses that disagree: 3 and seven", "zh": "互相矛盾：3 与 seven"},
            "three.png",
            "seven.flac",
            labels=NUMBERS,
        ),
        Example(
            {"en": "Lion", "zh": "狮子"},
            gr.media.get_image("lion.jpg"),
            "",
            {"en": "a big cat rests on a rock", "zh": "一只大猫在石头上休息"},
            ANIMALS,
        ),
        Example(
            {"en": "Bus and rain", "zh": "公交车与雨声"},
            gr.media.get_image("bus.png"),
            "rain.flac",
            {"en": "waiting in the rain", "zh": "在雨中等车"},
            (*VEHICLES, "rain"),
        ),
        Example(
            {"en": "What do you hear?", "zh": "听到了什么？"}, sound="clock.flac", labels=AROUND
        ),
        Example(
            {"en": "A sentence alone", "zh": "只有一句话"},
            sentence={"en": "a dog barks at the sea", "zh": "一只狗对着大海叫"},
            labels=("dog", "sea waves", "cat", "ship"),
        ),
    )
    return tuple(example for example in rows if example.there)


def to_look_at() -> tuple[Example, ...]:
    """The rows of the Look tab. Where every sense says the same, erasing one changes nothing and no map can
    be measured: such a row comes last, and first one in which two senses have to outweigh the third.
    """
    outweighed = Example(
        {"en": "Two against one: 7 and seven, but “three”", "zh": "二比一：7 和 seven，却写着“三”"},
        "seven.png",
        "seven.flac",
        {"en": "my lucky number is three", "zh": "我的幸运数字是三"},
        NUMBERS,
    )
    agreed, *others = available()
    return (*((outweighed,) if outweighed.there else ()), *others, agreed)


def folders() -> list[str]:
    """Folders the page may read these files from."""
    return [str(FOLDER), str(Path(gr.media.get_image("lion.jpg")).parents[1])]
