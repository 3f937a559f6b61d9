"""How sure the decoder may be of what it writes: one temperature for its word pieces (Guo et al. 2017).

A sentence is believed with the product of its pieces' probabilities, and is right or wrong as a whole. The
temperature makes the first say how often the second is so, on captions, answers and transcripts of what
training never shows; greedy writing stays the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.errors import LANGUAGES
from demo.inputs.pauses import at_least
from demo.models.pocket.decoder import Writing
from demo.models.pocket.generator import generate
from demo.models.pocket.modeling import PocketModel, PocketOutput
from demo.models.pocket.tokenization import joined, sentence, task_tokens
from demo.models.segments import LONGEST_SPEECH_S, SHORTEST_SPEECH_S
from demo.schema import SAMPLE_RATE, Waveform
from demo.training.data.pictures import paint_scenes
from demo.training.data.speech_corpus import load_speech
from demo.training.stages.audio import clean
from demo.world.language import grammar
from demo.world.language.units import units
from demo.world.scenes import draw_scene

SCENES = 150  # captioned in both languages, and asked about in both
TEMPERATURES = torch.arange(0.7, 3.01, 0.05)


@dataclass(frozen=True)
class Sentence:
    """logits [T, V] of the word pieces at each step, the pieces chosen int [T], whether the text is right."""

    logits: Tensor
    ids: Tensor
    right: bool

    def log_probability(self, temperature: float) -> Tensor:
        """Of the whole sentence, in nats."""
        scores = (self.logits / temperature).log_softmax(-1)
        return scores.gather(-1, self.ids[:, None]).sum()


def fit_writing_temperature(tasks: Sequence[Sequence[Sentence]]) -> float:
    """What to divide the decoder's logits by: least log-loss of “this sentence is right”, tasks alike."""
    losses = []
    for t in TEMPERATURES.tolist():
        each = [torch.stack([_loss(s, t) for s in sentences]).mean() for sentences in tasks]
        losses.append(float(torch.stack(each).mean()))
    return round(float(TEMPERATURES[losses.index(min(losses))]), 2)


def _loss(written: Sentence, temperature: float) -> Tensor:
    sure = written.log_probability(temperature).clamp(-30, -1e-4)
    return -sure if written.right else -torch.log1p(-sure.exp())


@torch.no_grad()
def written_sentences(
    model: PocketModel, tokenizer: PreTrainedTokenizerFast, speech: Path
) -> list[list[Sentence]]:
    """Captions, answers and transcripts as the model writes them greedily, at temperature 1."""
    look = _Writer(model, tokenizer)
    return [list(look.captions()), list(look.answers()), list(look.transcripts(speech))]


class _Writer:
    def __init__(self, model: PocketModel, tokenizer: PreTrainedTokenizerFast) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.writing = Writing(model.config, model)
        self.tasks = task_tokens(tokenizer)
        self.rng = random.Random(13)
        side, self.grid = model.config.image_size, model.config.image_grid[0]
        scenes = [
            draw_scene(self.rng, self.rng.choice((1, 2)), held_back=True) for _ in range(SCENES)
        ]
        self.scenes = scenes
        self.pictures = paint_scenes(scenes, side, self.grid, augmented=False).pictures

    def captions(self) -> Iterator[Sentence]:
        for language in LANGUAGES:
            for scene, picture in zip(self.scenes, self.pictures, strict=True):
                out = self.model(pixel_values=picture[None])
                yield self.write(out, "caption", language, grammar.caption(scene, language))

    def answers(self) -> Iterator[Sentence]:
        for language in LANGUAGES:
            for scene, picture in zip(self.scenes, self.pictures, strict=True):
                kind = self.rng.choice(grammar.QUESTION_KINDS[:5])
                asked = grammar.question(self.rng, scene, kind, language)
                ids = self.tokenizer([asked.question], return_tensors="pt")["input_ids"]
                out = self.model(pixel_values=picture[None], input_ids=ids)
                right = grammar.accepted(asked.answer, asked.kind, language)
                yield self.write(out, "answer", language, *right)

    def transcripts(self, speech: Path) -> Iterator[Sentence]:
        """Of those spoken sentences that are heard in one piece."""
        corpus = load_speech(speech, "held_back")
        for i, clip in enumerate(corpus.clips):
            wave = corpus.wave(i)
            if clip.kind == "sentence" and len(wave) <= LONGEST_SPEECH_S * SAMPLE_RATE:
                spoken = at_least(Waveform(wave), SHORTEST_SPEECH_S)
                out = self.model(log_mel=clean(spoken.samples, self.model.config))
                yield self.write(out, "transcribe", clip.language, clip.text)

    def write(self, out: PocketOutput, task: str, language: str, *right: str) -> Sentence:
        start = self.tasks[f"{task}-{language}"]
        ids = generate(self.writing, out.memory, out.valid, [start])[0]
        logits = self.model.write(torch.tensor([[start, *ids[:-1]]]), out.memory, out.valid)[0]
        text = sentence(joined(self.tokenizer.convert_ids_to_tokens(ids[:-1]))[0])
        same = units(text, language) in [units(one, language) for one in right]
        return Sentence(logits.float(), torch.tensor(ids), same)
