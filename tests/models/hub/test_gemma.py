"""Gemma 4: what it writes and whom it listens to are transformers' own, with all senses in one prompt."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoTokenizer,
    Gemma4AudioFeatureExtractor,
    Gemma4ForConditionalGeneration,
    Gemma4ImageProcessorPil,
)

from demo.__main__ import main
from demo.errors import UserError
from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.models.conversation import Turn
from demo.models.hub import gemma
from demo.models.hub.gemma_prompt import REQUESTS
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform
from demo.settings import Settings
from tests.models.hub import tiny
from tests.models.hub.stimuli import PLANTED, planted

QUESTION = "how many dogs are there?"
FEW = 5  # tokens
ROLES = ("caption", "answer", "transcriber", "translate_to_en", "translate_to_zh", "conversation")


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Untrained models go on and on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gemma, "MOST_TOKENS", FEW)
        patch.setattr(gemma, "MOST_OF_A_REPLY", FEW)
        yield


@pytest.fixture(scope="module")
def omni(folder: Path) -> Pipeline:
    path = tiny.preset(folder, {**dict.fromkeys(ROLES, "gemma"), "text": "sentence"}, "omni")
    return open_pipeline(Settings(preset=str(path), device="cpu"))


def given(task: str) -> Sample:
    chance = np.random.default_rng(0)
    image = chance.integers(0, 255, (60, 100, 3), dtype=np.uint8)
    sound = Waveform(chance.normal(0, 0.2, int(1.3 * SAMPLE_RATE)).astype(np.float32))
    every = {"image": image, "audio": sound, "text": QUESTION}
    senses = {"seen": ("image",), "heard": ("audio",)}.get(task) or gemma.READS[task]  # type: ignore[index]
    return Sample(**{sense: every[sense] for sense in senses})


def own(folder: Path, sample: Sample, *turns: str) -> tuple[dict[str, Any], Any, Any]:
    """What transformers' processors make of a sample and a conversation, the model and its tokenizer. turns:
    of the person and the model, one after the other."""
    where = folder / "gemma"
    words = AutoTokenizer.from_pretrained(where)
    inputs: dict[str, Any] = {}
    senses = [{"type": sense} for sense in sample.modalities if sense != "text"]
    said = [
        {"role": ("user", "assistant")[i % 2], "content": [{"type": "text", "text": text}]}
        for i, text in enumerate(turns)
    ]
    said[0]["content"] = senses + said[0]["content"]  # type: ignore[operator]
    prompt = words.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
    if sample.image is not None:
        read = Gemma4ImageProcessorPil.from_pretrained(where)(sample.image, return_tensors="pt")
        count = int(read["num_soft_tokens_per_image"][0])
        prompt = prompt.replace("<image>", f"<boi>{'<image>' * count}<eoi>")
        inputs |= {k: read[k] for k in ("pixel_values", "image_position_ids")}
    if sample.audio is not None:
        extractor = Gemma4AudioFeatureExtractor.from_pretrained(where)
        read = extractor([sample.audio.samples], sampling_rate=SAMPLE_RATE, return_tensors="pt")
        count = int(read["input_features_mask"][0].numpy()[::2][::2].sum())
        prompt = prompt.replace("<audio>", f"<boa>{'<audio>' * count}<eoa>")
        inputs |= dict(read)
    inputs["input_ids"] = words(prompt, return_tensors="pt", add_special_tokens=False).input_ids
    model = Gemma4ForConditionalGeneration.from_pretrained(where, attn_implementation="eager")
    return inputs, model.eval(), words


def asked(
    folder: Path, task: Any, language: str, sample: Sample
) -> tuple[dict[str, Any], Any, Any]:
    return own(folder, sample, (sample.text or "") + REQUESTS[task, language])


def written(inputs: dict[str, Any], model: Any, beams: int = 1) -> list[int]:
    whole = model.generate(**inputs, max_new_tokens=FEW, do_sample=False, num_beams=beams)
    ids = whole[0, inputs["input_ids"].shape[1] :].tolist()
    (end,) = model.generation_config.eos_token_id
    return [*ids[: ids.index(end)], end] if end in ids else [*ids, end]


CASES = [("caption", "seen"), ("caption", "heard"), *((task, task) for task in gemma.READS)]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("task, senses", CASES)
def test_it_writes_what_transformers_writes(
    omni: Pipeline, folder: Path, task: Any, senses: str, language: str
) -> None:
    sample = given(senses)
    inputs, model, _ = asked(folder, task, language, sample)
    found = omni.writers[task].writing.writer.write(task, language, sample, sample.modalities, 1)
    assert list(found.ids) == written(inputs, model)
    ids = torch.cat([inputs["input_ids"], torch.tensor([found.ids])], dim=1)
    with torch.no_grad():
        logits = model(**{**inputs, "input_ids": ids[:, :-1]}).logits.log_softmax(-1)[0]
    chosen = logits[-len(found.ids) :].gather(-1, torch.tensor(found.ids)[:, None]).sum()
    assert np.log(found.probability) == pytest.approx(float(chosen), abs=1e-3)


@pytest.mark.parametrize("task", ["caption", "answer"])
def test_beams_find_what_transformers_finds(omni: Pipeline, folder: Path, task: Any) -> None:
    sample = given(task)
    inputs, model, _ = asked(folder, task, "en", sample)
    found = omni.writers[task].writing.writer.write(task, "en", sample, sample.modalities, 3)
    assert list(found.ids) == written(inputs, model, beams=3)


def opened(folder: Path, template: str) -> Pipeline:
    tiny.gemma(folder / "gemma", template)
    path = tiny.preset(folder, {**dict.fromkeys(ROLES, "gemma"), "text": "sentence"}, "omni")
    return open_pipeline(Settings(preset=str(path), device="cpu"))


@pytest.mark.parametrize("senses", ["seen", "heard", "answer"])
def test_what_a_template_puts_around_pictures_is_read_too(tmp_path: Path, senses: str) -> None:
    """Line breaks before a picture are one piece with the one that ends what stands before it."""
    pipeline, sample = opened(tmp_path, tiny.GEMMA_SPACED), given(senses)
    task: Any = "answer" if senses == "answer" else "caption"
    inputs, model, words = asked(tmp_path, task, "en", sample)
    assert ("\n\n\n" in words.decode(inputs["input_ids"][0])) == ("image" in sample.modalities)
    writer = pipeline.writers[task]
    found = writer.writing.writer.write(task, "en", sample, sample.modalities, 1)
    assert list(found.ids) == written(inputs, model)
    encodings = writer.encode(sample, "asked")
    tokens = torch.cat([one.tokens for one in encodings.values()])
    generator, joint = writer.roles.generator, writer.roles.joint_encoder
    assert generator is not None and joint is not None
    with joint.recording() as layers:
        generator.word_scores(found, tokens)
    assert layers[0].k.shape[2] == 1 + len(tokens)  # what begins a turn stands for the readout
    steps = list(pipeline.converse(sample, [Turn("user", "what is there?")]))
    below = f"{QUESTION}\n" if sample.text else ""
    inputs, model, words = own(tmp_path, sample, f"{below}what is there?")
    assert steps[-1].text == said(words, written(inputs, model))


def test_templates_from_before_models_saw_are_understood(omni: Pipeline, tmp_path: Path) -> None:
    pipeline, sample = opened(tmp_path, tiny.GEMMA_OLD), given("answer")
    old, new = (one.writers["answer"].writing.writer for one in (pipeline, omni))
    write = ("answer", "en", sample, sample.modalities, 1)
    assert old.write(*write).ids == new.write(*write).ids
    turns = [Turn("user", "what is there?"), Turn("assistant", "a dog"), Turn("user", "and now?")]
    assert [*pipeline.converse(sample, turns)][-1] == [*omni.converse(sample, turns)][-1]


def test_a_template_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not fit"):
        opened(tmp_path, "{{ raise_exception('roles must alternate') }}")


def test_the_attention_that_is_watched_is_transformers_own(omni: Pipeline, folder: Path) -> None:
    """Of all senses at once, and of layers with a window or with another's keys, too."""
    pipeline, sample = omni.writers["answer"], given("answer")
    generator, joint = pipeline.roles.generator, pipeline.roles.joint_encoder
    assert generator is not None and joint is not None
    encodings = pipeline.encode(sample, "asked")
    found = generator.write("answer", "en", list(encodings.values()))
    tokens = torch.cat([e.tokens for e in encodings.values()])
    with joint.recording() as prompt, generator.recording() as told:
        scores = generator.word_scores(found, tokens)
    inputs, model, _ = asked(folder, "answer", "en", sample)
    ids = torch.cat([inputs["input_ids"], torch.tensor([found.ids])], dim=1)[:, :-1]
    with torch.no_grad():
        matrices = model(**{**inputs, "input_ids": ids}, output_attentions=True).attentions
    assert len(prompt) == len(matrices) == 4 and len(scores) == len(found.words)
    lead = prompt[0].k.shape[2] - len(tokens)
    assert lead == 1  # what begins a turn stands for the readout
    first = inputs["input_ids"][0].tolist().index(tiny_begin(folder))
    end = first + len(tokens)
    for layer, past, read, matrix in zip(prompt, told[::2], told[1::2], matrices, strict=True):
        for part, rows, columns in (
            (layer, slice(first - 1, end), slice(first - 1, end)),
            (past, slice(end, None), slice(end, None)),
            (read, slice(end, None), slice(first - 1, end)),
        ):
            expected = matrix[0][:, rows, columns]
            torch.testing.assert_close(part.weights(), expected, atol=1e-5, rtol=1e-4)
    rows = generator.word_attention(found, list(encodings.values()))
    assert rows.shape == (len(found.words), len(tokens))


