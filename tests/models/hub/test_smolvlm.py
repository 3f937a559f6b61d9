"""SmolVLM: the words that transformers writes, the attention of one decoder over its prompt, and tiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, SmolVLMForConditionalGeneration, SmolVLMImageProcessorPil
from transformers.models.smolvlm import processing_smolvlm
from transformers.models.smolvlm.processing_smolvlm import SmolVLMProcessor

from demo.errors import UserError
from demo.explain import METHODS
from demo.explain.request import ExplainRequest
from demo.models.hub.smolvlm import writer
from demo.models.hub.smolvlm.prompt import DESCRIBE
from demo.models.hub.writing import Written, decoded_pieces
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.settings import Settings
from tests.models.hub import tiny

QUESTION = "how many dogs are there?"
FEW = 5  # tokens


@pytest.fixture(scope="module", autouse=True)
def short() -> Iterator[None]:
    """Untrained models go on and on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "MOST_TOKENS", FEW)
        yield


@pytest.fixture(scope="module")
def writing(folder: Path) -> Pipeline:
    roles = {"caption": "smolvlm", "answer": "smolvlm", "text": "sentence"}
    path = tiny.preset(folder, roles, "smol")
    return open_pipeline(Settings(preset=str(path), device="cpu"))


def picture(height: int = 30, width: int = 44) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)


class Processor(SmolVLMProcessor):
    """transformers' own, without a part for videos, which needs torchvision."""

    def check_argument_for_proper_class(self, argument_name: str, argument: Any) -> Any:
        """Whatever it is given."""
        return type(argument)


def own(folder: Path, image: np.ndarray, request: str) -> tuple[dict[str, Any], Any, Any]:
    """What transformers' processor makes of a picture and a request, the model and its tokenizer."""
    where = folder / "smolvlm"
    words = AutoTokenizer.from_pretrained(where)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processing_smolvlm, "num2words", str)  # it counts frames of videos alone
        processor = Processor(
            SmolVLMImageProcessorPil.from_pretrained(where), words, None, image_seq_len=4
        )
    content = [{"type": "image"}, {"type": "text", "text": request}]
    said = words.apply_chat_template(
        [{"role": "user", "content": content}],
        chat_template=processing_smolvlm.DEFAULT_CHAT_TEMPLATE,
        add_generation_prompt=True,
        tokenize=False,
    )
    read = dict(processor(images=[image], text=[said], return_tensors="pt"))
    read.pop("attention_mask")
    model = SmolVLMForConditionalGeneration.from_pretrained(where, attn_implementation="eager")
    return read, model.eval(), words


