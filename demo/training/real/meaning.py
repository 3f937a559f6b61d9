"""The last stage: words and photos in one space of meanings.

Photos and their sentences find each other (Radford et al. 2021, figure 3), and sentences, names and glosses
lie where a pretrained sentence encoder puts them (Reimers and Gurevych 2020: a student for a language that
its teacher cannot read). Two minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from demo.models.pocket.real.modeling import RealModel, WordMeaning
from demo.models.vocabulary import vocabulary
from demo.training.real.photos import Photos
from demo.training.real.words import Taught, cleaned

STEPS, BATCH = 1_800, 512
RATES = (4e-3, 1.5e-3)  # of words, of photos
DECAYS = (1e-4, 0.05)
SCALE = 20.0  # inverse temperature to begin with
LONGEST = 40  # word pieces
WORDS_LOST = 0.1
CHINESE = 1.6  # how much its sentences count: they say less of a photo, and have no teacher
TEACHER = 0.6


@dataclass(frozen=True)
class Sentences:
    """ids: int16 [N, LONGEST]; mask: bool, the same."""

    ids: Tensor
    mask: Tensor

    def __len__(self) -> int:
        return len(self.ids)

    def means(self, words: WordMeaning, rows: Tensor | slice, lost: float = 0.0) -> Tensor:
        """Unit vectors of some, without a part of their words. [rows, MEANING]."""
        mask = self.mask[rows]
        if lost:
            short = mask.sum(1, keepdim=True) < 4
            mask = mask & ((torch.rand(mask.shape) > lost) | short)
        added = (words.words(self.ids[rows].long()) * mask[..., None]).sum(1)
        return F.normalize(words.project(added), dim=-1)  # widened once, not for every piece


def sentences(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> Sentences:
    """Cut to LONGEST pieces."""
    read = tokenizer(
        list(texts), padding="max_length", truncation=True, max_length=LONGEST, return_tensors="pt"
    )
    return Sentences(read["input_ids"].short(), read["attention_mask"].bool())


def told(tokenizer: PreTrainedTokenizerFast, photos: Photos, language: str) -> Sentences:
    """All sentences in one language, five for each photo, in order."""
    every = (getattr(photo, language) for photo in photos.described)
    return sentences(tokenizer, [cleaned(text, language) for texts in every for text in texts])


def things(tokenizer: PreTrainedTokenizerFast, taught: Taught) -> tuple[Sentences, Tensor]:
    """Names and glosses of all things, and where the teacher puts them: names in either language where it
    puts the English one."""
    texts, right = [], []
    for i, thing in enumerate(vocabulary().things.values()):
        names = [form for name in thing.en for form in (name.lower(), f"a {name.lower()}")]
        texts += [*names, *thing.zh]
        right += [taught.names[i]] * (len(names) + len(thing.zh))
        if thing.gloss:
            texts.append(thing.gloss)
            right.append(taught.glosses[i])
    return sentences(tokenizer, texts), torch.from_numpy(np.stack(right).astype(np.float32))


def mean_features(photos: Photos) -> Tensor:
    """[photos, views, channels]."""
    views = [
        np.asarray(photos.features[:, view], np.float32).mean(1)
        for view in range(photos.features.shape[1])
    ]
    return torch.from_numpy(np.stack(views, axis=1))


def learn_meaning(
    model: RealModel,
    tokenizer: PreTrainedTokenizerFast,
    photos: tuple[Photos, Photos],
    taught: Taught,
    report: Callable[[str], None],
    seed: int = 0,
) -> None:
    """In place. photos: to learn from, and held back."""
    torch.manual_seed(seed)
    words, network = model.word_meaning, model.photo_meaning
    nn.init.normal_(words.words.weight, std=0.1)
    seen = mean_features(photos[0])
    roots = F.normalize(seen.sqrt(), dim=-1).flatten(0, 1)
    network.mean.copy_(roots.mean(0))
    network.spread.copy_(roots.std(0) + 1e-4)
    learned = [list(words.parameters()), list(network.parameters())]
    for parameter in (p for group in learned for p in group):
        parameter.requires_grad_(True)
    scale = nn.Parameter(torch.tensor(SCALE).log())
    learned[1].append(scale)
    groups = [
        {"params": group, "lr": rate, "weight_decay": decay}
        for group, rate, decay in zip(learned, RATES, DECAYS, strict=True)
    ]
    optimizer = torch.optim.AdamW(groups)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, list(RATES), STEPS)
    loss_of = _Loss(tokenizer, photos[0], taught, seen)
    network.train()
    for step in range(STEPS):
        loss = loss_of(model, scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 300 == 0:
            report(f"meaning step {step + 1}/{STEPS} loss {float(loss.detach()):.3f}")
    network.eval()
    report(recalled(model, tokenizer, photos[1]))


class _Loss:
    """Of one step."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, photos: Photos, taught: Taught, seen: Tensor
    ) -> None:
        self.seen = seen
        self.en, self.zh = (told(tokenizer, photos, language) for language in ("en", "zh"))
        self.each = torch.from_numpy(taught.photos.astype(np.float32))  # (photos, 5, MEANING)
        self.mean = F.normalize(self.each.mean(1), dim=-1)
        self.things, self.named = things(tokenizer, taught)

    def __call__(self, model: RealModel, scale: Tensor) -> Tensor:
        rows = torch.randperm(len(self.seen))[:BATCH]
        count, words = len(rows), model.word_meaning
        number, other = (torch.randint(self.each.shape[1], (count,)) for _ in range(2))
        some = torch.randint(len(self.things), (BATCH,))
        photo = model.photo_meaning(self.seen[rows, torch.randint(self.seen.shape[1], (count,))])
        en = self.en.means(words, rows * self.each.shape[1] + number, WORDS_LOST)
        zh = self.zh.means(words, rows * self.each.shape[1] + other, WORDS_LOST)
        names = self.things.means(words, some)
        teacher = (
            _apart(en, self.each[rows, number])
            + _apart(zh, self.mean[rows])
            + 2 * _apart(names, self.named[some])
        )
        inverse = scale.exp().clamp(max=100.0)
        found = _found(inverse, photo, en) + CHINESE * _found(inverse, photo, zh)
        return found + 0.3 * _found(inverse, en, zh) + TEACHER * teacher


def _found(scale: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """How hard it is to find b by a, and a by b (Radford et al. 2021)."""
    likeness, right = scale * a @ b.T, torch.arange(len(a))
    return (F.cross_entropy(likeness, right) + F.cross_entropy(likeness.T, right)) / 2


def _apart(a: Tensor, b: Tensor) -> Tensor:
    return 1 - (a * b).sum(-1).mean()


@torch.no_grad()
def recalled(model: RealModel, tokenizer: PreTrainedTokenizerFast, photos: Photos) -> str:
    """Recall at 1 and at 10 of photos by their first sentence, in both languages."""
    seen = model.photo_meaning(mean_features(photos)[:, 0])
    found = []
    for language in ("en", "zh"):
        every = told(tokenizer, photos, language)
        first = torch.arange(0, len(every), len(every) // len(seen))
        likeness = every.means(model.word_meaning, first) @ seen.T
        rank = (likeness > likeness.diagonal()[:, None]).sum(1)
        found += [f"{language} r{k} {float((rank < k).float().mean()):.3f}" for k in (1, 10)]
    return " ".join(found)