def tiny_begin(folder: Path) -> int:
    """The mark before a picture, with which what was given begins."""
    return AutoTokenizer.from_pretrained(folder / "gemma").convert_tokens_to_ids("<boi>")


@pytest.mark.parametrize("shape", PLANTED)
def test_a_planted_patch_is_found_where_it_lies(omni: Pipeline, shape: str) -> None:
    roles = omni.writers["caption"].roles
    image, _, seen, grid, cell = planted(roles.encoders["image"], shape)
    assert roles.perturber is not None
    part = roles.perturber.perturbable(Sample(image=image), {"image": seen})["image"]
    torch.testing.assert_close(part.tokens(part.inputs[None])[0], seen.tokens)
    each_gone = part.erased(1 - torch.eye(part.cells))
    red = (each_gone - part.baseline).abs().flatten(1).sum(1)
    assert divmod(int(red.argmin()), grid.cols) == cell


def test_every_word_has_maps_of_every_sense(omni: Pipeline) -> None:
    answer = omni.ask(given("answer"), QUESTION)
    assert answer.words and all(set(w.heatmap) == {"image", "audio", "text"} for w in answer.words)
    assert any(not w.heatmap["image"].flat and not w.heatmap["audio"].flat for w in answer.words)
    caption = omni.caption(Sample(image=given("seen").image), "zh")
    assert caption.words and {w.heatmap["image"].method for w in caption.words} == {"chefer"}
    assert omni.translate(Sample(text=QUESTION), "zh").words


