"""Stage 2: the audio encoder learns environmental sounds and spoken digits with a throw-away head."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.encoders import AudioEncoder
from demo.models.pocket.processing import log_mel, padded
from demo.schema import SAMPLE_RATE
from demo.training.data import sources
from demo.training.data.augment import EVERYTHING, Augmentation
from demo.training.data.concepts import CONCEPTS
from demo.training.loop import Stage, train

STAGE = Stage("audio", steps=2_000, learning_rate=2e-3, weight_decay=0.02, optimizer="adamw")
SCENES_PER_STEP = 32
DIGITS_PER_STEP = 48
LABEL_SMOOTHING = 0.1
RATE = SAMPLE_RATE


class SoundBatches:
    """Endless shuffled, augmented batches of environmental sounds and spoken digits."""

    def __init__(
        self,
        data: Path,
        config: PocketConfig,
        augmentation: Augmentation = EVERYTHING,
    ) -> None:
        self.config = config
        self.augmentation = augmentation
        self.random = np.random.default_rng(0)  # each step has seeds of its own
        self.scenes = sources.esc10(data, "train")
        self.digits = sources.spoken_digits(data, "train")
        self.by_label = {
            label: np.flatnonzero(self.scenes.labels == label) for label in set(self.scenes.labels)
        }

    def __call__(self, scenes: int, digits: int, seconds: float) -> tuple[Tensor, Tensor]:
        """→ log-mel [scenes + digits, 1, n_mels, T] and concept indices [scenes + digits]."""
        i = self.random.integers(len(self.scenes.waves), size=scenes)
        j = self.random.integers(len(self.digits.waves), size=digits)
        length = int(seconds * RATE)
        waves = [self.scene(k, length) for k in i] + [self.digit(k, length) for k in j]
        labels = np.concatenate([self.scenes.labels[i], self.digits.labels[j]])
        return self.spectrograms(np.stack(waves)), torch.from_numpy(labels)

    def scene(self, index: int, length: int) -> np.ndarray:
        """A piece of a recording, sometimes laid over another of the same kind."""
        wave = self._piece(self.scenes.waves[index], length)
        if self.augmentation.sound and self.random.random() < 0.4:
            other = self.random.choice(self.by_label[self.scenes.labels[index]])
            wave = wave + self.random.uniform(0.2, 1) * self._piece(
                self.scenes.waves[other], length
            )
        return wave

    def digit(self, index: int, length: int) -> np.ndarray:
        """A spoken digit somewhere in a quiet, hissing or noisy stretch of time."""
        voice = self.digits.waves[index]
        if self.augmentation.sound:
            voice = self.faster(voice, self.random.uniform(0.8, 1.25))
        voice = voice[:length]
        start = int(self.random.integers(0, max(1, min(length - len(voice), RATE))))
        if self.random.random() < 0.3:
            start = 0  # a cut-out recording begins at once
        wave = np.zeros(length, dtype=np.float32)
        wave[start : start + len(voice)] = voice[: length - start]
        if self.augmentation.sound and self.random.random() < 0.5:
            wave += self.ground(length) * np.abs(wave).max() * 10 ** self.random.uniform(-2.5, -0.8)
        return wave

    def spectrograms(self, waves: np.ndarray, speech: bool = False) -> Tensor:
        """waves [B, N] → log-mel, warped, tilted and masked when augmenting; speech: gently."""
        with torch.autocast(
            "cpu", enabled=False
        ):  # a spectrogram spans more than bfloat16 resolves
            mel = log_mel(torch.from_numpy(waves.astype(np.float32)), self.config)
            if not self.augmentation.spectrogram:
                return mel
            return spec_augment(mel, (5, 6), 0.6) if speech else spec_augment(mel)

    def ground(self, length: int) -> np.ndarray:
        """Background of peak 1: white noise or a piece of an environmental recording."""
        if self.random.random() < 0.5:
            noise = self.random.standard_normal(length).astype(np.float32)
        else:
            noise = self._piece(
                self.scenes.waves[self.random.integers(len(self.scenes.waves))], length
            )
        return noise / (np.abs(noise).max() + 1e-6)

    def _piece(self, wave: np.ndarray, length: int) -> np.ndarray:
        """`length` samples that are not all silence (recordings are padded with zeros)."""
        factor = self.random.uniform(0.85, 1.18) if self.augmentation.sound else 1.0
        span = int(length * factor) + 2
        if len(wave) > span:
            loud = np.flatnonzero(np.abs(wave[::64]) > 0.05 * np.abs(wave).max()) * 64
            centre = self.random.choice(loud) if len(loud) else len(wave) // 2
            start = int(np.clip(centre - self.random.uniform(0.1, 0.9) * span, 0, len(wave) - span))
            wave = wave[start : start + span]
        wave = self.faster(wave, factor) if self.augmentation.sound else wave
        return np.pad(wave[:length], (0, max(0, length - len(wave))))

    def faster(self, wave: np.ndarray, factor: float) -> np.ndarray:
        """Resampled by linear interpolation: pitch and speed change together."""
        where = np.arange(0, len(wave) - 1, factor, dtype=np.float32)
        return np.interp(where, np.arange(len(wave)), wave).astype(np.float32)


def spec_augment(mel: Tensor, widest: tuple[int, int] = (8, 16), strength: float = 1.0) -> Tensor:
    """Warp, tilt, band-limit and mask log-mel spectrograms.

    Frequency warping stands for other throats (VTLP, Jaitly & Hinton 2013), a smooth tilt for other
    microphones, band-limiting for telephones; masks as in SpecAugment (Park et al. 2019).
    mel [B, 1, M, T], -1..1 → the same shape and range; widest: most bands and frames of a mask;
    strength: of the rest, 1 is for few and short recordings, less for words that must stay legible.
    """
    batch, _, bands, frames = mel.shape
    warp = 1 + strength * torch.empty(batch).uniform_(-0.15, 0.15)
    lift = strength * torch.empty(batch).uniform_(-0.06, 0.06)
    stretch = 1 + strength * torch.empty(batch).uniform_(-0.15, 0.15)
    theta = torch.zeros(batch, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, 1, 2] = stretch, warp, lift
    grid = F.affine_grid(theta, [batch, 1, bands, frames], align_corners=False)
    x = F.grid_sample(mel, grid, padding_mode="border", align_corners=False)
    curve = torch.randn(batch, 1, 4, 1) * 0.15 * strength
    x = x + F.interpolate(curve, size=(bands, 1), mode="bilinear", align_corners=True)
    band = torch.arange(bands).view(1, 1, -1, 1)
    frame = torch.arange(frames).view(1, 1, 1, -1)
    telephone = (torch.rand(batch, 1, 1, 1) < 0.3 * strength) & (
        band >= torch.randint(44, 52, (batch, 1, 1, 1))
    )
    x = torch.where(telephone, -1.0, x)
    hiss = (torch.rand(batch, 1, 1, 1) < 0.3 * strength) * torch.rand(batch, 1, 1, 1) * 0.8
    x = torch.maximum(x, hiss - 1 + 0.1 * torch.randn_like(x) * (hiss > 0))
    for _ in range(2):
        first, width = (
            torch.randint(bands, (batch, 1, 1, 1)),
            torch.randint(widest[0] + 1, (batch, 1, 1, 1)),
        )
        x = torch.where((band >= first) & (band < first + width), -1.0, x)
        first, width = (
            torch.randint(frames, (batch, 1, 1, 1)),
            torch.randint(widest[1] + 1, (batch, 1, 1, 1)),
        )
        x = torch.where((frame >= first) & (frame < first + width), -1.0, x)
    return x.clamp(-1, 1)


def clean(wave: np.ndarray, config: PocketConfig) -> Tensor:
    """One sound without augmentation, as the encoder reads it. [1, 1, n_mels, T]."""
    return log_mel(padded(wave, config)[None], config)


def train_audio_encoder(
    encoder: AudioEncoder,
    data: Path,
    folder: Path,
    config: PocketConfig,
    report: Callable[[str], None],
    augmentation: Augmentation = EVERYTHING,
) -> None:
    """Train the encoder in place on esc10-train.zip and spoken-digits-train.zip."""
    torch.manual_seed(2)  # of the head
    batches = SoundBatches(data, config, augmentation)
    head = nn.Linear(encoder.project.out_features, len(CONCEPTS))
    head.to(encoder.project.weight.device)
    model = nn.ModuleList([encoder, head])

    def logits_of(mel: Tensor) -> Tensor:
        return head(encoder(mel.to(head.weight.device)).mean(1)).float()

    def loss_of(step: int) -> Tensor:
        seconds = (1.5, 2.5, 4.0)[step % 3]
        mel, labels = batches(SCENES_PER_STEP, DIGITS_PER_STEP, seconds)
        target = F.one_hot(labels, len(CONCEPTS)).float()
        # Mixup (Zhang et al. 2018) on half of the batches: 240 recordings are few.
        if step % 2 and augmentation.mixup:
            share = float(batches.random.beta(0.4, 0.4))
            order = torch.randperm(len(mel))
            mel = share * mel + (1 - share) * mel[order]
            target = share * target + (1 - share) * target[order]
        logits = logits_of(mel)
        return F.cross_entropy(logits, target.to(logits.device), label_smoothing=LABEL_SMOOTHING)

    held_out = {
        "scenes": sources.esc10(data, "validation"),
        "digits": sources.spoken_digits(data, "validation"),
    }

    def evaluate() -> str:
        model.eval()
        parts = []
        with torch.no_grad():
            for name, sounds in held_out.items():
                guesses = [int(logits_of(clean(w, config)).argmax()) for w in sounds.waves]
                parts.append(f"{name} {np.mean(np.array(guesses) == sounds.labels):.4f}")
        return " ".join(parts)

    train(STAGE, model, loss_of, folder, report, evaluate, 400, chance=[batches.random])
    report("audio stage done: " + evaluate())
