"""A conversation about a sample, turn by turn, with whoever of a preset can.

Knows roles by their contracts only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from demo import stopping
from demo.encodings import EncodeAs
from demo.errors import UserError
from demo.inputs import clean_text
from demo.models.conversation import Turn
from demo.models.roles import Roles
from demo.notes import unheard, unread
from demo.schema import Reply, Sample

MOST_TURNS = 40  # of both sides


def reply(
    roles: Roles, encode: EncodeAs, preset: str, sample: Sample, turns: Sequence[Turn]
) -> Iterator[Reply]:
    """The next turn as far as it is written. encode: a sample's encodings, from a cache perhaps.

    Raises:
        UserError: at once: nobody here converses, or as checked.
    """
    if roles.converser is None:
        raise UserError("role_missing_converse", preset=preset)
    return _told(roles, encode, sample, checked(turns))


def checked(turns: Sequence[Turn]) -> list[Turn]:
    """A conversation whose next turn is the model's.

    Raises:
        UserError: it is not; or it is too long.
    """
    cleaned = [Turn(turn.role, clean_text(turn.text)) for turn in turns]
    roles = [turn.role for turn in cleaned]
    right = [("user", "assistant")[i % 2] for i in range(len(roles))]
    if len(roles) % 2 == 0 or roles != right or not all(turn.text for turn in cleaned):
        raise UserError("turns_unusable")
    if len(roles) > MOST_TURNS:
        raise UserError("turns_too_many", most=MOST_TURNS)
    return cleaned


def _told(roles: Roles, encode: EncodeAs, sample: Sample, turns: Sequence[Turn]) -> Iterator[Reply]:
    assert roles.converser is not None
    encodings = encode(sample) if sample.modalities else {}
    notes = (*sample.notes, *unread(sample, encodings), *unheard(sample, encodings))
    for text in roles.converser.reply(list(encodings.values()), turns):
        stopping.check()
        yield Reply(text.lstrip(), notes)  # models begin with empty lines
