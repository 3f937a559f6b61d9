"""The About panel: every measured row in words of both languages, and what was promised of it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from demo.ability import Ability
from demo.errors import LANGUAGES
from demo.evaluation.report.rows import DEGRADED_ROWS, MACHINE_ROWS, WORLD_ROWS
from demo.evaluation.trials import TRIALS
from demo.models.checkpoints.facts import read_facts
from demo.models.checkpoints.pocket import pocket_metrics
from demo.models.presets import PRESETS
from demo.ui.about import tab
from demo.ui.names import Names
from demo.ui.strings import catalogue, say
from tests.ui.test_figures import Tags

ROWS = (*DEGRADED_ROWS, *WORLD_ROWS, *MACHINE_ROWS)
OF_POCKET = read_facts(PRESETS["pocket"].facts).doubts
NAMES = Names({"en": ["cat"], "zh": ["猫"]})
GOOD = Ability("photos", "accuracy", 0.89, 3_000, "made up", 0.85, low=0.88, high=0.9, ece=0.021)
SIZE = Ability("size", "megabytes", 16, 1, "", at_most=25, low=16, high=16, unit="MB")
BETWEEN = Ability("degraded digits seen", "accuracy", 0.76, 300, "", 0.7, 0.85)
SURE = replace(GOOD, ece=0.051)
SLOW = Ability("time for an answer", "median milliseconds", 95.4, 20, "", at_most=80, unit="ms")


def texts(ability: Ability, language: str = "en") -> str:
    """What the table says of it, with ordinary spaces."""
    html = tab.quality({"abilities": [asdict(ability)]}, language)
    return Tags(html).text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_has_its_words(language: str) -> None:
    keys = {
        *(f"measured_ability_{row.ability}" for row in (*TRIALS, *ROWS)),
        *(f"measured_data_{row.ability}" for row in (*TRIALS, *ROWS)),
        *(f"measured_measure_{row.measure}" for row in ROWS),
        "measured_measure_accuracy",
    }
    words = catalogue(language)
    missing = {key for key in keys if not words.get(key.replace(" ", "_"))}
    assert not missing
    if language == "zh":
        english = catalogue("en")
        measured = {key.replace(" ", "_") for key in keys}
        assert not {key for key in measured if words[key] == english[key]}


def test_words_are_there_for_measured_rows_only() -> None:
    known = {row.ability.replace(" ", "_") for row in (*TRIALS, *ROWS)}
    prefix = "measured_data_"
    worded = {key.removeprefix(prefix) for key in catalogue("en") if key.startswith(prefix)}
    assert worded == known


@pytest.mark.parametrize(
    "ability, said",
    [
        (GOOD, ("89.0%", "≥ 85.0%", "88.0% – 90.0%", "2.1%", "3,000")),
        (SIZE, ("16.0 MB", "≤ 25.0 MB")),
        (SLOW, ("95 ms", "≤ 80 ms")),
        (BETWEEN, ("76.0%", "70.0% – 85.0%")),
    ],
)
def test_values_come_with_unit_promise_interval_and_calibration(
    ability: Ability, said: tuple[str, ...]
) -> None:
    assert all(words in texts(ability) for words in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_promise_is_said(language: str) -> None:
    broken = say("about_promise_broken", language)
    assert broken in texts(SLOW, language)
    assert broken in texts(Ability("photos", "accuracy", 0.8, 9, "", 0.85), language)
    assert broken in texts(SURE, language)  # sure of itself without reason
    assert not any(broken in texts(one, language) for one in (GOOD, SIZE, BETWEEN))


def test_nothing_is_promised_of_a_row_without_a_promise() -> None:
    row = Ability("degraded digits seen", "accuracy", -0.1, 9, "")
    assert say("about_promise_broken", "en") not in texts(row) and "≥" not in texts(row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_has_a_cell_for_every_column(language: str) -> None:
    metrics: dict[str, Any] = {"abilities": [asdict(GOOD), asdict(SLOW)]}
    tags = [name for name, _ in Tags(tab.quality(metrics, language)).seen]
    columns = tags.count("th") - 2  # each row begins with one
    assert tags.count("td") + 2 == 2 * columns


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_embedded_model_is_shown(language: str) -> None:
    assert Tags(tab.about(NAMES, pocket_metrics(), OF_POCKET, language)).text


def test_doubts_about_the_pocket_model_are_not_said_of_one_that_takes_any_label() -> None:
    taught, anything = (
        tab.about(NAMES, {}, OF_POCKET, "en"),
        tab.about(Names(None), {}, (), "en"),
    )
    photos, stakes = say("about_doubt_photos", "en"), say("about_doubt_stakes", "en")
    assert photos in taught and photos not in anything
    assert stakes in taught and stakes in anything
