"""SmolVLM (Marafioti et al. 2025): says what a picture shows, and answers questions about it, in English.

One decoder reads the prompt (picture, then words) and writes on. A large picture is cut into tiles beside a
small view of all of it; no part is left out or padded, so a cell of a map is a soft token of a tile. The
small view's tokens, each of which spans many cells, belong to none of them; erasing erases in both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.models.smolvlm.processing_smolvlm import (
    DEFAULT_CHAT_TEMPLATE,
    get_image_prompt_string,
)

from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Task
from demo.models.hub.opened import Family, Opened
from demo.models.hub.recorder import RECORDED, prompted, recording
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.hub.writing import (
    PieceWriter,
    Written,
    attention_of,
    decoded_pieces,
    only_english,
)
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.models.words import words_of
from demo.schema import Encoding, Modality, PictureGrid, Sample, WordGrid

DESCRIBE = "Describe this image in one sentence."
MOST_TOKENS = 60
IMAGE = "<image>"


class Prompt:
    """The words around a picture, as the checkpoint's chat template puts them."""

    def __init__(self, opened: Opened) -> None:
        self.tokenizer, self.device = opened.tokenizer, opened.device
        self.embedding = opened.model.get_input_embeddings()
        template = getattr(opened.tokenizer, "chat_template", None) or DEFAULT_CHAT_TEMPLATE
        content = [{"type": "image"}, {"type": "text", "text": "{}"}]
        said = opened.tokenizer.apply_chat_template(
            [{"role": "user", "content": content}],
            chat_template=template,
            add_generation_prompt=True,
            tokenize=False,
        )
        self.before, _, rest = said.partition(IMAGE)
        self.lead, _, self.after = rest.partition("{}")

    def ids(self, text: str) -> list[int]:
        """As the whole prompt would be cut: marks stand at both ends of every part."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def embedded(self, ids: Sequence[int]) -> Tensor:
        """[N, D]."""
        return self.embedding(torch.tensor(list(ids), device=self.device))

    def asked(self, question: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The pieces after the picture, and which characters of the question each stands for; the last piece
        is what the answer is written after."""
        said = f"{self.lead}{question}{self.after}"
        read = self.tokenizer(said, add_special_tokens=False, return_offsets_mapping=True)
        first, last = len(self.lead), len(self.lead) + len(question)
        spans = [
            (max(a, first) - first, min(b, last) - first) if b > first and a < last else (0, 0)
            for a, b in read["offset_mapping"]
        ]
        return read["input_ids"], [_bare(question, *span) for span in spans]


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end


