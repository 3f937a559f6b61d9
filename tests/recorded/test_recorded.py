"""The numbers of predictions and maps are what they were when they were recorded."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest

from demo import opening
from demo.explain import METHODS
from demo.fusion import FUSIONS
from tests.recorded.answers import (
    NEAR,
    RECORD,
    allowed,
    answer,
    differences,
    world_once,
)
from tests.recorded.fifty import REQUESTS

MOST_BYTES = 300_000
RECORDED = json.loads(RECORD.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def loaded_once() -> None:
    """One model for all requests, and none of the settings of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "open_pipeline", world_once())
        for name in [name for name in os.environ if name.startswith("SYNESTHESIA_")]:
            patch.delenv(name)
        yield


@pytest.mark.parametrize("request_", REQUESTS)
def test_the_answer_is_the_recorded_one(request_: str, tmp_path: Path) -> None:
    recorded = RECORDED["answers"][request_]
    assert not list(differences(recorded, answer(request_, tmp_path), allowed(request_)))[:5]


def test_fifty_requests_reach_every_fusion_and_method() -> None:
    assert len(REQUESTS) == 50 and list(RECORDED["answers"]) == list(REQUESTS)
    assert {r["fusion"] for r in RECORDED["answers"].values() if "fusion" in r} == set(FUSIONS)
    assert {r["method"] for r in RECORDED["answers"].values() if "method" in r} == set(METHODS)
    assert RECORD.stat().st_size <= MOST_BYTES


def test_a_changed_number_text_or_modality_is_noticed() -> None:
    recorded = RECORDED["answers"][REQUESTS[3]]
    assert not list(differences(recorded, recorded, (NEAR, NEAR)))
    for change in (
        lambda found: found["shares"].update(image=found["shares"]["image"] + 3e-4),
        lambda found: found["shares"].update(image=None),
        lambda found: found["shares"].pop("audio"),
        lambda found: found["shares"].update(text=0.0),
        lambda found: found.update(fusion="mean"),
    ):
        found = copy.deepcopy(recorded)
        change(found)
        assert len(list(differences(recorded, found, (NEAR, NEAR)))) == 1
