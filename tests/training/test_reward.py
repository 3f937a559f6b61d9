"""Captions learn from what five people would rather have written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedTokenizerFast

from demo.consensus import Consensus, tokens
from demo.models.checkpoints.real import REAL_FOLDER
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.decoder import Writing
from demo.models.pocket.generator import generate
from demo.models.pocket.real.modeling import FEATURES, RealModel
from demo.models.pocket.tokenization import task_tokens
from demo.training.real import reward
from demo.training.real.photos import Described, Photos
from demo.training.real.reward import Rewarded, beyond_the_others, learn_by_reward, units
from demo.training.real.sampling import drawn
from demo.training.real.stage import SIDE

SAID = (
    Described("a", ("a dog runs", "a dog runs on grass"), ("一只狗在跑", "狗在草地上跑")),
    Described("b", ("two men sit", "two men sit at a table"), ("两个男人坐着", "两个男人坐在桌边")),
)


@pytest.fixture
def model() -> tuple[RealModel, PreTrainedTokenizerFast]:
    """A small one that has learned nothing."""
    torch.manual_seed(0)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(REAL_FOLDER, local_files_only=True)
    config = PocketConfig(
        hidden_size=24, num_heads=2, joint_layers=1, text_layers=1, decoder_layers=2, dropout=0.1
    )
    config.vocab_size, config.max_written_tokens = len(tokenizer), 10
    config.tasks, config.end_token = task_tokens(tokenizer), tokenizer.eos_token_id
    small = RealModel(config)
    for weight in small.decoder.parameters():  # so that it is sure of something
        torch.nn.init.normal_(weight, std=0.3)
    return small.eval(), tokenizer


@pytest.fixture
def photos() -> Photos:
    features = np.random.default_rng(0).random((2, 1, SIDE * SIDE, FEATURES), dtype=np.float32)
    return Photos(SAID, features.astype(np.float16), np.zeros((2, 1), bool))


def test_what_is_drawn_is_what_the_decoder_would_write(
    model: tuple[RealModel, PreTrainedTokenizerFast],
) -> None:
    """Almost without chance: word for word what is written by reading everything anew at each step."""
    small, _ = model
    memory = torch.randn(3, 5, 24)
    start = small.config.tasks["caption-en"]
    written = generate(Writing(small.config, small), memory, None, [start] * 3)
    ids = drawn(small, memory, start, 2, temperature=1e-4)
    assert ids.shape[0] == 6 and (ids[:, 0] == start).all()
    twice = [row for row in written for _ in range(2)]
    for row, right in zip(ids[:, 1:].tolist(), twice, strict=True):
        said = right[:-1]  # generation adds an end where it was cut off
        assert row[: len(said)] == said
        assert set(row[len(said) :]) <= {small.config.end_token}


def test_chance_draws_words_as_often_as_they_are_likely(
    model: tuple[RealModel, PreTrainedTokenizerFast],
) -> None:
    small, _ = model
    small.config.max_written_tokens = 2  # the first word alone
    memory, start = torch.randn(1, 5, 24), small.config.tasks["caption-zh"]
    with torch.no_grad():
        chances = (small.write(torch.tensor([[start]]), memory)[0, 0] / 0.5).softmax(-1)
    ids = drawn(small, memory, start, 4_000, temperature=0.5)
    often = torch.bincount(ids[:, 1], minlength=len(chances)) / len(ids)
    assert (often - chances).abs().max() < 0.03
    assert chances.max() < 0.99  # there was something to draw


def test_gains_are_over_the_other_sentences_of_the_photo() -> None:
    gains = beyond_the_others(torch.tensor([[1.0, 0.0, 0.5], [2.0, 2.0, 2.0]]))
    assert gains[0].tolist() == pytest.approx([0.75, -0.75, 0.0])
    assert gains[1].abs().max() == 0


def test_a_sentence_that_breaks_off_earns_less() -> None:
    people = Consensus([[units(text, "en") for text in photo.en] for photo in SAID])
    assert people.score(units("A dog runs.", "en"), 0) > people.score(units("a dog", "en"), 0)
    assert people.score(units("a dog runs", "en"), 0) > people.score(tokens("a dog runs", "en"), 0)
    assert people.score(units("two men sit", "en"), 0) < 0.1


def test_what_people_say_becomes_likelier(
    model: tuple[RealModel, PreTrainedTokenizerFast],
    photos: Photos,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two sentences drawn of a photo, beside the one that nobody says of it."""
    small, tokenizer = model
    lessons = Rewarded(small, tokenizer, photos)
    said = tokenizer(["a dog runs", "a cat sits"])["input_ids"]
    start, end = small.config.tasks["caption-en"], small.config.end_token
    ids = torch.tensor([[start, *pieces, end] for pieces in said])
    monkeypatch.setattr(reward, "SENTENCES", 2)
    monkeypatch.setattr(reward, "drawn", lambda *_: ids)
    memory = torch.randn(1, 5, 24)

    def likelier() -> float:
        logits = small.write(ids[:, :-1], memory.expand(2, -1, -1)).log_softmax(-1)
        first, second = logits.gather(-1, ids[:, 1:, None]).sum((1, 2)).tolist()
        return float(first - second)

    before = likelier()
    optimizer = torch.optim.SGD(small.decoder.parameters(), lr=0.01)
    (-lessons._earned([0], memory, "en")).backward()
    optimizer.step()
    assert likelier() > before


def test_only_the_decoder_moves(
    model: tuple[RealModel, PreTrainedTokenizerFast],
    photos: Photos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small, tokenizer = model
    monkeypatch.setattr(reward, "PHOTOS", 2)
    monkeypatch.setattr(reward, "REWARD", reward.Stage("reward", 2, 1e-3, 0.0, "adamw"))
    before = {name: value.clone() for name, value in small.state_dict().items()}
    learn_by_reward(small, tokenizer, (photos, photos), tmp_path, lambda _: None)
    moved = {n for n, value in small.state_dict().items() if not torch.equal(value, before[n])}
    assert moved and all(name.startswith("decoder.") for name in moved)
    assert all(weight.requires_grad for weight in small.parameters())
