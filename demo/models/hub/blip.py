"""BLIP (Li et al. 2022): says what a picture shows, and answers questions about it, in English.

Its vision transformer and its text decoder compute attention by themselves, so they are watched by hooks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Task
from demo.models.hub.opened import Family, Opened
from demo.models.hub.pictures import PictureTower
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.hub.writing import PieceWriter, Written, attention_of, only_english
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.models.words import words_of
from demo.schema import Encoding, Modality, Sample, WordGrid

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
        where = torch.as_tensor(encoding.token_cell, device=self.device)
        return PerturbableInput(
            vectors,
            blank.expand_as(vectors).clone(),
            where,
            encoding.grid.cols,
            lambda x: self.embeddings(inputs_embeds=x),
        )


def _mean(tokens: Tensor) -> Tensor:
    return tokens.mean(1)


class BlipWriter(PieceWriter):
    """Writes from what is seen, and from a question where the task is to answer one."""

    def __init__(self, opened: Opened, seen: BlipPictures, task: Task) -> None:
        self.config = opened.model.config.text_config
        super().__init__(opened, self.config.bos_token_id, self.config.sep_token_id)
        self.seen, self.task = seen, task
        self.tasks: frozenset[Task] = frozenset((task,))
        senses: tuple[Modality, ...] = ("image",) if task == "caption" else ("image", "text")
        self.reads: frozenset[Modality] = frozenset(senses)

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
        sequences = self.model.text_decoder.generate(
            input_ids=torch.tensor([[self.start]], device=self.device),
            eos_token_id=self.end,
            pad_token_id=self.config.pad_token_id,
            encoder_hidden_states=memory,
            num_beams=beams,
            do_sample=False,
            max_new_tokens=MOST_TOKENS,
        )
        return self._written(task, language, sequences[0, 1:].tolist(), memory)

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

    @torch.no_grad()
    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """See Generator; of a caption."""
        memory = self._memory(torch.cat([e.tokens for e in encodings])[None])
        with self.recording() as layers:
            self._scores(generation.ids, memory)
        return attention_of(
            layers[-1].weights()[..., 1:], generation
        )  # the class token has no place

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


@contextmanager
def hooked(vision: Sequence[Any] = (), text: Sequence[Any] = ()) -> Iterator[list[AttentionLayer]]:
    """Within it, what these attention modules compute in this thread is appended to the list."""
    found: list[AttentionLayer] = []
    owner, kept = threading.get_ident(), {}

    def keep(key: Any) -> Any:
        def hook(_: Any, __: Any, output: Tensor) -> None:
            if threading.get_ident() == owner:
                kept[key] = output

        return hook

    def seen(module: Any) -> Any:
        def hook(_: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
            if threading.get_ident() != owner:
                return None
            heads = module.num_heads
            qkv = kept[module].unflatten(-1, (3, heads, -1)).permute(2, 0, 3, 1, 4)
            output = inputs[0].unflatten(-1, (heads, -1)).transpose(1, 2)
            found.append(AttentionLayer(qkv[0], qkv[1], qkv[2], output))
            return (output.transpose(1, 2).flatten(2),)

        return hook

    def told(module: Any, past: bool) -> Any:
        def hook(_: Any, __: Any, outputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
            if threading.get_ident() != owner:
                return None
            heads = module.num_attention_heads
            by_head = [outputs[0], *(kept[module, name] for name in ("query", "key", "value"))]
            o, q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in by_head)
            mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device).tril()
            found.append(AttentionLayer(q, k, v, o, mask[None, None] if past else None))
            return (o.transpose(1, 2).flatten(2), *outputs[1:])

        return hook

    hooks = []
    for module in vision:
        hooks.append(module.qkv.register_forward_hook(keep(module)))
        hooks.append(module.projection.register_forward_pre_hook(seen(module)))
    for i, module in enumerate(text):
        parts = ((name, getattr(module, name)) for name in ("query", "key", "value"))
        hooks += [part.register_forward_hook(keep((module, name))) for name, part in parts]
        hooks.append(module.register_forward_hook(told(module, i % 2 == 0)))
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


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