def test_a_transcript_has_words_in_time(omni: Pipeline) -> None:
    found = omni.transcribe(given("heard"), "en")
    assert found.engine == "generator" and found.words
    ends = [0.0, *(w.end_s for w in found.words)]
    assert all(a <= b <= 1.31 for a, b in zip(ends, ends[1:], strict=False))


@pytest.mark.parametrize("method", [n for n, m in METHODS.items() if m.of_words and n != "rise"])
def test_a_word_is_explained_by_every_method(omni: Pipeline, method: str) -> None:
    wanted = ExplainRequest("word", task="answer", word=0, methods=(method,))
    maps = omni.look(given("answer"), wanted).maps[method]
    assert set(maps) == {"image", "audio", "text"}
    for shown in maps.values():
        assert shown.values.shape == (shown.grid.rows, shown.grid.cols)
        assert np.isfinite(shown.values).all()


def said(words: Any, ids: list[int]) -> str:
    """As a reply is shown: without the empty lines that models begin with."""
    return words.decode(ids, skip_special_tokens=True).rstrip("\N{REPLACEMENT CHARACTER}").lstrip()


def test_a_conversation_is_what_transformers_writes(omni: Pipeline, folder: Path) -> None:
    """About a picture, a sound and a sentence, in two turns; streamed, each time a little longer."""
    sample = given("answer")
    turns = [Turn("user", "what is there?")]
    steps = list(omni.converse(sample, turns))
    inputs, model, words = own(folder, sample, f"{QUESTION}\nwhat is there?")
    first = said(words, written(inputs, model))
    assert steps[-1].text == first and len(steps) > 1 and not steps[-1].notes
    assert all(b.text.startswith(a.text) for a, b in zip(steps, steps[1:], strict=False))
    reply = first.strip() or "dog"
    turns += [Turn("assistant", reply), Turn("user", "how many?")]
    inputs, model, words = own(folder, sample, f"{QUESTION}\nwhat is there?", reply, "how many?")
    expected = said(words, written(inputs, model))
    assert list(omni.converse(sample, turns))[-1].text == expected


