"""What both halves of the pocket model have: a decoder that writes with the text encoder's word pieces.

Knows nothing about what is read: that is the joint transformer of each (modeling.py, real/modeling.py).
"""

from __future__ import annotations

from torch import Tensor, nn
from transformers import PreTrainedModel

from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.decoder import Decoder
from demo.models.pocket.encoders import TextEncoder


class WritingModel(PreTrainedModel):
    """text_encoder, decoder: made by each model in its own order, in which weights are drawn."""

    config: PocketConfig
    config_class = PocketConfig
    text_encoder: TextEncoder
    decoder: Decoder

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.trunc_normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def write(
        self,
        ids: Tensor,
        memory: Tensor,
        valid: Tensor | None = None,
        kept: Tensor | None = None,
    ) -> Tensor:
        """Logits of the next word piece after each of ids. int [B, T], [B, N, D] → [B, T, vocab].

        In nats, temperature applied; kept: bool [B, T], to get those K places only: [K, vocab].
        """
        logits: Tensor = self.decoder(ids, self.text_encoder.words, memory, valid, kept)
        return logits / self.config.writing_temperature
