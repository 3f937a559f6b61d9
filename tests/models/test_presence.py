"""“Is there a …?” about crowded drawings: a closer look sees what the whole picture hides."""

from __future__ import annotations

import random

import torch

from demo.models.pocket.presence import verdict
from demo.opening import open_routed
from demo.schema import Sample
from demo.training.presence import Witnesses, asked, drawn
from demo.world.paint import paint


def test_one_quarter_that_is_sure_is_enough_and_none_is_not() -> None:
    quiet = torch.full((4,), -5.0)
    seen = torch.tensor([-5.0, -5.0, 6.0, -5.0])
    assert verdict(torch.tensor(-1.0), seen) > 0 > verdict(torch.tensor(-1.0), quiet)


def test_a_closer_look_is_right_more_often() -> None:
    witnesses, rng = Witnesses(), random.Random(8)
    scenes = [one for one in drawn(rng, 120, True) if len(one[0].things) >= 4][:32]
    said, right = witnesses.heard(scenes, 200)
    by_whole = (said[:, 0] > 0) == right
    closer = (verdict(said[:, 0], said[:, 1:]) > 0) == right
    assert closer.float().mean() >= 0.95 and closer.sum() > by_whole.sum()
    hidden = [i for i in range(len(scenes)) if right[i] and not by_whole[i] and closer[i]]
    pixels, _ = paint([scenes[hidden[0]][0]], 200)
    picture = (255 * pixels[0]).round().byte().permute(1, 2, 0).numpy()
    question = asked(scenes[hidden[0]][1], "en")
    world = open_routed(torch.device("cpu")).world
    assert world.ask(Sample(image=picture), question, "en").answer == "yes"
