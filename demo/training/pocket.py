"""The recipe of the pocket model: seven stages, then one checkpoint in assets/models/pocket.

    image   photos and handwritten digits           audio   environmental sounds and spoken digits
    scenes  the picture world, cell by cell          speech  synthetic voices: words, sentences, tones
    joint   everything together, and the decoder     polish  the same, the convolutions included
    settle  the image encoder, undistorted

    python -m demo train pocket --data DATA

DATA holds cifar10-train.zip, mnist-train.npz, spoken-digits-train.zip and esc10-train.zip (see
sources.py). A run that is cut off goes on where it was; `--fresh` starts again.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from demo.device import choose_device, describe
from demo.errors import UserError
from demo.models.checkpoints.pocket import POCKET_FOLDER, open_pocket, save_pocket
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.processor import PocketProcessor
from demo.training.data.augment import EVERYTHING, Augmentation
from demo.training.data.concepts import CONCEPTS
from demo.training.workers import Worker, run_workers

SOURCES = ("cifar10-train.zip", "mnist-train.npz", "spoken-digits-train.zip", "esc10-train.zip")
SHARES = 2  # batches in a step of the last three stages, one for each process where there are as many cores


def _print(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


@dataclass(frozen=True)
class Joint:
    """The last three stages as one of several worker processes runs it: everything it needs, by path."""

    data: Path
    speech: Path
    runs: Path
    out: Path
    augmentation: Augmentation
    device: torch.device

    def __call__(self, worker: Worker) -> None:
        from demo.training.calibration.fit import calibrate
        from demo.training.stages.joint import train_joint
        from demo.training.stages.settle import settle

        model, processor = open_pocket(self.runs / "before")
        model.to(self.device).requires_grad_(True)  # type: ignore[arg-type]
        paths = (self.data, self.speech, self.runs)
        train_joint(model, processor.tokenizer, *paths, _print, worker, self.augmentation)
        settle(model, self.data, self.runs, _print, worker, self.augmentation)
        if worker.first:
            model.cpu()
            calibrate(model, processor.tokenizer, *paths[:2])
            save_pocket(model, processor, self.out)


def train_pocket(
    data: Path,
    runs: Path = Path("runs/pocket"),
    out: Path = POCKET_FOLDER,
    fresh: bool = False,
    speech: Path = Path("runs/speech"),
    report: Callable[[str], None] = _print,
    without: Sequence[str] = (),
    device: str = "auto",
) -> None:
    """Train all stages and write the checkpoint.

    speech: where the spoken corpus lies, or is built when it is not there (see speech_corpus.py);
    without: fields of Augmentation to switch off; device: auto, cuda, mps or cpu, where the model is while
    the material is drawn on the processor.

    Raises:
        UserError: there is no such device, DATA lacks one of the sources, a speech synthesiser is missing, or
            the run that would be gone on with was begun with other settings.
    """
    from demo.training.data.speech_corpus import build_speech
    from demo.training.stages.audio import train_audio_encoder
    from demo.training.stages.image import train_image_encoder
    from demo.training.stages.speech import train_speech

    place = choose_device(device)
    missing = [name for name in SOURCES if not (data / name).exists()]
    if missing:
        raise UserError("train_missing_data", folder=str(data), files=", ".join(missing))
    for name in SOURCES:
        with zipfile.ZipFile(data / name):  # an .npz is one too; a damaged one is better found now
            pass
    if fresh:
        shutil.rmtree(runs, ignore_errors=True)
    augmentation = EVERYTHING.without(without)
    _same_settings(runs, augmentation)
    report(f"training on {describe(place)}")
    build_speech(speech, report)
    model, processor = _untrained()
    model.to(place)  # type: ignore[arg-type]
    config, images, sounds = model.config, model.image_encoder, model.audio_encoder
    train_image_encoder(images, data, runs, config.image_size, report, augmentation)
    train_audio_encoder(sounds, data, runs, config, report, augmentation)
    train_speech(sounds, data, speech, runs, config, report, augmentation)
    save_pocket(model, processor, runs / "before")
    processes = SHARES if place.type == "cpu" and (os.cpu_count() or 1) >= SHARES else 1
    run_workers(processes, Joint(data, speech, runs, out, augmentation, place), SHARES)
    report(f"saved {out}")


def _same_settings(runs: Path, augmentation: Augmentation) -> None:
    """Note the settings of a new run; refuse to go on with one that has others."""
    path, settings = runs / "settings.json", asdict(augmentation)
    if not path.exists():
        runs.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings, indent=2), encoding="utf-8")
    elif json.loads(path.read_text(encoding="utf-8")) != settings:
        raise UserError("train_other_settings", folder=str(runs))


def _untrained() -> tuple[PocketModel, PocketProcessor]:
    """The model before the first step, always the same."""
    from demo.models.pocket.tokenization import task_tokens
    from demo.training.data.vocabulary import make_tokenizer

    torch.manual_seed(0)
    config = PocketConfig(concepts=CONCEPTS, dropout=0.0)  # the material is endless
    tokenizer = make_tokenizer(config.vocab_size, config.max_text_tokens)
    config.vocab_size = len(tokenizer)
    config.tasks, config.end_token = task_tokens(tokenizer), tokenizer.eos_token_id
    return PocketModel(config), PocketProcessor.for_config(tokenizer, config)
