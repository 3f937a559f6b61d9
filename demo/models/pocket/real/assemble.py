"""The trunks and the model on top of them fill the roles for real life."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from demo.models.beliefs import Beliefs
from demo.models.pocket.real.encoders import (
    EverydayWords,
    FreeSentenceEncoder,
    PhotoEncoder,
    RecordingEncoder,
    label_reader,
)
from demo.models.pocket.real.generator import RealGenerator
from demo.models.pocket.real.joint import RealJointEncoder
from demo.models.pocket.real.modeling import MEANING, RealModel
from demo.models.pocket.real.names import RealFamiliarity, RealNamer, RealVocabulary
from demo.models.pocket.real.perturber import RealPerturber
from demo.models.pocket.real.reranker import CaptionReranker
from demo.models.pocket.real.signatures import Signatures
from demo.models.pocket.real.spaces import PictureSpace, SentenceSpace, SoundSpace
from demo.models.pocket.real.verifier import Verifier
from demo.models.pocket.shuffled import replace_by_chance
from demo.models.pocket.trunks.efficientnet import CLASSES, FEATURES
from demo.models.pocket.trunks.familiarity import Familiarity
from demo.models.pocket.trunks.pictures import PictureTrunk
from demo.models.pocket.trunks.sounds import SoundTrunk
from demo.models.roles import SHUFFLED_STAGES, Facts, Roles
from demo.models.vocabulary import Thing, vocabulary

SOUNDS, SOUND_FEATURES = 521, 1024


@dataclass(frozen=True)
class RealParts:
    """Everything that was opened. drawn: how much a picture looks drawn rather than photographed;
    sentence_scale: inverse temperature of sentences among labels; told: ids of the things that captions
    named often enough for a photo's meaning to hold them."""

    pictures: PictureTrunk
    sounds: SoundTrunk
    model: RealModel
    tokenizer: PreTrainedTokenizerFast
    words: EverydayWords
    drawn: Familiarity
    picture_familiarity: Familiarity
    sound_familiarity: Familiarity
    sentence_scale: float = 20.0
    told: frozenset[str] = frozenset()


def real_roles(parts: RealParts, facts: Facts = Facts()) -> Roles:
    """Every role but transcribing and translating."""
    beliefs = Beliefs(vocabulary())
    model, tokenizer = parts.model, parts.tokenizer
    space = SentenceSpace(label_reader(model, tokenizer), parts.sentence_scale)
    pictures = PhotoEncoder(
        parts.pictures, parts.words, PictureSpace(beliefs, CLASSES, parts.words.things)
    )
    generator, namer = RealGenerator(model, tokenizer), RealNamer(beliefs, parts.words, CLASSES)
    signatures = Signatures(beliefs, CLASSES, parts.words.things, SOUNDS)
    joint = RealJointEncoder(model, signatures, lambda: _meanings(namer.of_sound, space))
    return Roles(
        encoders={
            "image": pictures,
            "audio": RecordingEncoder(parts.sounds, SoundSpace(beliefs, SOUNDS)),
            "text": FreeSentenceEncoder(model, tokenizer, space, signatures, parts.told),
        },
        joint_encoder=joint,
        generator=generator,
        retrieval_head=joint,
        reranker=CaptionReranker(generator, facts.worths) if facts.worths else None,
        perturber=RealPerturber(parts.pictures, parts.sounds, model, tokenizer),
        vocabulary=RealVocabulary(vocabulary()),
        namer=namer,
        verifier=Verifier(model, tokenizer, generator, pictures, space, namer),
        familiarity=RealFamiliarity(
            parts.picture_familiarity,
            parts.sound_familiarity,
            {"image": FEATURES, "audio": SOUND_FEATURES},
        ),
        shuffled=lambda stage, seed: real_roles(_shuffled(parts, stage, seed), facts),
        facts=facts,
    )


def _meanings(sounds: Mapping[int, Thing], space: SentenceSpace) -> Tensor:
    """What the names of AudioSet's sounds mean, nothing of those that have no name. [SOUNDS, MEANING]."""
    found = torch.zeros(SOUNDS, MEANING)
    for kind, thing in sounds.items():
        found[kind] = space.vector(thing.name("en")).cpu()
    return found


def _shuffled(parts: RealParts, stage: str, seed: int) -> RealParts:
    """A copy in which the weights down to `stage` were replaced by chance (../shuffled.py)."""
    new = copy.deepcopy(parts)
    pictures, sounds, model = new.pictures.network, new.sounds.network, new.model
    top: list[nn.Module] = [
        pictures.classifier,
        sounds.classifier,
        model.word_meaning,
        model.decoder,
    ]
    below: list[nn.Module] = [pictures, sounds, model.text_encoder]
    stages: list[list[nn.Module]] = [top, [model.joint], below]
    chance = torch.Generator().manual_seed(seed)
    for modules in stages[: SHUFFLED_STAGES.index(stage) + 1]:
        for module in modules:
            replace_by_chance(module, chance)
    return new
