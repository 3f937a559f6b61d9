"""Maps for each written word: their contract, what they depend on, and times in order."""

from __future__ import annotations

import numpy as np
import pytest

from demo.explain.words import METHOD, _shares, word_maps, word_times
from demo.pipeline import Pipeline
from tests.conftest import sample_with


@pytest.mark.parametrize(
    "task,modalities",
    [("caption", ("image",)), ("answer", ("image", "audio", "text")), ("transcribe", ("audio",))],
)
def test_contract(talking: Pipeline, task: str, modalities: tuple[str, ...]) -> None:
    roles = talking.roles
    assert roles.generator is not None
    encodings = roles.encode([sample_with(modalities)])[0]
    generation = roles.generator.write(task, "en", list(encodings.values()))  # type: ignore[arg-type]
    maps = word_maps(roles.joint_encoder, roles.generator, generation, encodings)
    assert len(maps) == len(generation.words)
    for word, shown in zip(generation.words, maps, strict=True):
        assert tuple(shown) == modalities
        for modality, heatmap in shown.items():
            assert (heatmap.method, heatmap.target, heatmap.modality) == (METHOD, word, modality)
            assert heatmap.values.shape == (heatmap.grid.rows, heatmap.grid.cols)
            assert heatmap.values.min() >= 0
            assert heatmap.values.max() == pytest.approx(0 if heatmap.flat else 1)
    assert all(e.tokens.grad_fn is None for e in encodings.values())  # nothing was left watching


def test_spoken_words_follow_one_another(talking: Pipeline) -> None:
    roles = talking.roles
    assert roles.generator is not None
    sample = sample_with(("audio",))
    encodings = roles.encode([sample])[0]
    generation = roles.generator.write("transcribe", "en", [encodings["audio"]])
    times = word_times(roles.generator, generation, encodings["audio"])
    assert len(times) == len(generation.words)
    assert sample.audio is not None
    edges = [edge for start_end in times for edge in start_end]
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= sample.audio.seconds + 0.01)


def test_columns_are_shared_out_by_attention() -> None:
    attention = np.array(
        [
            [0.0, 0.8, 0.2, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.5, 0.5, 0.0],
        ]
    )
    assert _shares(attention) == [(1, 2), (3, 4)]


def test_words_keep_their_order_even_when_attention_does_not() -> None:
    attention = np.array([[0.0, 0.0, 0.9], [0.9, 0.1, 0.0]])
    (_, first_end), (second_start, _) = _shares(attention)
    assert first_end < second_start


def test_more_words_than_columns_share_them() -> None:
    assert _shares(np.full((3, 2), 0.5)) == [(0, 0), (0, 0), (1, 1)]
