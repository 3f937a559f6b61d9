"""Gemma 4 (Google 2026), of the sizes that hear: captions, answers, transcripts and translations, in English
and Chinese, about pictures, sounds and sentences together.

One decoder reads the prompt and writes on. Every layer of it is told again which word stood where (per-layer
embeddings), so a token here is both: what enters the first layer, and behind it what every layer adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, Gemma4ForCausalLM

from demo.errors import UserError
from demo.models.attention_layer import AttentionLayer
from demo.models.conversation import Turn
from demo.models.generator import Generation, Task
from demo.models.hub.embedding_gemma import SharedPictures, SharedSounds
from demo.models.hub.gemma_prompt import GemmaSentences, Prompt
from demo.models.hub.opened import Family, Opened
from demo.models.hub.recorder import RECORDED, prompted, recording
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.hub.writing import Written, attention_of, by_word, decoded_pieces
from demo.models.roles import Facts, Roles
from demo.models.wording import is_chinese
from demo.schema import Encoding, Modality

MOST_TOKENS = 200
MOST_OF_A_REPLY = 500  # tokens
LONGEST_SPEECH_S = 25.0  # it was taught speech of up to 30 s at once
READS: dict[Task, tuple[Modality, ...]] = {
    "caption": ("image", "audio"),
    "answer": ("image", "audio", "text"),
    "transcribe": ("audio",),
    "translate": ("image", "text"),
}


@dataclass(frozen=True)
class _Row:
    """What is written of one task in one language. lead: the pieces of the request."""

    lead: list[int]
    ids: tuple[int, ...]

    @property
    def pieces(self) -> list[int]:
        """All that is read before the last piece is written."""
        return [*self.lead, *self.ids[:-1]]


def decoder_of(model: Any) -> Any:
    """The decoder of a checkpoint by itself, with the same weights: only so may it begin with vectors."""
    with torch.device("meta"):
        made: Any = Gemma4ForCausalLM(model.config.text_config)
    made.model, made.lm_head = model.model.language_model, model.lm_head
    made.generation_config = model.generation_config
    made.register_forward_pre_hook(_told_once, with_kwargs=True)
    return made.eval()


def _told_once(_: Any, given: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """What every layer is told goes with the vectors; the words that follow bring their own."""
    if options.get("input_ids") is not None:
        options["per_layer_inputs"] = None
    return given, options


class GemmaWriter:
    """A Generator: one task, after a prompt of some senses."""

    def __init__(self, opened: Opened, prompt: Prompt, task: Task) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        self.prompt, self.ends = prompt, ends_of(opened)
        self.tasks: frozenset[Task] = frozenset((task,))
        self.reads: frozenset[Modality] = frozenset(READS[task])
        self.attention = [layer.self_attn for layer in prompt.network.layers]

    @torch.no_grad()
    def write(
        self, task: Task, language: str, encodings: Sequence[Encoding], beams: int = 1
    ) -> Generation:
        """See Generator."""
        memory = self._memory(torch.cat([e.tokens for e in encodings])[None])
        lead = self.prompt.request(task, language)
        tokens = torch.cat([memory, self.prompt.embedded(lead)[None]], dim=1)
        sequences = decoder_of(self.model).generate(
            **self.prompt.apart(tokens),
            attention_mask=torch.ones(tokens.shape[:2], dtype=torch.long, device=self.device),
            eos_token_id=self.ends,
            pad_token_id=self.ends[0],
            num_beams=beams,
            do_sample=False,
            max_new_tokens=MOST_TOKENS,
        )
        ids = self._until_end(sequences[0].tolist())
        pieces = decoded_pieces(self.tokenizer, ids[:-1])
        written = Written.of(pieces, spaced=not is_chinese("".join(pieces)))
        probability = float(self._scores(_Row(lead, tuple(ids)), memory).sum().exp())
        return written.generation(task, language, probability, ids)

    def _until_end(self, ids: list[int]) -> list[int]:
        """What was written, with what ended it, or what would have."""
        place = next((i for i, one in enumerate(ids) if one in self.ends), None)
        return [*ids, self.ends[0]] if place is None else ids[: place + 1]

    def word_scores(self, generation: Generation, tokens: Tensor) -> Tensor:
        """See Generator."""
        return by_word(self._scores(self._row(generation), self._memory(tokens[None])), generation)[
            0
        ]

    def word_score(self, generation: Generation, word: int, tokens: Tensor) -> Tensor:
        """See Generator."""
        scores = self._scores(self._row(generation), self._memory(tokens))
        return scores[:, [i for i, of in enumerate(generation.word_of) if of == word]].sum(-1)

    def word_places(self, generation: Generation, word: int) -> list[int]:
        """See Generator; rows of the request come first."""
        first = len(self._row(generation).lead) - 1
        return [first + i for i, of in enumerate(generation.word_of) if of == word]

    def recording(self) -> AbstractContextManager[list[AttentionLayer]]:
        """See Generator: what was written begins with the request."""
        return recording(self.attention, "written")

    @torch.no_grad()
    def word_attention(self, generation: Generation, encodings: Sequence[Encoding]) -> Tensor:
        """See Generator."""
        row = self._row(generation)
        with self.recording() as layers:
            self._scores(row, self._memory(torch.cat([e.tokens for e in encodings])[None]))
        return attention_of(layers[-1].weights()[:, len(row.lead) - 1 :, 1:], generation)

    def _row(self, generation: Generation) -> _Row:
        return _Row(self.prompt.request(generation.task, generation.language), generation.ids)

    def _memory(self, tokens: Tensor) -> Tensor:
        """The prompt as far as it was given. [B, N, D] → [B, P + N, D]."""
        before = self.prompt.before(tokens).to(tokens)
        return torch.cat([before.expand(len(tokens), -1, -1), tokens], dim=1)

    def _scores(self, row: _Row, memory: Tensor) -> Tensor:
        """Log-probability of each piece given those before it. memory [B, M, D] → [B, T]."""
        told = self.prompt.embedded(row.pieces).to(memory).expand(len(memory), -1, -1)
        length = memory.shape[1]
        # What stands before all that was given can carry none of it; its last piece stands for all of it.
        with prompted(length, lead=self.prompt.lead(memory) - 1):
            states = self.prompt.network(
                **self.prompt.apart(torch.cat([memory, told], dim=1)), use_cache=False
            ).last_hidden_state
        logits = self.model.lm_head(states[:, length + len(row.lead) - 1 :]).float()
        most = self.model.config.text_config.final_logit_softcapping
        if most is not None:
            logits = most * torch.tanh(logits / most)
        wanted = torch.tensor([row.ids], device=self.device).expand(len(memory), -1)
        return logits.log_softmax(-1).gather(-1, wanted[..., None])[..., 0]


def ends_of(opened: Opened) -> list[int]:
    """The pieces after which nothing more is said."""
    found = opened.model.generation_config.eos_token_id
    found = opened.tokenizer.eos_token_id if found is None else found
    return list(found) if isinstance(found, (list, tuple)) else [found]


class GemmaTalk:
    """A Converser."""

    def __init__(self, opened: Opened, prompt: Prompt) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        self.prompt, self.ends = prompt, ends_of(opened)

    def reply(self, encodings: Sequence[Encoding], turns: Sequence[Turn]) -> Iterator[str]:
        """See Converser."""
        below = "\n" if any(e.grid.spans for e in encodings) else ""
        first = replace(turns[0], text=below + turns[0].text)
        said = self.prompt.embedded(self.prompt.conversation([first, *turns[1:]]))
        tokens = torch.cat([*(e.tokens for e in encodings), said])
        tokens = torch.cat([self.prompt.before(tokens[None]), tokens])
        ids: list[int] = []
        for piece in self._pieces(tokens):
            ids.append(piece)
            said = self.tokenizer.decode(ids, skip_special_tokens=True)
            yield said.rstrip("\N{REPLACEMENT CHARACTER}")  # of a character that is not whole yet

    def _pieces(self, tokens: Tensor) -> Iterator[int]:
        """The likeliest piece, one after the other, up to the end. tokens: [N, D]."""
        inputs = self.prompt.apart(tokens[None])
        kept = DynamicCache(config=self.model.config.text_config)
        decoder = decoder_of(self.model)
        for _ in range(MOST_OF_A_REPLY):
            with torch.no_grad():
                logits = decoder(**inputs, past_key_values=kept, logits_to_keep=1).logits
            piece = int(logits[0, -1].argmax())
            if piece in self.ends:
                return
            yield piece
            inputs = {"input_ids": torch.tensor([[piece]], device=self.device)}


class GemmaReader(TowerReader):
    """The decoder's attention within its prompt; it says nothing about labels."""

    def __init__(self, attention: Sequence[Any]) -> None:
        super().__init__({})
        self.watched = attention

    @contextmanager
    def recording(self) -> Iterator[list[AttentionLayer]]:
        """See JointEncoder."""
        with recording(self.watched, "prompt") as layers:
            yield layers


