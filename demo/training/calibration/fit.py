"""Temperatures after training, so that a belief of 80 % is right in 80 of 100 cases (Guo et al. 2017).

Fitted on what the recipe holds back: one to the mean over the abilities of the negative log-likelihood, and
one more for moods, which are heard in unknown voices with more trust than they deserve; written.py has the
one of sentences.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.checkpoints.pocket import POCKET_FOLDER, open_pocket
from demo.models.pocket.modeling import PocketModel
from demo.training.calibration.written import fit_writing_temperature, written_sentences
from demo.training.data import sentences, sources
from demo.training.data.pictures import clean as clean_pictures
from demo.training.data.pictures import paint_scenes
from demo.training.data.speech_corpus import build_speech, load_speech, spoken
from demo.training.data.speech_plan import Clip, varied, voices_of
from demo.training.stages.audio import clean as clean_sound
from demo.world.concepts import CONCEPTS, INDEX, MOODS
from demo.world.language.grammar import spoken_form
from demo.world.language.moods import draw_moods, mood_sentence
from demo.world.scenes import draw_scene

EACH = 300  # examples of each ability ...
MOOD_SETS = 900  # ... and of moods, which are in many ways right or wrong
TEMPERATURES = torch.arange(0.5, 3.005, 0.01)
Answers = tuple[
    Tensor, Tensor
]  # logits [B, C] among the labels in question, the right ones int [B]


def fit_temperature(abilities: Sequence[Answers]) -> float:
    """What to divide all logits by."""
    losses = [
        sum(float(F.cross_entropy(logits / t, right)) for logits, right in abilities)
        for t in TEMPERATURES
    ]
    return round(float(TEMPERATURES[losses.index(min(losses))]), 2)


@torch.no_grad()
def calibrate(
    model: PocketModel, tokenizer: PreTrainedTokenizerFast, data: Path, speech: Path
) -> None:
    """Give the trained model the temperatures that suit it."""
    model.eval()
    model.config.label_temperature, model.config.category_temperatures = 1.0, {}
    model.config.writing_temperature = 1.0
    model.config.label_temperature = fit_temperature(_abilities(model, tokenizer, data, speech))
    moods = fit_temperature([_moods(model, tokenizer)])
    model.config.category_temperatures = {"mood": moods}
    model.config.writing_temperature = fit_writing_temperature(
        written_sentences(model, tokenizer, speech)
    )


def _abilities(
    model: PocketModel, tokenizer: PreTrainedTokenizerFast, data: Path, speech: Path
) -> list[Answers]:
    """Photos, sprites, sentences and spoken words."""
    rng = random.Random(11)
    side, grid = model.config.image_size, model.config.image_grid[0]
    pictures = sources.cifar10(data, "calibration")
    shown = clean_pictures(pictures.images, side)
    photos = _among(model(pixel_values=shown).logits, pictures.labels.tolist())
    scenes = [draw_scene(rng, 1, held_back=True) for _ in range(EACH)]
    painted = paint_scenes(scenes, side, grid, augmented=False).pictures
    sprites = model(pixel_values=painted).logits, [s.things[0].concept for s in scenes]
    told = [rng.randrange(len(CONCEPTS)) for _ in range(EACH)]
    texts = [sentences.sentence(rng, concept, "validation") for concept in told]
    ids = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    read = model(input_ids=ids["input_ids"], attention_mask=ids["attention_mask"].bool()).logits
    corpus = load_speech(speech, "held_back")
    words = [i for i, clip in enumerate(corpus.clips) if clip.kind == "word"]
    words = words[:: max(1, len(words) // EACH)]
    waves = [clean_sound(corpus.wave(i), model.config) for i in words]
    heard = torch.cat([model(log_mel=wave).logits for wave in waves])
    named = [INDEX[corpus.clips[i].concept or ""] for i in words]
    every = [photos, sprites, (read, told), (heard, named)]
    return [(logits, torch.tensor(right)) for logits, right in every]


def _moods(model: PocketModel, tokenizer: PreTrainedTokenizerFast) -> Answers:
    """What a face, words and an unknown voice mean together, in every other case with one of them at odds.

    The voices are as high and as fast as people differ, further apart than those of the corpus.
    """
    rng = random.Random(12)
    side, grid = model.config.image_size, model.config.image_grid[0]
    moods = sorted(INDEX[mood] for mood in MOODS)
    logits, right = [], []
    for k in range(MOOD_SETS):
        language = "zh" if k % 3 == 2 else "en"
        face, words, tone, truth = draw_moods(rng, contradicting=k % 2 == 0)
        text = mood_sentence(rng, words, language, held_back=True)
        voice = rng.choice(voices_of(language, held_back=True, moods=True))
        wave = spoken(
            varied(rng, Clip(spoken_form(text), language, voice.name, "mood", None, words, tone))
        )
        if not len(wave):  # a synthesiser may fail on a single word
            continue
        scene = draw_scene(rng, concepts=(INDEX[face],), held_back=True)
        ids = tokenizer([text], truncation=True, return_tensors="pt")
        out = model(
            pixel_values=paint_scenes([scene], side, grid, augmented=False).pictures,
            log_mel=clean_sound(wave, model.config),
            input_ids=ids["input_ids"],
            attention_mask=ids["attention_mask"].bool(),
        )
        logits.append(out.logits[:, moods])
        right.append(moods.index(INDEX[truth]))
    return torch.cat(logits), torch.tensor(right)


def _among(logits: Tensor, right: list[int]) -> tuple[Tensor, list[int]]:
    """The logits of those labels only that are ever right, and the places of the right ones."""
    labels = sorted(set(right))
    return logits[:, labels], [labels.index(label) for label in right]


def main() -> None:
    """python -m demo.training.calibration --data DATA: the last step of the recipe, on finished weights."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--speech", type=Path, default=Path("runs/speech"))
    parser.add_argument("--model", type=Path, default=POCKET_FOLDER)
    flags = parser.parse_args()
    build_speech(flags.speech, print, only=("held_back",))
    model, processor = open_pocket(flags.model)
    calibrate(model, processor.tokenizer, flags.data, flags.speech)
    model.config.save_pretrained(flags.model)
    kept = model.config
    print(kept.label_temperature, kept.category_temperatures, kept.writing_temperature)
