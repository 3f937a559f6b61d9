"""The heads that come with the pocket model: every strategy over all things of the picture world.

    python -m demo.lab.shipped          writes assets/models/pocket-heads; needs espeak-ng and flite

Each thing is drawn, spoken by voices for training and written, every sense as poor as chance has it and some
missing, so that a head learns whom to believe. Held out are samples, not things.
"""

from __future__ import annotations

import json
import random
import sys
from functools import partial

import numpy as np

from demo.device import use_threads
from demo.fusion.heads import HEADS
from demo.lab.compare import Comparison
from demo.lab.encode import SampleEncoder, encode_set
from demo.lab.examples import LabData, LabExample
from demo.lab.lessons import SIDE
from demo.lab.noise import noisy_picture, noisy_sound, noisy_text
from demo.lab.training import ALONE, Recipe, Trainer
from demo.models.checkpoints.heads import save_heads
from demo.opening import open_pipeline
from demo.schema import Sample, Waveform, to_json
from demo.settings import Settings
from demo.world.concepts import CONCEPTS, Concept
from demo.world.language.grammar import spoken_form
from demo.world.paint import paint
from demo.world.scenes import draw_scene
from demo.world.speech.saying import say
from demo.world.speech.voices import VOICES

PER_CONCEPT = 14
MISSING = 0.2  # how often a sense is missing
MOST_NOISE = (0.85, 0.8, 0.7)
RECIPE = Recipe(epochs=30, batch=128, rate=0.003)
_SENTENCES = {"en": ("{}", "a {}", "this is a {}", "there is a {}"), "zh": ("{}", "这是{}", "有{}")}


def example(concept: int, number: int) -> LabExample:
    """One sample of one thing."""
    made = partial(_sample, concept, number)
    return LabExample(f"{CONCEPTS[concept].id} {number}", made, (CONCEPTS[concept].id,))


def _sample(concept: int, number: int) -> Sample:
    rng, thing = random.Random(f"shipped {concept} {number}"), CONCEPTS[concept]
    seed, language = rng.randrange(1 << 30), "zh" if number % 3 == 2 else "en"
    levels = [rng.random() * most for most in MOST_NOISE]
    levels[rng.randrange(3)] *= 0.3
    picture = noisy_picture(_picture(concept, rng), levels[0], seed)
    sound = noisy_sound(_voice(thing, language, rng), levels[1], seed)
    text = noisy_text(
        rng.choice(_SENTENCES[language]).format(_noun(thing, language)), levels[2], seed
    )
    kept = [rng.random() >= MISSING for _ in range(3)]
    kept[rng.randrange(3)] = True
    return Sample(
        picture if kept[0] else None,
        Waveform(sound) if kept[1] else None,
        text if kept[2] else None,
    )


def _picture(concept: int, rng: random.Random) -> np.ndarray:
    pictures, _ = paint([draw_scene(rng, concepts=(concept,))], SIDE)
    return (255 * pictures[0]).round().byte().permute(1, 2, 0).numpy()


def _noun(thing: Concept, language: str) -> str:
    return thing.noun if language == "en" else thing.noun_zh


def _voice(thing: Concept, language: str, rng: random.Random) -> np.ndarray:
    """A word by a voice that the model's training knows; where one says nothing, another."""
    voices = [v for v in VOICES if v.language == language and not v.held_back]
    voices = [v for v in voices if v.engine != "festival"]
    text = spoken_form(_noun(thing, language))
    while True:
        found = say(text, rng.choice(voices), rate=rng.uniform(0.85, 1.15))
        if len(found):
            return found


def main() -> None:
    """The command."""
    use_threads(0)
    encoder = SampleEncoder(open_pipeline(Settings()).for_world())
    examples = [example(c, n) for c in range(len(CONCEPTS)) for n in range(PER_CONCEPT)]
    data = LabData("things", "label", tuple(c.id for c in CONCEPTS), tuple(examples))
    found = encode_set(encoder, data, held_out=0.15, report=_say)
    trainer = Trainer(found, list(HEADS), RECIPE)
    for name in trainer.steps():
        _say(len(trainer.runs[name].curve.loss), RECIPE.epochs)
    comparison = Comparison(trainer)
    next(comparison.steps())
    results = comparison.results
    for name, result in results.items():
        print(name, to_json(result.main))
    heads = {n: r.head.state_dict() for n, r in trainer.runs.items() if not n.startswith(ALONE)}
    metrics = {n: {k: to_json(m) for k, m in r.measures.items()} for n, r in results.items()}
    shape = found.shape
    facts = {
        "made_by": "python -m demo.lab.shipped",
        "shape": {
            "vectors": dict(shape.vectors),
            "tokens": dict(shape.tokens),
            "outputs": shape.outputs,
            "width": shape.width,
        },
        "labels": list(found.data.classes),
        "metrics": metrics,
    }
    print(save_heads(found.encoder, heads, json.dumps(facts, ensure_ascii=False, indent=1)))


def _say(done: int, total: int) -> None:
    if done % 200 == 0:
        print(f"{done} / {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