def _writing(opened: Opened, prompt: Prompt, towers: dict[Modality, Any], task: Task) -> Roles:
    read = {m: towers[m] for m in READS[task] if m in towers}
    writer = GemmaWriter(opened, prompt, task)
    return Roles(
        encoders=read,
        joint_encoder=GemmaReader(writer.attention),
        generator=writer,
        perturber=TowerPerturber(read),
        facts=Facts(longest_speech_s=LONGEST_SPEECH_S),
    )


def roles(opened: Opened) -> Roles:
    """Everything that can be said about the senses that the checkpoint has encoders of.

    Raises:
        UserError: a checkpoint that reads pictures both ways, which the larger sizes do; none of them hears.
    """
    config = opened.model.config
    if config.text_config.use_bidirectional_attention is not None:
        raise UserError("gemma_reads_both_ways", source=opened.checkpoint.source)
    prompt = Prompt(opened)
    inner = replace(opened, model=opened.model.model)
    towers: dict[Modality, Any] = {"text": GemmaSentences(opened, prompt)}
    nothing: Any = None  # labels: it knows none
    if config.vision_config is not None:
        towers["image"] = SharedPictures(inner, prompt, nothing)
    if config.audio_config is not None:
        towers["audio"] = SharedSounds(inner, prompt, nothing)
    writers = {
        task: _writing(opened, prompt, towers, task)
        for task, senses in READS.items()
        if set(senses) & set(towers)
    }
    writers["converse"] = Roles(towers, converser=GemmaTalk(opened, prompt))
    return Roles({}, writers=writers)


FAMILY = Family(
    ("gemma4",),
    "Gemma4ForConditionalGeneration",
    roles,
    pictures="Gemma4ImageProcessorPil",
    sounds="Gemma4AudioFeatureExtractor",
    attention={"text_config": RECORDED, "vision_config": "sdpa", "audio_config": "eager"},
    halves=True,
)
