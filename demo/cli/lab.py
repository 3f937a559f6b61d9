"""`train fusion`: the fusion lab on the command line, with the numbers that the page would show."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from demo.cli.flags.models import LESSONS
from demo.cli.output import Answer
from demo.errors import UserError
from demo.schema import to_json
from demo.settings import Settings


def train_fusion(flags: argparse.Namespace, settings: Settings) -> Answer:
    """Encode, train, compare; files go to --out.

    Raises:
        UserError: what the data, the options or the folder have wrong.
    """
    from demo.lab.examples import checked
    from demo.lab.lessons import SIZE, lesson
    from demo.lab.readers import opened_data
    from demo.lab.training import Recipe, strategies_named

    if not flags.examples:
        raise UserError("cli_train_needs_data", lessons=", ".join(LESSONS))
    strategies = strategies_named(flags.strategies)
    recipe = Recipe(
        epochs=flags.epochs,
        rate=flags.rate,
        dropout=flags.dropout,
        balance=flags.balance,
        loss=flags.loss,
        missing=flags.missing,
        seed=flags.seed,
    )
    folder = _folder(flags.out) if flags.out else None
    if flags.examples in LESSONS:
        data = checked(lesson(flags.examples, flags.seed, flags.limit or SIZE))
        return _run(flags, settings, data, strategies, recipe, folder)
    with opened_data(Path(flags.examples), flags.limit, flags.seed) as data:
        return _run(flags, settings, data, strategies, recipe, folder)


def _run(
    flags: argparse.Namespace,
    settings: Settings,
    data: Any,
    strategies: list[str],
    recipe: Any,
    folder: Path | None,
) -> Answer:
    from demo.evaluation.progress import to_standard_error
    from demo.lab.compare import Comparison
    from demo.lab.encode import SampleEncoder, encode_set, reader_of
    from demo.lab.noise import AUGMENTATIONS
    from demo.lab.training import train_all
    from demo.opening import open_pipeline

    for way in flags.augment:
        if way not in AUGMENTATIONS:
            wanted = ", ".join(AUGMENTATIONS)
            raise UserError("lab_option", name="--augment", wanted=wanted, value=way)

    def report(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            to_standard_error(f"{done} / {total}")

    pipeline = open_pipeline(settings)
    encoder = SampleEncoder(reader_of(pipeline, data))
    encoded = encode_set(encoder, data, seed=flags.seed, ways=tuple(flags.augment), report=report)
    trainer = train_all(encoded, strategies, recipe)
    comparison = Comparison(trainer, encoder)
    comparison.measure()
    value = summary(trainer, comparison, flags.language)
    if folder is not None:
        _write(folder, trainer, comparison, value, flags.language)
    return Answer(value, _told(value, folder, flags.language))


def summary(trainer: Any, comparison: Any, language: str) -> dict[str, Any]:
    """All that was measured, as JSON has it."""
    from demo.lab.report import spoken_advice

    data = comparison.data
    return {
        "data": data.data.name,
        "encoder": data.encoder,
        "examples": len(data.targets),
        "held_out": int(data.test.sum()),
        "classes": list(data.data.classes),
        "recipe": to_json(trainer.recipe),
        "notes": [note.text(language) for note in data.data.notes],
        "strategies": {
            name: {
                "parameters": result.parameters,
                **{m: to_json(one) for m, one in result.measures.items()},
                "noise": to_json(result.noise),
                "missing": to_json(result.missing),
            }
            for name, result in comparison.results.items()
        },
        "advice": " ".join(spoken_advice(comparison.results, language, _named(language))),
    }


def _named(language: str) -> Any:
    from demo.lab.report import naming

    return naming(language)


def _told(value: dict[str, Any], folder: Path | None, language: str) -> str:
    """A table for a person."""
    name = _named(language)
    head = (
        f"{value['data']}: {value['examples']} ({value['held_out']} held out), {value['encoder']}"
    )
    ranked = sorted(value["strategies"].items(), key=lambda item: -_main(item[1])["value"])
    rows = [
        f"{100 * _main(one)['value']:6.1f} %  ({100 * _main(one)['low']:.1f}–{100 * _main(one)['high']:.1f})"
        f"  {one['parameters']:>8,}  {name(key)} [{key}]"
        for key, one in ranked
    ]
    where = [str(folder)] if folder else []
    return "\n".join([head, *value["notes"], *rows, value["advice"], *where]).strip()


def _main(one: dict[str, Any]) -> dict[str, Any]:
    return one.get("accuracy") or one["r2"]


def _folder(said: str) -> Path:
    folder = Path(said)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError("cli_cannot_write", path=said, why=error.strerror or "") from None
    return folder


def _write(
    folder: Path, trainer: Any, comparison: Any, value: dict[str, Any], language: str
) -> None:
    from demo.lab.cases import answers, as_csv
    from demo.lab.keep import as_fusion, exported
    from demo.lab.logs import event_files
    from demo.lab.report import html_report
    from demo.lab.training import ALONE

    files = {
        "results.json": json.dumps(value, ensure_ascii=False, indent=1).encode(),
        "report.html": html_report(trainer, comparison, language).encode(),
        "examples.csv": as_csv(comparison, answers(comparison)),
    }
    files |= {f"tensorboard/{name}": held for name, held in event_files(comparison).items()}
    for name, run in trainer.runs.items():
        if not name.startswith(ALONE):
            fusion = as_fusion(run, comparison.data, comparison.results[name])
            data = comparison.data.data
            files[f"{name}.zip"] = exported(fusion, data.name, data.kind)
    try:
        for name, held in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(held)
    except OSError as error:
        raise UserError("cli_cannot_write", path=str(folder), why=error.strerror or "") from None
