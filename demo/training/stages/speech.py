"""Stage 4: the audio encoder learns spoken words, sentences and tones of voice, beside what it knows.

Each column of tokens is taught which word is being said by connectionist temporal classification (Graves
et al. 2006) over whole words (Mandarin: characters), with a throw-away head; whole clips are taught what
they name, as in the stage before. The decoder of the last stage then finds the words almost spelled out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchaudio.functional import edit_distance

from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.encoders import AudioEncoder
from demo.training.data import sources
from demo.training.data.augment import EVERYTHING, Augmentation
from demo.training.data.speech_corpus import SpeechCorpus, load_speech
from demo.training.loop import Stage, train
from demo.training.stages.audio import RATE, SoundBatches, clean
from demo.world.concepts import CONCEPTS, INDEX
from demo.world.language.units import units

STAGE = Stage("speech", steps=2_600, learning_rate=2e-3, weight_decay=0.02, optimizer="adamw")
SHORT = {"digits": 16, "words": 56}  # clips of a step in SHORT_SECONDS
LONG = {"scenes": 12, "sentences": 44, "moods": 8}  # clips of a step in LONG_SECONDS
SHORT_SECONDS = 1.3
LONG_SECONDS = (
    1.92,
    2.56,
    1.92,
    3.84,
)  # by turns; 48 columns are 3.84 s, the longest without pooling
CHINESE = 0.4  # of the clips: its sentences are longer, so of all that fit far fewer would be
LABEL_SMOOTHING = 0.1
BLANK = 0


class SpeechBatches:
    """Endless augmented batches of synthetic speech: words, sentences and tones of voice."""

    def __init__(self, speech: Path, sounds: SoundBatches) -> None:
        self.sounds = sounds
        self.random = sounds.random
        parts = ("words", "sentences", "descriptions", "moods")
        self.parts = {part: load_speech(speech, part) for part in parts}
        self.seconds = {part: np.diff(c.edges) / RATE for part, c in self.parts.items()}
        self.chinese = {
            part: np.array([clip.language == "zh" for clip in corpus.clips])
            for part, corpus in self.parts.items()
        }
        said = {
            word
            for corpus in self.parts.values()
            for c in corpus.clips
            for word in units(c.text, c.language)
        }
        self.vocabulary = {word: i + 1 for i, word in enumerate(sorted(said))}

    def pick(self, part: str, count: int, seconds: float) -> np.ndarray:
        """Indices of clips that fit into so many seconds, at random, CHINESE of them in that language."""
        fits, chinese = self.seconds[part] < seconds, self.chinese[part]
        pools = [np.flatnonzero(fits & ~chinese), np.flatnonzero(fits & chinese)]
        pools = [pool if len(pool) else np.flatnonzero(fits) for pool in pools]
        english, mandarin = (self.random.choice(pool, size=count) for pool in pools)
        return np.where(self.random.random(count) < CHINESE, mandarin, english)

    def said(self, part: str, index: int, length: int) -> np.ndarray:
        """A clip as somebody might record it: faster or higher, in a room, among noise. [length]."""
        wave = self.parts[part].wave(index)
        if not self.sounds.augmentation.sound:
            return np.pad(wave[:length], (0, max(0, length - len(wave))))
        fastest = max(0.88, len(wave) / length * 1.02)
        wave = self.sounds.faster(wave, max(fastest, self.random.uniform(0.88, 1.14)))
        if self.random.random() < 0.25:
            wave = self._in_a_room(wave)
        start = int(self.random.integers(0, max(1, length - len(wave))))
        placed = np.zeros(length, dtype=np.float32)
        placed[start : start + len(wave)] = wave[: length - start]
        if self.random.random() < 0.4:
            loud = np.abs(placed).max() * 10 ** self.random.uniform(-2.5, -0.9)
            placed += self.sounds.ground(length) * loud
        return placed

    def _in_a_room(self, wave: np.ndarray) -> np.ndarray:
        """Convolved with noise that dies away, the simplest room."""
        seconds = self.random.uniform(0.05, 0.35)
        time = np.arange(int(seconds * RATE), dtype=np.float32)
        echo = self.random.standard_normal(len(time)) * np.exp(-6.9 * time / len(time))
        echo *= self.random.uniform(0.02, 0.12)
        echo[0] = 1.0
        size = len(wave) + len(echo)
        spectrum = np.fft.rfft(wave, size) * np.fft.rfft(echo, size)
        return np.fft.irfft(spectrum, size)[: len(wave)].astype(np.float32)

    def targets(self, part: str, picked: np.ndarray) -> list[list[int]]:
        """The words of each clip as indices of the vocabulary, BLANK left out."""
        clips = [self.parts[part].clips[i] for i in picked]
        return [
            [self.vocabulary[word] for word in units(clip.text, clip.language)] for clip in clips
        ]


class SoundHeads(nn.Module):
    """An audio encoder with heads that only this stage uses."""

    def __init__(self, encoder: AudioEncoder, bands: int, vocabulary: int) -> None:
        super().__init__()
        width = encoder.project.out_features
        self.encoder = encoder
        self.bands = bands
        self.whole = nn.Linear(width * bands, len(CONCEPTS))
        self.words = nn.Linear(width * bands, vocabulary + 1)

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """→ logits of what a clip is of [B, C], and of the word in each column [B, T, V]."""
        tokens = self.encoder(mel.to(self.whole.weight.device))
        columns = (
            tokens.unflatten(1, (self.bands, -1)).transpose(1, 2).flatten(2)
        )  # (B, T, bands·D)
        # A word is said in a few columns only: the soft maximum over time finds it.
        return self.whole(columns).float().logsumexp(1), self.words(columns).float()


def train_speech(
    encoder: AudioEncoder,
    data: Path,
    speech: Path,
    folder: Path,
    config: PocketConfig,
    report: Callable[[str], None],
    augmentation: Augmentation = EVERYTHING,
) -> None:
    """Train the encoder in place on the spoken corpus, the digits and the environmental sounds."""
    torch.manual_seed(4)  # of the heads
    sounds = SoundBatches(data, config, augmentation)
    batches = SpeechBatches(speech, sounds)
    model = SoundHeads(encoder, config.audio_bands, len(batches.vocabulary))
    model.to(encoder.project.weight.device)
    held_out = {
        "scenes": sources.esc10(data, "validation"),
        "digits": sources.spoken_digits(data, "validation"),
    }
    voices = load_speech(speech, "held_back")

    def loss_of(step: int) -> Tensor:
        return _short(model, batches) + _long(model, batches, LONG_SECONDS[step % 4])

    def evaluate() -> str:
        model.eval()
        with torch.no_grad():
            parts = [
                f"{name} {np.mean([_named(model, w, config) for w in s.waves] == s.labels):.4f}"
                for name, s in held_out.items()
            ]
            return " ".join([*parts, _held_back(model, voices, batches, config)])

    train(STAGE, model, loss_of, folder, report, evaluate, 400, chance=[sounds.random])
    report("speech stage done: " + evaluate())


def _short(model: SoundHeads, batches: SpeechBatches) -> Tensor:
    """Digits and words: what each clip names, and its words column by column."""
    length = int(SHORT_SECONDS * RATE)
    sounds = batches.sounds
    digits = sounds.random.integers(len(sounds.digits.waves), size=SHORT["digits"])
    picked = batches.pick("words", SHORT["words"], SHORT_SECONDS)
    waves = [sounds.digit(i, length) for i in digits]
    waves += [batches.said("words", i, length) for i in picked]
    whole, columns = model(sounds.spectrograms(np.stack(waves), speech=True))
    clips = batches.parts["words"].clips
    named = [*sounds.digits.labels[digits], *(INDEX[clips[i].concept or ""] for i in picked)]
    right = torch.tensor(named, device=whole.device)
    loss = F.cross_entropy(whole, right, label_smoothing=LABEL_SMOOTHING)
    return loss + 0.5 * ctc(columns[len(digits) :], batches.targets("words", picked))


def _long(model: SoundHeads, batches: SpeechBatches, seconds: float) -> Tensor:
    """Environmental sounds, tones of voice, and sentences."""
    length = int(seconds * RATE)
    sounds = batches.sounds
    scenes = sounds.random.integers(len(sounds.scenes.waves), size=LONG["scenes"])
    toned = batches.pick("moods", LONG["moods"], seconds)
    said = batches.pick("sentences", LONG["sentences"], seconds)
    waves = [sounds.scene(i, length) for i in scenes]
    waves += [batches.said("moods", i, length) for i in toned]
    waves += [batches.said("sentences", i, length) for i in said]
    whole, columns = model(sounds.spectrograms(np.stack(waves), speech=True))
    clips = batches.parts["moods"].clips
    named = [*sounds.scenes.labels[scenes], *(INDEX[clips[i].voice_mood or ""] for i in toned)]
    targets = [*batches.targets("moods", toned), *batches.targets("sentences", said)]
    right = torch.tensor(named, device=whole.device)
    loss = F.cross_entropy(whole[: len(named)], right, label_smoothing=LABEL_SMOOTHING)
    return loss + ctc(columns[len(scenes) :], targets)


def ctc(columns: Tensor, targets: list[list[int]]) -> Tensor:
    """Connectionist temporal classification (Graves et al. 2006, eq. 12), per word. columns [B, T, V]."""
    lengths = torch.full((len(columns),), columns.shape[1])
    flat = torch.tensor([word for words in targets for word in words], device=columns.device)
    sizes = torch.tensor([len(words) for words in targets])
    scores = columns.float().log_softmax(-1).transpose(0, 1)
    return F.ctc_loss(scores, flat, lengths, sizes, BLANK, zero_infinity=True)


def _named(model: SoundHeads, wave: np.ndarray, config: PocketConfig) -> int:
    return int(model(clean(wave, config))[0].argmax())


def _held_back(
    model: SoundHeads, voices: SpeechCorpus, batches: SpeechBatches, config: PocketConfig
) -> str:
    """Greedy words of sentences, names of words and tones, by voices that were never trained on."""
    wrong: dict[str, list[float]] = {"en": [], "zh": []}
    named: dict[str, list[bool]] = {"word-en": [], "word-zh": [], "mood-en": [], "mood-zh": []}
    for i, clip in list(enumerate(voices.clips))[::5]:
        whole, columns = model(clean(voices.wave(i), config))
        if clip.kind == "sentence":
            heard = [w for w in torch.unique_consecutive(columns[0].argmax(-1)).tolist() if w]
            target = [batches.vocabulary.get(w, -1) for w in units(clip.text, clip.language)]
            wrong[clip.language].append(edit_distance(heard, target) / len(target))
        else:
            answer = INDEX[clip.concept or clip.voice_mood or ""]
            named[f"{clip.kind}-{clip.language}"].append(int(whole.argmax()) == answer)
    rates = [f"{name} {np.mean(right):.3f}" for name, right in named.items() if right]
    return " ".join([*rates, *(f"wer-{k} {np.mean(v):.3f}" for k, v in wrong.items() if v)])
