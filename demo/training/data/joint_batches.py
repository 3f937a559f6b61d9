"""What the last stages learn from: pictures, sounds and sentences by concept, and scenes with their words.

Draws and augments; knows nothing about the model or its losses.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from demo.models.pocket.configuration import PocketConfig
from demo.training.data.augment import EVERYTHING, Augmentation
from demo.training.data.pictures import (
    PaintedScenes,
    PictureBatches,
    normalise,
    paint_scenes,
    stranger_scenes,
)
from demo.training.data.sentences import nothing, sentence
from demo.training.data.speech_plan import scene_of
from demo.training.stages.audio import RATE, SoundBatches
from demo.training.stages.speech import SpeechBatches
from demo.world.concepts import CONCEPTS, INDEX
from demo.world.scenes import SHOWN, Scene, draw_scene

SHORT_SECONDS = 1.5  # of digits and words: what shorter sounds are padded to when they are read
SISTERS = (
    0.5  # part of the scenes that differ from another of the batch only in places and background
)
REAL = 0.5  # part of the pictures (sounds) of a concept that are real ones, where there are any


@dataclass(frozen=True)
class Spoken:
    """Clips of speech: texts and languages of what is said; names: for words the
    concept, for moods the tone of voice; scenes: for sentences, what they are about."""

    texts: list[str]
    languages: list[str]
    names: list[int]
    scenes: list[Scene]


class JointBatches:
    """Endless augmented material."""

    def __init__(
        self,
        data: Path,
        speech: Path,
        config: PocketConfig,
        augmentation: Augmentation = EVERYTHING,
    ) -> None:
        self.augmentation = augmentation
        self.side, self.grid = config.image_size, config.image_grid[0]
        self.rng = random.Random()  # each step has seeds of its own
        self.pictures = PictureBatches(data, self.side, augmentation)
        self.sounds = SoundBatches(data, config, augmentation)
        self.random = self.sounds.random
        self.speech = SpeechBatches(speech, self.sounds)
        self.photo = _by_label(self.pictures.photo_labels.numpy())
        self.digit = _by_label(self.pictures.digit_labels.numpy())
        self.noise = _by_label(self.sounds.scenes.labels)
        self.voice = _by_label(self.sounds.digits.labels)
        self.tones = np.array([c.voice_mood for c in self.speech.parts["moods"].clips])
        clips = self.speech.parts["words"].clips
        self.word = _by_label(np.array([INDEX[c.concept or ""] for c in clips]))

    # Pictures ----------------------------------------------------------------------------------

    def scenes(self, count: int, things: int | None = None) -> list[Scene]:
        """Random scenes; some hold the same things as the one before, elsewhere."""
        drawn: list[Scene] = []
        for _ in range(count):
            if drawn and self.rng.random() < SISTERS:
                same = tuple(thing.concept for thing in drawn[-1].things)
                drawn.append(draw_scene(self.rng, concepts=same))
            else:
                drawn.append(draw_scene(self.rng, things))
        return drawn

    def painted(self, scenes: Sequence[Scene]) -> Tensor:
        """[B, 3, S, S], normalised."""
        return self.painted_cells(scenes).pictures

    def painted_cells(self, scenes: Sequence[Scene]) -> PaintedScenes:
        """Pictures of scenes and what lies in each of their cells."""
        lit = self.augmentation.colour
        return paint_scenes(scenes, self.side, self.grid, augmented=lit)

    def show(self, concepts: Sequence[int]) -> Tensor:
        """A picture of each concept: a photo, a written digit, or a scene of one thing. [B, 3, S, S]."""
        x = torch.zeros(len(concepts), 3, self.side, self.side)
        real = [k for k, c in enumerate(concepts) if self._is_real(c)]
        photos = [k for k in real if concepts[k] in self.photo]
        digits = [k for k in real if concepts[k] in self.digit]
        rest = sorted(set(range(len(concepts))) - set(photos) - set(digits))
        if photos:
            chosen = [self.random.choice(self.photo[concepts[k]]) for k in photos]
            x[photos] = self.pictures.augmented_photos(torch.tensor(chosen))
        if digits:
            chosen = [self.random.choice(self.digit[concepts[k]]) for k in digits]
            x[digits] = self.pictures.augmented_digits(torch.tensor(chosen))
        if rest:
            x[rest] = self.painted([draw_scene(self.rng, concepts=(concepts[k],)) for k in rest])
        return x

    def _is_real(self, concept: int) -> bool:
        return self.rng.random() < REAL

    def photos(self, count: int) -> tuple[Tensor, list[int]]:
        """Photos and what they show."""
        pixels, labels = self.pictures.some_photos(count)
        return pixels, labels.tolist()

    def digits(self, count: int) -> tuple[Tensor, list[int]]:
        """Handwritten digits and which they are."""
        pixels, labels = self.pictures.some_digits(count)
        return pixels, labels.tolist()

    def strange_pictures(self, count: int) -> Tensor:
        """Pictures of nothing the model knows: strange emoji, plain, noisy and jumbled pictures."""
        emoji = paint_scenes(
            stranger_scenes(self.rng, count - count // 2), self.side, self.grid, sheet="strangers"
        ).pictures
        rest = count // 2
        jumbled = _jumbled(self.pictures.some_photos(rest)[0])
        plain = torch.rand(rest, 3, 1, 1).expand(-1, -1, self.side, self.side)
        ramp = torch.linspace(0, 1, self.side).view(1, 1, 1, -1) * torch.rand(rest, 3, 1, 1)
        noise = torch.randn(rest, 3, self.side, self.side) * torch.rand(rest, 1, 1, 1) * 0.4
        blank = plain + ramp * (torch.rand(rest, 1, 1, 1) < 0.4)
        blank = normalise((blank + noise * (torch.rand(rest, 1, 1, 1) < 0.6)).clamp(0, 1))
        return torch.cat([emoji, torch.where(torch.rand(rest, 1, 1, 1) < 0.5, jumbled, blank)])

    # Sounds ------------------------------------------------------------------------------------

    def environment(self, count: int, seconds: float) -> tuple[np.ndarray, list[int]]:
        """Recordings of the surroundings. waves [count, N] and what they are of."""
        picked = self.random.integers(len(self.sounds.scenes.waves), size=count)
        waves = [self.sounds.scene(int(i), int(seconds * RATE)) for i in picked]
        return np.stack(waves), self.sounds.scenes.labels[picked].tolist()

    def spoken_digits(self, count: int) -> tuple[np.ndarray, list[int]]:
        """Digits said by people."""
        picked = self.random.integers(len(self.sounds.digits.waves), size=count)
        waves = [self.sounds.digit(int(i), int(SHORT_SECONDS * RATE)) for i in picked]
        return np.stack(waves), self.sounds.digits.labels[picked].tolist()

    def sound(self, concepts: Sequence[int]) -> Tensor:
        """A short sound of each concept: a recording, or its spoken name. [B, 1, M, T]."""
        length = int(SHORT_SECONDS * RATE)
        waves = np.zeros((len(concepts), length), dtype=np.float32)
        for row, c in zip(waves, concepts, strict=True):
            if c in self.noise and self._is_real(c):
                row += self.sounds.scene(int(self.random.choice(self.noise[c])), length)
            elif c in self.voice and self._is_real(c):
                row += self.sounds.digit(int(self.random.choice(self.voice[c])), length)
            else:
                row += self.speech.said("words", int(self.random.choice(self.word[c])), length)
        return self.sounds.spectrograms(waves, speech=True)

    def spoken(self, part: str, count: int, seconds: float) -> tuple[np.ndarray, Spoken]:
        """Clips of the speech corpus. The waves come apart from what is said."""
        picked = self.speech.pick(part, count, seconds)
        length = int(seconds * RATE)
        waves = np.stack([self.speech.said(part, int(i), length) for i in picked])
        clips = [self.speech.parts[part].clips[i] for i in picked]
        names = [INDEX[c.concept or c.voice_mood or "zero"] for c in clips]
        about = [scene_of(c.scene) for c in clips if c.scene is not None]
        said = [c.text for c in clips], [c.language for c in clips]
        return waves, Spoken(*said, names, about)

    def tone(self, moods: Sequence[str], seconds: float) -> Tensor:
        """Somebody speaking in each mood. [B, 1, M, T]."""
        short = self.speech.seconds["moods"] < seconds
        able = [np.flatnonzero(short & (self.tones == mood)) for mood in moods]
        length = int(seconds * RATE)
        waves = [self.speech.said("moods", int(self.random.choice(a)), length) for a in able]
        return self.sounds.spectrograms(np.stack(waves), speech=True)

    def nothing_to_hear(self, count: int, seconds: float) -> np.ndarray:
        """Silence, steady noise (from white to brown) and pure tones. [count, N]."""
        time = np.arange(int(seconds * RATE)) / RATE
        waves = np.zeros((count, len(time)), dtype=np.float32)
        for row in waves:
            kind, loud = self.random.random(), self.random.uniform(0.02, 0.3)
            if kind < 0.5:
                spectrum = np.fft.rfft(self.random.standard_normal(len(time)))
                spectrum[1:] *= np.arange(1, len(spectrum)) ** -self.random.choice((0, 0.5, 1.0))
                noise = np.fft.irfft(spectrum, len(time))
                row += loud * noise / np.abs(noise).max()
            elif kind < 0.85:
                row += loud * np.sin(2 * np.pi * self.random.uniform(80, 3000) * time)
        return waves

    # Sentences ---------------------------------------------------------------------------------

    def tell(self, concepts: Sequence[int], long: bool) -> list[str]:
        """One sentence about each concept; long: some inside longer texts."""
        return [sentence(self.rng, c, long=0.5 if long else 0.0) for c in concepts]

    def nothing_to_read(self, count: int) -> list[str]:
        """Sentences about nothing the model is taught."""
        return [nothing(self.rng) for _ in range(count)]

    def any_concepts(self, count: int) -> list[int]:
        """Concepts at random, those with real data as often as all others together (if balanced)."""
        if not self.augmentation.balance:
            return [self.rng.randrange(len(CONCEPTS)) for _ in range(count)]
        real = sorted({*self.photo, *self.digit, *self.noise})
        return [
            self.rng.choice(real) if self.rng.random() < 0.5 else self.rng.randrange(len(CONCEPTS))
            for _ in range(count)
        ]

    def shown_concepts(self, count: int) -> list[int]:
        """Concepts that have a sprite, at random."""
        return [self.rng.choice(SHOWN) for _ in range(count)]


def _by_label(labels: np.ndarray) -> dict[int, np.ndarray]:
    return {int(label): np.flatnonzero(labels == label) for label in np.unique(labels)}


def _jumbled(pictures: Tensor) -> Tensor:
    """Photos cut into 4 × 4 squares that lie in random order: photo-like, and of nothing."""
    batch, channels, side, _ = pictures.shape
    cell = side // 4
    cut = pictures.unfold(2, cell, cell).unfold(3, cell, cell).flatten(2, 3)  # (B, 3, 16, c, c)
    order = torch.rand(batch, 16).argsort(1)
    mixed = cut[torch.arange(batch)[:, None], :, order].transpose(1, 2)
    rows = mixed.unflatten(2, (4, 4)).permute(0, 1, 2, 4, 3, 5)
    return rows.reshape(batch, channels, side, side)
