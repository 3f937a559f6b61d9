"""The Search tab and /search: a collection is indexed and asked, and a hit says why."""

from __future__ import annotations

import base64
import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from playwright.sync_api import expect

from demo.errors import LANGUAGES, UserError
from demo.lab.readers import opened_data
from demo.pipeline import Pipeline
from demo.search.collection import open_collection
from demo.search.saved import save_index
from demo.settings import Settings
from demo.ui.search import files, handlers
from demo.ui.search.shelf import Shelf, Shelved
from demo.ui.strings import say
from tests.ui.test_figures import Tags


@pytest.mark.browser
def test_search_in_a_browser(opened: Any) -> None:
    page = opened()
    page.get_by_role("tab", name=say("tab_search", "en"), exact=True).click()
    page.click("#search-run")
    expect(page.locator("#search-status .syn-trouble")).to_be_visible()  # nothing is asked for
    page.fill("#search-sentence textarea", "a lion")
    page.click("#search-run")  # which reads the collection by itself
    expect(page.locator(".syn-hit").first).to_contain_text("lion.jpg", timeout=90_000)
    expect(page.locator(".syn-collection")).to_be_visible()
    expect(page.locator(".syn-hit").first).to_contain_text(say("sense_image", "en"))
    page.locator(".syn-hit").first.click()
    expect(page.locator("#search-why .syn-map")).to_have_count(2, timeout=120_000)
    page.click("#syn-language >> text=中文")
    expect(page.locator("#search-why h3")).to_have_text(say("search_why_title", "zh"))


def test_programs_search_and_are_refused_in_one_sentence(app_url: str) -> None:
    client = Client(app_url, verbose=False, httpx_kwargs={"timeout": 60})
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


NAMES = ("{}", "../../{}", "x/../../../..{}", "file://{}", "..\\..\\{}")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_uploaded_table_opens_no_file_of_this_machine(
    app_url: str, tmp_path: Path, ending: str
) -> None:
    """By no way of writing where it lies; what was uploaded with it is found by its name."""
    secret = tmp_path / "private" / "secret.png"
    secret.parent.mkdir()
    Image.new("RGB", (40, 40), "red").save(secret)
    names = [one.format(secret) for one in NAMES]
    write_table(tmp_path / f"sly.{ending}", names)
    client = Client(app_url, verbose=False, httpx_kwargs={"timeout": 60})
    given = {"data": handle_file(tmp_path / f"sly.{ending}"), "text": "red", "api_name": "/search"}
    with pytest.raises(AppError, match=r"None of the 5 items.*names.*not there"):
        client.predict(**given)
    Image.new("RGB", (40, 40), "blue").save(tmp_path / "given.png")
    write_table(tmp_path / f"fair.{ending}", [*names, "photos/given.png"])
    both = (str(tmp_path / f"fair.{ending}"), str(tmp_path / "given.png"))
    with open_collection(both) as collection:
        *refused, found = collection.items
        sample = found.sample()
        for item in refused:
            with pytest.raises(UserError, match="not there"):
                item.sample()
    assert sample.image is not None and sample.image[0, 0].tolist() == [0, 0, 255]
    with (
        opened_data(tmp_path / f"sly.{ending}", uploaded=True) as lab,
        pytest.raises(UserError, match="not there"),
    ):
        lab.examples[0].sample()


def write_table(path: Path, names: list[str]) -> None:
    rows = [{"image": name, "label": "ab"[i % 2]} for i, name in enumerate(names)]
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
        return
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, ["image", "label"])
        table.writeheader()
        table.writerows(rows)


def test_a_large_collection_is_read_only_where_index_was_pressed(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "MOST_UNASKED", 5)
    searching = handlers.SearchHandlers(pipeline, Settings())
    asked = (None, None, "a lion", 1.0, 1.0, 1.0, "none", 4)
    *_, last = searching.find("en", None, "world", 3.0, 6.0, None, *asked)
    assert "6" in last[0] and "syn-trouble" in last[0] and last[2] is None
    *_, last = searching.find("en", None, "world", 3.0, 4.0, None, *asked)
    assert len(last[2].found.hits) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_found_can_be_kept(pipeline: Pipeline, language: str) -> None:
    searching = handlers.SearchHandlers(pipeline, Settings())
    asked = (None, None, "a lion", 1.0, 1.0, 1.0, "none", 4)
    *_, (_, html, kept, *_) = searching.find(language, None, "world", 3.0, 4.0, None, *asked)
    seen = Tags(html).seen
    assert {a["data-save"] for _, a in seen if "data-save" in a} == set(files.FILES)
    assert any((a.get("data-copy") or "").startswith("1. ") for _, a in seen)

    def saved(searched: Any, kind: str) -> bytes:
        link = Tags(searching.keep(language, searched, SimpleNamespace(kind=kind))).seen[0][1]  # type: ignore[arg-type]
        assert (link["download"] or "").startswith(f"synesthesia-search-{kind}.")
        return base64.b64decode((link["href"] or "").partition(",")[2])

    shown = searching.explained(kept, 0)
    assert b"<html" in saved(kept, "report") and "why" not in json.loads(saved(kept, "everything"))
    assert json.loads(saved(shown, "everything"))["why"]["query"]["values"]
    pictures = [np.asarray(Image.open(io.BytesIO(saved(one, "slide")))) for one in (kept, shown)]
    assert all(drawn.shape == (1080, 1920, 3) for drawn in pictures)
    corners = [drawn[1030:1062, 1400:] for drawn in pictures]  # what the colours of heat mean
    assert (corners[0] > 200).all() and (corners[1] < 100).any()
    with pytest.raises(gr.Error):
        saved(kept, "shoes")


def test_a_store_that_is_not_there_leaves_the_search_in_memory(pipeline: Pipeline) -> None:
    searching = handlers.SearchHandlers(pipeline, Settings(search_store="http://127.0.0.1:9"))
    asked = (None, None, "a lion", 1.0, 1.0, 1.0, "none", 4)
    steps = list(searching.find("en", None, "world", 3.0, 4.0, None, *asked))
    assert any("does not answer" in str(step[3]) for step in steps)
    assert steps[-1][2].found.engine == "exact" and len(steps[-1][2].found.hits) == 4


def test_another_collection_is_not_answered_for_by_the_one_before(pipeline: Pipeline) -> None:
    searching = handlers.SearchHandlers(pipeline, Settings())
    asked = (None, None, "a lion", 1.0, 1.0, 1.0, "none", 4)
    steps = list(searching.find("en", None, "world", 3.0, 4.0, None, *asked))
    shelved = next(step[4] for step in steps if isinstance(step[4], Shelved))
    *_, last = searching.find("en", shelved, "world", 4.0, 4.0, None, *asked)
    assert last[2].shelved.source == "world:4:4"
