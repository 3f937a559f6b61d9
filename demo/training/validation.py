"""A quick look at every ability during training, on inputs training never uses. Evaluation proper is
demo/evaluation's job."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchaudio.functional import edit_distance
from transformers import PreTrainedTokenizerFast

from demo.inputs.pauses import at_least
from demo.models.pocket.decoder import Writing
from demo.models.pocket.generator import generate
from demo.models.pocket.modeling import PocketModel, PocketOutput
from demo.models.pocket.tokenization import joined, sentence, task_tokens
from demo.models.segments import SHORTEST_SPEECH_S
from demo.schema import Waveform
from demo.training.data import sentences, sources
from demo.training.data.pictures import clean as clean_pictures
from demo.training.data.pictures import paint_scenes
from demo.training.data.speech_corpus import load_speech
from demo.training.stages.audio import clean as clean_sound
from demo.world.concepts import CONCEPTS, INDEX
from demo.world.language import grammar
from demo.world.language.ambiguous import AMBIGUOUS, translation_pair
from demo.world.language.units import units
from demo.world.scenes import Scene, draw_scene


def validate(
    model: PocketModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Path,
    speech: Path,
    every: int = 5,
) -> str:
    """One line of accuracies; every: look at each how-many-th example only."""
    model.eval()
    look = _Look(model, tokenizer)
    with torch.no_grad():
        return " ".join(
            [look.real(data, every), look.world(1000 // every), look.speech(speech, every)]
        )


class _Look:
    def __init__(self, model: PocketModel, tokenizer: PreTrainedTokenizerFast) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.writing = Writing(model.config, model)
        self.tasks = task_tokens(tokenizer)

    def real(self, data: Path, every: int) -> str:
        parts = []
        for name, read in (("photos", sources.cifar10), ("digits", sources.mnist)):
            pictures = read(data, "validation")
            x = clean_pictures(pictures.images[::every], self.model.config.image_size)
            logits = torch.cat([self.model(pixel_values=piece).logits for piece in x.split(250)])
            parts.append(_share(name, logits.argmax(-1).numpy() == pictures.labels[::every]))
        for name, listen in (("esc", sources.esc10), ("voices", sources.spoken_digits)):
            sounds = listen(data, "validation")
            waves, labels = sounds.waves[::every], sounds.labels[::every]
            right = [self._named(w) == y for w, y in zip(waves, labels, strict=True)]
            parts.append(_share(name, right))
        rng = random.Random(5)
        concepts = [i % len(CONCEPTS) for i in range(1000)]
        said = [sentences.sentence(rng, c, "validation") for c in concepts][::every]
        logits = self._read(said).logits
        parts.append(_share("sentences", logits.argmax(-1).numpy() == np.array(concepts[::every])))
        return " ".join(parts)

    def world(self, count: int) -> str:
        rng = random.Random(7)
        one = [draw_scene(rng, 1, held_back=True) for _ in range(count)]
        seen = self._see(one)
        named = seen.logits.argmax(-1).numpy() == [s.things[0].concept for s in one]
        parts = [_share("one", named)]
        scenes = [draw_scene(rng, rng.choice((1, 2)), held_back=True) for _ in range(count)]
        out = self._see(scenes)
        for language in ("en", "zh"):
            wanted = [grammar.caption(s, language) for s in scenes]
            parts.append(_share(f"cap-{language}", self._write(out, "caption", language, wanted)))
        many = [draw_scene(rng, rng.choice((2, 3)), held_back=True) for _ in range(count)]
        told = self._read([grammar.description(s, "en") for s in many]).match
        ranks = told @ self._see(many).match.T
        parts.append(_share(f"find-1-in-{count}", ranks.argmax(-1).numpy() == np.arange(count)))
        parts += [self._asked(rng, kind, count // 3) for kind in grammar.QUESTION_KINDS[:5]]
        return " ".join([*parts, self._translated(rng, count // 2)])

    def speech(self, folder: Path, every: int) -> str:
        corpus = load_speech(folder, "held_back")
        named: dict[str, list[bool]] = {
            "words-en": [],
            "words-zh": [],
            "tone-en": [],
            "tone-zh": [],
        }
        wrong: dict[str, list[int]] = {"en": [0, 0], "zh": [0, 0]}
        for i, clip in list(enumerate(corpus.clips))[:: every * 2]:
            if clip.kind == "sentence":
                spoken = at_least(Waveform(corpus.wave(i)), SHORTEST_SPEECH_S)
                out = self.model(log_mel=clean_sound(spoken.samples, self.model.config))
                heard = self._texts(out, "transcribe", clip.language)[0]
                said = units(clip.text, clip.language)
                wrong[clip.language][0] += edit_distance(units(heard, clip.language), said)
                wrong[clip.language][1] += len(said)
            else:
                kind = ("words-" if clip.kind == "word" else "tone-") + clip.language
                answer = INDEX[clip.concept or clip.voice_mood or ""]
                named[kind].append(self._named(corpus.wave(i)) == answer)
        rates = [f"wer-{k} {a / max(1, b):.3f}" for k, (a, b) in wrong.items()]
        return " ".join([*(_share(name, right) for name, right in named.items()), *rates])

    def _asked(self, rng: random.Random, kind: str, count: int) -> str:
        scenes = [draw_scene(rng, held_back=True) for _ in range(count)]
        asked = [grammar.question(rng, s, kind, "en") for s in scenes]
        ids, mask = self._ids([q.question for q in asked])
        out = self.model(self._pixels(scenes), None, ids, mask)
        return _share(kind, self._write(out, "answer", "en", [q.answer for q in asked]))

    def _translated(self, rng: random.Random, count: int) -> str:
        words = [rng.choice(list(AMBIGUOUS)) for _ in range(count)]
        senses = [rng.choice(AMBIGUOUS[w]) for w in words]
        pairs = [translation_pair(rng, w, s, True) for w, s in zip(words, senses, strict=True)]
        ids, mask = self._ids([english for english, _ in pairs])
        scenes = [draw_scene(rng, concepts=(s.index,), held_back=True) for s in senses]
        seen = self._texts(self.model(self._pixels(scenes), None, ids, mask), "translate", "zh")
        blind = self._texts(self.model(input_ids=ids, attention_mask=mask), "translate", "zh")
        right = [
            [s.zh in text for s, text in zip(senses, texts, strict=True)] for texts in (seen, blind)
        ]
        return f"{_share('translate', right[0])} {_share('blind', right[1])}"

    def _pixels(self, scenes: list[Scene]) -> Tensor:
        config = self.model.config
        grid = config.image_grid[0]
        return paint_scenes(scenes, config.image_size, grid, augmented=False).pictures

    def _see(self, scenes: list[Scene]) -> PocketOutput:
        return self.model(pixel_values=self._pixels(scenes))

    def _read(self, texts: list[str]) -> PocketOutput:
        ids, mask = self._ids(texts)
        return self.model(input_ids=ids, attention_mask=mask)

    def _ids(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        batch = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        return batch["input_ids"], batch["attention_mask"].bool()

    def _named(self, wave: np.ndarray) -> int:
        return int(self.model(log_mel=clean_sound(wave, self.model.config)).logits.argmax())

    def _texts(self, out: PocketOutput, task: str, language: str) -> list[str]:
        starts = [self.tasks[f"{task}-{language}"]] * len(out.memory)
        rows = generate(self.writing, out.memory, out.valid, starts)
        pieces = [self.tokenizer.convert_ids_to_tokens(row[:-1]) for row in rows]
        return [sentence(joined(piece)[0]) for piece in pieces]

    def _write(self, out: PocketOutput, task: str, language: str, wanted: list[str]) -> list[bool]:
        texts = self._texts(out, task, language)
        return [
            grammar.spoken_form(text) == grammar.spoken_form(right)
            for text, right in zip(texts, wanted, strict=True)
        ]


def _share(name: str, right: object) -> str:
    return f"{name} {np.mean(right):.3f}"  # type: ignore[call-overload]
