"""The recipe of the pocket model: three stages, then one checkpoint in assets/models/pocket.

    python -m demo train pocket --data DATA

DATA holds cifar10-train.zip, mnist-train.npz, spoken-digits-train.zip and esc10-train.zip (see
sources.py). A run that is cut off goes on where it was; `--fresh` starts again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import torch

from demo.errors import UserError
from demo.models.checkpoints import POCKET_FOLDER, save_pocket
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.modeling import PocketModel
from demo.models.pocket.processor import PocketProcessor
from demo.training.concepts import CONCEPTS

SOURCES = ("cifar10-train.zip", "mnist-train.npz", "spoken-digits-train.zip", "esc10-train.zip")


def _print(line: str) -> None:
    print(time.strftime("%H:%M:%S"), line, flush=True)


def train_pocket(
    data: Path,
    runs: Path = Path("runs/pocket"),
    out: Path = POCKET_FOLDER,
    fresh: bool = False,
    report: Callable[[str], None] = _print,
) -> None:
    """Train all stages and write the checkpoint.

    Raises:
        UserError: DATA lacks one of the sources.
    """
    from demo.training.audio_stage import train_audio_encoder
    from demo.training.image_stage import train_image_encoder
    from demo.training.joint_stage import make_tokenizer, train_joint

    missing = [name for name in SOURCES if not (data / name).exists()]
    if missing:
        raise UserError("train_missing_data", folder=str(data), files=", ".join(missing))
    if fresh:
        shutil.rmtree(runs, ignore_errors=True)
    torch.manual_seed(0)
    config = PocketConfig(concepts=CONCEPTS)
    tokenizer = make_tokenizer(config.vocab_size, config.max_text_tokens)
    config.vocab_size = len(tokenizer)
    model = PocketModel(config)
    train_image_encoder(model.image_encoder, data, runs, config.image_size, report)
    train_audio_encoder(model.audio_encoder, data, runs, config, report)
    train_joint(model, tokenizer, data, runs, report)
    save_pocket(model, PocketProcessor.for_config(tokenizer, config), out)
    report(f"saved {out}")
