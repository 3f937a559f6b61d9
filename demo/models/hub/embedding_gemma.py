"""EmbeddingGemma 2 (Google 2026): pictures, sounds, sentences and labels in one space, each the mean of what
one bidirectional transformer makes of its tokens.

Pictures and sounds enter it as soft tokens of their own encoders, between marks. Attention is watched in the
shared transformer; a soft token stands for the place that it was pooled from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchaudio.functional import resample

from demo.models.hub.opened import Family, Opened
from demo.models.hub.pieces import encoded_pieces
from demo.models.hub.prompts import PromptedLabels
from demo.models.hub.readout import Mean
from demo.models.hub.recorder import RECORDED
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.schema import (
    SAMPLE_RATE,
    Encoding,
    Grid,
    Modality,
    PictureGrid,
    Sample,
    SpectrogramGrid,
    Waveform,
)

TASK = (
    "task: classification | query: "  # said before labels and sentences alike, as its card has it
)
TEMPLATE = f"{TASK}{{}}"
SCALE = 20.0  # of cosines; the checkpoint has none of its own
LONGEST = 2048  # word pieces
CELL_S = 0.25  # of a map of a sound, about
FRAMES_OF_TOKEN = (
    4  # mel frames from one soft token of a sound to the next: two convolutions of stride 2
)
MOST_ASPECT = (
    64  # a strip longer than this is cut to its middle: shrunk, nothing would be left of it
)


class SharedTransformer:
    """What all senses are read by, and the mean that it is read out at."""

    def __init__(self, opened: Opened) -> None:
        self.model, self.tokenizer, self.device = opened.model, opened.tokenizer, opened.device
        self.network = opened.model.language_model
        self.mean = Mean()
        layers = self.network.layers
        self.attention: Sequence[Any] = [*(layer.self_attn for layer in layers), self.mean]

    def embedded(self, ids: Sequence[int]) -> Tensor:
        """Word pieces as they enter the first layer. [N, D]."""
        return self.model.get_input_embeddings()(torch.tensor(ids, device=self.device))

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → unit vectors [B, E]."""
        return self._read_out(self.network(inputs_embeds=tokens).last_hidden_state)

    def depths(self, tokens: Tensor) -> Tensor:
        """See Tower."""
        found = self.network(inputs_embeds=tokens, output_hidden_states=True)
        inner = [self._projected(states) for states in found.hidden_states[1:-1]]
        return torch.cat([self._read_out(one) for one in (*inner, found.last_hidden_state)])

    def _projected(self, states: Tensor) -> Tensor:
        return self.network.embedding_projection(self.network.norm(states))

    def _read_out(self, states: Tensor) -> Tensor:
        return F.normalize(self.mean(states).float(), dim=-1)

    def around(self, begin: int, end: int) -> tuple[Tensor, Tensor]:
        """What stands before and after soft tokens: marks, and what the tokenizer puts around everything."""
        mark = self.tokenizer.convert_ids_to_tokens([begin, end])
        ids = self.tokenizer("".join(mark))["input_ids"]
        place = ids.index(begin) + 1
        return self.embedded(ids[:place]), self.embedded(ids[place:])

    def soft(self, found: Tensor) -> Tensor:
        """What an encoder made, as tokens of the shared transformer. [B, N, D]."""
        return found

    @torch.no_grad()
    def vectors(self, sentences: list[str]) -> Tensor:
        """Unit vectors, of one sentence at a time: padding would be in the mean. [L, E]."""
        read = [self.tokenizer(one, truncation=True, max_length=LONGEST) for one in sentences]
        return torch.cat([self.pool(self.embedded(one["input_ids"])[None]) for one in read])


class Shares(Protocol):
    """The transformer that soft tokens enter, as far as a sense needs it."""

    attention: Sequence[Any]

    def pool(self, tokens: Tensor) -> Tensor: ...

    def depths(self, tokens: Tensor) -> Tensor: ...

    def around(self, begin: int, end: int) -> tuple[Tensor, Tensor]: ...

    def soft(self, found: Tensor) -> Tensor: ...


