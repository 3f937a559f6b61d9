"""Any preset through the same code: the pocket model, and one that shares nothing with it."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from demo.errors import UserError
from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.fusion import FUSIONS
from demo.inspect.inspection import Erasure
from demo.models import loaders
from demo.models.checkpoints.facts import read_facts
from demo.models.presets import PRESETS, Checkpoint, Preset
from demo.models.roles import Facts, Roles
from demo.pipeline import Pipeline
from demo.schema import Sample
from tests.conftest import LABELS, SUBSETS, sample_with
from tests.toy import READ, toy_roles

ALL = ("image", "audio", "text")
NEED_JOINT = [name for name, method in METHODS.items() if method.needs_joint_encoder]
FITTING = [name for name in METHODS if name not in NEED_JOINT]


@pytest.fixture(params=["pocket", "toy"])
def any_pipeline(request: pytest.FixtureRequest, pipeline: Pipeline) -> Pipeline:
    toy = Pipeline(toy_roles(), "toy", torch.device("cpu"))
    return {"pocket": pipeline, "toy": toy}[request.param]


@pytest.fixture
def toy() -> Pipeline:
    return Pipeline(toy_roles(), "toy", torch.device("cpu"))


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_predictions(any_pipeline: Pipeline, subset: tuple[str, ...]) -> None:
    found = any_pipeline.predict(sample_with(subset), LABELS)
    assert found.labels == LABELS
    for belief in (found.fused, *found.by_modality.values()):
        assert sum(belief.values()) == pytest.approx(1, abs=1e-4)
    assert tuple(found.by_modality) == tuple(found.shares) == subset
    assert sum(found.shares.values()) == pytest.approx(1, abs=1e-4)
    assert found.fusion == any_pipeline.default_fusion


@pytest.mark.parametrize("name", FUSIONS)
def test_every_fusion_works_or_says_why_not(any_pipeline: Pipeline, name: str) -> None:
    sample = sample_with(ALL)
    if name == "transformer" and any_pipeline.roles.joint_encoder is None:
        with pytest.raises(UserError, match="transformer"):
            any_pipeline.predict(sample, LABELS, name)
    else:
        fused = any_pipeline.predict(sample, LABELS, name).fused
        assert sum(fused.values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.usefixtures("few_rounds")
@pytest.mark.parametrize("method", FITTING)
@pytest.mark.parametrize(
    "request_",
    [
        ExplainRequest(label="cat"),
        ExplainRequest("modality", "dog", ("audio",)),
        ExplainRequest("agreement", modalities=("image", "text")),
    ],
    ids=lambda r: r.what,
)
def test_what_needs_no_joint_encoder_explains_any_preset(
    any_pipeline: Pipeline, method: str, request_: ExplainRequest
) -> None:
    measured = method == "best"  # faithfulness is the same work for each
    wanted = replace(request_, methods=(method,), measured=measured)
    view = any_pipeline.look(sample_with(ALL), wanted, LABELS)
    assert tuple(view.maps[method]) == (request_.modalities or ALL)
    for shown in view.maps[method].values():
        assert shown.values.shape == (shown.grid.rows, shown.grid.cols)
        assert (
            np.isfinite(shown.values).all() and 0 <= shown.values.min() <= shown.values.max() <= 1
        )
        assert (shown.faithfulness is not None) == measured


def test_a_map_marks_what_the_label_hangs_on(toy: Pipeline) -> None:
    """“dog cat”: the label dog hangs on the first word, by every method that applies."""
    sample = Sample(text="dog cat")
    encoder = toy.roles.encoders["text"]
    cells, _ = READ["text"]("dog cat")
    alone = [encoder.pool(encoder.tokens(cells[i : i + 1])[None])[0] for i in (0, 1)]  # type: ignore[attr-defined]
    dog, cat = encoder.labels.place(["dog", "cat"]).vectors
    first = float(alone[0] @ (dog - cat)) > float(alone[1] @ (dog - cat))
    for method in ("occlusion", "rise"):
        values = toy.look(sample, ExplainRequest(label="dog", methods=(method,)), ["dog", "cat"])
        (row,) = values.maps[method]["text"].values
        assert (row[0] > row[1]) == first


@pytest.mark.parametrize("method", NEED_JOINT)
def test_what_needs_a_joint_encoder_says_so(toy: Pipeline, method: str) -> None:
    with pytest.raises(UserError, match=method):
        toy.look(sample_with(ALL), ExplainRequest(methods=(method,)), LABELS)


def test_roles_that_are_missing_are_named(toy: Pipeline) -> None:
    sample = sample_with(ALL)
    for ask in (
        lambda: toy.caption(sample),
        lambda: toy.ask(sample, "what is it?"),
        lambda: toy.transcribe(sample),
        lambda: toy.translate(sample, "zh"),
        lambda: toy.attended(sample, 0, None, None),
    ):
        with pytest.raises(UserError, match="toy"):
            ask()
    assert toy.known_labels() is None
    with pytest.raises(UserError, match="labels"):
        toy.predict(sample)
    found = toy.predict(sample, ["Dog", "a fish", "dog"])
    assert found.labels == ("Dog", "a fish") and [n.key for n in found.notes] == ["label_same"]
    assert found.familiarity == {} and found.unfamiliar == ()


def test_without_a_perturber_gradients_still_explain() -> None:
    bare = Pipeline(toy_roles(perturber=False), "bare", torch.device("cpu"))
    maps = bare.explain(sample_with(ALL), labels=LABELS).heatmaps
    assert {shown.method for shown in maps.values()} == {"gradient"}


def test_a_modality_without_an_encoder_is_left_out_and_said() -> None:
    full = toy_roles()
    deaf = Roles({m: e for m, e in full.encoders.items() if m != "audio"})
    heard = Pipeline(deaf, "deaf", torch.device("cpu"))
    found = heard.predict(sample_with(ALL), LABELS)
    assert tuple(found.by_modality) == ("image", "text")
    assert [note.key for note in found.notes] == ["unread_audio"]
    with pytest.raises(UserError, match="deaf"):
        heard.predict(sample_with(("audio",)), LABELS)


@pytest.mark.usefixtures("few_rounds")
def test_results_are_plain_and_small(any_pipeline: Pipeline) -> None:
    """Nothing of torch travels, and everything of one request together is below a megabyte."""
    sample = sample_with(ALL)
    wanted = ExplainRequest(methods=("occlusion",), measured=True)
    results: list[Any] = [
        any_pipeline.predict(sample, LABELS),
        any_pipeline.explain(sample, wanted, LABELS),
        any_pipeline.look(sample, wanted, LABELS),
        any_pipeline.erase(sample, wanted, Erasure("image", 0.5), LABELS),
    ]
    packed = pickle.dumps(results)
    assert b"torch" not in packed and len(packed) < 1_000_000
    assert len(pickle.loads(packed)) == len(results)


def test_work_on_the_same_content_is_done_once(
    any_pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_pipeline.forget()
    made: list[str] = []
    for m, encoder in any_pipeline.roles.encoders.items():
        encode = encoder.encode

        def counted(inputs: Any, encode: Any = encode, m: str = m) -> Any:
            made.append(m)
            return encode(inputs)

        monkeypatch.setattr(encoder, "encode", counted)
    sample, again = sample_with(ALL), sample_with(ALL)
    any_pipeline.predict(sample, LABELS)
    any_pipeline.explain(again, labels=LABELS)
    any_pipeline.erase(sample, ExplainRequest(), Erasure("image", 0.3), LABELS)
    assert sorted(made) == sorted(ALL)
    any_pipeline.predict(replace(sample, text="something else"), LABELS)
    assert sorted(made) == sorted([*ALL, "text"])
    any_pipeline.forget()


class TestFilling:
    """Presets are data: each role from its own checkpoint, opened once."""

    A = Checkpoint("a", "somewhere", "MIT", 1.0)
    B = Checkpoint("b", "elsewhere", "MIT", 1.0)

    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        opened: list[str] = []

        def loader(checkpoint: Checkpoint, device: torch.device) -> Roles:
            opened.append(checkpoint.family)
            return toy_roles()

        monkeypatch.setitem(loaders.LOADERS, "a", loader)
        monkeypatch.setitem(loaders.LOADERS, "b", loader)
        return opened

    def test_from_two_checkpoints(self, opened: list[str]) -> None:
        preset = Preset("two", "", {"image": self.A, "text": self.B, "perturber": self.A})
        roles = loaders.fill_roles(preset, torch.device("cpu"))
        assert opened == ["a", "b"]
        assert tuple(roles.encoders) == ("image", "text")
        assert roles.perturber is not None and roles.facts == Facts()

    def test_a_role_that_a_family_cannot_fill(self, opened: list[str]) -> None:
        preset = Preset("two", "", {"image": self.A, "generator": self.B})
        with pytest.raises(UserError, match="generator"):
            loaders.fill_roles(preset, torch.device("cpu"))

    def test_facts_lie_beside_the_weights(self) -> None:
        facts = read_facts(PRESETS["pocket"].facts)
        assert facts.fusion in FUSIONS and set(facts.methods) == set(ALL)
        assert {*facts.methods.values(), facts.method_of_long_text} <= set(METHODS)
        assert all(0 < least < 1 for least in facts.least_familiar.values())

    @pytest.mark.parametrize("text", ["", "[]", '{"fusoin": "mean"}'])
    def test_facts_that_are_none_are_refused(self, tmp_path: Any, text: str) -> None:
        (tmp_path / "preset.json").write_text(text)
        with pytest.raises(UserError):
            read_facts(tmp_path / "preset.json")
