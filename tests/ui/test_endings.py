"""Whatever ends work of a tab also takes away what the page says of it: read off the page's listeners."""

from __future__ import annotations

import asyncio
import re
import time
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from demo.errors import UserError
from demo.settings import Settings
from demo.ui.build import build_app
from tests.ui.fakes import FakePipeline

LINE = re.compile("-(status|replying)$")  # what says that something goes on


def test_nothing_ends_work_and_leaves_the_page_saying_that_it_works() -> None:
    page = build_app(FakePipeline(), Settings())  # type: ignore[arg-type]
    says = {
        number: {one._id for one in page.fns[number].outputs if LINE.search(str(one.elem_id))}
        for number in page.turns.tab_of
    }
    checked = 0
    for number, tabs in page.turns.leaves.items():
        told = {one._id for one in page.fns[number].outputs}
        for other in _with_it(page, number):
            told |= {one._id for one in page.fns[other].outputs}
        for work, tab in page.turns.tab_of.items():
            if tab in tabs and says[work]:
                checked += 1
                assert says[work] <= told, (page.fns[number].targets, tab)
    assert checked > 30


def test_work_that_is_asked_for_while_a_change_is_being_read_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = build_app(FakePipeline(), Settings())  # type: ignore[arg-type]
    change = next(number for number, tabs in page.turns.leaves.items() if "fuse" in tabs)
    work = next(number for number, tab in page.turns.tab_of.items() if tab == "fuse")
    meanwhile: list[float] = []

    async def read(*given: Any) -> None:
        meanwhile.append(time.monotonic())
        raise UserError("event_unknown")

    monkeypatch.setattr(page, "preprocess_data", read)
    before, request = time.monotonic(), SimpleNamespace(session_hash="a")
    with pytest.raises(gr.Error):
        asyncio.run(page.process_api(change, [], state=None, request=request))
    assert page.turns.left(work, "a", before)
    assert not page.turns.left(work, "a", meanwhile[0])


def _with_it(page: Any, number: int) -> list[int]:
    """Listeners that start with this one, by the same press or after it."""
    found = [number]
    for one in page.fns.values():
        after = one.trigger_after in found
        if after or one.targets == page.fns[number].targets:
            found.append(one._id)
    return found
