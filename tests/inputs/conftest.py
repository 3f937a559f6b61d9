"""What the tests of demo/inputs share: how a refusal must look, and damaged copies of a file."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import pytest

from demo.errors import LANGUAGES, Message, UserError


def assert_one_sentence(message: Message) -> None:
    """The sentence exists in each language, and ends where it should and only there."""
    english, chinese = (message.text(language) for language in LANGUAGES)
    assert english.endswith(".") and not re.search(r"[.!?] ", english), english
    assert chinese.endswith("。") and chinese.count("。") == 1, chinese
    assert "  " not in english + chinese, (english, chinese)


@pytest.fixture
def refused() -> Callable[..., Message]:
    """refused(key, function, *arguments): the call must raise UserError with that key."""

    def check(key: str, function: Callable[..., object], *arguments: object) -> Message:
        with pytest.raises(UserError) as caught:
            function(*arguments)
        assert caught.value.message.key == key
        assert_one_sentence(caught.value.message)
        return caught.value.message

    return check


def damaged(data: bytes, seed: int, copies: int) -> Iterator[bytes]:
    """Copies of a file that are cut short or have bytes changed, mostly in the header."""
    chance = random.Random(seed)
    for _ in range(copies):
        copy = bytearray(data)
        for _ in range(chance.choice((0, 1, 4, 16))):
            reach = chance.choice((40, 400, len(copy)))
            place = chance.randrange(min(reach, len(copy)))
            copy[place] = chance.choice((0, 255, chance.randrange(256)))
        yield bytes(copy[: chance.choice((len(copy), chance.randrange(1, len(copy) + 1)))])