class SharedSense:
    """A sense that has an encoder of its own before it; see Tower. labels: in the same space for all."""

    modality: Modality
    read_out = "pooled"

    def __init__(self, opened: Opened, shared: Shares, labels: Any) -> None:
        self.opened, self.model, self.shared, self.labels = opened, opened.model, shared, labels
        self.device = opened.device
        self.attention, self.pool, self.depths = shared.attention, shared.pool, shared.depths

    @torch.no_grad()
    def encode(self, inputs: Sequence[Any]) -> list[Encoding]:
        """See Tower."""
        return [self._encode(one) for one in inputs]

    def _encode(self, value: Any) -> Encoding:
        raise NotImplementedError

    def _between(self, soft: Tensor, begin: int, end: int) -> Tensor:
        """Soft tokens [B, N, D] between their marks."""
        before, after = (one.expand(len(soft), -1, -1) for one in self.shared.around(begin, end))
        return torch.cat([before, self.shared.soft(soft).to(before), after], dim=1)

    def _cells(self, cells: np.ndarray, begin: int, end: int) -> np.ndarray:
        """The cell of each token, -1 of marks."""
        before, after = self.shared.around(begin, end)
        return np.concatenate([[-1] * len(before), cells, [-1] * len(after)]).astype(int)


class SharedPictures(SharedSense):
    """Pictures: shrunk or enlarged whole, at (nearly) their own shape, to as many patches as fit."""

    modality = "image"

    def _encode(self, image: np.ndarray) -> Encoding:
        pixels, places, box = self._read(image)
        cols, rows = self._shape(places)
        tokens = self._tokens(places)(pixels[None])[0]
        config = self.model.config
        cells = self._cells(np.arange(rows * cols), config.boi_token_id, config.eoi_token_id)
        return Encoding(tokens, PictureGrid(rows, cols, box), self.pool, cells)

    def _read(self, image: np.ndarray) -> tuple[Tensor, Tensor, tuple[float, float, float, float]]:
        """Patches [P, pixels], their (x, y) [P, 2], -1 of those that only fill up, and the part that is
        read."""
        height, width = image.shape[:2]
        most = MOST_ASPECT * min(height, width)
        top, left = max(0, (height - most) // 2), max(0, (width - most) // 2)
        low, far = min(height, top + most), min(width, left + most)
        box = (left / width, top / height, far / width, low / height)
        part = np.ascontiguousarray(image[top:low, left:far])
        read = self.opened.pictures(
            images=part, return_tensors="pt", input_data_format="channels_last"
        )
        pixels = read["pixel_values"][0].to(self.device, torch.float32)
        return pixels, read["image_position_ids"][0].to(self.device), box

    def _shape(self, places: Tensor) -> tuple[int, int]:
        """Columns and rows of soft tokens."""
        side = self.model.config.vision_config.pooling_kernel_size
        cols, rows = (places.amax(0) + 1).tolist()
        return cols // side, rows // side

    def _tokens(self, places: Tensor) -> Callable[[Tensor], Tensor]:
        """Patches of B variants [B, P, pixels] → [B, N, D]."""
        config = self.model.config

        def tokens(pixels: Tensor) -> Tensor:
            where = places.expand(len(pixels), -1, -1)
            found = self.model.get_image_features(pixels.to(self.model.dtype), where)
            soft = torch.stack(list(found.pooler_output))
            return self._between(soft, config.boi_token_id, config.eoi_token_id)

        return tokens

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the picture's median colour."""
        assert sample.image is not None
        pixels, places, _ = self._read(sample.image)
        side = self.model.config.vision_config.pooling_kernel_size
        x, y = (places // side).T
        where = torch.where(places[:, 0] < 0, -1, y * encoding.grid.cols + x)
        colours = pixels[places[:, 0] >= 0].unflatten(-1, (-1, 3))  # colours come last in a patch
        colour = colours.flatten(0, 1).median(0).values
        ground = colour.repeat(pixels.shape[1] // 3).expand_as(pixels)
        ground = torch.where(places[:, :1] < 0, pixels, ground)
        count = encoding.grid.rows * encoding.grid.cols
        return PerturbableInput(pixels, ground, where, count, self._tokens(places))


class SharedSounds(SharedSense):
    """Sounds: the first 30 seconds, a soft token for each 40 ms."""

    modality = "audio"

    def _encode(self, sound: Waveform) -> Encoding:
        features, mask = self._read(sound)
        tokens = self._tokens(mask)(features[None])[0]
        config, grid = self.model.config, self._grid(sound)
        before, after = self.shared.around(config.boa_token_id, config.eoa_token_index)
        count = len(tokens) - len(before) - len(after)
        heard_s = self._seconds(np.arange(count) * FRAMES_OF_TOKEN)
        cells = self._cells(_cell(heard_s, grid), config.boa_token_id, config.eoa_token_index)
        return Encoding(tokens, grid, self.pool, cells)

    def _read(self, sound: Waveform) -> tuple[Tensor, Tensor]:
        """Frames [T, mels], and which of them are heard [T]."""
        extractor = self.opened.sounds
        rate = extractor.sampling_rate
        wave = resample(torch.from_numpy(sound.samples), SAMPLE_RATE, rate).numpy()
        wave = np.pad(
            wave, (0, max(0, 4 * extractor.hop_length + extractor.frame_length - len(wave)))
        )
        read = extractor([wave], sampling_rate=rate, return_tensors="pt")
        features = read["input_features"][0].to(self.device, torch.float32)
        return features, read["input_features_mask"][0].to(self.device)

    def _seconds(self, frames: np.ndarray) -> np.ndarray:
        """Where the middle of each mel frame lies in the sound."""
        return frames * self.opened.sounds.hop_length / self.opened.sounds.sampling_rate

    def _grid(self, sound: Waveform) -> SpectrogramGrid:
        extractor = self.opened.sounds
        seconds = min(sound.seconds, 480_000 / extractor.sampling_rate)  # its max_length
        edges = np.linspace(0.0, seconds, max(1, round(seconds / CELL_S)) + 1)
        return SpectrogramGrid(
            (float(extractor.min_frequency), float(extractor.max_frequency)),
            tuple(map(float, edges)),
        )

    def _tokens(self, mask: Tensor) -> Callable[[Tensor], Tensor]:
        """Frames of B variants [B, T, mels] → [B, N, D]."""
        config = self.model.config

        def tokens(features: Tensor) -> Tensor:
            heard = mask.expand(len(features), -1)
            found = self.model.get_audio_features(features.to(self.model.dtype), heard)
            soft = found.pooler_output[:, found.attention_mask[0]]
            return self._between(soft, config.boa_token_id, config.eoa_token_index)

        return tokens

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the quietest that is heard."""
        assert sample.audio is not None
        features, mask = self._read(sample.audio)
        seconds = self._seconds(np.arange(len(features)))
        where = torch.from_numpy(_cell(seconds, encoding.grid)).to(self.device)
        where = torch.where(mask.bool(), where, -1)
        quiet = torch.full_like(features, float(features[mask.bool()].min()))
        return PerturbableInput(features, quiet, where, encoding.grid.cols, self._tokens(mask))


class SharedSentences(SharedSense):
    """Sentences, after the task."""

    modality = "text"
    shared: SharedTransformer

    def _encode(self, text: str) -> Encoding:
        pieces = encoded_pieces(self.shared.tokenizer, text, LONGEST, TASK)
        tokens = self.shared.embedded(pieces.ids)
        return Encoding(tokens, pieces.grid, self.pool, pieces.cells, cut=pieces.cut)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower. Baseline: the piece that fills up sentences."""
        text = encoding.read or sample.text or ""
        pieces = encoded_pieces(self.shared.tokenizer, text, LONGEST, TASK)
        vectors = self.shared.embedded(pieces.ids)
        blank = self.shared.embedded([self.shared.tokenizer.pad_token_id]).expand_as(vectors)
        where = torch.as_tensor(pieces.cells, device=self.device)
        return PerturbableInput(vectors, blank.clone(), where, encoding.grid.cols, lambda x: x)


def _cell(seconds: np.ndarray, grid: Grid) -> np.ndarray:
    cell = np.searchsorted(np.asarray(grid.frame_edges_s), seconds, "right") - 1
    return np.minimum(cell, grid.cols - 1)


def roles(opened: Opened) -> Roles:
    """All senses that the checkpoint has encoders of, among any labels."""
    shared = SharedTransformer(opened)
    labels = PromptedLabels(opened.checkpoint.template or TEMPLATE, shared.vectors, SCALE)
    config = opened.model.config
    there = {
        "image": config.vision_config is not None,
        "audio": config.audio_config is not None,
        "text": True,
    }
    senses = (SharedPictures, SharedSounds, SharedSentences)
    towers = {s.modality: s(opened, shared, labels) for s in senses if there[s.modality]}
    return Roles(
        encoders=dict(towers),
        joint_encoder=TowerReader(towers),  # type: ignore[arg-type]
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
    )


FAMILY = Family(
    ("embedding_gemma2",),
    "EmbeddingGemma2Model",
    roles,
    pictures="Gemma4ImageProcessorPil",
    sounds="Gemma4AudioFeatureExtractor",
    attention={"text_config": RECORDED, "vision_config": "sdpa", "audio_config": "eager"},
    halves=True,
)
