"""Stage 3: words, sounds and pictures meet in one label space.

The convolutions of the two encoders are kept; the text encoder, the joint transformer and the concept
vectors learn from single modalities, from agreeing and contradicting combinations (modality dropout),
and from inputs that show nothing (noise, silence, sentences about something else), whose right answer
is “no idea”: equal belief in everything.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.tokenization import train_tokenizer
from demo.training import augment, patterns, sources
from demo.training.audio_stage import RATE, SoundBatches
from demo.training.audio_stage import clean as clean_sound
from demo.training.concepts import CONCEPTS
from demo.training.image_stage import PictureBatches, normalise
from demo.training.image_stage import clean as clean_pictures
from demo.training.loop import Stage, train
from demo.training.sentences import everyday, nothing, sentence

STAGE = Stage("joint", steps=1_000, learning_rate=1e-3, weight_decay=0.05, optimizer="adamw")
ALONE = {"image": 64, "audio": 32, "text": 96}  # samples of one modality in a step
TOGETHER = 32  # samples of two or three modalities in a step
NOTHING = 4  # pictures and sounds in a step that show nothing
NOTHING_SAID = 24  # sentences in a step about nothing the model knows
SAME_CONCEPT = 0.7  # of the combinations; the others contradict each other
LONG_BATCHES = 0.1  # part of the batches of sentences that hold long texts
LABEL_SMOOTHING = 0.05


def make_tokenizer(vocab_size: int, max_tokens: int) -> PreTrainedTokenizerFast:
    """Word pieces fitted to the recipe's own sentences and the everyday words."""
    rng = random.Random(3)
    taught = (sentence(rng, i % len(CONCEPTS)) for i in range(60_000))
    names = [name for c in CONCEPTS for name in (*c["en"], *c["zh"])] * 50
    words = [w for language in ("en", "zh") for w in everyday(language, "train")]
    words += patterns.TRICKY_EN + patterns.TRICKY_ZH
    return train_tokenizer([*taught, *names, *words * 3], vocab_size, max_tokens)


