"""Fills the roles of any preset from its checkpoints; one table says who opens which family."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from demo.errors import UserError
from demo.models.checkpoints.facts import read_facts
from demo.models.checkpoints.pocket import open_pocket, read_beyond
from demo.models.checkpoints.real import REAL_FACTS, open_real
from demo.models.checkpoints.speech import (
    find_speech_packages,
    open_speech_recogniser,
    open_voice_detector,
)
from demo.models.preset_file import read_preset
from demo.models.presets import (
    MODELS_FOLDER,
    PRESETS,
    PRESETS_FOLDER,
    SPEECH_REQUIREMENTS,
    Checkpoint,
    Preset,
)
from demo.models.roles import Roles
from demo.models.whisper.on_demand import OnDemand
from demo.schema import MODALITIES

HUB_FAMILIES = (  # those of hub/families.py, which takes a second to import
    "clip",
    "siglip",
    "clap",
    "sentence",
    "blip-caption",
    "blip-answer",
    "marian",
    "whisper",
    "ast",
    "roberta",
    "wav2vec2",
    "embedding-gemma",
    "smolvlm",
    "gemma",
)


def load_roles(preset: str, device: torch.device) -> Roles:
    """The roles of a preset, in evaluation mode on `device`.

    Raises:
        UserError: no such preset, or a checkpoint that is missing or does not fit its code.
    """
    return fill_roles(find_preset(preset), device)


def find_preset(name: str) -> Preset:
    """One of PRESETS, a file of assets/presets by its name, or any file by its path.

    Raises:
        UserError: there is none, or the file cannot be used.
    """
    if name in PRESETS:
        return PRESETS[name]
    if name.endswith(".toml"):
        return read_preset(Path(name), HUB_FAMILIES)
    if name in shipped_presets():
        return read_preset(PRESETS_FOLDER / f"{name}.toml", HUB_FAMILIES)
    known = ", ".join(("pocket", *shipped_presets(), "my.toml"))
    raise UserError("preset_unknown", preset=name, known=known)


def shipped_presets() -> tuple[str, ...]:
    """Names of the files in assets/presets, smallest first."""
    files = PRESETS_FOLDER.glob("*.toml")
    found = [read_preset(file, HUB_FAMILIES) for file in files]
    return tuple(preset.name for preset in sorted(found, key=lambda one: one.megabytes))


def fill_roles(preset: Preset, device: torch.device) -> Roles:
    """Each role from its own checkpoint; a checkpoint that fills several is opened once.

    Raises:
        UserError: as load_roles; or a checkpoint that cannot fill its role.
    """
    if preset.written_in is not None:
        return _fill_from_hub(preset, device)
    opened: dict[Checkpoint, Roles] = {}
    picked: dict[str, Any] = {}
    for role, checkpoint in preset.roles.items():
        if checkpoint not in opened:
            opened[checkpoint] = LOADERS[checkpoint.family](checkpoint, device)
        offered = opened[checkpoint]
        part = offered.encoders.get(role) if role in MODALITIES else getattr(offered, role, None)
        if part is None:
            raise UserError("role_not_offered", role=role, family=checkpoint.family)
        picked[role] = part
    encoders = {m: picked.pop(m) for m in MODALITIES if m in picked}
    # what only writes down speech has no part in what is believed
    read = {one for role, one in preset.roles.items() if role != "transcriber"}
    shuffled = opened[read.pop()].shuffled if len(read) == 1 else None
    return Roles(encoders, shuffled=shuffled, facts=read_facts(preset.facts), **picked)


def _fill_from_hub(preset: Preset, device: torch.device) -> Roles:
    """The roles of a preset in a file; each checkpoint is opened once."""
    from demo.models.hub.assemble import assembled

    opened = {one: LOADERS[one.family](one, device) for one in preset.checkpoints}
    return assembled(preset, {role: opened[one] for role, one in preset.roles.items()})


def _load_hub(checkpoint: Checkpoint, device: torch.device) -> Roles:
    from demo.models.hub.opening import open_roles

    return open_roles(checkpoint, device)


def _load_pocket(checkpoint: Checkpoint, device: torch.device) -> Roles:
    from demo.models.pocket.assemble import pocket_roles

    model, processor = open_pocket(MODELS_FOLDER / checkpoint.source)
    model.to(device)  # type: ignore[arg-type]  # transformers wraps `to` without self
    beyond = read_beyond(device)
    return pocket_roles(model, processor.tokenizer, beyond=beyond)


def _load_real(checkpoint: Checkpoint, device: torch.device) -> Roles:
    from demo.models.pocket.real.assemble import real_roles

    return real_roles(open_real(device, MODELS_FOLDER / checkpoint.source), read_facts(REAL_FACTS))


def _load_whisper(checkpoint: Checkpoint, device: torch.device) -> Roles:
    if checkpoint.source != SPEECH_REQUIREMENTS:
        from demo.models.hub.whisper import with_voice

        return with_voice(_load_hub(checkpoint, device), open_voice_detector())
    opened = OnDemand(open_speech_recogniser, open_voice_detector, find_speech_packages, device)
    return Roles({}, transcriber=opened)


# family → (checkpoint, device) → the roles that a checkpoint of this family can fill
LOADERS: dict[str, Callable[[Checkpoint, torch.device], Roles]] = {
    "pocket": _load_pocket,
    "real": _load_real,
    **dict.fromkeys(HUB_FAMILIES, _load_hub),
    "whisper": _load_whisper,
}
