"""The decoder: word pieces to words, teacher-forced scores that agree with what was generated."""

from __future__ import annotations

import math

import pytest
import torch

from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.decoder import Writing
from demo.models.pocket.generator import generate
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.tokenization import TASKS, joined, sentence
from demo.pipeline import Pipeline
from demo.schema import Sample
from tests.conftest import sample_with


@pytest.mark.parametrize(
    "pieces,words,word_of,text",
    [
        (["a", "dog"], ["a", "dog"], [0, 1], "a dog"),
        (["ele", "##phant", ",", "a"], ["elephant,", "a"], [0, 0, 0, 1], "elephant, a"),
        (["一", "只", "狗", "。"], ["一", "只", "狗。"], [0, 1, 2, 2], "一只狗。"),
        (["左", "边", "a"], ["左边", "a"], [0, 0, 1], "左边a"),
        (["不", "一", "致", "，", "不"], ["不一致，", "不"], [0, 0, 0, 0, 1], "不一致，不"),
        (["一", "致", "一", "只"], ["一致", "一", "只"], [0, 0, 1, 2], "一致一只"),
        (
            ["eye", "-", "rolling", "face"],
            ["eye-rolling", "face"],
            [0, 0, 0, 1],
            "eye-rolling face",
        ),
        ([], [], [], ""),
    ],
)
def test_pieces_join_into_words(
    pieces: list[str], words: list[str], word_of: list[int], text: str
) -> None:
    assert joined(pieces) == (words, word_of)
    assert sentence(words) == text


def test_i_is_a_capital() -> None:
    assert joined(["something", "i", "do", "not", "know", "in", "pin", "##k"])[0] == (
        "something I do not know in pink".split()
    )


def test_chinese_names_of_things_are_whole_words(talking: Pipeline) -> None:
    generator = talking.roles.generator
    assert generator is not None
    names = generator.names  # type: ignore[attr-defined]
    assert joined(list("两头大象和一把吉他。"), names)[0] == [
        "两",
        "头",
        "大象",
        "和",
        "一",
        "把",
        "吉他。",
    ]


@pytest.fixture(scope="module")
def untrained() -> PocketModel:
    torch.manual_seed(0)
    config = PocketConfig(concepts=[{"id": "x"}], hidden_size=48, num_heads=2, vocab_size=60)
    return PocketModel(config).eval().requires_grad_(False)


def test_greedy_writing_is_the_most_likely_piece_each_time(untrained: PocketModel) -> None:
    """transformers' generation gives what a loop over argmax gives, padding included."""
    memory = torch.randn(2, 7, 48)
    valid = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])
    generation = generate(Writing(untrained.config, untrained), memory, valid, [5, 6])
    for row, start in enumerate((5, 6)):
        ids = [start]
        for _ in generation[row]:
            logits = untrained.write(
                torch.tensor([ids]), memory[row : row + 1], valid[row : row + 1]
            )
            ids.append(int(logits[0, -1].argmax()))
        assert generation[row][:-1] == ids[1:-1]
        assert generation[row][-1] == untrained.config.end_token


def test_the_logits_of_some_places_are_those_of_all_places(untrained: PocketModel) -> None:
    memory, ids = torch.randn(2, 7, 48), torch.randint(60, (2, 5))
    kept = torch.rand(2, 5) < 0.5
    everywhere = untrained.write(ids, memory)
    torch.testing.assert_close(untrained.write(ids, memory, kept=kept), everywhere[kept])


def test_the_decoder_cannot_look_ahead(untrained: PocketModel) -> None:
    memory = torch.randn(1, 5, 48)
    first = untrained.write(torch.tensor([[5, 7, 9, 11]]), memory)
    second = untrained.write(torch.tensor([[5, 7, 9, 30]]), memory)
    torch.testing.assert_close(first[:, :3], second[:, :3])
    assert not torch.allclose(first[:, 3], second[:, 3])


def test_every_task_has_its_token(talking: Pipeline) -> None:
    model = talking.roles.joint_encoder.model  # type: ignore[attr-defined]
    assert set(model.config.tasks) == set(TASKS)
    assert len(set(model.config.tasks.values())) == len(TASKS)


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("task", ["caption", "answer", "transcribe", "translate"])
def test_scores_agree_with_the_probability(
    talking: Pipeline, task: str, language: str, beams: int
) -> None:
    roles = talking.roles
    generator = roles.generator
    assert generator is not None
    modalities = {"caption": ("image",), "answer": ("image", "text")}
    modalities |= {"transcribe": ("audio",), "translate": ("text",)}
    encodings = list(roles.encode([sample_with(modalities[task])])[0].values())
    generation = generator.write(task, language, encodings, beams)  # type: ignore[arg-type]
    assert 0 <= generation.probability <= 1
    assert len(generation.word_of) == len(generation.ids) and generation.word_of[-1] == -1
    tokens = torch.cat([e.tokens for e in encodings])
    scores = generator.word_scores(generation, tokens)
    assert len(scores) == len(generation.words)
    assert float(scores.sum()) >= math.log(generation.probability + 1e-30) - 1e-3  # + the end token
    attention = generator.word_attention(generation, encodings)
    assert attention.shape == (len(generation.words), sum(len(e.tokens) for e in encodings))
    if generation.words:
        torch.testing.assert_close(attention.sum(-1), torch.ones(len(generation.words)))


def test_matching_vectors_have_length_one(talking: Pipeline) -> None:
    roles = talking.roles
    assert roles.retrieval_head is not None
    encodings = roles.encode([Sample(text="a dog on the left")])[0]
    vector = roles.retrieval_head.match_vector(list(encodings.values()))
    assert float(vector.norm()) == pytest.approx(1, abs=1e-4)
    one = encodings["text"]
    alone = one.pool(one.tokens[None])[0]
    assert 0 <= roles.familiarity.score("text", one, alone) <= 1
