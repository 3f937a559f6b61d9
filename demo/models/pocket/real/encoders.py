"""Photos, recordings and sentences as tokens, and where each alone points among kinds of things."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.mentions import Mention, mentions
from demo.models.pocket.attention import attention_cores, recording
from demo.models.pocket.encoder import cut_at, one_of, padded_ids, pieces_of, rollout
from demo.models.pocket.real.modeling import (
    MEANING,
    SIGNATURE,
    RealModel,
    picture_tokens,
    with_meanings,
)
from demo.models.pocket.real.signatures import Signatures
from demo.models.pocket.real.spaces import PictureSpace, SentenceSpace, SoundSpace
from demo.models.pocket.trunks.efficientnet import FEATURES
from demo.models.pocket.trunks.pictures import PictureTrunk
from demo.models.pocket.trunks.sounds import BANDS, COLUMNS, SoundTrunk
from demo.models.vocabulary import Thing
from demo.models.words import words_of
from demo.schema import Encoding, Waveform, WordGrid

ONLY = 0.9  # part of a sentence, by its words' meanings squared, from which it does nothing but name things
SOMEWHERE = 3  # cells


@dataclass(frozen=True)
class EverydayWords:
    """Things with a probability of their own. weight: [things, channels], bias: [things]; log-odds over the
    square roots of the mean features at unit length."""

    things: tuple[str, ...]
    weight: Tensor
    bias: Tensor

    def log_odds(self, means: Tensor) -> Tensor:
        """Mean features ≥ 0, [B, channels] → [B, things]."""
        roots = F.normalize(means.clamp(min=1e-12).sqrt(), dim=-1)
        return roots @ self.weight.T + self.bias

    @torch.no_grad()
    def somewhere(self, photo: Encoding) -> Tensor:
        """Each in the window of SOMEWHERE × SOMEWHERE cells that speaks for it most: what is small in a photo
        is little of its mean. [things]."""
        rows, cols = photo.grid.rows, photo.grid.cols
        cells = photo.tokens[:, :FEATURES].T.reshape(1, -1, rows, cols)
        size = min(SOMEWHERE, rows), min(SOMEWHERE, cols)
        windows = F.avg_pool2d(cells, size, stride=1)[0].flatten(1).T
        return self.log_odds(windows).amax(0)


class PhotoEncoder:
    """Pictures of any shape; those of one grid together where that is quicker."""

    def __init__(self, trunk: PictureTrunk, words: EverydayWords, labels: PictureSpace) -> None:
        self.trunk, self.words, self.labels = trunk, words, labels

    @torch.no_grad()
    def encode(self, inputs: Sequence[np.ndarray]) -> list[Encoding]:
        """uint8 [H, W, 3] each."""
        return [
            Encoding(picture_tokens(seen.tokens.clone(), seen.grid), seen.grid, self.pool)
            for seen in self.trunk.encode_many(inputs)
        ]

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, TOKEN] → log-probabilities of kinds [B, K]: one of ImageNet's classes, each everyday word.

        The classifier is linear in the mean feature, so a cell argues for what its own feature would say
        (class activation mapping, Zhou et al. 2016, eq. 2).
        """
        means = tokens[..., :FEATURES].mean(1)
        classifier = self.trunk.network.classifier
        classes = (classifier(means) / self.trunk.temperature).log_softmax(-1)
        return torch.cat([classes, F.logsigmoid(self.words.log_odds(means))], dim=-1)


