"""The decoder is told to look at what it speaks of."""

from __future__ import annotations

import random

import pytest
import torch

from demo.models.attention_layer import AttentionLayer
from demo.training.losses.pointing import looking_loss, things_of_pieces, where_to_look
from demo.world.concepts import INDEX
from demo.world.language import grammar
from demo.world.scenes import draw_scene

CAT, DOG = INDEX["cat"], INDEX["dog"]


@pytest.mark.parametrize("language,between", [("en", ("above", "left")), ("zh", ("在", "的"))])
def test_a_name_points_at_its_thing_and_a_relation_at_both(
    language: str, between: tuple[str, ...]
) -> None:
    scene = draw_scene(random.Random(1), concepts=(CAT, DOG))
    text = grammar.caption(scene, language)
    spans = [(i, i + 1) for i in range(len(text))]
    told = things_of_pieces(scene, (CAT, DOG), language, text, spans)
    for noun, thing in {"cat": CAT, "dog": DOG, "猫": CAT, "狗": DOG}.items():
        if noun in text:
            assert told[text.index(noun)] == {thing}
    relation = next(word for word in between if word in text)
    assert told[text.index(relation)] == {CAT, DOG}


def test_an_answer_that_names_nothing_points_at_what_was_asked_about() -> None:
    scene = draw_scene(random.Random(1), concepts=(CAT, DOG))
    assert things_of_pieces(scene, (DOG,), "en", "on the left", [(0, 2), (3, 6)]) == [{DOG}, {DOG}]
    assert things_of_pieces(scene, (), "en", "blue", [(0, 4)]) == [set()]  # of the background


def test_where_to_look_are_the_cells_of_the_things() -> None:
    cells = torch.tensor([[CAT, DOG, CAT, -1]])
    spots = where_to_look([[{CAT}, set(), {CAT, DOG}, {DOG}]], cells, length=3)
    assert spots[0].tolist() == [
        [True, False, True, False],
        [False] * 4,
        [True, True, True, False],
    ]


def test_the_loss_is_the_attention_that_lies_elsewhere() -> None:
    k = 4 * torch.eye(5, 8).expand(1, 2, 5, 8)  # four cells of a picture and a word
    spots = torch.tensor([[[False, True, False, False], [False] * 4]])
    astray = AttentionLayer(10 * k[:, :, [0, 0]], k, k, k)
    there = AttentionLayer(10 * k[:, :, [1, 0]], k, k, k)  # its second word has nowhere to look
    assert looking_loss([there], spots) < 0.01 < 1 < looking_loss([astray], spots)
    even = AttentionLayer(torch.zeros(1, 2, 2, 8), k, k, k)
    torch.testing.assert_close(looking_loss([even], spots), torch.tensor(5.0).log())
    hidden = torch.tensor([True, True, True, True, False]).expand(1, 1, 1, 5)
    masked = AttentionLayer(torch.zeros(1, 2, 2, 8), k, k, k, hidden)
    torch.testing.assert_close(looking_loss([masked], spots), torch.tensor(4.0).log())


def test_half_of_the_heads_stay_free() -> None:
    k = torch.randn(1, 2, 4, 8)
    q = torch.randn(1, 2, 1, 8, requires_grad=True)
    looking_loss([AttentionLayer(q, k, k, k)], torch.eye(4).bool()[None, :1]).backward()
    assert q.grad is not None and q.grad[:, 0].abs().sum() > 0 and q.grad[:, 1].abs().sum() == 0
    assert looking_loss([AttentionLayer(q, k, k, k)], torch.zeros(1, 1, 4).bool()) == 0