def test_a_conversation_says_what_it_did_not_hear(omni: Pipeline) -> None:
    long = Waveform(np.tile(given("heard").audio.samples, 25))  # type: ignore[union-attr]
    (*_, reply) = omni.converse(Sample(audio=long), [Turn("user", "what is it?")])
    assert [note.key for note in reply.notes] == ["sound_beginning_read"]


def test_a_conversation_in_a_terminal(
    omni: Pipeline,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By messages and line by line, with files, for people and for programs."""
    path, image = folder / "omni.toml", tmp_path / "picture.png"
    Image.fromarray(given("seen").image).save(image)  # type: ignore[arg-type]
    asked = ["converse", "--preset", str(path), "--device", "cpu", "--image", str(image)]
    assert main([*asked, "--message", "what is it?", "--message", "and now?", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    turns = found["messages"]
    assert [one["role"] for one in turns] == ["user", "assistant"] * 2 and found["notes"] == []
    sample = Sample(image=given("seen").image)
    (*_, first) = omni.converse(sample, [Turn("user", "what is it?")])
    assert turns[1]["content"] == (first.text.strip() or "…")
    monkeypatch.setattr("sys.stdin", io.StringIO("what is it?\n\nand now?\n"))
    assert main(asked) == 0
    out = capsys.readouterr().out
    replies = [one["content"] for one in turns if one["role"] == "assistant"]
    assert all(one in out for one in replies if one != "…")
    assert main([*asked[:-2], "--message", "hello"]) == 2
    assert main(["converse", "--image", str(image), "--message", "hello"]) == 2
    assert "omni" in capsys.readouterr().err


@pytest.mark.parametrize(
    "roles", [(), ("assistant",), ("user", "assistant"), ("user", "user", "user")]
)
def test_turns_that_are_no_conversation_are_refused(omni: Pipeline, roles: Any) -> None:
    with pytest.raises(UserError, match="take turns"):
        omni.converse(given("seen"), [Turn(role, "hello") for role in roles])


def test_who_does_not_converse_says_who_does(talking: Pipeline) -> None:
    with pytest.raises(UserError, match="omni"):
        talking.converse(given("seen"), [Turn("user", "hello")])


def test_sizes_that_cannot_be_explained_are_refused(tmp_path: Path) -> None:
    tiny.gemma(tmp_path / "gemma", use_bidirectional_attention="vision")
    path = tiny.preset(tmp_path, {"caption": "gemma"}, "large")
    with pytest.raises(UserError, match="larger Gemma"):
        open_pipeline(Settings(preset=str(path), device="cpu"))
