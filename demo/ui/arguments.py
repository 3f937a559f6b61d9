"""What programs are told of an endpoint's arguments: the same words wherever one means the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

SPOKEN_TEXT = (
    "a sentence in English or Chinese; empty: what people clearly say in the sound is read"
)
ARGUMENTS = {
    "image": "picture file",
    "audio": "sound file",
    "text": "a sentence in English or Chinese",
    "labels": "labels with commas between them, or a list of them; empty asks what is seen and heard",
    "fusion": "how the senses are combined; empty is the preset's own way",
    "beams": "1 takes the likeliest word each time, up to 8 search for something likelier; empty is the "
    "preset's own",
    "language": 'of notes and errors, "en" or "zh"',
}


def arguments(**own: str) -> Callable[[Function], Function]:
    """Writes every argument into a docstring, before its “Returns:”, a line each: clients read no second one.

    own: argument → what it means for this endpoint, where ARGUMENTS does not say so.

    Raises:
        KeyError: an argument of which neither says anything.
    """
    words = {**ARGUMENTS, **own}

    def with_arguments(function: Function) -> Function:
        names = [name for name in inspect.signature(function).parameters if name != "self"]
        lines = "".join(f"    {name}: {words[name]}\n" for name in names)
        does, mark, returns = (inspect.getdoc(function) or "").partition("Returns:")
        function.__doc__ = f"{does}Args:\n{lines}\n{mark}{returns}"
        return function

    return with_arguments
