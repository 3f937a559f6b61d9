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


def test_a_space_goes_on_to_the_fields_own_models() -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    space = {"SPACE_ID": "somebody/synesthesia"}
    found = from_flags(parser.parse_args([]), space)
    assert found.preset == "pocket" and found.later == "base"
    assert from_flags(parser.parse_args([]), {}).later == ""
    chosen = from_flags(parser.parse_args([]), {**space, "SYNESTHESIA_PRESET": "pocket"})
    assert chosen.later == ""