SIZES = [(30, 44), (16, 16), (64, 20)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_caption_is_what_transformers_writes(
    writing: Pipeline, folder: Path, size: tuple[int, int]
) -> None:
    image = picture(*size)
    inputs, model, _ = own(folder, image, DESCRIBE)
    whole = model.generate(**inputs, max_new_tokens=FEW, do_sample=False)
    end = model.generation_config.eos_token_id
    expected = [i for i in whole[0, inputs["input_ids"].shape[1] :].tolist() if i != end]
    found = writing.writers["caption"].writing.writer.write(
        "caption", "en", Sample(image=image), ["image"], 1
    )
    assert list(found.ids) == [*expected, end]
    ids = torch.cat([inputs["input_ids"], torch.tensor([found.ids])], dim=1)
    with torch.no_grad():
        logits = model(**{**inputs, "input_ids": ids[:, :-1]}).logits.log_softmax(-1)[0]
    chosen = logits[-len(found.ids) :].gather(-1, torch.tensor(found.ids)[:, None]).sum()
    assert np.log(found.probability) == pytest.approx(float(chosen), abs=1e-3)


def test_an_answer_is_what_transformers_writes(writing: Pipeline, folder: Path) -> None:
    inputs, model, words = own(folder, picture(), QUESTION)
    whole = model.generate(**inputs, max_new_tokens=FEW, do_sample=False)
    end = model.generation_config.eos_token_id
    expected = [i for i in whole[0, inputs["input_ids"].shape[1] :].tolist() if i != end]
    sample = Sample(picture(), None, QUESTION)
    found = writing.writers["answer"].writing.writer.write(
        "answer", "en", sample, ["image", "text"], 1
    )
    assert list(found.ids[:-1]) == expected
    assert "".join(found.text.split()) == "".join(words.decode(expected).split())


@pytest.mark.parametrize("task", ["caption", "answer"])
def test_the_attention_that_is_watched_is_transformers_own(
    writing: Pipeline, folder: Path, task: Any
) -> None:
    """The decoder's one matrix in three parts: the prompt over itself, and what is written over both."""
    pipeline = writing.writers[task]
    generator, joint = pipeline.roles.generator, pipeline.roles.joint_encoder
    assert generator is not None and joint is not None
    question = QUESTION if task == "answer" else DESCRIBE
    sample = Sample(picture(), None, QUESTION if task == "answer" else None)
    encodings = pipeline.encode(sample, "asked")
    found = generator.write(task, "en", list(encodings.values()))
    tokens = torch.cat([e.tokens for e in encodings.values()])
    with joint.recording() as prompt, generator.recording() as written:
        generator.word_scores(found, tokens)
    inputs, model, _ = own(folder, picture(), question)
    ids = torch.cat([inputs["input_ids"], torch.tensor([found.ids])], dim=1)[:, :-1]
    with torch.no_grad():
        matrices = model(**{**inputs, "input_ids": ids}, output_attentions=True).attentions
    length = inputs["input_ids"].shape[1] - 1  # the last piece is what is written after
    assert len(tokens) == length - 1 and len(prompt) == len(matrices) == 3
    for layer, told, read, matrix in zip(
        prompt, written[::2], written[1::2], matrices, strict=True
    ):
        whole = matrix[0]
        for part, rows, columns in (
            (layer, slice(length), slice(length)),
            (told, slice(length, None), slice(length, None)),
            (read, slice(length, None), slice(length)),
        ):
            expected = whole[:, rows, columns]
            torch.testing.assert_close(part.weights(), expected, atol=1e-5, rtol=1e-4)
    rows = generator.word_attention(found, list(encodings.values()))
    assert rows.shape == (len(found.words), len(tokens))
    torch.testing.assert_close(rows.sum(-1), torch.ones(len(rows)))


PLANTED = {
    "square": (32, 32, 0.2, 0.7),
    "wide": (20, 60, 0.3, 0.6),
    "tall": (60, 16, 0.6, 0.3),
    "huge": (900, 1200, 0.65, 0.3),
    "strip": (8, 400, 0.5, 0.9),
    "small": (16, 16, 0.2, 0.8),
}


@pytest.mark.parametrize("shape", PLANTED)
def test_a_planted_patch_is_found_where_it_lies(writing: Pipeline, shape: str) -> None:
    """In the soft token of the tile that has it, which erasing it turns grey again."""
    height, width, down, right = PLANTED[shape]
    image = np.full((height, width, 3), 127, np.uint8)
    roles = writing.writers["caption"].roles
    (plain,) = roles.encoders["image"].encode([image])
    rows, cols = plain.grid.rows, plain.grid.cols
    row, col = int(down * rows), int(right * cols)
    high, wide = height / rows, width / cols
    y, x = int((row + 0.1) * high), int((col + 0.1) * wide)
    image[y : max(y + 1, int((row + 0.9) * high)), x : max(x + 1, int((col + 0.9) * wide))] = 255
    (seen,) = roles.encoders["image"].encode([image])
    cells = np.asarray(seen.token_cell)
    assert sorted(cells[cells >= 0]) == list(range(rows * cols))
    assert roles.perturber is not None
    part = roles.perturber.perturbable(Sample(image=image), {"image": seen})["image"]
    torch.testing.assert_close(part.tokens(part.inputs[None])[0], seen.tokens)
    each_gone = part.erased(1 - torch.eye(rows * cols))
    left = (each_gone - part.baseline).abs().flatten(1).sum(1)
    assert divmod(int(left.argmin()), cols) == (row, col)
    only = part.erased(torch.eye(rows * cols)[row * cols + col][None])[0]
    changed = [
        float((part.tokens(only[None])[0][i] - plain.tokens[i]).norm()) for i in range(len(cells))
    ]
    of_tiles = [change if cell >= 0 else 0.0 for change, cell in zip(changed, cells, strict=True)]
    tile = _tile(row, col)
    assert _tile(*divmod(int(cells[int(np.argmax(of_tiles))]), cols)) == tile


def _tile(row: int, col: int) -> tuple[int, int]:
    return row // 2, col // 2  # four soft tokens each


def test_every_word_has_maps(writing: Pipeline) -> None:
    caption = writing.caption(Sample(image=picture()))
    assert caption.words and all(set(word.heatmap) == {"image"} for word in caption.words)
    assert {word.heatmap["image"].method for word in caption.words} == {"chefer"}
    answer = writing.ask(Sample(image=picture()), QUESTION)
    assert answer.words and all(set(w.heatmap) == {"image", "text"} for w in answer.words)
    with pytest.raises(UserError, match="English only"):
        writing.caption(Sample(image=picture()), "zh")


@pytest.mark.parametrize("method", [n for n, m in METHODS.items() if m.of_words and n != "rise"])
@pytest.mark.parametrize("task", ["caption", "answer"])
def test_a_word_is_explained_by_every_method(writing: Pipeline, method: str, task: Any) -> None:
    wanted = ExplainRequest("word", task=task, word=0, methods=(method,))
    sample = Sample(picture(), None, QUESTION if task == "answer" else None)
    maps = writing.look(sample, wanted).maps[method]
    assert set(maps) == {"image", "text"} if task == "answer" else {"image"}
    for shown in maps.values():
        assert shown.values.shape == (shown.grid.rows, shown.grid.cols)
        assert np.isfinite(shown.values).all()


def test_byte_level_pieces_become_words(folder: Path, writing: Pipeline) -> None:
    words = AutoTokenizer.from_pretrained(folder / "smolvlm")
    for said in (" Two small dogs slept, didn't they?", " a café 猫", "yes"):
        ids = words(said, add_special_tokens=False).input_ids
        written = Written.of(decoded_pieces(words, ids))
        assert written.text == said.strip() and len(written.word_of) == len(ids)
        assert written.words == tuple(said.split())