class RecordingEncoder:
    """Sounds; the patches of all of them as one batch."""

    def __init__(self, trunk: SoundTrunk, labels: SoundSpace) -> None:
        self.trunk, self.labels = trunk, labels

    @torch.no_grad()
    def encode(self, inputs: Sequence[Waveform]) -> list[Encoding]:
        found = self.trunk.encode_many([sound.samples for sound in inputs])
        return [Encoding(heard.tokens.clone(), heard.grid, self.pool) for heard in found]

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, bands · columns, 1024] → log-probability of each of AudioSet's sounds, [B, 521].

        The mean of its average over the patches of 0.96 s (the last one counts as much as it is long) and
        of its highest: the first tells sounds apart (97.2 and 96.0 % of ESC-10), the second hears one bark
        in a minute. A last patch of one column is hardly a sound: it may not be the highest, as it would
        then light up three times as bright as another.
        """
        cells = tokens.unflatten(1, (BANDS, -1)).mean(1)  # (B, columns, C)
        patches = cells.split(COLUMNS, dim=1)
        means = torch.stack([patch.mean(1) for patch in patches], dim=1)
        lengths = means.new_tensor([patch.shape[1] for patch in patches])
        likely = self.trunk.network.classifier(means).sigmoid()  # (B, patches, 521)
        share = (lengths / lengths.sum())[:, None]
        long = [i for i, patch in enumerate(patches) if patch.shape[1] > 1] or [0]
        heard = ((likely * share).sum(1) + likely[:, long].amax(1)) / 2
        return heard.clamp(min=1e-9).log()


class FreeSentenceEncoder:
    """Sentences, as one batch; alone they are what their words mean."""

    def __init__(
        self,
        model: RealModel,
        tokenizer: PreTrainedTokenizerFast,
        labels: SentenceSpace,
        signatures: Signatures,
        told: Collection[str],
    ) -> None:
        """told: see RealParts."""
        self.model, self.tokenizer = model, tokenizer
        self.labels, self.signatures, self.told = labels, signatures, told

    @torch.no_grad()
    def encode(self, inputs: Sequence[str]) -> list[Encoding]:
        pieces = [pieces_of(self.tokenizer, text) for text in inputs]
        ids, valid = padded_ids([ids for ids, _ in pieces], next(self.model.parameters()).device)
        real = torch.ones_like(ids, dtype=torch.bool) if valid is None else valid
        with recording(attention_cores(self.model.text_encoder.layers)) as layers:
            tokens = self.model.read_words(ids, real)
        meanings = self.model.word_meaning(ids)
        found = []
        for i, (text, (own, spans)) in enumerate(zip(inputs, pieces, strict=True)):
            words, cell = words_of(text, spans)
            row, meaning = tokens[i, : len(own)], meanings[i, : len(own)]
            said = [any(map(str.isalnum, text[a:b])) for a, b in spans]
            if any(said):  # stops mean nothing
                meaning = meaning * torch.tensor(said, device=meaning.device)[:, None]
            named = self._named(text)
            kinds = self._kinds(named, spans, meaning)
            means = self._shared(
                named, spans, lambda one: self.labels.vector(one.name("en")), MEANING
            )
            row = with_meanings(row, kinds.to(row), meaning, means.to(row))
            mixing = rollout(one_of(layers, i, len(own)))
            grid, cut = WordGrid(tuple(words)), cut_at(self.tokenizer, text, spans)
            found.append(Encoding(row, grid, self.pool, np.array(cell), mixing, cut=cut))
        return found

    def _kinds(
        self, named: Sequence[Mention], spans: Sequence[tuple[int, int]], meaning: Tensor
    ) -> Tensor:
        """The kinds by which photos and sounds are found: of all names that captions never taught, as only
        their kinds find them; of others where nothing else is said. meaning: [pieces, D] → [pieces,
        SIGNATURE]."""
        rare = [one for one in named if one.thing.id not in self.told]
        weight = meaning.square().sum(-1)
        names = sum(float(weight[i]) for one in named for i in _pieces(one, spans))
        only = names > ONLY * float(weight.sum())
        kept = rare or (named if only else [])
        return self._shared(kept, spans, self.signatures.of_thing, SIGNATURE)

    def _named(self, text: str) -> list[Mention]:
        """The likeliest meaning of each name."""
        first: dict[int, Mention] = {}
        for one in mentions(text):
            first.setdefault(one.start, one)
        return list(first.values())

    def _shared(
        self,
        named: Sequence[Mention],
        spans: Sequence[tuple[int, int]],
        of: Callable[[Thing], Tensor],
        width: int,
    ) -> Tensor:
        """What things are, shared out over the pieces of their names; less than nothing where it is said
        that they are not there. [pieces, width]."""
        found = torch.zeros(len(spans), width)
        for one in named:
            pieces = _pieces(one, spans)
            found[pieces] += (-1 if one.negated else 1) * of(one.thing).cpu() / max(1, len(pieces))
        return found

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, L, TOKEN] → what a sentence means, a unit vector [B, MEANING]."""
        return self.model.sentence(tokens)


def _pieces(one: Mention, spans: Sequence[tuple[int, int]]) -> list[int]:
    return [i for i, (a, b) in enumerate(spans) if a < one.end and b > one.start]


def label_reader(model: RealModel, tokenizer: PreTrainedTokenizerFast) -> Callable[[str], Tensor]:
    """label → its meaning, [384]."""

    @torch.no_grad()
    def read(label: str) -> Tensor:
        ids = tokenizer(label.replace("_", " "), truncation=True)["input_ids"]
        given = torch.tensor([ids or [tokenizer.unk_token_id]], device=model.device)
        return F.normalize(model.word_meaning(given)[0].sum(0), dim=-1)

    return read
