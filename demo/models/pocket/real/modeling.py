"""Real photos and free sentences in one transformer, with a decoder that says what is seen.

    photo    ─► picture trunk ─► rows × cols features ─┐                      ┌► readout ─► match space
    question ─► TextEncoder ───► L tokens ─────────────┴─► RealTransformer ───┴► tokens ─► Decoder ─► words

The decoder, the text encoder and the attention layers are those of the other half of the pocket model
(../modeling.py). Knows nothing about files or names of things.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.models.pocket.attention import TransformerLayer
from demo.models.pocket.base import WritingModel
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.decoder import Decoder
from demo.models.pocket.encoders import TextEncoder
from demo.models.pocket.trunks.efficientnet import FEATURES
from demo.schema import PictureGrid

# A token says by itself what it is: its content, then one channel for each of these.
IS_IMAGE, IS_TEXT, DOWN, ACROSS = range(FEATURES, FEATURES + 4)
TOKEN = FEATURES + 4  # channels
FREQUENCIES = 8  # of the positions; the slowest has a period of two pictures
MEANING = (
    384  # width of the space of meanings: that of the sentence encoder that teaches (training only)
)
SIGNATURE = 224  # width of the kinds that are named, see signatures.py
MENTIONED = 1.5  # what a thing that is named counts, beside what the sentence as a whole means
WORD_WIDTH = 128  # of a word piece, before it is widened to its meaning
HIDDEN = 512  # between a photo's features and its meaning


def picture_tokens(features: Tensor, grid: PictureGrid) -> Tensor:
    """Features of a picture's cells with where they lie, 0..1 down and across. [..., N, 1280] → [..., N,
    TOKEN]."""
    down = (torch.arange(grid.rows, device=features.device) + 0.5) / grid.rows
    across = (torch.arange(grid.cols, device=features.device) + 0.5) / grid.cols
    where = torch.stack(torch.meshgrid(down, across, indexing="ij"), dim=-1).flatten(0, 1)
    kind = torch.tensor([1.0, 0.0], device=features.device).expand(len(where), 2)
    said = torch.cat([kind, where], dim=-1).to(features)
    return torch.cat([features, said.expand(*features.shape[:-2], *said.shape)], dim=-1)


def text_tokens(states: Tensor) -> Tensor:
    """States of the text encoder, widened to tokens. [..., L, D] → [..., L, TOKEN]."""
    wide = F.pad(states, (0, TOKEN - states.shape[-1]))
    said = torch.zeros(TOKEN, device=states.device, dtype=states.dtype)
    said[IS_TEXT] = 1.0
    return wide + said


def with_meanings(tokens: Tensor, kinds: Tensor, words: Tensor, named: Tensor) -> Tensor:
    """Tokens of a sentence with what its words mean beside them.

    tokens: [..., L, TOKEN]; kinds: those that things named are seen or heard as, [..., L, SIGNATURE]; words:
    what each word means; named: what the things named mean, both [..., L, MEANING] → [..., L, TOKEN].
    """
    beside = torch.cat([kinds, words, named], dim=-1)
    before = FEATURES - beside.shape[-1]
    return tokens + F.pad(beside, (before, TOKEN - FEATURES))


def meanings_of(tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What `with_meanings` put there, token by token: kinds, words, named."""
    beside = tokens[..., FEATURES - 2 * MEANING - SIGNATURE : FEATURES]
    kinds, words, named = beside.split([SIGNATURE, MEANING, MEANING], dim=-1)
    return kinds, words, named


