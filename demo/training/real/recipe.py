"""The whole of it: `make train-real DATA=folder` makes the weights in assets/models/pocket-real."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.checkpoints.real import REAL_FOLDER, save_real
from demo.models.pocket.configuration import PocketConfig
from demo.models.pocket.real.modeling import RealModel
from demo.models.pocket.tokenization import task_tokens
from demo.training.real.drawn import fit_drawn
from demo.training.real.everyday import fit_everyday, kept, told_things
from demo.training.real.meaning import learn_meaning
from demo.training.real.photos import descriptions, seen
from demo.training.real.reranker import fit_worths
from demo.training.real.reward import learn_by_reward
from demo.training.real.stage import CAPTIONS, QUESTIONS, learn_sentences
from demo.training.real.verifier import fit_witnesses
from demo.training.real.words import make_tokenizer, taught


def to_standard_output(line: str) -> None:
    """With the time of day."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


def untrained(data: Path, runs: Path, seed: int = 0) -> tuple[RealModel, PreTrainedTokenizerFast]:
    """The model before the first step, always the same for a seed."""
    torch.manual_seed(seed)
    config = PocketConfig(
        hidden_size=288,
        num_heads=6,
        joint_layers=2,
        text_layers=2,
        decoder_layers=3,
        dropout=0.2,
        max_text_tokens=96,
        max_written_tokens=40,
    )
    kept = runs / "tokenizer"  # fitting it anew may order rare pieces in another way
    if not kept.exists():
        make_tokenizer(descriptions(data, "train"), config.max_text_tokens).save_pretrained(kept)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(kept, local_files_only=True)
    config.vocab_size = len(tokenizer)
    config.tasks, config.end_token = task_tokens(tokenizer), tokenizer.eos_token_id
    return RealModel(config), tokenizer


def train_real(
    data: Path,
    runs: Path = Path("runs/real"),
    out: Path = REAL_FOLDER,
    seed: int = 0,
    fresh: bool = False,
    report: Callable[[str], None] = to_standard_output,
) -> None:
    """Train all stages and write the checkpoint; a run that was cut off goes on where it was.

    seed: of the weights before the first step; fresh: begin anew, but for what the trunk saw, which stays.

    Raises:
        UserError: the photos are not in `data`, or the teacher is not installed.
    """
    if fresh:
        for old in runs.glob("*.ckpt"):
            old.unlink()
    photos = seen(data, "train", runs, report), seen(data, "val", runs, report)
    lessons = taught(photos[0].described, runs, report)
    model, tokenizer = untrained(data, runs, seed)
    report(f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} million parameters")
    for stage in (CAPTIONS, QUESTIONS):
        learn_sentences(model, tokenizer, photos, runs, report, stage)
    learn_by_reward(model, tokenizer, photos, runs, report)
    learn_meaning(model, tokenizer, photos, lessons, report, seed)
    words = kept(fit_everyday(photos[0]), photos[1])
    model.config.everyday_things = list(words.things)
    model.config.told_things = told_things(photos[0].described)
    drawn = fit_drawn(data)
    fitted: dict[str, Tensor] = {
        "everyday.weight": torch.from_numpy(words.weight),
        "everyday.bias": torch.from_numpy(words.bias),
        "drawn.weight": torch.from_numpy(drawn.weight),
        "drawn.bias": torch.tensor(drawn.bias),
    }
    save_real(model, tokenizer, fitted, out)
    fit_witnesses(data, out, runs, report)
    fit_worths(data, out, runs, report)
    report(f"saved {out}")
