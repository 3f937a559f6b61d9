"""One decoder for every generative task: it reads the joint transformer's tokens and writes word pieces.

What to write (caption, answer, transcript, translation) and in which language is said by the token it
starts from. `Writing` lends it to transformers' own generation code (greedy and beam search).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from demo.models.pocket.attention import Attention, AttentionCore, CrossAttention
from demo.models.pocket.configuration import PocketConfig


class DecoderLayer(nn.Module):
    """Pre-norm: what was written so far, then what is read, then a small network."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm_cross = nn.LayerNorm(width)
        self.cross = CrossAttention(width, heads)
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, past: Tensor, memory: Tensor, valid: Tensor | None) -> Tensor:
        x = x + self.dropout(self.attention(self.norm_attention(x), past))
        x = x + self.dropout(self.cross(self.norm_cross(x), memory, valid))
        return x + self.dropout(self.mlp(self.norm_mlp(x)))


class Decoder(nn.Module):
    """A causal transformer with cross-attention; word pieces share the text encoder's embeddings."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.positions = nn.Embedding(config.max_written_tokens + 1, width)
        self.layers = nn.ModuleList(
            DecoderLayer(width, config.num_heads, config.dropout)
            for _ in range(config.decoder_layers)
        )
        self.norm_out = nn.LayerNorm(width)
        self.to_words = nn.Linear(width, width, bias=False)

    @property
    def reading(self) -> list[AttentionCore]:
        """Where each layer's attention over the memory can be watched, first layer first."""
        return [module.core for module in self.modules() if isinstance(module, CrossAttention)]

    def forward(
        self,
        ids: Tensor,
        words: nn.Embedding,
        memory: Tensor,
        valid: Tensor | None = None,
        kept: Tensor | None = None,
    ) -> Tensor:
        """ids int [B, T], memory [B, N, D], valid bool [B, N] → logits [B, T, vocab].

        kept: bool [B, T], the places whose logits are wanted: [K, vocab].
        """
        x = self.states(ids, words, memory, valid)
        if kept is not None:
            x = x[kept]
        return F.linear(self.to_words(x), words.weight)

    def states(
        self, ids: Tensor, words: nn.Embedding, memory: Tensor, valid: Tensor | None = None
    ) -> Tensor:
        """What is thought at each place, before it becomes a word. [B, T, D]."""
        length = ids.shape[1]
        x = words(ids) + self.positions.weight[:length]
        past = torch.ones(length, length, dtype=torch.bool, device=ids.device).tril()
        read = None if valid is None else valid[:, None, None, :]
        for layer in self.layers:
            x = layer(x, past, memory, read)
        normed: Tensor = self.norm_out(x)
        return normed


class Writing(PreTrainedModel, GenerationMixin):
    """The decoder as transformers' `generate` wants it. Owns no weights; never saved."""

    config: PocketConfig
    config_class = PocketConfig
    main_input_name = "pixel_values"  # never given: the joint transformer has run before
    _supports_cache_class = False

    def __init__(self, config: PocketConfig, model: Any) -> None:
        super().__init__(_seq2seq(config))
        self.model = [model]  # in a list, so that its weights are not registered twice

    @property
    def device(self) -> torch.device:
        return self.model[0].device

    def get_encoder(self, *args: Any, **kwargs: Any) -> nn.Module:
        raise NotImplementedError("encoder_outputs are always given")

    def prepare_inputs_for_generation(  # type: ignore[override]  # only what a decoder of our kind is given
        self, input_ids: Tensor, encoder_outputs: Any = None, attention_mask: Any = None, **_: Any
    ) -> dict[str, Any]:
        """Everything written so far is read again at each step: sentences are short."""
        return {
            "decoder_input_ids": input_ids,
            "encoder_outputs": encoder_outputs,
            "attention_mask": attention_mask,
        }

    def forward(
        self,
        decoder_input_ids: Tensor,
        encoder_outputs: BaseModelOutput,
        attention_mask: Tensor | None = None,
        **_: Any,
    ) -> Seq2SeqLMOutput:
        """Logits of the next word piece. decoder_input_ids [B, T] → [B, T, vocab]."""
        valid = None if attention_mask is None else attention_mask.bool()
        memory = encoder_outputs.last_hidden_state
        return Seq2SeqLMOutput(logits=self.model[0].write(decoder_input_ids, memory, valid))


def _seq2seq(config: PocketConfig) -> PocketConfig:
    """The same configuration, said to be an encoder with a decoder, which `generate` asks."""
    copy = type(config).from_dict(config.to_dict())
    copy.is_encoder_decoder = True
    return copy
