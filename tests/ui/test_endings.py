"""Whatever ends work of a tab also takes away what the page says of it: read off the page's listeners."""

from __future__ import annotations

import re
from typing import Any

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


def _with_it(page: Any, number: int) -> list[int]:
    """Listeners that start with this one, by the same press or after it."""
    found = [number]
    for one in page.fns.values():
        after = one.trigger_after in found
        if after or one.targets == page.fns[number].targets:
            found.append(one._id)
    return found
