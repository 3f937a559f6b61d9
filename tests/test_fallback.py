"""Out of memory: smaller batches, then the CPU with a note; nothing crashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from demo import opening
from demo.device import in_parts
from demo.errors import UserError
from demo.explain.request import ExplainRequest
from demo.fallback import FallingBack
from demo.models.conversation import Turn
from demo.models.presets import PRESETS
from demo.pipeline import Pipeline
from demo.schema import Encoding
from demo.settings import Settings
from tests.conftest import LABELS, sample_with
from tests.toy import toy_roles

ALL = ("image", "audio", "text")


def full(*_: Any, **__: Any) -> Any:
    raise torch.OutOfMemoryError("CUDA out of memory")


def toy() -> Pipeline:
    return Pipeline(toy_roles(), "toy", torch.device("cpu"))


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    sizes: list[int] = []

    def run(batch: Tensor) -> Tensor:
        sizes.append(len(batch))
        return full() if len(batch) > 3 else batch * 2

    batch = torch.arange(11.0)
    assert in_parts(run, batch).equal(batch * 2)
    assert sizes[0] == 11 and max(sizes[-2:]) <= 3
    with pytest.raises(torch.OutOfMemoryError):
        in_parts(full, batch)


def test_the_cpu_answers_with_a_note_and_the_gpu_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[Pipeline] = []

    def elsewhere() -> Pipeline:
        opened.append(toy())
        return opened[-1]

    gpu, sample = toy(), sample_with(ALL)
    pipeline: Any = FallingBack(gpu, elsewhere)
    assert pipeline.preset == "toy" and not pipeline.predict(sample, LABELS).notes
    expected = gpu.predict(sample, LABELS).fused
    with monkeypatch.context() as patch:
        patch.setattr(gpu, "predict", full)
        for _ in range(2):
            found = pipeline.predict(sample, LABELS)
            assert found.fused == pytest.approx(expected)
            assert [note.key for note in found.notes] == ["out_of_memory"]
        patch.setattr(gpu, "explain", full)
        shown = pipeline.explain(sample, ExplainRequest(label="cat"), LABELS)
        assert [note.key for note in shown.prediction.notes] == ["out_of_memory"]
    assert len(opened) == 1
    assert not pipeline.predict(sample, LABELS).notes


class Talks:
    """Replies letter by letter, until the memory is full. room: letters."""

    def __init__(self, room: int) -> None:
        self.room = room

    def reply(self, encodings: Sequence[Encoding], turns: Sequence[Turn]) -> Iterator[str]:
        """See Converser."""
        for count in range(1, 6):
            yield "aloud"[:count] if count <= self.room else full()


def test_a_conversation_that_does_not_fit_is_held_by_the_cpu() -> None:
    """Also where the memory is full in the middle of a reply, which is then begun anew."""

    def talking(room: int) -> Pipeline:
        roles = replace(toy_roles(), converser=Talks(room))
        return Pipeline(roles, "toy", torch.device("cpu"))

    sample, turns = sample_with(("image",)), [Turn("user", "hello")]
    for room, steps in ((5, 5), (0, 5), (2, 7)):
        pipeline: Any = FallingBack(talking(room), lambda: talking(5))
        found = list(pipeline.converse(sample, turns))
        assert len(found) == steps and found[-1].text == "aloud"
        keys = [note.key for note in found[-1].notes]
        assert keys == ([] if room == 5 else ["out_of_memory"])
    with pytest.raises(UserError, match="take turns"):
        pipeline.converse(sample, [Turn("assistant", "hello")])


def test_a_preset_that_does_not_fit_is_opened_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fill(preset: Any, device: torch.device) -> Any:
        asked.append(device.type)
        return full() if device.type == "meta" else toy_roles()

    monkeypatch.setattr(opening, "fill_roles", fill)
    monkeypatch.setattr(opening, "find_preset", lambda name: PRESETS["pocket"])
    monkeypatch.setattr(opening, "choose_device", lambda wanted: torch.device("meta"))
    pipeline = opening.open_pipeline(Settings(preset="toy", threads=1))
    assert asked == ["meta", "cpu"] and pipeline.device.type == "cpu"
    assert pipeline.predict(sample_with(ALL), LABELS).device == "cpu"


def test_the_two_halves_of_pocket_fall_back_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def halves(device: torch.device, *_: Any) -> Any:
        asked.append(device.type)
        both = toy()
        if device.type == "meta":
            both.device = device
            monkeypatch.setattr(both, "predict", full)
        return both

    monkeypatch.setattr(opening, "open_routed", halves)
    monkeypatch.setattr(opening, "choose_device", lambda wanted: torch.device("meta"))
    pipeline = opening.open_pipeline(Settings(preset="pocket", threads=1))
    found = pipeline.predict(sample_with(ALL), LABELS)
    assert asked == ["meta", "cpu"]
    assert [note.key for note in found.notes] == ["out_of_memory"]