class SmolPictures:
    """Pictures as part of the prompt; it knows no labels. told: a request that stands after the picture."""

    modality = "image"
    read_out = "pooled"
    labels: Any = None
    attention: Sequence[Any] = ()

    def __init__(self, opened: Opened, prompt: Prompt, told: str = "") -> None:
        self.model, self.processor, self.device = opened.model, opened.pictures, opened.device
        self.prompt, self.told = prompt, told
        config = opened.model.config
        self.side = config.vision_config.image_size // config.vision_config.patch_size
        self.side //= config.scale_factor  # soft tokens of a tile, each way

    @torch.no_grad()
    def encode(self, inputs: Sequence[np.ndarray]) -> list[Encoding]:
        """tokens: all of the prompt but its first and last piece; what is no part of the picture has no
        cell."""
        return [self._encode(image) for image in inputs]

    def _encode(self, image: np.ndarray) -> Encoding:
        pixels, rows, cols = self._read(image)
        ids = self._ids(rows, cols)
        grid = PictureGrid(max(1, rows) * self.side, max(1, cols) * self.side)
        cells = np.full(len(ids), -1)
        cells[np.array(ids) == self.model.config.image_token_id] = self._cells(rows, cols)
        tokens = self._tokens(ids)(pixels[None])[0]
        return Encoding(tokens, grid, _mean, cells)

    def _read(self, image: np.ndarray) -> tuple[Tensor, int, int]:
        """Tiles and the small view [n, 3, S, S], and how many tiles there are each way (0: only the view)."""
        read = self.processor(
            images=image,
            return_tensors="pt",
            return_row_col_info=True,
            input_data_format="channels_last",
        )
        pixels = read["pixel_values"][0].to(self.device, torch.float32)
        return pixels, int(read["rows"][0][0]), int(read["cols"][0][0])

    def _ids(self, rows: int, cols: int) -> list[int]:
        """The prompt's pieces without the first."""
        names = ("fake_image_token", "image_token", "global_image_token")
        usual = ("<fake_token_around_image>", IMAGE, "<global-img>")
        fake, image, small = (
            getattr(self.prompt.tokenizer, name, None) or said
            for name, said in zip(names, usual, strict=True)
        )
        shown = get_image_prompt_string(rows, cols, self.side**2, fake, image, small)
        ids = self.prompt.ids(self.prompt.before + shown)[1:]
        return [*ids, *self.prompt.asked(self.told)[0][:-1]] if self.told else ids

    def _cells(self, rows: int, cols: int) -> np.ndarray:
        """Of each soft token: tile by tile, row by row, then the small view."""
        side = self.side
        if not rows:
            return np.arange(side * side)
        row = np.arange(rows)[:, None, None, None] * side + np.arange(side)[:, None]
        col = np.arange(cols)[None, :, None, None] * side + np.arange(side)
        tiles = (row * cols * side + col).reshape(-1)
        return np.concatenate([tiles, np.full(side * side, -1)])

    def _tokens(self, ids: Sequence[int]) -> Callable[[Tensor], Tensor]:
        """Pixels of B variants [B, n, 3, S, S] → [B, N, D]."""
        places = torch.tensor(ids, device=self.device) == self.model.config.image_token_id
        words = self.prompt.embedded(ids)

        def tokens(pixels: Tensor) -> Tensor:
            found = self.model.model.get_image_features(pixels.to(self.model.dtype))
            soft = torch.stack(list(found.pooler_output)).to(words)
            mask = places[None, :, None].expand(len(pixels), -1, words.shape[-1])
            return words.expand(len(pixels), -1, -1).masked_scatter(mask, soft)

        return tokens

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the picture's median colour."""
        assert sample.image is not None
        pixels, rows, cols = self._read(sample.image)
        high, wide = encoding.grid.rows, encoding.grid.cols
        size = pixels.shape[-1]
        at = torch.arange(size)
        small = (at * high // size)[:, None] * wide + (at * wide // size)
        within = at * self.side // size
        parts = [
            (r * self.side + within)[:, None] * wide + c * self.side + within
            for r in range(rows)
            for c in range(cols)
        ]
        where = torch.stack([*parts, small])[:, None].to(self.device)  # (n, 1, S, S)
        colour = pixels[-1].flatten(1).median(dim=1).values[:, None, None].expand_as(pixels)
        tokens = self._tokens(self._ids(rows, cols))
        return PerturbableInput(pixels, colour, where, high * wide, tokens)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: no label is read out here."""
        return _mean(tokens)


class SmolQuestions:
    """Questions, as they stand in the prompt after the picture."""

    modality = "text"
    read_out = "pooled"
    labels: Any = None
    attention: Sequence[Any] = ()

    def __init__(self, opened: Opened, prompt: Prompt) -> None:
        self.prompt, self.device = prompt, opened.device
        self.unknown = opened.tokenizer.unk_token_id
        if self.unknown is None:
            self.unknown = opened.tokenizer.pad_token_id

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: the pieces of the question and of what stands after it, but the last."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        ids, spans = self.prompt.asked(text)
        ids, spans = ids[:-1], spans[:-1]
        inside = [i for i, (start, end) in enumerate(spans) if end > start]
        words, cell = words_of(text, [spans[i] for i in inside])
        cells = np.full(len(ids), -1)
        cells[inside] = cell
        grid = WordGrid(tuple(words or [(0, len(text))]))
        return Encoding(self.prompt.embedded(ids), grid, _mean, cells)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that fills up sentences."""
        vectors = encoding.tokens.detach()
        blank = self.prompt.embedded([self.unknown]).expand_as(vectors).clone()
        where = torch.as_tensor(encoding.token_cell, device=self.device)
        return PerturbableInput(vectors, blank, where, encoding.grid.cols, lambda x: x)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: no label is read out here."""
        return _mean(tokens)


def _mean(tokens: Tensor) -> Tensor:
    return tokens.mean(1)


class SmolWriter(PieceWriter):
    """Writes after the prompt, whose first and last piece it adds."""

    def __init__(self, opened: Opened, prompt: Prompt, task: Task) -> None:
        end = opened.model.generation_config.eos_token_id
        end = end if end is not None else opened.tokenizer.eos_token_id
        start = prompt.asked(DESCRIBE)[0][-1]
        super().__init__(opened, start, end[0] if isinstance(end, list) else end)
        self.prompt, self.first = prompt, prompt.ids(prompt.before)[0]
        self.tasks: frozenset[Task] = frozenset((task,))
        senses: tuple[Modality, ...] = ("image",) if task == "caption" else ("image", "text")
        self.reads: frozenset[Modality] = frozenset(senses)
        self.attention = [layer.self_attn for layer in opened.model.model.text_model.layers]

    @torch.no_grad()
    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        """See Generator.

        Raises:
            UserError: another language than English.
        """
        only_english(language)
        memory = self._memory(torch.cat([e.tokens for e in encodings])[None])
        prompt = torch.cat([memory, self.prompt.embedded([self.start])[None]], dim=1)
        sequences = self.model.generate(
            inputs_embeds=prompt,
            attention_mask=torch.ones(prompt.shape[:2], dtype=torch.long, device=self.device),
            eos_token_id=self.end,
            pad_token_id=self.end,
            num_beams=beams,
            do_sample=False,
            max_new_tokens=MOST_TOKENS,
        )
        return self._written(task, language, sequences[0].tolist(), memory)

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """See Generator."""
        ids = [*self.prompt.ids(f" {text}"), self.end]
        written = Written.of(self._pieces(ids[:-1]))
        return written.generation(instead_of.task, instead_of.language, probability, ids)

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """See Generator."""
        return recording(self.attention, "written")

    @torch.no_grad()
    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """See Generator."""
        with self.recording() as layers:
            self._scores(
                generation.ids, self._memory(torch.cat([e.tokens for e in encodings])[None])
            )
        return attention_of(layers[-1].weights()[..., 1:], generation)

    def _pieces(self, ids: Sequence[int]) -> list[str]:
        return decoded_pieces(self.tokenizer, ids)

    def _memory(self, tokens: Tensor) -> Tensor:
        """The prompt but its last piece. [B, N, D] → [B, 1 + N, D]."""
        first = self.prompt.embedded([self.first]).expand(len(tokens), -1, -1)
        return torch.cat([first, tokens], dim=1)

    def _logits(self, rows: Tensor, memory: Tensor) -> Tensor:
        told = self.prompt.embedding(rows)
        with prompted(memory.shape[1]):
            states = self.model.model.text_model(
                inputs_embeds=torch.cat([memory, told], dim=1), use_cache=False
            ).last_hidden_state
        return self.model.lm_head(states[:, memory.shape[1] :])


class SmolReader(TowerReader):
    """The decoder's attention within its prompt; it says nothing about labels."""

    def __init__(self, attention: Sequence[Any]) -> None:
        super().__init__({})
        self.watched = attention

    def recording(self) -> Any:
        """See JointEncoder."""
        return recording(self.watched, "prompt")


def _writing(opened: Opened, prompt: Prompt, task: Task) -> Roles:
    towers: dict[Modality, Any] = {
        "image": SmolPictures(opened, prompt, DESCRIBE if task == "caption" else "")
    }
    if task == "answer":
        towers["text"] = SmolQuestions(opened, prompt)
    writer = SmolWriter(opened, prompt, task)
    return Roles(
        encoders=towers,
        joint_encoder=SmolReader(writer.attention),
        generator=writer,
        perturber=TowerPerturber(towers),
    )


def roles(opened: Opened) -> Roles:
    """Captions of pictures, and answers about them."""
    prompt = Prompt(opened)
    tasks: tuple[Task, ...] = ("caption", "answer")
    return Roles({}, writers={task: _writing(opened, prompt, task) for task in tasks})


FAMILY = Family(
    ("smolvlm",),
    "SmolVLMForConditionalGeneration",
    roles,
    pictures="SmolVLMImageProcessorPil",
    attention={"text_config": RECORDED, "vision_config": "sdpa"},
    halves=True,
)
