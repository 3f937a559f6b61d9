"""The last stage: photos among the meanings of sentences (Radford et al. 2021, figure 3).

Sentences are read once, by the text encoder as it then is; only the small network for photos learns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.pocket.real.modeling import PhotoMeaning, RealModel
from demo.training.real.photos import Described, Photos
from demo.training.real.words import cleaned

STEPS, PHOTOS_PER_STEP, RATE = 700, 512, 1.5e-3
SCALE = 20.0  # inverse temperature to begin with


@torch.no_grad()
def meanings(
    model: RealModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], batch: int = 128
) -> Tensor:
    """Of sentences, [texts, MEANING]."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found = torch.zeros(len(texts), model.to_meaning.out_features)
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        read = tokenizer(
            [texts[i] for i in rows], padding=True, truncation=True, return_tensors="pt"
        ).to(model.device)
        mask = read["attention_mask"].bool()
        tokens = model.read_words(read["input_ids"], mask)
        found[rows] = model.meaning(model.joint(tokens, mask)[0]).cpu()
    return found


def of_photos(
    model: RealModel, tokenizer: PreTrainedTokenizerFast, photos: Sequence[Described]
) -> Tensor:
    """Meanings of all sentences, English and Chinese. [photos, sentences, MEANING]."""
    texts = [
        cleaned(sentence, language)
        for photo in photos
        for language, told in (("en", photo.en), ("zh", photo.zh))
        for sentence in told
    ]
    return meanings(model, tokenizer, texts).view(len(photos), -1, model.to_meaning.out_features)


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
    report: Callable[[str], None],
    seed: int = 0,
) -> None:
    """In place. photos: to learn from, and held back."""
    torch.manual_seed(seed)
    model.eval()
    told = of_photos(model, tokenizer, photos[0].described)
    seen = mean_features(photos[0])
    network: PhotoMeaning = model.photo_meaning
    roots = F.normalize(seen.sqrt(), dim=-1).flatten(0, 1)
    network.mean.copy_(roots.mean(0))
    network.spread.copy_(roots.std(0) + 1e-4)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    scale = torch.nn.Parameter(torch.tensor(SCALE).log())
    learned = [*network.parameters(), scale]
    optimizer = torch.optim.AdamW(learned, RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, STEPS)
    network.train()
    right = torch.arange(PHOTOS_PER_STEP)
    for step in range(STEPS):
        rows = torch.randperm(len(seen))[:PHOTOS_PER_STEP]
        photo = network(seen[rows, torch.randint(seen.shape[1], rows.shape)])
        text = told[rows, torch.randint(told.shape[1], rows.shape)]
        likeness = scale.exp().clamp(max=100.0) * photo @ text.T
        loss = F.cross_entropy(likeness, right) + F.cross_entropy(likeness.T, right)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 100 == 0:
            report(f"meaning step {step + 1}/{STEPS} loss {float(loss.detach()):.3f}")
    network.eval()
    report(recalled(model, tokenizer, photos[1]))


@torch.no_grad()
def recalled(model: RealModel, tokenizer: PreTrainedTokenizerFast, photos: Photos) -> str:
    """Recall at 1 and at 10 of photos by their first sentence, in both languages."""
    told = of_photos(model, tokenizer, photos.described)
    seen = model.photo_meaning(mean_features(photos)[:, 0])
    found = []
    for language, column in (("en", 0), ("zh", told.shape[1] // 2)):
        likeness = told[:, column] @ seen.T
        rank = (likeness > likeness.diagonal()[:, None]).sum(1)
        found += [f"{language} r{k} {float((rank < k).float().mean()):.3f}" for k in (1, 10)]
    return " ".join(found)
