"""BLIP (Li et al. 2022): says what a picture shows, and answers questions about it, in English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Task
from demo.models.hub.hooks import hooked
from demo.models.hub.opened import Family, Opened
from demo.models.hub.pictures import PictureTower
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.hub.writing import PictureWriter, Written
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.models.words import words_of
from demo.schema import Encoding, Sample, WordGrid

MOST_TOKENS = 30  # of a caption; of an answer 10 are usual


class BlipPictures(PictureTower):
    """The vision tower, for the decoder: it knows no labels."""

    read_out = "first"
    labels: Any = None
    attention: Sequence[nn.Module] = ()

    def tokens(self, pixels: Tensor) -> Tensor:
        """[B, 3, S, S] → the patches alone. [B, N, D]."""
        return self.vision.embeddings(pixels)[:, 1:]

    def memory(self, tokens: Tensor) -> Tensor:
        """What the decoder reads of the patches. [B, N, D] → [B, 1 + N, D]."""
        embeddings = self.vision.embeddings
        first = embeddings.class_embedding + embeddings.position_embedding[:, :1]
        states = torch.cat([first.expand(len(tokens), -1, -1), tokens], dim=1)
        states = self.vision.encoder(inputs_embeds=states).last_hidden_state
        return self.vision.post_layernorm(states)

    def pool(self, tokens: Tensor) -> Tensor:
        """The class token. [B, D]."""
        return self.memory(tokens)[:, 0]

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: no label is read out here."""
        return self.pool(tokens)


class BlipQuestions:
    """Questions, as they enter the encoder that reads them beside the picture."""

    modality = "text"
    read_out = "first"
    labels: Any = None
    attention: Sequence[nn.Module] = ()

    def __init__(self, opened: Opened) -> None:
        self.tokenizer, self.device = opened.tokenizer, opened.device
        self.embeddings = opened.model.text_encoder.embeddings
        self.longest = opened.model.config.text_config.max_position_embeddings

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        """tokens: word pieces with their places; marks at the ends belong to no word."""
        return [self._encode(text) for text in inputs]

    def _encode(self, text: str) -> Encoding:
        ids, spans = self._pieces(text)
        inside = [i for i, (start, end) in enumerate(spans) if end > start]
        words, cell = words_of(text, [spans[i] for i in inside])
        cells = np.full(len(ids), -1)
        cells[inside] = cell
        tokens = self.embeddings(input_ids=torch.tensor([ids], device=self.device))[0]
        return Encoding(tokens, WordGrid(tuple(words or [(0, len(text))])), _mean, cells)

    def _pieces(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        read = self.tokenizer(
            text, truncation=True, max_length=self.longest, return_offsets_mapping=True
        )
        return read["input_ids"], read["offset_mapping"]

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower: no label is read out here."""
        return _mean(tokens)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that stands for a hidden word."""
        assert sample.text is not None
        ids, _ = self._pieces(encoding.read or sample.text)
        vectors = self.embeddings.word_embeddings(torch.tensor(ids, device=self.device))
        blank = self.embeddings.word_embeddings.weight[self.tokenizer.mask_token_id]
        where = torch.tensor(encoding.token_cell, device=self.device)
        return PerturbableInput(
            vectors,
            blank.expand_as(vectors).clone(),
            where,
            encoding.grid.cols,
            lambda x: self.embeddings(inputs_embeds=x),
        )


def _mean(tokens: Tensor) -> Tensor:
    return tokens.mean(1)


class BlipWriter(PictureWriter):
    """Writes from what is seen, and from a question where the task is to answer one."""

    def __init__(self, opened: Opened, seen: BlipPictures, task: Task) -> None:
        self.config = opened.model.config.text_config
        super().__init__(opened, self.config.bos_token_id, self.config.sep_token_id, task)
        self.seen, self.task = seen, task

    def _decoded(self, memory: Tensor, beams: int) -> list[int]:
        sequences = self.model.text_decoder.generate(
            input_ids=torch.tensor([[self.start]], device=self.device),
            eos_token_id=self.end,
            pad_token_id=self.config.pad_token_id,
            encoder_hidden_states=memory,
            num_beams=beams,
            do_sample=False,
            max_new_tokens=MOST_TOKENS,
        )
        return sequences[0, 1:].tolist()

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """See Generator."""
        ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        written = Written.of(self.tokenizer.convert_ids_to_tokens(ids))
        ids = [*ids, self.config.sep_token_id]
        return written.generation(instead_of.task, instead_of.language, probability, ids)

    @contextmanager
    def recording(self) -> Iterator[list[AttentionLayer]]:
        """See Generator."""
        layers = self.model.text_decoder.bert.encoder.layer
        modules = [one.self for x in layers for one in (x.attention, x.crossattention)]
        with hooked(text=modules) as found:
            yield found

    def _memory(self, tokens: Tensor) -> Tensor:
        """What the decoder reads. [B, N, D] → [B, M, D]."""
        patches = self.seen.side**2
        memory = self.seen.memory(tokens[:, :patches])
        if self.task == "caption":
            return memory
        read = self.model.text_encoder(
            encoder_embeds=tokens[:, patches:], encoder_hidden_states=memory
        )
        return read.last_hidden_state

    def _logits(self, rows: Tensor, memory: Tensor) -> Tensor:
        return self.model.text_decoder(
            input_ids=rows, encoder_hidden_states=memory, use_cache=False
        ).logits


class BlipReader(TowerReader):
    """The vision tower's attention while a caption is written; it says nothing about labels."""

    def __init__(self, seen: BlipPictures) -> None:
        super().__init__({})
        self.seen = seen

    def recording(self) -> Any:
        """See JointEncoder."""
        return hooked(vision=[layer.self_attn for layer in self.seen.vision.encoder.layers])


def caption_roles(opened: Opened) -> Roles:
    """Captions of pictures."""
    seen = BlipPictures(opened)
    towers = {"image": seen}
    return Roles(
        encoders=towers,  # type: ignore[arg-type]
        joint_encoder=BlipReader(seen),
        generator=BlipWriter(opened, seen, "caption"),
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
    )


def answer_roles(opened: Opened) -> Roles:
    """Answers about pictures. The question is read beside the picture, layer by layer, by an encoder for
    which relevance propagation has no rule here; maps of answers come from gradients and from erasing."""
    seen = BlipPictures(opened)
    towers = {"image": seen, "text": BlipQuestions(opened)}
    return Roles(
        encoders=towers,  # type: ignore[arg-type]
        generator=BlipWriter(opened, seen, "answer"),
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
    )


_PICTURES = "BlipImageProcessorPil"
CAPTION = Family(
    ("blip",), "BlipForConditionalGeneration", caption_roles, pictures=_PICTURES, attention=""
)
ANSWER = Family(
    ("blip",), "BlipForQuestionAnswering", answer_roles, pictures=_PICTURES, attention=""
)
