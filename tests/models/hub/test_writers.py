"""Families that write: the very words that transformers writes, and where each came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoTokenizer,
    BlipForConditionalGeneration,
    BlipForQuestionAnswering,
    BlipImageProcessorPil,
    MarianMTModel,
    MarianTokenizer,
)

from demo.errors import UserError
from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.models.hub import blip, marian
from demo.models.hub.writing import Written
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.settings import Settings
from tests.models.hub import tiny

QUESTION = "how many dogs are there ?"
FEW = 5  # tokens
SENTENCE = "two small dogs slept."
ROLES = {"caption": "blip-caption", "answer": "blip-answer", "translate_to_zh": "marian"}


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Untrained models go on and on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blip, "MOST_TOKENS", FEW)
        patch.setattr(marian, "MOST_TOKENS", FEW)
        yield


@pytest.fixture(scope="module")
def writing(folder: Path) -> Pipeline:
    path = tiny.preset(folder, {**ROLES, "text": "sentence"}, "writing")
    return open_pipeline(Settings(preset=str(path), device="cpu"))


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (50, 70, 3), dtype=np.uint8)


def pixels(folder: Path) -> torch.Tensor:
    processor = BlipImageProcessorPil.from_pretrained(folder)
    return processor(images=picture(), return_tensors="pt")["pixel_values"]


def test_a_caption_is_what_transformers_writes(writing: Pipeline, folder: Path) -> None:
    where = folder / "blip-caption"
    model = BlipForConditionalGeneration.from_pretrained(where)
    words = AutoTokenizer.from_pretrained(where)
    expected = model.generate(pixels(where), max_new_tokens=FEW, do_sample=False)[0, 1:].tolist()
    found = writing.writers["caption"].writing.writer.write(
        "caption", "en", Sample(image=picture()), ["image"], 1
    )
    assert list(found.ids) == [*(i for i in expected if i != words.sep_token_id), found.ids[-1]]
    with torch.no_grad():
        ids = torch.tensor([[words.bos_token_id, *found.ids]])
        logits = model(pixels(where), ids[:, :-1]).logits.log_softmax(-1)[0]
    chosen = logits.gather(-1, ids[0, 1:, None]).sum()
    assert found.probability == pytest.approx(float(chosen.exp()), rel=1e-3)


def test_an_answer_is_what_transformers_writes(writing: Pipeline, folder: Path) -> None:
    where = folder / "blip-answer"
    model = BlipForQuestionAnswering.from_pretrained(where)
    words = AutoTokenizer.from_pretrained(where)
    asked = words(QUESTION, return_tensors="pt").input_ids
    expected = model.generate(asked, pixels(where), max_new_tokens=FEW, do_sample=False)[0, 1:]
    found = writing.writers["answer"].writing.writer.write(
        "answer", "en", Sample(picture(), None, QUESTION), ["image", "text"], 1
    )
    written = [i for i in expected.tolist() if i != words.sep_token_id]
    assert list(found.ids[:-1]) == written


def test_a_translation_is_what_transformers_writes(writing: Pipeline, folder: Path) -> None:
    where = folder / "marian"
    model, words = MarianMTModel.from_pretrained(where), MarianTokenizer.from_pretrained(where)
    read = words(SENTENCE, return_tensors="pt")
    expected = model.generate(**read, max_new_tokens=FEW, do_sample=False, num_beams=1)[0, 1:]
    found = writing.writers["translate"].writing.writer.write(
        "translate", "zh", Sample(text=SENTENCE), ["text"], 1
    )
    assert list(found.ids[:-1]) == [i for i in expected.tolist() if i != model.config.eos_token_id]


def test_the_cross_attention_that_is_watched_is_transformers_own(
    writing: Pipeline, folder: Path
) -> None:
    where = folder / "blip-caption"
    model = BlipForConditionalGeneration.from_pretrained(where)
    generator = writing.writers["caption"].roles.generator
    joint = writing.writers["caption"].roles.joint_encoder
    assert generator is not None and joint is not None
    encoding = writing.writers["caption"].encode(Sample(image=picture()))["image"]
    found = generator.write("caption", "en", [encoding])
    with joint.recording() as seen, generator.recording() as told:
        generator.word_scores(found, encoding.tokens)
    ids = torch.tensor([[model.config.text_config.bos_token_id, *found.ids]])[:, :-1]
    with torch.no_grad():
        vision = model.vision_model(pixels(where), output_attentions=True)
        text = model.text_decoder(
            ids, encoder_hidden_states=vision.last_hidden_state, output_attentions=True
        )
    for layer, matrix in zip(seen, vision.attentions, strict=True):
        torch.testing.assert_close(layer.weights(), matrix[0], atol=1e-5, rtol=1e-4)
    for layer, matrix in zip(told[1::2], text.cross_attentions, strict=True):
        torch.testing.assert_close(layer.weights(), matrix[0], atol=1e-5, rtol=1e-4)
    for layer, matrix in zip(told[::2], text.attentions, strict=True):
        torch.testing.assert_close(layer.weights(), matrix[0], atol=1e-5, rtol=1e-4)


def test_every_word_has_maps(writing: Pipeline) -> None:
    caption = writing.caption(Sample(image=picture()))
    assert caption.words and all(set(word.heatmap) == {"image"} for word in caption.words)
    assert {word.heatmap["image"].method for word in caption.words} == {"chefer"}
    answer = writing.ask(Sample(image=picture()), QUESTION)
    assert answer.words and all(set(w.heatmap) == {"image", "text"} for w in answer.words)
    said = writing.translate(Sample(text=SENTENCE), "zh")
    assert said.words and all(set(word.heatmap) == {"text"} for word in said.words)
    assert (
        writing.captions(Sample(image=picture()), ["en"], maps=False)["en"].words[0].heatmap == {}
    )


@pytest.mark.parametrize("method", [n for n, m in METHODS.items() if m.of_words and n != "rise"])
def test_a_word_of_a_caption_is_explained_by_every_method(writing: Pipeline, method: str) -> None:
    wanted = ExplainRequest("word", task="caption", word=0, methods=(method,))
    view = writing.look(Sample(image=picture()), wanted)
    (shown,) = view.maps[method].values()
    assert shown.values.shape == (4, 4) and np.isfinite(shown.values).all()


def test_words_of_answers_and_translations_are_explained(writing: Pipeline) -> None:
    wanted = ExplainRequest("word", task="answer", methods=("occlusion", "gradcam"))
    view = writing.look(Sample(picture(), None, QUESTION), wanted)
    assert set(view.maps["occlusion"]) == {"image", "text"}
    wanted = ExplainRequest("word", task="translate", language="zh", methods=("occlusion",))
    assert set(writing.look(Sample(text=SENTENCE), wanted).maps["occlusion"]) == {"text"}
    wanted = ExplainRequest("word", task="answer", methods=("chefer",))
    with pytest.raises(UserError):
        writing.look(Sample(picture(), None, QUESTION), wanted)


def test_what_cannot_be_written_is_said(writing: Pipeline) -> None:
    with pytest.raises(UserError, match="English only"):
        writing.caption(Sample(image=picture()), "zh")
    with pytest.raises(UserError, match="other direction"):
        writing.translate(Sample(text="一只猫在雨里"), "en")
    assert writing.roles.can("caption") and not writing.roles.can("transcribe")


def test_pieces_become_words() -> None:
    assert Written.of(["a", "ten", "##nis", "ball", "."]).text == "a tennis ball."
    assert Written.of(["▁Two", "▁do", "gs", "."]).words == ("Two", "dogs.")
    chinese = Written.of(["▁", "两只", "狗", "。"], spaced=False)
    assert chinese.text == "两只狗。" and len(chinese.word_of) == 4
