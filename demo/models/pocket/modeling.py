"""The pocket model: three small encoders and one joint transformer, in one label space.

    picture  ─► ImageEncoder ─► 8 × 8 tokens ─┐                     ┌► readout ─► cosine with concepts
    sound    ─► AudioEncoder ─► 4 × T tokens ─┼─► JointTransformer ─┤          └► cosine with other senses
    sentence ─► TextEncoder  ─► L tokens ─────┘                     └► tokens ─► Decoder ─► words

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
from transformers.utils import ModelOutput

from demo.models.pocket.attention import TransformerLayer
from demo.models.pocket.base import WritingModel
from demo.models.pocket.configuration import SENSES, PocketConfig
from demo.models.pocket.decoder import Decoder
from demo.models.pocket.encoders import AudioEncoder, ImageEncoder, TextEncoder


class JointTransformer(nn.Module):
    """Attention over the tokens of whatever modalities are present, read out at one extra token."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        width = config.hidden_size
        rows, cols = config.image_grid
        self.readout = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.modality = nn.ParameterDict(
            {name: nn.Parameter(torch.randn(width) * 0.02) for name in SENSES}
        )
        self.image_positions = nn.Parameter(_grid_positions(rows, cols, width))
        self.band_positions = nn.Parameter(torch.randn(config.audio_bands, 1, width) * 0.02)
        self.norm_in = nn.ModuleDict({name: nn.LayerNorm(width) for name in SENSES})
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
            where = self.band_positions + 0.33 * _sinusoids(columns, tokens)  # (bands, columns, D)
            return placed + where.flatten(0, 1)
        return placed

    def states(self, tokens: Tensor, valid: Tensor | None = None) -> list[Tensor]:
        """Readout and tokens after each layer, before the last norm: layers × [B, 1 + N, D].

        tokens [B, N, D] already placed; valid bool [B, N], None when every token is real.
        """
        x, mask = self._with_readout(tokens), _readable(valid)
        states = []
        for layer in self.layers:
            x = layer(x, mask)
            states.append(x)
        return states

    def read(self, tokens: Tensor, valid: Tensor | None = None) -> Tensor:
        """The readout of `forward` alone. [B, N, D], bool [B, N] → [B, D].

        The last layer then works out one row instead of 1 + N, unless somebody watches its attention.
        """
        *before, last = self.layers
        assert isinstance(last, TransformerLayer)
        if last.attention.core.watched:
            return self.forward(tokens, valid)[0]
        x, mask = self._with_readout(tokens), _readable(valid)
        for layer in before:
            x = layer(x, mask)
        return self.norm_out(last.first(x, mask))[:, 0]

    def _with_readout(self, tokens: Tensor) -> Tensor:
        return torch.cat([self.readout.expand(len(tokens), -1, -1), tokens], dim=1)

    def forward(self, tokens: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """[B, N, D], [B, N] → readout [B, D] and tokens [B, N, D] after the last layer."""
        x = self.norm_out(self.states(tokens, valid)[-1])
        return x[:, 0], x[:, 1:]


def _readable(valid: Tensor | None) -> Tensor | None:
    """Which places may be attended to: the readout, and what is real. bool [B, N] → [B, 1, 1, 1 + N]."""
    return None if valid is None else F.pad(valid, (1, 0), value=True)[:, None, None, :]


def _sinusoids(length: int, like: Tensor, slowest: float = 10_000.0) -> Tensor:
    """Sinusoidal positions (Vaswani et al. 2017, section 3.5). [length, D]."""
    width = like.shape[-1]
    position = torch.arange(length, device=like.device, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, width, 2, device=like.device) * (-math.log(slowest) / width))
    table = torch.stack([torch.sin(position * rate), torch.cos(position * rate)], dim=-1)
    return table.flatten(1).to(like.dtype)


def _grid_positions(rows: int, cols: int, width: int) -> Tensor:
    """What picture positions start from: half of the width tells the row, half the column. [rows · cols, D].

    As in He et al. 2022 (masked autoencoders). From noise, rows and columns are not learned in time: the
    small vectors drown among tokens of size 1, and nobody can say where a thing is.
    """
    half = torch.empty(0, width // 2)
    down = _sinusoids(rows, half, slowest=rows)[:, None].expand(-1, cols, -1)
    across = _sinusoids(cols, half, slowest=cols)[None].expand(rows, -1, -1)
    places = torch.cat([down, across], dim=-1).flatten(0, 1)
    return places - places.mean(0)


@dataclass
class PocketOutput(ModelOutput):
    """logits [B, C] over all concepts, in nats (temperature applied); vector [B, D], the readout in the
    label space, and match [B, D], the readout in the space of whole scenes, both of length 1;
    memory [B, N, D] and valid [B, N], what the decoder reads."""

    loss: Tensor | None = None
    # ModelOutput wants defaults, but these are always there.
    logits: Tensor = None  # type: ignore[assignment]
    vector: Tensor = None  # type: ignore[assignment]
    match: Tensor = None  # type: ignore[assignment]
    memory: Tensor = None  # type: ignore[assignment]
    valid: Tensor = None  # type: ignore[assignment]


class PocketModel(WritingModel):
    """Image, audio and text encoders that share one label space through a joint transformer."""

    main_input_name = "pixel_values"

    def __init__(self, config: PocketConfig) -> None:
        super().__init__(config)
        self.image_encoder = ImageEncoder(config)
        self.audio_encoder = AudioEncoder(config)
        self.text_encoder = TextEncoder(config)
        self.joint = JointTransformer(config)
        self.decoder = Decoder(config)
        self.to_label_space = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.to_match_space = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.concepts = nn.Embedding(max(1, len(config.concepts)), config.hidden_size)
        self.log_scale = nn.Parameter(torch.tensor(math.log(12.0)))
        self.log_match_scale = nn.Parameter(torch.tensor(math.log(12.0)))
        self.post_init()

    @property
    def scale(self) -> Tensor:
        """Inverse temperature of the cosine logits, at most 100 (Radford et al. 2021)."""
        return self.log_scale.exp().clamp(max=100.0) / self.config.label_temperature

    def concept_vectors(self) -> Tensor:
        """Vectors of all concepts: unit length, divided by the temperature of their category. [C, D]."""
        vectors = F.normalize(self.concepts.weight, dim=-1)
        if not (fitted := self.config.category_temperatures):
            return vectors
        each = [fitted.get(concept.get("category", ""), 1.0) for concept in self.config.concepts]
        return vectors / vectors.new_tensor(each)[:, None]

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

    def label_vector(self, readout: Tensor) -> Tensor:
        """A readout in the label space, a unit vector. [..., D] → [..., D]."""
        return F.normalize(self.to_label_space(readout), dim=-1)

    def match_vector(self, readout: Tensor) -> Tensor:
        """A readout in the space where scenes, descriptions and speech meet. [..., D] → [..., D]."""
        return F.normalize(self.to_match_space(readout), dim=-1)

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
            present: bool [B, M] for the M modalities that are given, in the order of SENSES;
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
        read = torch.cat(valid, dim=1)
        readout, memory = self.joint(torch.cat(list(tokens.values()), dim=1), read)
        vector = self.label_vector(readout)
        logits = self.scale * vector @ self.concept_vectors().T
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits, labels, label_smoothing=label_smoothing)
        return PocketOutput(loss, logits, vector, self.match_vector(readout), memory, read)
