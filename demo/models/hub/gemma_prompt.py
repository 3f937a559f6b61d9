"""How Gemma 4 is asked: a turn as the checkpoint's own chat template puts it, sentences within it, and
what stands before what is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os.path import commonprefix
from typing import Any

import numpy as np
import torch
from jinja2 import TemplateError
from torch import Tensor

from demo.errors import UserError
from demo.models.conversation import Turn
from demo.models.generator import Task
from demo.models.hub.opened import Opened
from demo.models.perturber import PerturbableInput
from demo.models.words import words_of
from demo.schema import Encoding, Sample, WordGrid

PLACE = "{}"
# What stands in the prompt after what was given
REQUESTS: dict[tuple[Task, str], str] = {
    ("caption", "en"): "Describe in one sentence what is seen or heard.",
    ("caption", "zh"): "用一句话描述看到或听到的内容。",
    ("answer", "en"): "\nAnswer briefly, in English.",
    ("answer", "zh"): "\n请用中文简短回答。",
    ("transcribe", "en"): "Transcribe the following speech segment in English into English text."
    " Only output the transcription, with no newlines.",
    ("transcribe", "zh"): "Transcribe the following speech segment in Chinese into Chinese text."
    " Only output the transcription, with no newlines.",
    ("translate", "en"): "\nTranslate this into English. Only output the translation.",
    ("translate", "zh"): "\n把这句话翻译成中文，只输出译文。",
}


class Prompt:
    """A person's turn and the beginning of the model's, as the checkpoint's own chat template puts them."""

    def __init__(self, opened: Opened) -> None:
        self.tokenizer, self.device = opened.tokenizer, opened.device
        self.config, self.network = opened.model.config, opened.model.model.language_model
        self.attention: Sequence[Any] = ()  # no label is read out here
        if not opened.tokenizer.chat_template:
            raise UserError("checkpoint_incomplete", source=opened.checkpoint.source)
        self.in_parts = True
        try:
            self.in_parts = "'type'" not in self._said([Turn("user", PLACE)])
            before, _, self.after = self._said([Turn("user", PLACE)]).partition(PLACE)
            shown, heard = (self._lines_around(before, sense) for sense in ("image", "audio"))
        except TemplateError as error:
            raise UserError(
                "checkpoint_template_unusable", source=opened.checkpoint.source
            ) from error
        self.lines = {self.config.boi_token_id: shown, self.config.boa_token_id: heard}
        self._before = self.ids(before)
        # Line breaks before a picture may be one piece with those that end what stands before it
        with_picture = self.ids(before + shown[0])
        self._common = commonprefix([self._before, with_picture])
        self._to_picture = with_picture[len(self._common) :]

    def _said(self, turns: Sequence[Turn], senses: Sequence[str] = ()) -> str:
        """A conversation up to where the model goes on. Its first words stand for what was given; senses:
        what is shown before them, as chat templates name it."""
        said: list[dict[str, Any]] = [
            {"role": turn.role, "content": [{"type": "text", "text": turn.text}]} for turn in turns
        ]
        said[0]["content"] = [*({"type": sense} for sense in senses), *said[0]["content"]]
        if not self.in_parts:  # templates from before models saw and heard
            said = [{"role": turn.role, "content": turn.text} for turn in turns]
        return self.tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)

    def _lines_around(self, before: str, sense: str) -> tuple[str, str]:
        """What the template puts before and after a picture or a sound, such as empty lines."""
        said = self._said([Turn("user", PLACE)], [sense]).partition(PLACE)[0].removeprefix(before)
        name = self.config.image_token_id if sense == "image" else self.config.audio_token_id
        first, found, last = said.partition(self.tokenizer.convert_ids_to_tokens(name))
        return (first, last) if found else ("", "")

    def before(self, tokens: Tensor) -> Tensor:
        """What stands before what was given. tokens: what was given [B, N, D] → [P, D]."""
        return self.embedded(self._common if self._shows(tokens) else self._before)

    def lead(self, memory: Tensor) -> int:
        """How many tokens stand before what was given. memory: both [B, P + N, D]."""
        common = len(self._common)
        return common if self._shows(memory[:, common:]) else len(self._before)

    def _shows(self, tokens: Tensor) -> bool:
        """Whether a picture comes first. tokens: [B, N, D]."""
        if not self._to_picture:
            return False
        begun = self.embedded(self._to_picture[:1])[0]
        return torch.equal(tokens[0, 0].detach(), begun.to(tokens))

    def conversation(self, turns: Sequence[Turn]) -> list[int]:
        """The pieces after what was given, which the first turn is about."""
        first = replace(turns[0], text=PLACE + turns[0].text)
        return self.ids(self._said([first, *turns[1:]]).partition(PLACE)[2])

    def ids(self, text: str) -> list[int]:
        """Its pieces, without the mark that begins everything."""
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def request(self, task: Task, language: str) -> list[int]:
        """What stands between what was given and what is written."""
        return self.ids(REQUESTS[task, language] + self.after)

    def embedded(self, ids: Sequence[int]) -> Tensor:
        """[N, D]."""
        rows = torch.tensor([list(ids)], device=self.device)
        return self._both(self.network.embed_tokens(rows), rows)[0]

    def soft(self, found: Tensor) -> Tensor:
        """What an encoder made, as tokens: the layers are told that nothing stood there, [B, N, E] → [B, N,
        D]."""
        nothing = self.config.text_config.pad_token_id
        return self._both(found, torch.full(found.shape[:2], nothing, device=self.device))

    def _both(self, entering: Tensor, ids: Tensor) -> Tensor:
        if not self.network.hidden_size_per_layer_input:
            return entering
        told = self.network.get_per_layer_inputs(ids, None).flatten(2)
        return torch.cat([entering, told.to(entering)], dim=-1)

    def apart(self, tokens: Tensor) -> dict[str, Tensor]:
        """Tokens [B, N, D] as the network takes them."""
        width = self.config.text_config.hidden_size
        inputs = {"inputs_embeds": tokens[..., :width]}
        each = self.network.hidden_size_per_layer_input
        if each:
            layers = self.config.text_config.num_hidden_layers
            inputs["per_layer_inputs"] = tokens[..., width:].unflatten(-1, (layers, each))
        return inputs

    def around(self, begin: int, end: int) -> tuple[Tensor, Tensor]:
        """The marks before and after soft tokens, with what the template puts around both. [N, D] each."""
        first, last = map(self.ids, self.lines[begin])
        if begin == self.config.boi_token_id:
            first = self._to_picture
        return self.embedded([*first, begin]), self.embedded([end, *last])

    def pool(self, tokens: Tensor) -> Tensor:
        """See Encoding. [B, D]."""
        return tokens.mean(1)

    depths = pool


class GemmaSentences:
    """Questions and sentences, as they stand in the prompt; it knows no labels."""

    modality = "text"
    read_out = "pooled"
    labels: Any = None
    attention: Sequence[Any] = ()

    def __init__(self, opened: Opened, prompt: Prompt) -> None:
        self.tokenizer, self.device, self.prompt = opened.tokenizer, opened.device, prompt
        self.depths = prompt.depths

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: the pieces of each."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        read = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        spans = [_bare(text, *span) for span in read["offset_mapping"]]
        inside = [i for i, (start, end) in enumerate(spans) if end > start]
        words, cell = words_of(text, [spans[i] for i in inside])
        cells = np.full(len(spans), -1)
        cells[inside] = cell
        grid = WordGrid(tuple(words or [(0, len(text))]))
        return Encoding(self.prompt.embedded(read["input_ids"]), grid, self.prompt.pool, cells)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that fills up sentences."""
        vectors = encoding.tokens.detach()
        blank = self.prompt.embedded([self.tokenizer.pad_token_id]).expand_as(vectors).clone()
        where = torch.as_tensor(encoding.token_cell, device=self.device)
        return PerturbableInput(vectors, blank, where, encoding.grid.cols, lambda x: x)


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end
