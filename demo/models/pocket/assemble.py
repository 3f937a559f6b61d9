"""One pocket checkpoint fills every role."""

from __future__ import annotations

from transformers import PreTrainedTokenizerFast

from demo.models.pocket.counting import Beyond, CountingVerifier
from demo.models.pocket.encoder import PictureEncoder, SentenceEncoder, SoundEncoder
from demo.models.pocket.generator import PocketGenerator
from demo.models.pocket.joint import PocketJointEncoder
from demo.models.pocket.labels import PocketLabels
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.perturber import PocketPerturber
from demo.models.pocket.presence import PresenceVerifier
from demo.models.pocket.shuffled import shuffled
from demo.models.pocket.verifier import PocketVerifier
from demo.models.roles import Facts, Roles


def pocket_roles(
    model: PocketModel,
    tokenizer: PreTrainedTokenizerFast,
    facts: Facts = Facts(),
    beyond: Beyond | None = None,
) -> Roles:
    """Every role, by one model and its tokenizer. beyond: when there are more things than it counts to."""
    labels = PocketLabels(model)
    joint = PocketJointEncoder(model, labels)
    generator = PocketGenerator(model, tokenizer)
    shared = (model, labels, joint.read_many)
    return Roles(
        encoders={
            "image": PictureEncoder(*shared),
            "audio": SoundEncoder(*shared),
            "text": SentenceEncoder(*shared, tokenizer),
        },
        joint_encoder=joint,
        generator=generator,
        retrieval_head=joint,
        perturber=PocketPerturber(model, tokenizer),
        vocabulary=labels,
        verifier=PocketVerifier(
            PresenceVerifier(model, tokenizer, generator),
            None if beyond is None else CountingVerifier(model, generator, beyond),
        ),
        familiarity=labels,
        shuffled=lambda stage, seed: pocket_roles(
            shuffled(model, stage, seed), tokenizer, facts, beyond
        ),
        facts=facts,
    )
