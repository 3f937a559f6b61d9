"""Looking: any target, several methods at once, erasing, and attention as it is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from demo.errors import UserError
from demo.evaluation.world_tasks.run import pictures
from demo.explain.explorer import Attended
from demo.explain.methods.rise import Rise
from demo.explain.request import ExplainRequest, request_of
from demo.inspect.inspection import Erasure, Inspection, View
from demo.models.segments import speech_of
from demo.pipeline import Pipeline
from demo.schema import Heatmap, PictureGrid, Sample, SpectrogramGrid, Waveform
from demo.world.scenes import draw_scene
from tests.conftest import LABELS, sample_with

SENSES = ("image", "audio", "text")


def look(
    pipeline: Pipeline,
    sample: Sample,
    request: ExplainRequest,
    methods: Sequence[str] = ("best",),
    measured: bool = True,
) -> View:
    wanted = dataclasses.replace(request, methods=tuple(methods), measured=measured)
    return pipeline.look(sample, wanted, LABELS)


@pytest.mark.parametrize(
    "said,aim",
    [
        ("fused", ExplainRequest(label="dog")),
        ("", ExplainRequest(label="dog")),
        ("image", ExplainRequest("modality", "dog", ("image",))),
    ],
)
def test_aims_as_people_write_them(said: str, aim: ExplainRequest) -> None:
    assert request_of(said, "dog") == aim


@pytest.mark.parametrize(
    "said",
    "smell image~image image~smell caption:0 caption:x caption:² caption:٣ caption:".split()
    + ["caption:" + "9" * 5000],
)
def test_what_cannot_be_aimed_at_is_refused(said: str) -> None:
    with pytest.raises(UserError, match="caption:3"):
        request_of(said)


@pytest.mark.parametrize(
    "values", [np.zeros((8, 8)), np.repeat([[0.0], [1.0]], [4, 4], 0) * np.ones(8)]
)
def test_cells_that_are_tied_are_erased_in_an_order_of_chance(values: np.ndarray) -> None:
    """In index order half of a flat map would be its upper half; the order is the same each time."""
    shown = Heatmap("image", values.astype(np.float32), PictureGrid(8, 8), "m", "t", False)

    class Shown(Inspection):
        def maps(self, method: str, measured: bool = False) -> dict[str, Heatmap]:
            return {"image": shown}

    asked = SimpleNamespace(
        perturbable=("image",),
        modalities=("image",),
        target=SimpleNamespace(name="t"),
        scores_erased=lambda modality, kept: kept.float().mean(-1).clamp(min=1e-9).log(),
    )
    inquiry = Shown(asked, None, ())  # type: ignore[arg-type]
    found = inquiry.erased("m", Erasure("image", 0.25, keep=False))
    gone = ~found.kept
    assert gone.sum() == 16 and (found.before, found.after) == pytest.approx((1, 0.75))
    assert values[gone].min() == values.max()  # the most marked ones, wherever they lie
    rows = np.flatnonzero(gone.any(1))
    assert len(rows) >= 4 and not gone.all(1).any()
    assert np.array_equal(gone, ~inquiry.erased("m", Erasure("image", 0.25, keep=False)).kept)
    assert np.array_equal(gone, inquiry.erased("m", Erasure("image", 0.25, keep=True)).kept)


@pytest.mark.usefixtures("few_rounds")
def test_every_aim_has_a_probability_and_maps(talking: Pipeline) -> None:
    sample = sample_with(SENSES)
    for said, modalities in (
        ("fused", SENSES),
        ("audio", ("audio",)),
        ("image~text", ("image", "text")),
        ("caption:1", ("image",)),
        ("answer:1", SENSES),
        ("transcribe:1", ("audio",)),
    ):
        methods = ["chefer", "occlusion"]
        view = look(talking, sample, request_of(said), methods)
        assert 0 <= view.probability <= 1
        assert list(view.maps) == methods
        for maps in view.maps.values():
            assert tuple(maps) == modalities
            assert all(h.faithfulness is not None for h in maps.values())
        assert bool(view.words) == (":" in said)


def test_targets_are_the_winner_or_the_label(pipeline: Pipeline) -> None:
    sample = sample_with(("text",))
    fused = pipeline.predict(sample, LABELS)
    view = look(pipeline, sample, ExplainRequest(), measured=False)
    assert view.target == fused.top
    assert view.probability == pytest.approx(fused.fused[fused.top], abs=1e-4)
    alone = look(pipeline, sample, ExplainRequest("modality", "rain", ("text",)), measured=False)
    assert alone.probability == pytest.approx(fused.by_modality["text"]["rain"], abs=1e-4)


def test_what_was_not_given_is_refused(pipeline: Pipeline) -> None:
    sample = sample_with(("text",))
    for aim, said in (
        (ExplainRequest("modality", modalities=("image",)), "picture"),
        (ExplainRequest("agreement", modalities=("text", "audio")), "sound"),
        (ExplainRequest("word", modalities=("image",), task="caption"), "picture"),
        (ExplainRequest(label="violin"), "violin"),
    ):
        with pytest.raises(UserError, match=said):
            look(pipeline, sample, aim, measured=False)
    with pytest.raises(UserError, match="no word"):
        look(pipeline, sample_with(("image",)), ExplainRequest("word", word=99), measured=False)


def test_a_word_is_one_that_its_verb_writes(talking: Pipeline) -> None:
    """In the language of the question, as heard, into the other language; captions clause by clause."""
    sample = dataclasses.replace(sample_with(SENSES), text="这是什么？")

    def seen(aim: ExplainRequest) -> tuple[str, ...]:
        return look(talking, sample, aim, ["chefer"], measured=False).words

    asked = dataclasses.replace(sample, text=None)
    assert seen(request_of("answer:1")) == _words(talking.ask(asked, "这是什么？"))
    assert seen(request_of("translate:1")) == _words(talking.translate(sample, "en"))
    assert seen(request_of("transcribe:1")) == _words(talking.transcribe(asked))
    assert request_of("answer:1", language="zh").language is None
    assert request_of("answer:1", language="en", written_in="zh").language == "zh"
    told = _words(talking.caption(asked, "zh"))
    whole = _words(talking.caption(sample, "zh"))
    assert seen(request_of("caption:1", language="zh")) == whole and whole[: len(told)] == told
    of_sound = look(
        talking,
        sample,
        request_of(f"caption:{len(told)}", language="zh"),
        ["chefer"],
        measured=False,
    )
    assert tuple(of_sound.maps["chefer"]) == ("audio",)
    assert of_sound.target == told[-1]


def _words(found: Any) -> tuple[str, ...]:
    return tuple(one.word for one in found.words)


@pytest.mark.parametrize(
    "modalities,said,why",
    [
        (("image",), "translate:1", "translate"),
        (("image",), "answer:1", "question"),
        (("text",), "answer:1", "nothing to ask about"),
        (("image",), "transcribe:1", "sound"),
    ],
)
def test_what_a_verb_lacks_its_words_lack(
    talking: Pipeline, modalities: tuple[Any, ...], said: str, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        look(talking, sample_with(modalities), request_of(said), ["chefer"], measured=False)


def test_a_method_that_cannot_explain_words_says_which_can(talking: Pipeline) -> None:
    with pytest.raises(UserError, match=r"written word.*chefer"):
        look(talking, sample_with(("image",)), request_of("caption:1"), ["legrad"], measured=False)


def test_erasing_what_matters_lowers_the_answer(pipeline: Pipeline) -> None:
    """A plain scene of one thing: erased, hardly anything is left; kept alone, it is enough."""
    import random

    rng = random.Random(5)
    scene = draw_scene(rng, 1)
    while scene.background.pattern != "plain":
        scene = draw_scene(rng, 1)
    sample = Sample(image=pictures([scene])[0])
    occlusion = ExplainRequest(methods=("occlusion",))
    gone = pipeline.erase(sample, occlusion, Erasure("image", 0.4))
    left = pipeline.erase(sample, occlusion, Erasure("image", 0.4, keep=True))
    assert gone.before == pytest.approx(left.before)
    assert gone.after < 0.5 * gone.before < left.after
    assert np.array_equal(gone.kept, ~left.kept)
    assert gone.kept.sum() == round(0.6 * gone.kept.size)
    view = pipeline.look(sample, dataclasses.replace(occlusion, measured=True))
    trust = view.maps["occlusion"]["image"].faithfulness
    assert trust is not None  # the verdict and the eraser erase the same way
    for part, after in zip(trust.erased, trust.deletion_curve, strict=True):
        erased = pipeline.erase(sample, occlusion, Erasure("image", part))
        assert erased.after == pytest.approx(after, abs=1e-4)
    nothing = pipeline.erase(sample, ExplainRequest(), Erasure("image", 0.0))
    assert nothing.after == pytest.approx(nothing.before, abs=1e-4)
    with pytest.raises(UserError):
        pipeline.erase(sample, ExplainRequest(), Erasure("audio", 0.5))


def test_attention_adds_up(pipeline: Pipeline) -> None:
    sample = dataclasses.replace(sample_with(SENSES), text="one dog, two dogs")

    def attended(layer: int, head: int | None, modality: Any, cell: int = 0) -> Attended:
        return pipeline.attended(sample, layer, head, modality, cell)

    for modality in (None, *SENSES):
        found = attended(0, 1, modality, 0)
        seen = sum(float(cells.sum()) for cells in found.cells.values())
        assert seen + found.answer <= 1 + 1e-4  # what is padding lies in no cell
        assert seen + found.answer > 0.5
        assert tuple(found.cells) == SENSES
    mean = attended(0, None, "image", 3)
    heads = [attended(0, h, "image", 3).cells["text"] for h in range(mean.heads)]
    np.testing.assert_allclose(mean.cells["text"], np.mean(heads, axis=0), atol=1e-6)
    flow = mean.flow
    assert flow.shape == (mean.layers, 3, 3)
    np.testing.assert_allclose(flow.sum(-1), 1, atol=1e-5)
    for wrong in (
        {"layer": 99, "head": 0, "modality": None},
        {"layer": 0, "head": 99, "modality": None},
        {"layer": 0, "head": 0, "modality": "image", "cell": 999},
    ):
        with pytest.raises(IndexError):
            attended(**wrong)  # type: ignore[arg-type]


def test_words_of_long_speech_are_those_of_the_transcript(talking: Pipeline) -> None:
    """Each is explained in the piece in which it was heard, on a grid in seconds of the whole sound."""
    rng = np.random.default_rng(0)
    bursts = [np.concatenate([rng.normal(0, 0.2, 24_000), np.zeros(8_000)]) for _ in range(2)]
    sample = Sample(audio=Waveform(np.concatenate(bursts).astype(np.float32)))
    spoken = talking.transcribe(sample, "en")
    assert len(speech_of(sample.audio)) > 1  # type: ignore[arg-type]
    for number in (0, len(spoken.words) // 2, len(spoken.words) - 1):
        word, aim = spoken.words[number], ExplainRequest("word", task="transcribe", word=number)
        view = look(talking, sample, aim, ["chefer"], measured=False)
        assert (view.text, view.words) == (spoken.text, tuple(w.word for w in spoken.words))
        shown = view.maps["chefer"]["audio"]
        talked = word.heatmap["audio"]
        assert shown.grid == talked.grid
        np.testing.assert_allclose(shown.values, talked.values, atol=1e-4)
        assert isinstance(shown.grid, SpectrogramGrid)
        edges = shown.grid.frame_edges_s
        assert edges[0] <= word.start_s <= word.end_s <= edges[-1] <= 4.0
    with pytest.raises(UserError, match="no word"):
        look(talking, sample, ExplainRequest("word", task="transcribe", word=len(spoken.words)))


def test_silence_after_short_speech_is_in_no_cell(pipeline: Pipeline) -> None:
    short = Waveform(np.random.default_rng(0).normal(0, 0.1, 9_600).astype(np.float32))  # 0.6 s
    (piece,) = speech_of(short)
    encoding = piece.encoded(pipeline.encode)
    assert isinstance(encoding.grid, SpectrogramGrid)
    assert encoding.grid.frame_edges_s[-1] == pytest.approx(0.6)
    assert encoding.token_cell is not None
    inside = encoding.token_cell[encoding.token_cell >= 0]
    assert sorted(inside) == list(range(encoding.grid.rows * encoding.grid.cols))
    assert len(inside) < len(encoding.tokens)


def test_one_inquiry_explains_once(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps that were shown before their faithfulness are not made again for it."""
    asked = []
    relevance = Rise.relevance
    monkeypatch.setattr(
        Rise, "relevance", lambda self, question: asked.append(1) or relevance(self, question)
    )
    pipeline.forget()
    sample, wanted = sample_with(("text",)), ExplainRequest(methods=("rise",))
    plain = pipeline.look(sample, wanted, LABELS).maps["rise"]["text"]
    wanted = dataclasses.replace(wanted, measured=True)
    measured = pipeline.look(sample, wanted, LABELS).maps["rise"]["text"]
    assert len(asked) == 1
    assert plain.faithfulness is None
    assert measured.faithfulness is not None
    np.testing.assert_array_equal(plain.values, measured.values)


def test_every_word_that_a_caption_shows_can_be_asked_for(pipeline: Pipeline) -> None:
    """Those of the clause about the sentence too: the thing has its map, the words around it say why not."""
    sample = sample_with(("image", "text"))
    for language in ("en", "zh"):
        told = pipeline.caption(sample, language)
        explained = []
        for number, word in enumerate(told.words, 1):
            wanted = request_of(f"caption:{number}", language=language)
            if not word.heatmap:
                with pytest.raises(UserError, match=re.escape(word.word)):
                    pipeline.look(sample, wanted, LABELS)
                continue
            view = pipeline.look(sample, wanted, LABELS)
            assert (view.target, view.words) == (word.word, tuple(w.word for w in told.words))
            explained.append(word.word)
            if "text" in word.heatmap:
                shown = view.maps["best"]["text"].values
                np.testing.assert_allclose(shown, word.heatmap["text"].values, atol=1e-5)
        assert explained == [word.word for word in told.words if word.heatmap]
    alone = Sample(text="Two small dogs slept through the rain.")
    (thing,) = [i for i, w in enumerate(pipeline.caption(alone).words, 1) if w.heatmap]
    assert pipeline.look(alone, request_of(f"caption:{thing}"), LABELS).words
