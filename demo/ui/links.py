"""A link that opens the page as it was: a tab, its settings, its labels, and which example; never files.

What somebody typed as a sentence does not travel either: only what was chosen, and the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import gradio as gr

from demo.inputs.text import MAX_CHARACTERS
from demo.schema import MODALITIES
from demo.ui.strings import say
from demo.ui.wiring import AT_ONCE

MOST_FIELDS = 30  # of an address that somebody wrote
# What a field becomes, from what the address says and the language of the page.
Accept = Callable[[str, str], Any]


@dataclass(frozen=True)
class Linked:
    """A tab that a link can open. fields: name in the address → (component, what it becomes); given: the
    components that an example fills; example: (its place, language) → their values; examples: how many."""

    tab: str
    fields: Mapping[str, tuple[Any, Accept]]
    given: Sequence[Any] = ()
    example: Callable[[int, str], Sequence[Any]] = lambda place, language: ()
    examples: Callable[[], int] = lambda: 0


# Writing -----------------------------------------------------------------------------------------


def query(tab: str, example: int | None, **settings: object) -> str:
    """The part of an address after “?lang=…&”. example: its place in the row, None where files were given;
    settings that are empty are left out."""
    held: dict[str, str] = {"tab": tab}
    if example is not None:
        held["example"] = str(example + 1)
    held |= {name: _text(value) for name, value in settings.items()}
    return urlencode({name: value for name, value in held.items() if value})


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:g}"
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


# Reading -----------------------------------------------------------------------------------------


def read(address: str) -> dict[str, str]:
    """What the part of an address from “?” on says; nothing where it says too much."""
    try:
        return dict(parse_qsl(address.lstrip("?"), max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def opened(linked: Sequence[Linked], address: str, language: str) -> dict[Any, Any]:
    """Component → what it becomes. What does not fit any more, or never did, is left as it is."""
    asked = read(address)
    tab = next((one for one in linked if one.tab == asked.get("tab")), None)
    if tab is None:
        return {}
    found = _filled(tab, asked.get("example", ""), language)
    for name, (component, accept) in tab.fields.items():
        if name in asked:
            value = accept(asked[name], language)
            if value is not None:
                found[component] = value
    return found


def _filled(tab: Linked, number: str, language: str) -> dict[Any, Any]:
    """The fields that an example fills."""
    if not number.isdecimal() or not 0 < int(number[:4]) <= tab.examples():
        return {}
    return dict(zip(tab.given, tab.example(int(number[:4]) - 1, language), strict=True))


# What fields accept; None: it does not fit ----------------------------------------------------------


def typed(value: str, language: str) -> str:
    """Any words."""
    return value[: 25 * MAX_CHARACTERS]


def switched(value: str, language: str) -> bool:
    """On or off."""
    return value == "1"


def chosen(component: Any) -> Accept:
    """One of what can be chosen now."""

    def accept(value: str, language: str) -> Any:
        return next((key for _, key in component.choices if str(key) == value), None)

    return accept


def several(component: Any) -> Accept:
    """Some of what can be chosen."""

    def accept(value: str, language: str) -> Any:
        return [key for _, key in component.choices if str(key) in value.split(",")]

    return accept


def added(usual: str, known: Sequence[str] = (), stem: str = "") -> Accept:
    """A choice that is only offered once something was run. usual: key of what is chosen when nothing is;
    known: those there are, none: any; stem: of the keys of their names."""

    def accept(value: str, language: str) -> Any:
        if known and value not in known:
            return None
        name = say(stem + value, language) if stem else value
        first = [] if known else [(say(usual, language), "")]
        return gr.update(choices=[*first, (name, value)], value=value)

    return accept


def number(component: Any) -> Accept:
    """A number within the limits of a slider."""

    def accept(value: str, language: str) -> float | None:
        try:
            found = float(value)
        except ValueError:
            return None
        least, most = component.minimum, component.maximum
        low = least if least is not None else 0
        high = most if most is not None else 2**31
        return min(max(found, low), high) if found == found else None

    return accept


def weights(components: Sequence[Any]) -> dict[str, tuple[Any, Accept]]:
    """A number for each sense."""
    named = zip(MODALITIES, components, strict=True)
    return {modality: (component, number(component)) for modality, component in named}


# Wiring -----------------------------------------------------------------------------------------


def wire_links(loaded: Any, tabs: gr.Tabs, language: gr.Radio, linked: Sequence[Linked]) -> Any:
    """Once the page is there it is filled as its address says. Gives the listener after which it is."""
    components: list[Any] = []
    for tab in linked:
        filled = [*tab.given, *(component for component, _ in tab.fields.values())]
        components += [one for one in filled if one not in components]
    address = gr.Textbox(visible=False, elem_id="syn-address")

    def fill(spoken: str, said: str) -> list[Any]:
        found = opened(linked, said, spoken)
        tab = read(said).get("tab", "")
        turned = gr.update(selected=tab) if any(one.tab == tab for one in linked) else gr.skip()
        return [turned, *(found.get(one, gr.skip()) for one in components)]

    js = "(spoken) => [spoken, location.search.slice(0, 4000)]"
    return loaded.then(fill, [language, address], [tabs, *components], js=js, **AT_ONCE)
