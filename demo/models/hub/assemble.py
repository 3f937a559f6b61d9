"""The roles of a preset from those that each of its checkpoints can fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from demo.errors import UserError
from demo.models.generator import Task
from demo.models.hub.tower import TowerPerturber, TowerReader
from demo.models.hub.two_ways import either_way
from demo.models.presets import Calibration, Preset
from demo.models.roles import Facts, Roles
from demo.schema import MODALITIES

TRANSLATIONS = {"translate_to_en": "en", "translate_to_zh": "zh"}


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
    return Roles(
        encoders=towers,
        joint_encoder=TowerReader(towers),  # type: ignore[arg-type]
        perturber=TowerPerturber(towers),  # type: ignore[arg-type]
        transcriber=transcriber,
        facts=facts,
        writers={task: replace(one, facts=facts) for task, one in _writers(offered).items()},
        calibration=preset.calibration or Calibration(),
        calibrated=preset.calibration is not None if len(towers) > 1 else None,
    )


def _fills(roles: Roles, role: str) -> bool:
    if role in MODALITIES:
        return role in roles.encoders
    if role == "transcriber":
        return roles.transcriber is not None
    tasks = roles.generator.tasks if roles.generator else frozenset()
    return ("translate" if role in TRANSLATIONS else role) in tasks


def _writers(offered: Mapping[str, Roles]) -> dict[Task, Roles]:
    found: dict[Task, Roles] = {}
    if "caption" in offered:
        found["caption"] = offered["caption"]
    if "answer" in offered:
        found["answer"] = offered["answer"]
    ways = {to: offered[role] for role, to in TRANSLATIONS.items() if role in offered}
    if ways:
        found["translate"] = either_way(ways)
    return found
