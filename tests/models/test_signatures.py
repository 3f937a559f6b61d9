"""Kinds as short vectors: what is named finds what is seen and heard, however few captions spoke of it."""

from __future__ import annotations

import pytest
import torch

from demo.models.beliefs import Beliefs
from demo.models.pocket.real.modeling import SIGNATURE, kinds_in
from demo.models.pocket.real.signatures import Signatures
from demo.models.vocabulary import vocabulary
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.settings import Settings

SOUNDS = 521
NOISE = 0.25  # of random directions: 3.7 standard deviations of one pair


@pytest.fixture(scope="module")
def reader() -> Pipeline:
    return open_pipeline(Settings(preset="pocket", device="cpu")).halves()["real"]


@pytest.fixture(scope="module")
def signatures(reader: Pipeline) -> Signatures:
    return reader.roles.retrieval_head.signatures  # type: ignore[union-attr]


def thing(name: str):  # type: ignore[no-untyped-def]
    return vocabulary().lookup(name)[0]


def sure_of(index: int, count: int) -> torch.Tensor:
    likely = torch.full((count,), 1e-9)
    likely[index] = 1.0
    return likely


def test_a_name_finds_its_kind_and_no_other(signatures: Signatures) -> None:
    (accordion,) = thing("accordion").image
    photo = signatures.of_photo(sure_of(accordion, signatures.first_sound))
    assert float(photo @ signatures.of_thing(thing("accordion"))) == pytest.approx(1, abs=NOISE)
    for other in ("camera", "dog", "beach"):
        assert abs(float(photo @ signatures.of_thing(thing(other)))) < NOISE


def test_a_family_finds_each_of_its_kinds(signatures: Signatures) -> None:
    dog, cat = (signatures.of_thing(thing(name)) for name in ("dog", "cat"))
    kinds = Beliefs(vocabulary()).classes[thing("dog").id]
    spread = sure_of(0, signatures.first_sound) * 0
    spread[list(kinds)] = 1 / len(kinds)
    photo = signatures.of_photo(spread)
    assert float(photo @ dog) == pytest.approx(1, abs=NOISE)
    assert float(photo @ dog) > float(photo @ cat) + 0.5


def test_an_everyday_word_is_found_by_its_own_probability(signatures: Signatures) -> None:
    photo = signatures.of_photo(
        sure_of(signatures.words[thing("beach").id], signatures.first_sound)
    )
    assert float(photo @ signatures.of_thing(thing("beach"))) == pytest.approx(1, abs=NOISE)


def test_a_sound_is_found_by_its_name_and_finds_who_makes_it(signatures: Signatures) -> None:
    accordion = thing("accordion")
    (class_index,), (sound_index,) = accordion.image, accordion.sound
    heard = signatures.of_recording(sure_of(sound_index, SOUNDS))
    photo = signatures.of_photo(sure_of(class_index, signatures.first_sound))
    elsewhere = signatures.of_photo(sure_of(thing("pizza").image[0], signatures.first_sound))
    assert float(heard @ signatures.of_thing(accordion)) > 1 - NOISE
    assert float(heard @ photo) == pytest.approx(1, abs=NOISE)
    assert abs(float(heard @ elsewhere)) < NOISE


@pytest.mark.parametrize(
    "text, names",
    [
        ("an accordion on a wooden table", ["accordion"]),  # which no caption taught
        ("木桌上的手风琴", ["accordion"]),
        ("a man plays the accordion", ["accordion"]),  # captions taught what a man is
        ("a photo of a dog", ["dog"]),
        ("狗", ["dog"]),
        ("a brown dog runs through the high grass", []),  # its meaning finds it better
        ("no accordion", ["-accordion"]),
        ("it was nice there", []),
    ],
)
def test_a_sentence_asks_for_kinds_that_captions_did_not_teach(
    reader: Pipeline, signatures: Signatures, text: str, names: list[str]
) -> None:
    wanted = torch.zeros(SIGNATURE)
    for name in names:
        sign = -1 if name.startswith("-") else 1
        wanted += sign * signatures.of_thing(thing(name.strip("-")))
    (encoding,) = reader.roles.encoders["text"].encode([text])
    torch.testing.assert_close(kinds_in(encoding.tokens), wanted, atol=1e-5, rtol=0)
