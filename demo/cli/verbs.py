"""What each verb does: flags → the pipeline, the page or the recipe → an Answer.

Knows nothing about how answers are printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from demo.cli import film, lookup, presets, report
from demo.cli.given import labels_of, sample_of, settings_of
from demo.cli.output import Answer
from demo.cli.talk import converse
from demo.errors import UserError
from demo.schema import MODALITIES, to_json
from demo.start import importing
from demo.subtitles import KINDS


def serve(flags: argparse.Namespace) -> None:
    """Run the page and the API until interrupted."""
    from demo.ui.network import check_address

    settings = settings_of(flags)
    check_address(settings.host, settings.port)  # a refusal need not wait for the models' code
    with importing():
        from demo.ui.serve import serve as serve_page

    serve_page(settings)


def predict(flags: argparse.Namespace) -> Answer:
    """What the model believes about one sample."""
    settings, sample, labels = settings_of(flags), sample_of(flags), labels_of(flags)
    from demo.opening import open_pipeline  # a refusal need not wait for the models' code

    pipeline = open_pipeline(settings)
    sample = pipeline.with_spoken_words(sample) if flags.hear_words else sample
    labels = labels or pipeline.default_labels(sample, flags.language)
    prediction = pipeline.predict(sample, labels, flags.fusion)
    return Answer(prediction, report.of_prediction(prediction, flags.language))


def explain(flags: argparse.Namespace) -> Answer:
    """Where the model looked; pictures and numbers go to --out when it is given."""
    settings, sample, labels = settings_of(flags), sample_of(flags), labels_of(flags)
    from demo.cli.maps import make_folder, with_files
    from demo.explain.request import request_of
    from demo.opening import open_pipeline
    from demo.pipeline import DEFAULT_METHOD

    request = replace(
        request_of(flags.of, flags.label, flags.language, flags.asked_language),
        methods=(flags.method or DEFAULT_METHOD,),
        fusion=flags.fusion,
        measured=True,
    )
    folder = make_folder(flags.out) if flags.out else None
    pipeline = open_pipeline(settings)
    if flags.hear_words and request.what != "word":  # a word is explained as its own verb writes it
        sample = pipeline.with_spoken_words(sample)
    labels = labels or pipeline.default_labels(sample, flags.language)
    explanation = pipeline.explain(sample, request, labels)
    value = to_json(explanation, flags.language)
    value = with_files(value, explanation, sample, folder, flags.language)
    return Answer(value, report.of_explanation(explanation, folder, flags.language))


def caption(flags: argparse.Namespace) -> Answer:
    """One sentence about a sample."""
    settings, sample = settings_of(flags), sample_of(flags)
    from demo import tasks
    from demo.opening import open_pipeline

    tasks.check_beams(flags.beams)
    wish = tasks.Wish("caption", sample, language=flags.language, beams=flags.beams)
    found = tasks.tell(open_pipeline(settings), wish)
    return Answer(found, report.of_words(found, flags.language))


def ask(flags: argparse.Namespace) -> Answer:
    """A question about a picture or a sound; --language, when given, is that of the answer."""
    return _tell(flags, "ask", flags.image, flags.audio, flags.question, flags.asked_language)


def transcribe(flags: argparse.Namespace) -> Answer:
    """What a voice says; --language, when given, is the one it speaks; also as subtitles."""
    from demo.cli.subtitles import check_places, with_subtitles

    wanted = {kind: getattr(flags, kind) for kind in KINDS if getattr(flags, kind)}
    check_places(wanted)
    answer = _tell(flags, "transcribe", None, flags.audio, None, flags.asked_language)
    return with_subtitles(answer, wanted, flags.language)


def translate(flags: argparse.Namespace) -> Answer:
    """A sentence in the language of --to."""
    return _tell(flags, "translate", flags.image, None, flags.text, flags.to)


def _tell(
    flags: argparse.Namespace,
    task: str,
    image: str | None,
    audio: str | None,
    text: str | None,
    language: str | None,
) -> Answer:
    from demo import tasks

    settings = settings_of(flags)
    limit = settings.max_upload_mb
    wish = tasks.wish(task, image, audio, text or "", language, flags.beams, limit)
    from demo.opening import open_pipeline

    found = tasks.tell(open_pipeline(settings), wish)
    return Answer(found, report.of_words(found, flags.language))


def evaluate(flags: argparse.Namespace) -> Answer:
    """Measures over one's own data, or over the picture world of --seed."""
    if flags.task == "classify" or (flags.task == "mood" and flags.data):
        return _classify(flags)
    return _own(flags) if flags.data else _world(flags)


