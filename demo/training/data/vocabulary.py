"""The word pieces of the pocket model, fitted to what its recipe says. Knows nothing about models."""

from __future__ import annotations

import random

from transformers import PreTrainedTokenizerFast

from demo.errors import LANGUAGES
from demo.models.pocket.tokenization import train_tokenizer
from demo.training.data.sentences import everyday, sentence, tricky
from demo.world.concepts import CONCEPTS
from demo.world.language import grammar
from demo.world.language.ambiguous import AMBIGUOUS, SENTENCES, translation_pair
from demo.world.scenes import draw_scene


def make_tokenizer(vocab_size: int, max_tokens: int) -> PreTrainedTokenizerFast:
    """Word pieces fitted to the recipe's own sentences and the everyday words."""
    rng = random.Random(3)
    taught = [sentence(rng, i % len(CONCEPTS)) for i in range(60_000)]
    for _ in range(12_000):
        scene = draw_scene(rng)
        kind = rng.choice(grammar.QUESTION_KINDS[:5])
        for language in LANGUAGES:
            asked = grammar.question(rng, scene, kind, language)
            taught += [grammar.description(scene, language), asked.question, asked.answer]
        word = rng.choice(list(AMBIGUOUS))
        taught += translation_pair(rng, word, rng.choice(AMBIGUOUS[word]))
    taught += [part for pair in SENTENCES for part in pair]
    names = [name for c in CONCEPTS for name in (*c.en, *c.zh, c.noun, c.plural)] * 50
    words = [w for language in LANGUAGES for w in (*everyday(language, "train"), *tricky(language))]
    return train_tokenizer([*taught, *names, *words * 3], vocab_size, max_tokens)
