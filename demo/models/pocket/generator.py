"""The pocket model as a Generator: captions, answers, transcripts and translations from encodings.

Every task is the same decoder told by its first token what to write. Knows nothing about heatmaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerFast
from transformers.modeling_outputs import BaseModelOutput

from demo.models.attention_layer import AttentionLayer
from demo.models.generator import Generation, Task, Wanted
from demo.models.pocket.attention import attention_cores, recording
from demo.models.pocket.configuration import SENSES, PocketConfig
from demo.models.pocket.decoder import Decoder, Writing
from demo.models.pocket.tokenization import COMMON_WORDS, joined, sentence
from demo.schema import Encoding, Modality

LENGTH_PENALTY = 0.0  # beam search compares sentences by probability, not by probability per word


class Writer(Protocol):
    """What a model with a decoder offers here."""

    config: PocketConfig
    joint: Any  # tokens [B, N, D] → readouts and what the decoder reads
    decoder: Decoder

    def write(
        self, ids: Tensor, memory: Tensor, valid: Tensor | None = None, kept: Tensor | None = None
    ) -> Tensor: ...


class PocketGenerator:
    """Writes with the pocket model's decoder."""

    tasks: frozenset[Task] = frozenset(("caption", "answer", "transcribe", "translate"))
    reads: frozenset[Modality] = frozenset(SENSES)

    def __init__(self, model: Writer, tokenizer: PreTrainedTokenizerFast) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.writing = Writing(self.model.config, self.model)
        known = (name for concept in self.model.config.concepts for name in concept["zh"])
        self.names = COMMON_WORDS.union(known)

    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        """A sentence in `language`; beams: 1 is greedy, more is beam search."""
        return self.write_many([Wanted(task, language, encodings)], beams)[0]

    @torch.no_grad()
    def write_many(self, wanted: Sequence[Wanted], beams: int = 1) -> list[Generation]:
        """`write` of several at once: a step of the decoder for all takes little longer than for one."""
        memories = [self._memory(one.encodings) for one in wanted]
        starts = [self.model.config.tasks[f"{one.task}-{one.language}"] for one in wanted]
        written = self._written(wanted, starts, memories, beams)
        each = zip(wanted, starts, written, memories, strict=True)
        return [self._generation(*one) for one in each]

    def _generation(self, wanted: Wanted, start: int, ids: list[int], memory: Tensor) -> Generation:
        words, word_of = joined(self.tokenizer.convert_ids_to_tokens(ids[:-1]), self.names)
        scores = self._scores(start, ids, memory)
        return Generation(
            wanted.task,
            wanted.language,
            sentence(words),
            tuple(words),
            float(scores.sum().exp()),
            tuple(ids),
            (*word_of, -1),
        )

    def say(self, instead_of: Generation, text: str, probability: float) -> Generation:
        """Another sentence in place of one that was written. probability: 0..1, of this one."""
        if text == instead_of.text:
            return replace(instead_of, probability=probability)
        read = self.tokenizer(text, return_offsets_mapping=True)
        ids = [*read["input_ids"], self.model.config.end_token]
        pieces = self.tokenizer.convert_ids_to_tokens(ids[:-1])
        unknown = self.tokenizer.unk_token  # a word that the decoder cannot write stays as it is
        places = zip(pieces, read["offset_mapping"], strict=True)
        shown = [text[a:b] if piece == unknown else piece for piece, (a, b) in places]
        words, word_of = joined(shown, self.names)
        return replace(
            instead_of,
            text=text,
            words=tuple(words),
            probability=probability,
            ids=tuple(ids),
            word_of=(*word_of, -1),
        )

    def _written(
        self,
        wanted: Sequence[Wanted],
        starts: Sequence[int],
        memories: Sequence[Tensor],
        beams: int,
    ) -> list[list[int]]:
        """The word pieces of each, the end token last."""
        memory, valid = padded_rows([memory[0] for memory in memories])
        return generate(self.writing, memory, valid, starts, beams)

    def word_scores(self, generation: Generation, tokens: Tensor) -> Tensor:
        """Log-probability in nats of each word given those before it, on the graph. [N, D] → [words]."""
        start = self.model.config.tasks[f"{generation.task}-{generation.language}"]
        scores = self._scores(start, generation.ids, self.model.joint(tokens[None])[1])  # (1, T)
        return _by_word(scores.T, generation)[:, 0]

    def word_score(self, generation: Generation, word: int, tokens: Tensor) -> Tensor:
        """Log-probability of one word for B variants of what is read. tokens [B, N, D] → [B]."""
        start = self.model.config.tasks[f"{generation.task}-{generation.language}"]
        scores = self._scores(start, generation.ids, self.model.joint(tokens)[1])
        return scores[:, self.word_places(generation, word)].sum(-1)

    def word_places(self, generation: Generation, word: int) -> list[int]:
        """Where the pieces of a word are chosen: row i of the decoder chooses piece i."""
        return [i for i, of in enumerate(generation.word_of) if of == word]

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """Record the decoder's attention, over the written and over the read, for this thread."""
        return recording(attention_cores(self.model.decoder.layers))

    @torch.no_grad()
    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """Last layer's cross-attention over the tokens as each word is written. [words, N]."""
        start = self.model.config.tasks[f"{generation.task}-{generation.language}"]
        with recording(self.model.decoder.reading[-1:]) as layers:
            self._scores(start, generation.ids, self._memory(encodings))
        rows = layers[0].weights().mean(0)  # (T, N)
        words = _by_word(rows, generation)
        return words / words.sum(-1, keepdim=True).clamp(min=1e-9)

    def _memory(self, encodings: Sequence[Encoding]) -> Tensor:
        """What the decoder reads of these encodings together. [1, N, D]."""
        return self.model.joint(torch.cat([e.tokens for e in encodings])[None])[1]

    def _scores(self, start: int, ids: Sequence[int], memory: Tensor) -> Tensor:
        """Log-probability of each of ids given those before it. memory [B, N, D] → [B, T]."""
        rows = torch.tensor([start, *ids], device=memory.device).expand(len(memory), -1)
        logits = self.model.write(rows[:, :-1], memory).float()
        return logits.log_softmax(-1).gather(-1, rows[:, 1:, None])[..., 0]


