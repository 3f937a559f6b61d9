"""The Search tab and /search: a collection is indexed and asked, and a hit says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from playwright.sync_api import expect

from demo.errors import UserError
from demo.pipeline import Pipeline
from demo.search.saved import save_index
from demo.ui.search.shelf import Shelf
from demo.ui.strings import say


@pytest.mark.browser
def test_search_in_a_browser(opened: Any) -> None:
    page = opened()
    page.get_by_role("tab", name=say("tab_search", "en"), exact=True).click()
    page.click("#search-run")
    expect(page.locator("#search-status .syn-trouble")).to_be_visible()  # nothing is indexed yet
    page.click("#search-index")
    expect(page.locator(".syn-collection")).to_be_visible(timeout=90_000)
    page.fill("#search-sentence textarea", "a lion")
    page.click("#search-run")
    expect(page.locator(".syn-hit").first).to_contain_text("lion.jpg")
    expect(page.locator(".syn-hit").first).to_contain_text(say("sense_image", "en"))
    page.locator(".syn-hit").first.click()
    expect(page.locator("#search-why .syn-map")).to_have_count(2)
    page.click("#syn-language >> text=中文")
    expect(page.locator("#search-why h3")).to_have_text(say("search_why_title", "zh"))


def test_programs_search_and_are_refused_in_one_sentence(app_url: str) -> None:
    client = Client(app_url, verbose=False)
    found = client.predict(text="一只熊猫", collection="examples", count=2, api_name="/search")
    assert len(found["hits"]) == 2 and found["hits"][0]["name"] == "panda.jpg"
    for wrong in ({"collection": "/etc"}, {"weights": "text=7"}, {"correction": "magic"}):
        with pytest.raises(Exception, match=r"collection|weights|correction"):
            client.predict(text="a lion", api_name="/search", **wrong)


def test_a_brought_index_names_no_file_of_this_machine(pipeline: Pipeline, tmp_path: Path) -> None:
    shelf = Shelf(pipeline, "exact")
    work = shelf.begin("world:3:6")
    list(work.work())
    index = work.result().index
    work.close()
    save_index(replace(index, source="/etc"), tmp_path / "a.safetensors")
    brought = shelf.brought(str(tmp_path / "a.safetensors"))
    assert brought is not None and brought.source == ""
    with pytest.raises(UserError, match="Choose files"):
        shelf.source("own", None, 0, [])
