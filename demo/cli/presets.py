"""Verbs about presets: fetching one ahead of time, and making its models' beliefs comparable."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from demo.cli import report
from demo.cli.given import settings_of
from demo.cli.output import Answer
from demo.errors import UserError


def download(flags: argparse.Namespace) -> Answer:
    """Fetch a preset's checkpoints ahead of time; how far it is goes to standard error."""
    from demo.models.hub.download import Progress, download, plan
    from demo.models.hub.pinning import unpinned, with_commits
    from demo.models.loaders import find_preset

    preset = find_preset(flags.name)
    parts = plan(preset)
    missing = sum(part.bytes for part in parts if not part.here)
    say = report.speaker(flags.language)
    if missing:
        print(say("cli_download_size", mb=-(-missing // 1_000_000)), file=sys.stderr, flush=True)
    shown = [-1]

    def told(progress: Progress) -> None:
        percent = 100 * progress.done // max(1, progress.total)
        if percent != shown[0]:
            shown[0] = percent
            print(f"{percent:3d} %  {progress.file}", file=sys.stderr, flush=True)

    found = download(preset, told) if missing else Progress(0, sum(p.bytes for p in parts))
    commits = unpinned(parts)
    value = {
        "preset": preset.name,
        "bytes": found.total,
        "downloaded": missing,
        "commits": {part.checkpoint.source: part.commit for part in parts},
    }
    lines = [say("cli_downloaded", preset=preset.name)]
    if flags.pin and preset.written_in is not None:
        place, folder = Path(flags.pin), preset.written_in.resolve().parent
        moved = folder if place.resolve().parent != folder else None
        _write(place, with_commits(preset.written_in.read_text(encoding="utf-8"), commits, moved))
        lines.append(say("cli_pinned", path=flags.pin))
    elif commits:
        lines += [say("cli_unpinned", source=s, commit=c) for s, c in commits.items()]
    return Answer(value, "\n".join(lines))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError("cli_cannot_write", path=str(path), why=why) from None


def calibrate(flags: argparse.Namespace) -> Answer:
    """Fit a preset's calibration to labelled data, and keep it beside the preset's file."""
    from dataclasses import replace

    from demo.data.datasets import open_dataset
    from demo.evaluation.calibrate import MOST, calibrate
    from demo.evaluation.own_data.run import Options
    from demo.models.calibration_file import calibration_path, write_fitted
    from demo.models.loaders import find_preset
    from demo.opening import open_pipeline
    from demo.schema import to_json

    preset = find_preset(flags.name)
    if preset.written_in is None:
        raise UserError("calibrate_one_space", preset=preset.name)
    path = Path(flags.out) if flags.out else calibration_path(preset.written_in)
    options = Options(limit=flags.limit or MOST, seed=flags.seed, said_in=flags.language)
    with open_dataset(Path(flags.data), flags.split) as dataset:
        pipeline = open_pipeline(replace(settings_of(flags), preset=flags.name))
        found = calibrate(pipeline, dataset, Path(flags.data).name, options)
    write_fitted(path, found.calibration, preset.roles)
    value = {**to_json(found, flags.language), "path": str(path)}
    return Answer(value, report.of_calibration(found, path, flags.language))
