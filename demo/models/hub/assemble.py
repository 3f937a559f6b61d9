"""The roles of a preset from those that each of its checkpoints can fill."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import combinations

from demo.errors import UserError
from demo.models.generator import Task
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.hub.two_ways import either_way
from demo.models.labels import ClosedLabels
from demo.models.presets import Calibration, Preset
from demo.models.roles import Encoder, Facts, Roles
from demo.schema import MODALITIES, Modality

TRANSLATIONS = {"translate_to_en": "en", "translate_to_zh": "zh"}
WRITTEN: dict[str, Task] = {
    "caption": "caption",
    "answer": "answer",
    "transcriber": "transcribe",
    "conversation": "converse",
    **dict.fromkeys(TRANSLATIONS, "translate"),
}
TAGS: dict[str, Modality] = {"sound_tags": "audio"}
MOODS: dict[str, Modality] = {"mood_text": "text", "mood_audio": "audio"}


def assembled(preset: Preset, offered: Mapping[str, Roles]) -> Roles:
    """What believes, beside whoever writes. offered: role of preset_file.ROLES → what its checkpoint can do.

    Raises:
        UserError: a checkpoint that cannot fill its role.
    """
    for role, roles in offered.items():
        if not _fills(roles, role):
            family = preset.roles[role].family
            raise UserError("role_not_offered", role=role, family=family)
    towers = {m: offered[m].encoders[m] for m in MODALITIES if m in offered}
    facts = Facts(fusion=preset.fusion, beams=preset.beams)
    transcriber = offered["transcriber"].transcriber if "transcriber" in offered else None
    moods = {m: offered[role].encoders[m] for role, m in MOODS.items() if role in offered}
    roles = Roles(
        encoders={},
        transcriber=transcriber,
        facts=facts,
        writers={
            task: replace(one, facts=replace(facts, longest_speech_s=one.facts.longest_speech_s))
            for task, one in _writers(offered).items()
        },
        taggers={m: offered[role].encoders[m] for role, m in TAGS.items() if role in offered},
    )
    with_moods = {
        frozenset(some): _reading(roles, preset, {**towers, **{m: moods[m] for m in some}}, some)
        for count in range(1, len(moods) + 1)
        for some in combinations(moods, count)
    }
    return replace(_reading(roles, preset, towers), moods=moods, with_moods=with_moods)


def _reading(
    roles: Roles,
    preset: Preset,
    towers: Mapping[Modality, Encoder],
    uncalibrated: Collection[Modality] = (),
) -> Roles:
    """The roles with these towers, as far as they were calibrated."""
    fitted = preset.calibration or Calibration()
    several = len({id(tower.labels) for tower in towers.values()}) > 1
    return replace(
        roles,
        encoders=towers,
        joint_encoder=TowerReader(towers),  # type: ignore[arg-type]
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
        calibration=fitted.without(uncalibrated),
        calibrated=preset.calibration is not None if several else None,
    )


def _fills(roles: Roles, role: str) -> bool:
    if role in MODALITIES:
        return role in roles.encoders
    sense = TAGS.get(role) or MOODS.get(role)
    if sense is not None:
        return sense in roles.encoders and isinstance(roles.encoders[sense].labels, ClosedLabels)
    if role == "transcriber":
        return roles.transcriber is not None or roles.can("transcribe")
    return roles.can(WRITTEN.get(role, role))


def _writers(offered: Mapping[str, Roles]) -> dict[Task, Roles]:
    """Who does which task; some checkpoints write several things, each in a way of its own."""
    found: dict[Task, Roles] = {}
    for role, task in WRITTEN.items():
        if role in offered and role not in TRANSLATIONS:
            found[task] = offered[role].writers.get(task, offered[role])
    if "transcriber" in offered and offered["transcriber"].transcriber is not None:
        del found["transcribe"]
    ways = {
        to: offered[role].writers.get("translate", offered[role])
        for role, to in TRANSLATIONS.items()
        if role in offered
    }
    if ways:
        one, *others = ways.values()
        found["translate"] = one if others and others[0] is one else either_way(ways)
    return found
