"""What is computed elsewhere is what would be computed here; what gets lost on the way is asked for again."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from demo import stopping
from demo.errors import UserError
from demo.explain.question import Left
from demo.explain.request import ExplainRequest
from demo.inputs import read_sample
from demo.inspect.inspection import Erasure
from demo.opening import open_routed
from demo.pipeline import Pipeline
from demo.schema import Waveform
from demo.serving.elsewhere import Elsewhere, Reply
from demo.serving.explaining import Asked, Explainer, ExplainsElsewhere
from demo.serving.placement import BUDGET, Placed, cost, places
from demo.serving.replica import Replica
from demo.serving.roles import batched
from demo.settings import Settings
from tests.conftest import sample_with

DOG = Path(__file__).parents[2] / "assets" / "examples" / "dog.jpg"


class Gone(Exception):
    """Whoever computed it is no more."""


@dataclass
class OnItsWay:
    """As Ray Serve's response, of a thread here."""

    future: Future[Reply]
    cancelled: bool = False

    def result(self, *, timeout_s: float) -> Reply:
        try:
            return self.future.result(timeout_s)
        except NotYet:
            raise TimeoutError from None

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Network:
    """Machines of which some die; everything that passes is pickled. dies: how many calls are lost first."""

    replicas: dict[str, Any]
    dies: int = 0
    sent: list[str] = field(default_factory=list)
    answers: list[OnItsWay] = field(default_factory=list)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))

    def __call__(self, kind: str, placed: Placed) -> OnItsWay:
        self.sent.append(kind)
        dies = len(self.sent) <= self.dies
        self.answers.append(OnItsWay(self.pool.submit(self._computed, kind, placed, dies)))
        return self.answers[-1]

    def _computed(self, kind: str, placed: Placed, dies: bool) -> Reply:
        if dies:
            raise Gone
        (reply,) = self.replicas[kind].compute([pickle.loads(pickle.dumps(placed))])
        return pickle.loads(pickle.dumps(reply))


class Doubling:
    """Computes what it is told; `compute` as Replica's."""

    def __init__(self, run: Callable[[Any], Any] = lambda item: 2 * item) -> None:
        self.run = run

    def compute(self, given: list[Placed]) -> list[Reply]:
        return [Reply(self.run(one.item)) for one in given]


def elsewhere(network: Network) -> Elsewhere:
    return Elsewhere(network, network.replicas, (Gone,))


def fails(_: Any) -> Any:
    raise AssertionError("computed here")


def test_a_lost_call_is_asked_for_again() -> None:
    network = Network({"a/image": Doubling()}, dies=2)
    assert elsewhere(network)("a/image", fails, 21) == 42
    assert network.sent == ["a/image"] * 3


def test_nobody_asks_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.serving.elsewhere.PATIENCE", 0.5)
    network = Network({"a/image": Doubling()}, dies=1000)
    with pytest.raises(UserError) as caught:
        elsewhere(network)("a/image", fails, 21)
    assert caught.value.message.key == "replica_lost"
    assert 1 < len(network.sent) < 1000


def test_whoever_leaves_cancels_the_call() -> None:
    network = Network({"a/image": Doubling(lambda item: time.sleep(0.5))})
    with pytest.raises(UserError) as caught, stopping.within(0.1, 1, lambda: False):
        elsewhere(network)("a/image", fails, 1)
    assert caught.value.message.key == "request_too_long"
    assert network.answers[0].cancelled


def test_what_is_not_placed_is_computed_here() -> None:
    network = Network({"a/image": Doubling()})
    assert elsewhere(network)("a/audio", lambda items: [one + 1 for one in items], 1) == 2
    assert network.sent == []


@pytest.mark.parametrize(
    "item, least",
    [(np.zeros((10, 10, 3), np.uint8), 1), (np.zeros((2000, 2000, 3), np.uint8), 16)],
)
def test_pictures_cost_their_pixels(item: Any, least: int) -> None:
    assert cost([Placed(item)]) == least
    assert cost([Placed(item)] * 3) == 3 * least


def test_sounds_cost_their_seconds_and_nothing_more_than_a_batch() -> None:
    assert cost([Placed(Waveform(np.zeros(16_000 * 7, np.float32)))]) == 7
    assert cost([Placed(np.zeros((9000, 9000, 3), np.uint8))]) == BUDGET


@pytest.fixture(scope="module")
def far() -> tuple[Pipeline, Network, Pipeline]:
    """A pipeline whose calls go through pickles to replicas of other weights in memory; the network; and one
    that computes by itself."""
    here = open_routed(torch.device("cpu"))
    network = Network({})
    asked = Elsewhere(network, (), (Gone,))
    settings = Settings(device="cpu", threads=1)

    def placed(roles: Any, name: str) -> Any:
        for kind in places(roles, name):
            network.replicas[kind] = _Lazy(settings, kind)
        asked.kinds = frozenset(network.replicas)
        return batched(roles, name, asked)

    return open_routed(torch.device("cpu"), placed), network, here