def _own(flags: argparse.Namespace) -> Answer:
    from demo.data.datasets import open_dataset, open_table
    from demo.evaluation.own_data import (
        OWN_TASKS,
        Options,
        check_table,
        evaluate_own,
        evaluate_unfamiliar,
    )
    from demo.opening import open_pipeline
    from demo.tasks import check_beams

    task, path = flags.task, Path(flags.data)
    if task not in OWN_TASKS and task != "unfamiliar":
        known = ", ".join(("classify", "mood", *OWN_TASKS, "unfamiliar"))
        raise UserError("eval_task_no_data", task=task, known=known)
    check_beams(flags.beams)
    if flags.write_card:
        raise UserError("eval_card_incomplete")
    options = Options(
        limit=flags.limit,
        seed=flags.seed,
        language=flags.asked_language,
        split=flags.split,
        modalities=tuple(flags.modality or MODALITIES),
        beams=flags.beams,
        closer=flags.closer,
        said_in=flags.language,
    )
    if task == "unfamiliar":
        with open_dataset(path, flags.split) as dataset:
            found = evaluate_unfamiliar(open_pipeline(settings_of(flags)), dataset, options)
    else:
        with open_table(path) as table:
            check_table(table, task)  # before the model is loaded
            found = evaluate_own(open_pipeline(settings_of(flags)), table, task, options)
    return Answer(found, report.of_own(found, flags.language))


def _world(flags: argparse.Namespace) -> Answer:
    from demo.cli.flags.measures import WORLD_TASKS
    from demo.evaluation import world_tasks
    from demo.evaluation.report.invariance_card import write_invariance
    from demo.evaluation.report.maps_card import write_maps_card
    from demo.opening import open_pipeline
    from demo.tasks import check_beams

    if flags.split:
        raise UserError("eval_split_needs_data")
    if flags.task not in world_tasks.WORLD_TASKS:  # before the model is loaded
        known = [task for task in WORLD_TASKS if task in world_tasks.WORLD_TASKS]
        raise UserError("eval_task_unavailable", task=flags.task, known=", ".join(known))
    check_beams(flags.beams)
    cards = {"explain": write_maps_card, "invariance": write_invariance}
    if flags.write_card and (flags.task not in cards or flags.limit):
        raise UserError("eval_card_incomplete")
    found = world_tasks.evaluate_world(
        open_pipeline(settings_of(flags)).for_world(),
        flags.task,
        seed=flags.seed,
        limit=flags.limit,
        beams=flags.beams or 1,
        modalities=tuple(flags.modality or MODALITIES),
    )
    written = cards[flags.task](found) if flags.write_card else ()
    return Answer(found, report.of_world(found, flags.language, written))


def _classify(flags: argparse.Namespace) -> Answer:
    from demo.data.datasets import open_dataset
    from demo.evaluation.abilities import is_recipe_folder, measure_abilities
    from demo.evaluation.classify import Options, evaluate
    from demo.evaluation.report.card import write_card
    from demo.evaluation.world_tasks.mood import LABELS as MOODS
    from demo.opening import open_pipeline

    if not flags.data:
        raise UserError("eval_no_data")
    settings, path = settings_of(flags), Path(flags.data)
    options = Options(
        modalities=tuple(flags.modality or MODALITIES),
        fusion=flags.fusion,
        labels=MOODS if flags.task == "mood" else labels_of(flags),
        limit=flags.limit,
        seed=flags.seed,
        language=flags.language,
        task=flags.task,
    )
    recipe = flags.task == "classify" and is_recipe_folder(path)
    if flags.write_card and (not recipe or flags.limit):
        raise UserError("eval_card_incomplete")
    if recipe and flags.split:
        raise UserError("eval_no_split", split=flags.split, known="–")
    if recipe:
        found = measure_abilities(open_pipeline(settings).for_world(), path, options)
        written = write_card(found) if flags.write_card else ()
        if flags.json:
            options.report(" ".join(map(str, written)))
        return Answer(found, report.of_abilities(found, written, flags.language))
    with open_dataset(path, flags.split) as dataset:
        scores = evaluate(open_pipeline(settings), dataset, options)
    return Answer(scores, report.of_evaluation(scores, flags.language))


def train(flags: argparse.Namespace) -> Answer | None:
    """Run a recipe; it says on standard output how far it is."""
    import zipfile

    if flags.recipe == "fusion":
        from demo.cli.lab import train_fusion

        return train_fusion(flags, settings_of(flags))
    if not flags.data:
        raise UserError("cli_train_data_folder", recipe=flags.recipe)

    try:
        data, device = Path(flags.data), flags.device
        if flags.recipe == "real":
            from demo.training.real.recipe import train_real

            train_real(data, fresh=flags.fresh, seed=flags.seed)
            return None
        from demo.training.pocket import train_pocket

        train_pocket(data, fresh=flags.fresh, without=flags.without, device=device)
    except BrokenPipeError:
        raise
    except ModuleNotFoundError as error:
        raise UserError("cli_missing_package", package=error.name or "") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError("cli_cannot_train", why=str(error)) from None
    return None


VERBS: dict[str, Callable[[argparse.Namespace], Answer | None]] = {
    "serve": serve,
    "predict": predict,
    "explain": explain,
    "caption": caption,
    "ask": ask,
    "transcribe": transcribe,
    "translate": translate,
    "converse": converse,
    "evaluate": evaluate,
    "annotate": film.annotate,
    "index": lookup.index,
    "search": lookup.search,
    "train": train,
    "download": presets.download,
    "calibrate": presets.calibrate,
}