def meanings_in(tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Its words and named, added up over the sentence. [..., L, TOKEN] → twice [..., MEANING]."""
    _, words, named = meanings_of(tokens)
    return words.sum(-2), named.sum(-2)


def kinds_in(tokens: Tensor) -> Tensor:
    """Its kinds, added up over the sentence. [..., L, TOKEN] → [..., SIGNATURE]."""
    return meanings_of(tokens)[0].sum(-2)


class RealTransformer(nn.Module):
    """Attention over the tokens of a photo, a sentence or both, read out at one extra token."""

    def __init__(self, config: PocketConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.readout = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.modality = nn.Parameter(torch.randn(2, width) * 0.02)
        self.norm_features = nn.LayerNorm(FEATURES)
        self.project = nn.Linear(FEATURES, width)
        self.where = nn.Linear(4 * FREQUENCIES, width, bias=False)
        self.norm_text = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            TransformerLayer(width, config.num_heads, config.dropout)
            for _ in range(config.joint_layers)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.norm_out = nn.LayerNorm(width)

    def place(self, tokens: Tensor) -> Tensor:
        """[B, N, TOKEN] → [B, N, D]: each token by the channel that says what it is."""
        image, text = tokens[..., IS_IMAGE, None], tokens[..., IS_TEXT, None]
        width = self.readout.shape[-1]
        # square roots: as for familiarity, so that a few strong channels do not drown the others
        features = tokens[..., :FEATURES].clamp(min=1e-6).sqrt()
        seen = self.project(self.norm_features(features))
        seen = seen + self.where(_waves(tokens[..., DOWN : ACROSS + 1])) + self.modality[0]
        told = self.norm_text(tokens[..., :width]) + self.modality[1]
        return self.dropout(image * seen + text * told)

    def states(self, tokens: Tensor, valid: Tensor | None = None) -> list[Tensor]:
        """Readout and tokens after each layer, before the last norm: layers × [B, 1 + N, D].

        tokens [B, N, TOKEN]; valid bool [B, N], None when every token is real.
        """
        x = self.place(tokens)
        x = torch.cat([self.readout.expand(len(x), -1, -1).to(x), x], dim=1)
        mask = None
        if valid is not None:
            mask = F.pad(valid, (1, 0), value=True)[:, None, None, :]
        states = []
        for layer in self.layers:
            x = layer(x, mask)
            states.append(x)
        return states

    def forward(self, tokens: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """→ readout [B, D] and tokens [B, N, D] after the last layer."""
        x = self.norm_out(self.states(tokens, valid)[-1])
        return x[:, 0], x[:, 1:]


def _waves(where: Tensor) -> Tensor:
    """Places 0..1, [..., 2], as sines and cosines of FREQUENCIES octaves. [..., 4 · FREQUENCIES]."""
    octaves = math.pi * 2.0 ** torch.arange(0, FREQUENCIES, device=where.device) / 2
    angles = (where[..., None] * octaves.to(where)).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class WordMeaning(nn.Module):
    """What each word piece adds to the meaning of a sentence (Joulin et al. 2017: a bag of words).

    Of short sentences and names it makes more than a small transformer does with as little to learn from
    (recall at 10 of photos by their captions: 0.64 and 0.41).
    """

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.words = nn.Embedding(pieces, WORD_WIDTH)
        self.project = nn.Linear(WORD_WIDTH, MEANING, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        """int [..., L] → [..., L, MEANING]."""
        return self.project(self.words(ids))


class PhotoMeaning(nn.Module):
    """A photo among the meanings of sentences, from its mean features.

    With six thousand photos to learn from, a small network on them finds far more than the transformer's
    readout does (recall at 10 among 1,000: 0.69 and 0.2).
    """

    mean: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        self.layers = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(FEATURES, HIDDEN),
            nn.GELU(),
            nn.Dropout(0.5),
            nn.Linear(HIDDEN, MEANING),
        )

    def forward(self, means: Tensor) -> Tensor:
        """Mean features ≥ 0, [..., 1280] → unit vectors [..., MEANING]. Their square roots at unit length are
        read, as in trunks/familiarity.py."""
        roots = F.normalize(means.clamp(min=1e-12).sqrt(), dim=-1)
        return F.normalize(self.layers((roots - self.mean) / self.spread), dim=-1)


class RealModel(WritingModel):
    """The transformer, the text encoder and the decoder; the trunk's weights are not among them."""

    main_input_name = "tokens"

    def __init__(self, config: PocketConfig) -> None:
        super().__init__(config)
        self.text_encoder = TextEncoder(config)
        self.joint = RealTransformer(config)
        self.decoder = Decoder(config)
        self.word_meaning = WordMeaning(config.vocab_size)
        self.photo_meaning = PhotoMeaning()
        self.post_init()

    def read_words(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int [B, L], bool [B, L] → tokens [B, L, TOKEN], without what they mean."""
        return text_tokens(self.text_encoder(input_ids, attention_mask))

    def sentence(self, tokens: Tensor) -> Tensor:
        """What a sentence means, the things it names counted once more, a unit vector.

        [..., L, TOKEN] → [..., MEANING]. A sum over its words, so each word's part in it is exact.
        """
        words, named = meanings_in(tokens)
        return F.normalize(F.normalize(words, dim=-1) + MENTIONED * named, dim=-1)