class JointBatches:
    """Endless pictures, sounds and sentences by concept."""

    def __init__(self, data: Path, model: PocketModel, tokenizer: PreTrainedTokenizerFast) -> None:
        self.side = model.config.image_size
        self.tokenizer = tokenizer
        self.random = np.random.default_rng(4)
        self.rng = random.Random(4)
        self.pictures = PictureBatches(data, self.side)
        self.sounds = SoundBatches(data, model.config, seed=4)
        self.by_concept = [self._examples(i) for i in range(len(CONCEPTS))]
        self.seen = {
            m: [i for i, c in enumerate(CONCEPTS) if m in c["senses"]]
            for m in ("image", "audio", "text")
        }

    def _examples(self, concept: int) -> dict[str, np.ndarray]:
        return {
            "photo": np.flatnonzero(self.pictures.photo_labels.numpy() == concept),
            "digit": np.flatnonzero(self.pictures.digit_labels.numpy() == concept),
            "scene": np.flatnonzero(self.sounds.scenes.labels == concept),
            "voice": np.flatnonzero(self.sounds.digits.labels == concept),
        }

    def concepts(self, modality: str, count: int) -> np.ndarray:
        """Concept indices that this modality can show, at random."""
        return self.random.choice(self.seen[modality], size=count)

    def show(self, concepts: np.ndarray) -> Tensor:
        """One augmented picture of each concept; noise for those no picture shows. [B, 3, S, S]."""
        x = torch.rand(len(concepts), 3, self.side, self.side)
        photos = [k for k, c in enumerate(concepts) if len(self.by_concept[c]["photo"])]
        digits = [k for k, c in enumerate(concepts) if len(self.by_concept[c]["digit"])]
        pick = self.random.choice
        if photos:
            i = torch.tensor([int(pick(self.by_concept[concepts[k]]["photo"])) for k in photos])
            x[photos] = augment.photos(self.pictures.photos[i], self.side)
        if digits:
            i = torch.tensor([int(pick(self.by_concept[concepts[k]]["digit"])) for k in digits])
            ground = self.pictures.photos[torch.randint(len(self.pictures.photos), (len(digits),))]
            x[digits] = augment.digits(self.pictures.digits[i], self.side, ground.float() / 255.0)
        return normalise(x)

    def sound(self, concepts: np.ndarray, seconds: float) -> Tensor:
        """One augmented sound of each concept; silence for those no sound shows. [B, 1, M, T]."""
        length = int(seconds * RATE)
        waves = np.zeros((len(concepts), length), dtype=np.float32)
        for row, c in zip(waves, concepts, strict=True):
            if len(self.by_concept[c]["scene"]):
                row += self.sounds.scene(
                    int(self.random.choice(self.by_concept[c]["scene"])), length
                )
            elif len(self.by_concept[c]["voice"]):
                row += self.sounds.digit(
                    int(self.random.choice(self.by_concept[c]["voice"])), length
                )
        return self.sounds.spectrograms(waves)

    def tell(self, concepts: np.ndarray) -> list[str]:
        """One sentence about each concept."""
        # Long texts come together, in few batches: one of them pads all others to its length.
        long = 0.5 if self.rng.random() < LONG_BATCHES else 0.0
        return [sentence(self.rng, int(c), long=long) for c in concepts]

    def tokens(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Token ids and their mask, padded. int [B, L], bool [B, L]."""
        batch = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        return batch["input_ids"], batch["attention_mask"].bool()

    def nothing_to_see(self, count: int) -> Tensor:
        """Plain, noisy and shaded pictures. [B, 3, S, S]."""
        plain = torch.rand(count, 3, 1, 1).expand(-1, -1, self.side, self.side)
        ramp = torch.linspace(0, 1, self.side).view(1, 1, 1, -1) * torch.rand(count, 3, 1, 1)
        noise = torch.randn(count, 3, self.side, self.side) * torch.rand(count, 1, 1, 1) * 0.4
        mixed = (
            plain
            + ramp * (torch.rand(count, 1, 1, 1) < 0.4)
            + noise * (torch.rand(count, 1, 1, 1) < 0.6)
        )
        return normalise(mixed.clamp(0, 1))

    def nothing_to_hear(self, count: int, seconds: float) -> Tensor:
        """Silence, white noise and pure tones. [B, 1, M, T]."""
        time = np.arange(int(seconds * RATE)) / RATE
        waves = np.zeros((count, len(time)), dtype=np.float32)
        for i, row in enumerate(waves):
            if i % 4 == 1:
                row += 0.1 * self.random.standard_normal(len(time))
            elif i % 4 == 3:
                row += 0.2 * np.sin(2 * np.pi * self.random.uniform(80, 3000) * time)
        return self.sounds.spectrograms(waves)

    def nothing_to_read(self, count: int) -> list[str]:
        """Sentences about nothing the model is taught."""
        return [nothing(self.rng) for _ in range(count)]


def train_joint(
    model: PocketModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Path,
    folder: Path,
    report: Callable[[str], None],
) -> None:
    """Train everything but the convolutions, in place."""
    torch.manual_seed(3)
    frozen = [model.image_encoder.convolutions, model.audio_encoder.convolutions]
    for module in frozen:
        module.requires_grad_(False)
    batches = JointBatches(data, model, tokenizer)

    def loss_of(step: int) -> Tensor:
        for module in frozen:
            module.eval()  # keep the statistics they were trained with
        seconds = (1.5, 2.5, 4.0, 5.0)[step % 4]
        return _alone(model, batches, seconds) + _together(model, batches, seconds)

    train(STAGE, model, loss_of, folder, report, lambda: validate(model, tokenizer, data), 250)
    report("joint stage done: " + validate(model, tokenizer, data, every=1))


def _alone(model: PocketModel, batches: JointBatches, seconds: float) -> Tensor:
    """Cross-entropy of each modality by itself, with a few inputs that show nothing."""
    seen, heard, told = (batches.concepts(m, ALONE[m]) for m in ("image", "audio", "text"))
    ids, mask = batches.tokens(batches.tell(told) + batches.nothing_to_read(NOTHING_SAID))
    pictures = torch.cat([batches.show(seen), batches.nothing_to_see(NOTHING)])
    sounds = torch.cat([batches.sound(heard, seconds), batches.nothing_to_hear(NOTHING, seconds)])
    return (
        _loss(model(pixel_values=pictures).logits, _targets(seen, NOTHING))
        + _loss(model(log_mel=sounds).logits, _targets(heard, NOTHING))
        + _loss(model(input_ids=ids, attention_mask=mask).logits, _targets(told, NOTHING_SAID))
    )


def _together(model: PocketModel, batches: JointBatches, seconds: float) -> Tensor:
    """Cross-entropy of two or three modalities; contradictions are shared out equally."""
    shown = {m: batches.concepts(m, TOGETHER) for m in ("image", "audio", "text")}
    present = torch.ones(TOGETHER, 3, dtype=torch.bool)
    for row in range(TOGETHER):
        if batches.rng.random() < SAME_CONCEPT:
            same = shown[batches.rng.choice(["image", "audio"])][row]
            for column, m in enumerate(shown):
                shown[m][row] = same
                present[row, column] = m in CONCEPTS[same]["senses"]
        if present[row].all():
            dropped = batches.rng.randrange(4)  # one of the three, or none
            if dropped < 3:
                present[row, dropped] = False
    ids, mask = batches.tokens(batches.tell(shown["text"]))
    output = model(
        batches.show(shown["image"]), batches.sound(shown["audio"], seconds), ids, mask, present
    )
    each = [_targets(shown[m], 0) * present[:, i, None] for i, m in enumerate(shown)]
    target = torch.stack(each).sum(0)
    return _loss(output.logits, target / target.sum(-1, keepdim=True))


def _targets(concepts: np.ndarray, nothing: int) -> Tensor:
    """One-hot rows, then `nothing` rows of equal belief. [len(concepts) + nothing, C]."""
    count = len(CONCEPTS)
    certain = F.one_hot(torch.from_numpy(np.asarray(concepts)), count).float()
    return torch.cat([certain, torch.full((nothing, count), 1.0 / count)])


def _loss(logits: Tensor, target: Tensor) -> Tensor:
    return F.cross_entropy(logits.float(), target, label_smoothing=LABEL_SMOOTHING)


def validate(
    model: PocketModel, tokenizer: PreTrainedTokenizerFast, data: Path, every: int = 5
) -> str:
    """Accuracy over all concepts of each single modality on the validation split."""
    model.eval()
    parts = []
    with torch.no_grad():
        for name, read in (("photos", sources.cifar10), ("digits", sources.mnist)):
            pictures = read(data, "validation")
            x = clean_pictures(pictures.images[::every], model.config.image_size)
            logits = torch.cat([model(pixel_values=piece).logits for piece in x.split(250)])
            parts.append((name, logits, pictures.labels[::every]))
        for name, listen in (("scenes", sources.esc10), ("voices", sources.spoken_digits)):
            sounds = listen(data, "validation")
            logits = torch.cat(
                [model(log_mel=clean_sound(w, model.config)).logits for w in sounds.waves]
            )
            parts.append((name, logits, sounds.labels))
        rng = random.Random(5)
        concepts = [i % len(CONCEPTS) for i in range(1000)]
        said = [sentence(rng, c, "validation") for c in concepts]
        batch = tokenizer(said, padding=True, truncation=True, return_tensors="pt")
        parts.append(("sentences", model(**batch).logits, np.array(concepts)))
    return " ".join(f"{n} {np.mean(p.argmax(-1).numpy() == y):.4f}" for n, p, y in parts)
