"""How much a closer look counts where it is asked whether something is there (models/pocket/presence.py).

    python -m demo.training.presence

draws crowded scenes, asks of each whether something is there, of the whole picture and of its quarters,
prints the three numbers that stand there, and how often the verdict is right on scenes of its own. Takes some
minutes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from demo.inputs.quarters import quarters
from demo.models.checkpoints.pocket import POCKET_FOLDER, open_pocket
from demo.models.pocket import processing
from demo.models.pocket.generator import PocketGenerator
from demo.models.pocket.presence import PresenceVerifier, verdict
from demo.training.counting import draw_asked
from demo.world.concepts import CONCEPTS
from demo.world.paint import paint
from demo.world.scenes import SHOWN, Scene

SCENES, HELD_BACK, BATCH, SIDES = 800, 400, 16, (128, 200, 256)
NUMBERS = (1, 2, 3, 3, 4, 4, 5, 6)  # of things


def drawn(rng: random.Random, count: int, held_back: bool) -> Iterator[tuple[Scene, int, bool]]:
    """Scenes, a concept that is asked about, and whether it is there: in every other scene."""
    for i in range(count):
        scene = draw_asked(rng, rng.choice(NUMBERS), held_back).scene
        there = i % 2 == 0
        known = list(scene.counts) if there else [c for c in SHOWN if c not in scene.counts]
        yield scene, rng.choice(known), there


def asked(concept: int, language: str) -> str:
    """In the words that were taught."""
    known = CONCEPTS[concept]
    return f"is there {known.singular} here?" if language == "en" else f"有{known.noun_zh}吗？"


class Witnesses:
    """What the decoder says of whole scenes and of their quarters."""

    def __init__(self) -> None:
        self.model, processor = open_pocket(POCKET_FOLDER)
        self.tokenizer = processor.tokenizer
        generator = PocketGenerator(self.model, self.tokenizer)
        self.verifier = PresenceVerifier(self.model, self.tokenizer, generator)

    @torch.no_grad()
    def heard(self, scenes: Sequence[tuple[Scene, int, bool]], side: int) -> tuple[Tensor, Tensor]:
        """Log-odds of yes, of the whole and the quarters, in both languages [2 B, 5]; what is right [2 B]."""
        pixels, _ = paint([scene for scene, _, _ in scenes], side)
        pictures = (255 * pixels).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
        views = zip(*([one, *quarters(one)] for one in pictures), strict=True)
        config = self.model.config
        tokens = [
            self.model.encode(
                pixel_values=torch.stack([processing.pixel_values(v, config)[0] for v in view])
            )["image"]
            for view in views
        ]
        rows = [
            self._said(tokens, [c for _, c, _ in scenes], language) for language in ("en", "zh")
        ]
        return torch.cat(rows), torch.tensor([there for _, _, there in scenes]).repeat(2)

    def _said(self, tokens: Sequence[Tensor], concepts: Sequence[int], language: str) -> Tensor:
        questions = [asked(concept, language) for concept in concepts]
        read = self.tokenizer(questions, padding=True, return_tensors="pt")
        mask = read["attention_mask"]
        words = self.model.encode(input_ids=read["input_ids"], attention_mask=mask)["text"]
        valid = torch.cat([torch.ones(tokens[0].shape[:2], dtype=torch.bool), mask.bool()], dim=1)
        said = [self.verifier.log_odds(language, torch.cat([t, words], 1), valid) for t in tokens]
        return torch.stack(said, dim=1)


def testimony(witnesses: Witnesses, count: int, held_back: bool) -> tuple[Tensor, Tensor]:
    """See Witnesses.heard, of `count` scenes."""
    rng = random.Random(f"presence {held_back}")
    found = [
        witnesses.heard(list(drawn(rng, BATCH, held_back)), rng.choice(SIDES))
        for _ in range(count // BATCH)
    ]
    said, right = zip(*found, strict=True)
    return torch.cat(said), torch.cat(right)


def fit(said: Tensor, right: Tensor) -> list[float]:
    """QUARTER, WHOLE and BIAS by logistic regression."""
    x = torch.stack([said[:, 1:].amax(1), said[:, 0]], dim=1)
    weight = torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        wrong = F.binary_cross_entropy_with_logits(x @ weight[:2] + weight[2], right.float())
        wrong.backward()
        return wrong

    optimiser.step(loss)
    return [round(float(one), 3) for one in weight.detach()]


def main() -> None:
    """The command."""
    witnesses = Witnesses()
    print("weights", *fit(*testimony(witnesses, SCENES, held_back=False)))
    said, right = testimony(witnesses, HELD_BACK, held_back=True)
    by_whole = ((said[:, 0] > 0) == right).float().mean()
    closer = ((verdict(said[:, 0], said[:, 1:]) > 0) == right).float().mean()
    print(f"right of {len(right)}: by the whole {by_whole:.3f}, by a closer look {closer:.3f}")


if __name__ == "__main__":
    main()
