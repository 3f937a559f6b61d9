"""The pocket model: three small encoders and one joint transformer, in one label space.

    picture  ─► ImageEncoder ─► 8 × 8 tokens ─┐
    sound    ─► AudioEncoder ─► 4 × T tokens ─┼─► JointTransformer ─► vector ─► cosine with concepts
    sentence ─► TextEncoder  ─► L tokens ─────┘

Any subset of the three may be present: the joint transformer sees only the tokens it is given, so
"the picture alone" and "all senses together" are the same computation over different tokens.
Knows nothing about files, decoding or label names; see processing.py for those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.utils import ModelOutput

from demo.models.pocket.configuration import PocketConfig

MODALITIES = ("image", "audio", "text")


class ConvBlock(nn.Sequential):
    """3×3 convolution, batch normalisation, GELU; keeps height and width when stride is 1."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.GELU(),
        )


class Residual(nn.Module):
    """x + block(x) (He et al. 2016, eq. 1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = ConvBlock(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class ImageEncoder(nn.Module):
    """Convolutions that turn a picture into a grid of tokens, one per 4×4 pixels."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        c0, c1, c2, c3 = config.image_channels
        self.convolutions = nn.Sequential(
            ConvBlock(3, c0),
            ConvBlock(c0, c1),
            nn.MaxPool2d(2),
            Residual(c1),
            ConvBlock(c1, c2),
            nn.MaxPool2d(2),
            Residual(c2),
            ConvBlock(c2, c3),
            Residual(c3),
        )
        self.project = nn.Linear(c3, config.hidden_size)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """pixel_values float [B, 3, S, S], about -2..2 → tokens [B, (S/4)², D], row by row."""
        features = self.convolutions(pixel_values)  # (B, C, S/4, S/4)
        return self.project(features.flatten(2).transpose(1, 2))


class AudioEncoder(nn.Module):
    """Convolutions over a log-mel spectrogram; one token per 16 mel bands and 8 frames (80 ms).

    Longer sounds are averaged in time so that at most `max_audio_columns` columns remain.
    """

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        c0, c1, c2, c3 = config.audio_channels
        self.max_columns = config.max_audio_columns
        self.convolutions = nn.Sequential(
            ConvBlock(1, c0, stride=2),
            ConvBlock(c0, c1, stride=2),
            ConvBlock(c1, c2),
            Residual(c2),
            nn.MaxPool2d(2),
            ConvBlock(c2, c3),
            Residual(c3),
            nn.MaxPool2d((2, 1)),
        )
        self.project = nn.Linear(c3, config.hidden_size)

    def forward(self, log_mel: Tensor) -> Tensor:
        """log_mel float [B, 1, n_mels, T] → tokens [B, bands · columns, D], band by band.

        Columns are `audio_columns(T)`; T must be at least 8 frames.
        """
        features = self.convolutions(log_mel)  # (B, C, bands, T/8)
        pooling = math.ceil(features.shape[-1] / self.max_columns)
        if pooling > 1:
            features = F.avg_pool2d(features, (1, pooling), ceil_mode=True)
        return self.project(features.flatten(2).transpose(1, 2))


class AttentionCore(nn.Module):
    """softmax(Q Kᵀ / √d) V (Vaswani et al. 2017, eq. 1), and nothing else.

    A module of its own so that an explanation method can put a forward hook here and see the exact
    q, k, v and output [B, H, N, d] of a scaled-dot-product kernel that never stores the N×N matrix.
    """

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


class Attention(nn.Module):
    """Multi-head self-attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.core = AttentionCore()
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = self.core(q, k, v, mask)  # (B, H, N, d)
        return self.out(mixed.transpose(1, 2).flatten(2))


class TransformerLayer(nn.Module):
    """Pre-norm transformer layer (Xiong et al. 2020)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        x = x + self.dropout(self.attention(self.norm_attention(x), mask))
        return x + self.dropout(self.mlp(self.norm_mlp(x)))


def attention_cores(layers: nn.ModuleList) -> list[AttentionCore]:
    """Where each layer's q, k, v and output can be watched, first layer first."""
    return [module for module in layers.modules() if isinstance(module, AttentionCore)]


