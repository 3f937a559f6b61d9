"""The last stage of writing: captions are drawn by chance, and those that people agree with become likelier.

Self-critical sequence training (Rennie et al. 2017). The decoder has learned, a word at a time, what comes
next in one person's sentence; here it learns which whole sentence five people would agree with. The reward is
CIDEr-D; what it is compared with is the mean of the others drawn of the same photo (Luo 2020). Only the
decoder moves, and it goes on learning captions and answers as they are, so that it forgets neither.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.consensus import Consensus, tokens
from demo.models.pocket.real.modeling import RealModel
from demo.training.loop import Stage, train
from demo.training.real.photos import Photos
from demo.training.real.sampling import drawn
from demo.training.real.stage import Check, Lessons

REWARD = Stage(
    "reward",
    steps=150,
    learning_rate=1e-4,
    weight_decay=0.0,
    optimizer="adamw",
    warmup=0.1,
    average=0.9,
)
PHOTOS = 24  # of a step; each in both languages
SENTENCES = 5  # of a photo and language
TEMPERATURE = 0.6  # of the draws; in English they earn 0.52 at first, and 0.15 at 1
AS_THEY_ARE = 0.3  # what the loss of captions and answers as they are counts beside the reward
END = "."  # a unit like any other, so that a sentence that breaks off is worth less; no word is one


class Rewarded(Lessons):
    """The loss of one step."""

    def __init__(
        self, model: RealModel, tokenizer: PreTrainedTokenizerFast, photos: Photos
    ) -> None:
        super().__init__(model, tokenizer, photos, photos_per_step=PHOTOS)
        self.people = {
            language: Consensus(
                [
                    [units(sentence, language) for sentence in getattr(photo, language)]
                    for photo in photos.described
                ]
            )
            for language in ("en", "zh")
        }

    def __call__(self, step: int) -> Tensor:
        as_they_are = super().__call__(step)
        rows = self.rng.sample(range(len(self.photos)), PHOTOS)
        views = [self.rng.randrange(self.photos.features.shape[1]) for _ in rows]
        self.model.eval()  # what is drawn is what would be written
        with torch.no_grad():
            memory = self.model.joint(self.features(rows, views))[1]
        earned = sum(
            (self._earned(rows, memory, one) for one in self.people), start=memory.new_zeros(())
        )
        self.model.train()
        return AS_THEY_ARE * as_they_are - earned

    def _earned(self, rows: list[int], memory: Tensor, language: str) -> Tensor:
        """Log-likelihoods of what was drawn, times how much better it was than the others: to be raised."""
        start, end = self.tasks[f"caption-{language}"], self.model.config.end_token
        ids = drawn(self.model, memory, start, SENTENCES, TEMPERATURE)
        written = self.tokenizer.batch_decode(ids[:, 1:], skip_special_tokens=True)
        about = [row for row in rows for _ in range(SENTENCES)]
        people = self.people[language]
        worth = [
            people.score(units(text, language), row)
            for text, row in zip(written, about, strict=True)
        ]
        gains = beyond_the_others(torch.tensor(worth, device=memory.device).view(-1, SENTENCES))
        right = ids[:, 1:]
        kept = F.pad(right[:, :-1] != end, (1, 0), value=True)
        logits = self.model.write(
            ids[:, :-1], memory.repeat_interleave(SENTENCES, 0), None, kept
        ).float()
        likely = -F.cross_entropy(logits / TEMPERATURE, right[kept], reduction="none")
        return (gains.view(-1, 1).expand(kept.shape)[kept] * likely).mean()


def units(sentence: str, language: str) -> list[str]:
    """Of what a reward is counted by: its words or characters, and that it ends."""
    return [*tokens(sentence, language), END]


def beyond_the_others(worth: Tensor) -> Tensor:
    """How much more each is worth than the mean of the others of its row. [B, K] → the same."""
    others = (worth.sum(1, keepdim=True) - worth) / (worth.shape[1] - 1)
    return worth - others


def learn_by_reward(
    model: RealModel,
    tokenizer: PreTrainedTokenizerFast,
    photos: tuple[Photos, Photos],
    runs: Path,
    report: Callable[[str], None],
) -> None:
    """In place, the decoder alone. photos: to learn from, and held back."""
    model.requires_grad_(False).decoder.requires_grad_(True)
    lessons = Rewarded(model, tokenizer, photos[0])
    check = Check(lessons, photos[1])
    train(REWARD, model, lessons, runs, report, check, evaluate_every=50, chance=[lessons.rng])
    model.requires_grad_(True)
