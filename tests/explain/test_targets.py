"""What targets ask and methods weigh, by hand on made-up evidence; and looking around in attention."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from demo.explain.explorer import Explorer
from demo.explain.methods.gradient import GradientTimesInput
from demo.explain.question import Question
from demo.explain.target import FusedLabel, GeneratedWord, ModalitiesAgree
from demo.fusion import FUSIONS
from demo.models.attention_layer import AttentionLayer
from demo.models.roles import Roles
from demo.schema import Encoding, WordGrid
from tests.explain.test_explain import question_of


def test_two_senses_agree_as_often_as_both_name_the_same() -> None:
    said = {
        "image": torch.tensor([0.7, 0.2, 0.1]).log(),
        "text": torch.tensor([0.5, 0.1, 0.4]).log(),
    }
    evidence: Any = SimpleNamespace(belief=lambda coalition: said[coalition[0]])
    score = ModalitiesAgree("image", "text", "x").score(evidence)
    assert float(score.exp()) == pytest.approx(0.7 * 0.5 + 0.2 * 0.1 + 0.1 * 0.4)


def test_a_word_is_asked_for_by_its_number() -> None:
    """Of all that is read, side by side."""
    written = SimpleNamespace(words=("a", "small", "dog"))
    writer: Any = SimpleNamespace(word_score=lambda *asked: asked)
    target = GeneratedWord(writer, written, 2)  # type: ignore[arg-type]
    read = {"image": torch.zeros(1, 3, 4), "text": torch.ones(1, 2, 4)}
    generation, word, tokens = target.score_tokens(read)  # type: ignore[arg-type,misc]
    assert (generation, word, target.name) == (written, 2, "dog")
    assert tokens.shape == (1, 5, 4) and float(tokens.sum()) == 8


def test_gradient_times_input_keeps_what_speaks_for_the_answer() -> None:
    tokens = {"text": torch.tensor([[0.1, 0.2], [3.0, 0.0], [1.0, 1.0]])}
    slopes = {"text": torch.tensor([[1.0, 1.0], [0.5, 9.0], [-2.0, 0.0]])}
    asked: Any = SimpleNamespace(tokens=tokens, token_gradients=lambda: slopes)
    found = GradientTimesInput().relevance(asked)
    torch.testing.assert_close(found["text"], torch.tensor([0.3, 1.5, 0.0]))


def test_one_sense_is_asked_about_once(roles: Roles) -> None:
    asked: Question = question_of(roles, ("image", "text"), FusedLabel(FUSIONS["mean"], 0, "x"))
    single = asked.alone("text")
    assert single is not None and single is asked.alone("text")
    assert single is not asked.alone("image")


def explorer() -> tuple[Explorer, torch.Tensor]:
    """Two words, the second of two pieces, and a filling piece; and the weights of the only layer."""
    q, k, v = torch.randn(3, 1, 2, 5, 4, generator=torch.Generator().manual_seed(0))
    encoding = Encoding(
        torch.zeros(4, 3), WordGrid(((0, 1), (2, 7))), lambda t: t.mean(1), np.array([0, 1, 1, -1])
    )

    @contextmanager
    def recording() -> Any:
        yield [AttentionLayer(q, k, v, v)]

    joint: Any = SimpleNamespace(recording=recording, read=lambda encodings: None)
    weights = (q @ k.transpose(-2, -1) / 2).softmax(-1)[0]  # (heads, 1 + 4, 1 + 4)
    return Explorer(joint, {"text": encoding}), weights


def test_attention_of_a_word_is_that_of_its_pieces() -> None:
    found, weights = explorer()
    seen = found.attended(0, 1, "text", 1)
    row = weights[1, 2:4].mean(0)  # its pieces stand behind the readout and the first word
    expected = [float(row[1]), float(row[2] + row[3])]
    np.testing.assert_allclose(seen.cells["text"], [expected], rtol=1e-5)
    assert seen.answer == pytest.approx(float(row[0])) and (seen.layers, seen.heads) == (1, 2)


def test_attention_of_the_answer_is_the_mean_of_all_heads() -> None:
    found, weights = explorer()
    row = weights.mean(0)[0]
    seen = found.attended(0, None, None)
    np.testing.assert_allclose(seen.cells["text"], [[row[1], row[2] + row[3]]], rtol=1e-5)
    with pytest.raises(IndexError):
        found.attended(0, 2, None)
    with pytest.raises(IndexError):
        found.attended(0, 0, "text", 2)
