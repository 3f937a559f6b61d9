"""A flag wins over our variable, ours over gradio's, a variable over the default."""

from __future__ import annotations

import argparse

import pytest

from demo.errors import UserError
from demo.settings import add_flags, from_flags


def port(flags: list[str], **environment: str) -> int:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return from_flags(parser.parse_args(flags), environment).port


def test_who_wins() -> None:
    gradio, ours = {"GRADIO_SERVER_PORT": "1111"}, {"SYNESTHESIA_PORT": "2222"}
    assert port([]) == 7860
    assert port([], **gradio) == 1111
    assert port([], **gradio, **ours) == 2222
    assert port(["--port", "3333"], **gradio, **ours) == 3333


@pytest.mark.parametrize("variable", ["GRADIO_SERVER_PORT", "SYNESTHESIA_PORT"])
def test_the_variable_that_cannot_be_used_is_named(variable: str) -> None:
    with pytest.raises(UserError, match=variable):
        port([], **{variable: "many"})