def padded_rows(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
    """Tokens [N, D] each as one batch [B, N, D], and bool [B, N] for which are real, None where all are."""
    lengths = torch.tensor([len(row) for row in rows], device=rows[0].device)
    together = pad_sequence(list(rows), batch_first=True)
    valid = torch.arange(together.shape[1], device=together.device) < lengths[:, None]
    return together, None if bool(valid.all()) else valid


def generate(
    writing: Writing,
    memory: Tensor,
    valid: Tensor | None,
    starts: Sequence[int],
    beams: int = 1,
    every: bool = False,
) -> list[list[int]]:
    """Word pieces written from each row of memory [B, N, D], by transformers' generation; the end token last.

    valid: bool [B, N], None when every token is real; starts: the task token of each row; every: all beams of
    each row, the likeliest first, not the best alone.
    """
    config = writing.config
    if valid is None:
        valid = torch.ones(memory.shape[:2], dtype=torch.bool, device=memory.device)
    options: dict[str, Any] = {"length_penalty": LENGTH_PENALTY} if beams > 1 else {}
    if every:
        options["num_return_sequences"] = beams
    sequences: Any = writing.generate(  # type: ignore[misc]
        encoder_outputs=BaseModelOutput(last_hidden_state=memory),
        attention_mask=valid,
        decoder_input_ids=torch.tensor([[start] for start in starts], device=memory.device),
        decoder_start_token_id=starts[0],
        max_new_tokens=config.max_written_tokens - 1,
        num_beams=beams,
        **options,
        do_sample=False,
        use_cache=False,
        eos_token_id=config.end_token,
        pad_token_id=0,
    )
    return [_until_end(row[1:], config.end_token) for row in sequences.tolist()]


def _until_end(ids: list[int], end: int) -> list[int]:
    """Up to the first end token, which is added where the writing was cut off."""
    return [*ids[: ids.index(end)], end] if end in ids else [*ids, end]


def _by_word(rows: Tensor, generation: Generation) -> Tensor:
    """Rows of word pieces added up to rows of words. [T, K] → [words, K]."""
    inside = [i for i, word in enumerate(generation.word_of) if word >= 0]
    where = torch.tensor([generation.word_of[i] for i in inside], device=rows.device)
    words = rows.new_zeros(len(generation.words), rows.shape[1])
    return words.index_add(0, where, rows[inside])