class _Lazy:
    """A replica that opens its models when it is first asked, all of them once."""

    runs: dict[str, Any] = {}

    def __init__(self, settings: Settings, kind: str) -> None:
        self.settings, self.kind = settings, kind

    def compute(self, given: list[Placed]) -> list[Reply]:
        if self.kind not in self.runs:
            self.runs[self.kind] = Replica(self.settings, self.kind)
        return self.runs[self.kind].compute(given)


def test_answers_from_elsewhere_are_those_from_here(far: Any) -> None:
    there, network, here = far
    sample = sample_with(("image", "audio", "text"))
    labels = ["dog", "cat", "rain"]
    found, own = (
        there.explain(sample, ExplainRequest(), labels),
        here.explain(sample, ExplainRequest(), labels),
    )
    assert found.prediction.fused == pytest.approx(own.prediction.fused, abs=1e-5)
    for modality, heatmap in own.heatmaps.items():
        assert np.allclose(found.heatmaps[modality].values, heatmap.values, atol=1e-3)
    shown = read_sample(image=DOG)
    said = there.captions(shown, ["en"], maps=False)["en"]
    assert said.caption == here.captions(shown, ["en"], maps=False)["en"].caption
    asked = {kind.rsplit("/", 1)[1] for kind in network.sent}
    assert {"image", "audio", "text", "write"} <= asked


@dataclass
class _Explaining:
    """Makes heatmaps as a replica does; `compute` as Network wants it."""

    explainer: Explainer

    def compute(self, given: list[Placed]) -> list[Reply]:
        return [self.explainer.compute(one) for one in given]


@pytest.fixture(scope="module")
def explained(far: Any) -> tuple[Pipeline, Network]:
    """A pipeline whose heatmaps are made by another one, through pickles; the network."""
    _, _, here = far
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demo.serving.explaining.open_pipeline", lambda settings: here)
        explainer = Explainer(Settings(device="cpu"))
    network = Network({"pocket/explain": _Explaining(explainer)})
    asked = Elsewhere(network, (), (Gone,))
    return ExplainsElsewhere(here, asked, "pocket/explain"), network  # type: ignore[return-value]


def test_heatmaps_from_elsewhere_are_those_from_here(far: Any, explained: Any) -> None:
    there, network = explained
    here, sample, labels = far[2], sample_with(("image", "text")), ["dog", "cat", "rain"]
    found, own = (one.explain(sample, ExplainRequest(), labels) for one in (there, here))
    assert network.sent == ["pocket/explain"]
    assert found.prediction.fused == pytest.approx(own.prediction.fused, abs=1e-6)
    assert {"explain", "total"} <= set(found.prediction.timings_ms)
    for modality, heatmap in own.heatmaps.items():
        assert np.allclose(found.heatmaps[modality].values, heatmap.values, atol=1e-6)
    erased = [
        one.erase(sample, ExplainRequest(), Erasure("image", 0.3), labels) for one in (there, here)
    ]
    assert erased[0].after == pytest.approx(erased[1].after, abs=1e-6)


def test_a_refusal_travels_as_a_sentence(explained: Any) -> None:
    there, _ = explained
    request = ExplainRequest(methods=("telepathy",))
    with pytest.raises(UserError) as caught:
        there.look(sample_with(("image",)), request, ["dog", "cat"])
    assert caught.value.message.key == "method_unknown"


def test_heatmaps_that_nobody_waits_for_are_cancelled() -> None:
    network = Network({"a/explain": Doubling(lambda item: time.sleep(0.5))})
    there = ExplainsElsewhere(object(), elsewhere(network), "a/explain")  # type: ignore[arg-type]
    with pytest.raises(Left):
        there.look(sample_with(("image",)), ExplainRequest(), None, lambda: True)
    assert network.answers[0].cancelled


def test_what_was_left_ends_within_the_replica(explained: Any) -> None:
    _, network = explained
    explainer = network.replicas["pocket/explain"].explainer
    asked = Asked("look", (sample_with(("image",), seed=77), ExplainRequest(), ["dog", "cat"]))
    assert explainer.compute(Placed(asked), lambda: True).refused.key == "request_left"


def test_somebodys_own_head_stays_here() -> None:
    class Here:
        def look(self, *given: Any) -> str:
            return "here"

    there = ExplainsElsewhere(Here(), elsewhere(Network({})), "a/explain")  # type: ignore[arg-type]
    assert there.look(sample_with(("image",)), ExplainRequest(fusion="own:mine")) == "here"


def test_what_one_call_does_wrong_stays_with_it(far: Any) -> None:
    _, network, _ = far
    kind = next(one for one in network.replicas if one.endswith("/image"))
    good = sample_with(("image",)).image
    network.replicas[kind].compute([Placed(good)])
    replica = _Lazy.runs[kind]
    broken, fine = replica.compute([Placed("no picture"), Placed(good)])
    assert broken.failed and broken.value is None
    assert fine.failed is None and len(fine.value.tokens)
