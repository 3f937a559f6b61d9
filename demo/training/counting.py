"""When there are more things than the decoder can count: the weights of models/pocket/counting.py.

`python -m demo.training.counting` draws scenes of none to eight things, asks how many of one kind and how
many in all, and fits a logistic regression to what the decoder thinks while it answers. Takes some minutes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.checkpoints.pocket import COUNTING, POCKET_FOLDER, open_pocket
from demo.models.pocket import processing
from demo.models.pocket.counting import Beyond, answering_states
from demo.models.pocket.modeling import PocketModel
from demo.world.concepts import CONCEPTS
from demo.world.language.grammar import COUNTS_EN
from demo.world.paint import paint
from demo.world.scenes import SHOWN, Scene, Thing, draw_background

MOST = len(COUNTS_EN) - 1  # what the decoder counts to
SCENES, BATCH, SIDES = 4_000, 16, (128, 160, 200, 256)
WEIGHT_DECAY = 1e-2
_NUMBERS = (0, 1, 2, 3, 4, 4, 4, 5, 5, 6, 6, 7, 8)


@dataclass(frozen=True)
class Asked:
    """A scene and the concept that is counted in it."""

    scene: Scene
    concept: int

    @property
    def counts(self) -> tuple[int, int]:
        """How many of the concept, how many things in all."""
        return self.scene.counts[self.concept], len(self.scene.things)

    def questions(self, language: str) -> tuple[str, str]:
        known = CONCEPTS[self.concept]
        if language == "en":
            return f"how many {known.plural} are there?", "how many things are there?"
        return f"有几{known.measure}{known.noun_zh}？", "一共有几个东西？"


def draw_asked(rng: random.Random, number: int | None = None, held_back: bool = False) -> Asked:
    """A scene of `number` things (None: up to eight), of one kind or of several, that do not overlap."""
    number = rng.choice(_NUMBERS) if number is None else number
    concept = rng.choice(SHOWN)
    others, same = rng.sample(SHOWN, 2), rng.random()
    kinds = [
        concept if same < 0.6 or rng.random() < 0.4 else rng.choice(others) for _ in range(number)
    ]
    return Asked(Scene(tuple(_spread(rng, kinds)), draw_background(rng, held_back)), concept)


def _spread(rng: random.Random, concepts: Sequence[int]) -> Iterator[Thing]:
    """Things at places of their own: in rows, or anywhere."""
    most = 0.3 if len(concepts) > 3 else 0.42
    size, placed = rng.uniform(0.16, most), list[tuple[float, float]]()
    grid = [(x, y) for x in (0.2, 0.5, 0.8) for y in (0.2, 0.5, 0.8)]
    rng.shuffle(grid)
    rows = rng.random() < 0.5
    for i, concept in enumerate(concepts):
        x, y = grid[i]
        if not rows:
            for _ in range(300):
                x, y = (rng.uniform(size / 2, 1 - size / 2) for _ in range(2))
                if all(max(abs(x - a), abs(y - b)) > 0.95 * size for a, b in placed):
                    break
        placed.append((x, y))
        sprite, cell = (
            rng.randrange(len(CONCEPTS[concept].emoji)),
            (min(2, int(3 * y)), min(2, int(3 * x))),
        )
        yield Thing(concept, sprite, cell, x, y, size, rng.gauss(0, 8), False)


@torch.no_grad()
def states_of(
    model: PocketModel, tokenizer: PreTrainedTokenizerFast, asked: Sequence[Asked], side: int
) -> tuple[Tensor, Tensor]:
    """The decoder's states for every question in both languages, [B, D], and whether there are more, [B]."""
    pixels, _ = paint([one.scene for one in asked], side)
    drawn = (255 * pixels).round().byte().permute(0, 2, 3, 1).contiguous().numpy()
    ready = torch.stack([processing.pixel_values(one, model.config)[0] for one in drawn])
    pictures = model.encode(pixel_values=ready)["image"]
    states, more = [], []
    for language in ("en", "zh"):
        for which in range(2):
            read = tokenizer(
                [one.questions(language)[which] for one in asked], padding=True, return_tensors="pt"
            )
            mask = read["attention_mask"]
            words = model.encode(input_ids=read["input_ids"], attention_mask=mask)["text"]
            valid = torch.cat(
                [torch.ones(pictures.shape[:2], dtype=torch.bool), mask.bool()], dim=1
            )
            _, memory = model.joint(torch.cat([pictures, words], dim=1), valid)
            start = model.config.tasks[f"answer-{language}"]
            states.append(answering_states(model, memory, valid, start))
            more += [one.counts[which] > MOST for one in asked]
    return torch.cat(states), torch.tensor(more)


def fit(states: Tensor, more: Tensor) -> Beyond:
    """Logistic regression with weight decay over standardised states."""
    mean, spread = states.mean(0), states.std(0).clamp(min=1e-6)
    x, y = ((states - mean) / spread).double(), more.double()
    weight = torch.zeros(x.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=300)

    def loss() -> Tensor:
        optimiser.zero_grad()
        logits = x @ weight[:-1] + weight[-1]
        total = F.binary_cross_entropy_with_logits(logits, y)
        total = total + WEIGHT_DECAY / 2 * weight[:-1].square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    fitted = weight.detach()
    of_states = fitted[:-1] / spread
    return Beyond(of_states.float(), float(fitted[-1] - of_states @ mean.double()))


def main() -> None:
    """Draw, fit, say how good it is on scenes of its own, write."""
    rng = random.Random(0)
    model, processor = open_pocket(POCKET_FOLDER)
    batches = []
    for _ in range(SCENES // BATCH):
        asked = [draw_asked(rng) for _ in range(BATCH)]
        if any(one.scene.things for one in asked):
            batches.append(states_of(model, processor.tokenizer, asked, rng.choice(SIDES)))
    held = len(batches) // 10
    states, more = (torch.cat(parts) for parts in zip(*batches[held:], strict=True))
    beyond = fit(states, more)
    states, more = (torch.cat(parts) for parts in zip(*batches[:held], strict=True))
    right = (beyond.log_odds(states) > 0) == more
    found = f"{right.float().mean():.3f} of {len(right)}"
    print(f"right {found}, where there are more {right[more].float().mean():.3f}")
    weight = [round(one, 6) for one in beyond.weight.tolist()]
    value = {"weight": weight, "bias": round(beyond.bias, 6)}
    COUNTING.write_text(json.dumps(value) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