class TextEncoder(nn.Module):
    """Word pieces with learned positions through a small transformer."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        self.words = nn.Embedding(config.vocab_size, config.hidden_size)
        self.positions = nn.Embedding(config.max_text_tokens, config.hidden_size)
        self.layers = nn.ModuleList(
            TransformerLayer(config.hidden_size, config.num_heads, config.dropout)
            for _ in range(config.text_layers)
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """input_ids int [B, L], attention_mask bool [B, L] (True = a real token) → [B, L, D]."""
        length, longest = input_ids.shape[1], self.positions.num_embeddings
        # In training a sentence starts anywhere, so that late positions are learned too.
        start = int(torch.randint(longest - length + 1, ())) if self.training else 0
        x = self.words(input_ids) + self.positions.weight[start : start + length]
        for layer in self.layers:
            x = layer(x, attention_mask[:, None, None, :])
        return x


class JointTransformer(nn.Module):
    """Attention over the tokens of whatever modalities are present, read out at one extra token."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        width = config.hidden_size
        rows, cols = config.image_grid
        self.readout = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.modality = nn.ParameterDict(
            {name: nn.Parameter(torch.randn(width) * 0.02) for name in MODALITIES}
        )
        self.image_positions = nn.Parameter(torch.randn(rows * cols, width) * 0.02)
        self.band_positions = nn.Parameter(torch.randn(config.audio_bands, 1, width) * 0.02)
        self.norm_in = nn.ModuleDict({name: nn.LayerNorm(width) for name in MODALITIES})
        self.layers = nn.ModuleList(
            TransformerLayer(width, config.num_heads, config.dropout)
            for _ in range(config.joint_layers)
        )
        self.norm_out = nn.LayerNorm(width)

    def place(self, modality: str, tokens: Tensor) -> Tensor:
        """Say to the transformer which sense a token comes from and where it lies. [B, N, D]."""
        placed = self.norm_in[modality](tokens) + self.modality[modality]
        if modality == "image":
            return placed + self.image_positions
        if modality == "audio":
            bands = self.band_positions.shape[0]
            columns = tokens.shape[1] // bands
            where = self.band_positions + _sinusoids(columns, tokens)  # (bands, columns, D)
            return placed + where.flatten(0, 1)
        return placed

    def readouts(self, tokens: Tensor, valid: Tensor | None = None) -> list[Tensor]:
        """The readout token after each layer, before the last norm: layers × [B, D].

        tokens [B, N, D] already placed; valid bool [B, N], None when every token is real.
        """
        x = torch.cat([self.readout.expand(len(tokens), -1, -1), tokens], dim=1)
        mask = None
        if valid is not None:
            mask = F.pad(valid, (1, 0), value=True)[:, None, None, :]  # (B, 1, 1, 1 + N)
        states = []
        for layer in self.layers:
            x = layer(x, mask)
            states.append(x[:, 0])
        return states

    def forward(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """Readout after the last layer. [B, N, D], [B, N] → [B, D]."""
        return self.norm_out(self.readouts(tokens, valid)[-1])


def _sinusoids(length: int, like: Tensor) -> Tensor:
    """Sinusoidal positions (Vaswani et al. 2017, section 3.5), small beside the tokens. [length, D]."""
    width = like.shape[-1]
    position = torch.arange(length, device=like.device, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, device=like.device) * (-math.log(10_000.0) / width))
    table = torch.stack([torch.sin(position * rate), torch.cos(position * rate)], dim=-1)
    return 0.1 * table.flatten(1).to(like.dtype)


@dataclass
class PocketOutput(ModelOutput):
    """vector [B, D] of length 1; logits [B, C] over all concepts, in nats (temperature applied)."""

    loss: Tensor | None = None
    logits: Tensor | None = None
    vector: Tensor | None = None


class PocketModel(PreTrainedModel):
    """Image, audio and text encoders that share one label space through a joint transformer."""

    config: PocketConfig
    config_class = PocketConfig
    main_input_name = "pixel_values"

    def __init__(self, config: PocketConfig) -> None:
        super().__init__(config)
        self.image_encoder = ImageEncoder(config)
        self.audio_encoder = AudioEncoder(config)
        self.text_encoder = TextEncoder(config)
        self.joint = JointTransformer(config)
        self.to_label_space = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.concepts = nn.Embedding(max(1, len(config.concepts)), config.hidden_size)
        self.log_scale = nn.Parameter(torch.tensor(math.log(12.0)))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.trunc_normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    @property
    def scale(self) -> Tensor:
        """Inverse temperature of the cosine logits, at most 100 (Radford et al. 2021)."""
        return self.log_scale.exp().clamp(max=100.0)

    def concept_vectors(self) -> Tensor:
        """Unit vectors of all concepts. [C, D]."""
        return F.normalize(self.concepts.weight, dim=-1)

    def encode(
        self,
        pixel_values: Tensor | None = None,
        log_mel: Tensor | None = None,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Tokens of each modality that is given, ready for `read`. {modality: [B, N, D]}."""
        tokens = {}
        if pixel_values is not None:
            tokens["image"] = self.image_encoder(pixel_values)
        if log_mel is not None:
            tokens["audio"] = self.audio_encoder(log_mel)
        if input_ids is not None:
            if attention_mask is None:
                attention_mask = torch.ones_like(input_ids)
            tokens["text"] = self.text_encoder(input_ids, attention_mask.bool())
        return {name: self.joint.place(name, value) for name, value in tokens.items()}

    def read(self, tokens: Tensor, valid: Tensor) -> Tensor:
        """Where these tokens point in the label space: unit vectors. [B, N, D], [B, N] → [B, D]."""
        return F.normalize(self.to_label_space(self.joint(tokens, valid)), dim=-1)

    def forward(
        self,
        pixel_values: Tensor | None = None,
        log_mel: Tensor | None = None,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        present: Tensor | None = None,
        labels: Tensor | None = None,
        label_smoothing: float = 0.0,
    ) -> PocketOutput:
        """Classify a batch over all concepts.

        Args:
            pixel_values, log_mel, input_ids: see the encoders; give any subset.
            present: bool [B, M] for the M modalities that are given, in the order of MODALITIES;
                a False masks that modality's tokens for that sample (modality dropout).
            labels: int [B], index of the right concept, to get the cross-entropy loss.

        Raises:
            ValueError: no modality was given.
        """
        tokens = self.encode(pixel_values, log_mel, input_ids, attention_mask)
        if not tokens:
            raise ValueError("give at least one of pixel_values, log_mel, input_ids")
        valid = [
            torch.ones(t.shape[:2], dtype=torch.bool, device=t.device) for t in tokens.values()
        ]
        if "text" in tokens and attention_mask is not None:
            valid[-1] = attention_mask.bool()
        if present is not None:
            valid = [v & present[:, i, None] for i, v in enumerate(valid)]
        vector = self.read(torch.cat(list(tokens.values()), dim=1), torch.cat(valid, dim=1))
        logits = self.scale * vector @ self.concept_vectors().T
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        return PocketOutput(loss=loss, logits=logits, vector=vector)
