"""Kinds as short vectors: what is named finds what is seen and heard, however few captions spoke of it."""

from __future__ import annotations

import pytest
import torch

from demo.models.beliefs import Beliefs
from demo.models.pocket.real.modeling import MEANING, TOKEN, kinds_in, with_meanings
from demo.models.pocket.real.signatures import Signatures
from demo.models.pocket.trunks.efficientnet import CLASSES
from demo.models.vocabulary import vocabulary

SOUNDS = 521
NOISE = 0.25  # of random directions: 3.7 standard deviations of one pair


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures(Beliefs(vocabulary()), CLASSES, ("word:beach",), SOUNDS)


def thing(name: str):  # type: ignore[no-untyped-def]
    return vocabulary().lookup(name)[0]


def sure_of(index: int, count: int) -> torch.Tensor:
    likely = torch.full((count,), 1e-9)
    likely[index] = 1.0
    return likely


def test_a_name_finds_its_kind_and_no_other(signatures: Signatures) -> None:
    (accordion,) = thing("accordion").image
    photo = signatures.of_photo(sure_of(accordion, CLASSES + 1))
    assert float(photo @ signatures.of_thing(thing("accordion"))) == pytest.approx(1, abs=NOISE)
    for other in ("camera", "dog", "beach"):
        assert abs(float(photo @ signatures.of_thing(thing(other)))) < NOISE


def test_a_family_finds_each_of_its_kinds(signatures: Signatures) -> None:
    dog, cat = (signatures.of_thing(thing(name)) for name in ("dog", "cat"))
    kinds = Beliefs(vocabulary()).classes[thing("dog").id]
    spread = sure_of(0, CLASSES + 1) * 0
    spread[list(kinds)] = 1 / len(kinds)
    photo = signatures.of_photo(spread)
    assert float(photo @ dog) == pytest.approx(1, abs=NOISE)
    assert float(photo @ dog) > float(photo @ cat) + 0.5


def test_an_everyday_word_is_found_by_its_own_probability(signatures: Signatures) -> None:
    photo = signatures.of_photo(sure_of(CLASSES, CLASSES + 1))
    assert float(photo @ signatures.of_thing(thing("beach"))) == pytest.approx(1, abs=NOISE)


def test_a_sound_is_found_by_its_name_and_finds_who_makes_it(signatures: Signatures) -> None:
    accordion = thing("accordion")
    (class_index,), (sound_index,) = accordion.image, accordion.sound
    heard = signatures.of_recording(sure_of(sound_index, SOUNDS))
    photo = signatures.of_photo(sure_of(class_index, CLASSES + 1))
    elsewhere = signatures.of_photo(sure_of(thing("pizza").image[0], CLASSES + 1))
    assert float(heard @ signatures.of_thing(accordion)) > 1 - NOISE
    assert float(heard @ photo) == pytest.approx(1, abs=NOISE)
    assert abs(float(heard @ elsewhere)) < NOISE


def test_what_is_named_counts_by_its_share_of_what_is_said() -> None:
    kinds = torch.zeros(4, 224)
    kinds[0, 0] = 1.0
    words, named = torch.zeros(4, MEANING), torch.zeros(4, MEANING)
    words[:, 3], named[0, 5] = 2.0, 1.0
    tokens = with_meanings(torch.zeros(4, TOKEN), kinds, words, named)
    assert float(kinds_in(tokens)[0]) == pytest.approx(1 / 16)  # one word of four
    assert float(kinds_in(tokens[:1])[0]) == pytest.approx(1)
    assert float(kinds_in(tokens[1:]).abs().max()) == 0
