"""A link opens the page as it was: it carries what was chosen and which example, never files or sentences."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
import pytest
from playwright.sync_api import expect

from demo.settings import Settings
from demo.ui import links
from demo.ui.build import build_app
from demo.ui.fuse import examples
from demo.ui.fuse.handlers import Handlers
from demo.ui.guard.blocks import GuardedBlocks
from demo.ui.links import Linked
from demo.ui.strings import news
from tests.ui.fakes import FakePipeline

CHOICES = [("Mean", "mean"), ("Max", "max")]


def tab() -> tuple[Linked, dict[str, Any]]:
    """A tab of three fields and two examples."""
    fields = {
        "labels": SimpleNamespace(),
        "fusion": SimpleNamespace(choices=CHOICES),
        "noise": SimpleNamespace(minimum=0, maximum=100),
    }
    accepted = {
        "labels": (fields["labels"], links.typed),
        "fusion": (fields["fusion"], links.chosen(fields["fusion"])),
        "noise": (fields["noise"], links.number(fields["noise"])),
    }
    linked = Linked(
        "look",
        {name: (id(one), accept) for name, (one, accept) in accepted.items()},
        ["picture", id(fields["labels"])],
        lambda place, language: [f"{place}.jpg", "from the example"],
        lambda: 2,
    )
    return linked, {name: id(one) for name, one in fields.items()}


def test_what_is_written_is_read_again() -> None:
    linked, at = tab()
    address = "?lang=zh&" + links.query("look", 1, labels="猫、狗", fusion="max", noise=40.0)
    found = links.opened([linked], address, "zh")
    assert found == {
        "picture": "1.jpg",
        at["labels"]: "猫、狗",  # what the link says comes after what the example fills in
        at["fusion"]: "max",
        at["noise"]: 40.0,
    }


@pytest.mark.parametrize(
    "address",
    [
        "",
        "?tab=nowhere&labels=cat",
        "?tab=look&fusion=gone&noise=loud&example=9&other=1",
        "?tab=look&example=-1&noise=nan",
        "?tab=look&example=" + "9" * 5000,
        "?" + "&".join(f"a{i}=1" for i in range(99)),
    ],
)
def test_an_address_that_does_not_fit_changes_nothing(address: str) -> None:
    assert links.opened([tab()[0]], address, "en") == {}


def test_a_number_beyond_its_limits_is_the_nearest() -> None:
    linked, at = tab()
    assert links.opened([linked], "?tab=look&noise=1e9", "en") == {at["noise"]: 100}


def test_a_choice_that_is_offered_later_is_offered_now() -> None:
    update = links.added("look_label_winner")("dog", "en")
    assert update["value"] == "dog" and ("dog", "dog") in update["choices"]
    known = links.added("", ("rise",), "method_")
    assert known("rise", "en")["choices"] == [("RISE", "rise")] and known("gone", "en") is None


def test_a_result_knows_its_link(files: Path) -> None:
    handlers = Handlers(FakePipeline(), Settings())  # type: ignore[arg-type]
    row = examples.available()[0]
    picture, sound = (str(file) if file else None for file in row.files)
    rest = ("cat, dog", "mean", "best", "dog", False)
    *_, (_, html, kept) = handlers.run("en", picture, None, False, sound, "a secret", *rest)
    said = parse_qs(kept.link)
    assert said == {
        "tab": ["fuse"],
        "example": ["1"],
        "labels": ["cat, dog"],
        "fusion": ["mean"],
        "method": ["best"],
        "target": ["dog"],
        "hear": ["0"],
    }
    assert "data-address" in html and "tab=fuse" in html
    own = str(files / "picture.png")
    *_, (_, _, kept) = handlers.run("en", own, None, False, None, "a secret", *rest)
    assert "example" not in parse_qs(kept.link)
    assert "secret" not in kept.link and "picture.png" not in kept.link


@pytest.fixture(scope="module")
def page() -> GuardedBlocks:
    return build_app(FakePipeline(), Settings())  # type: ignore[arg-type]


def test_every_field_of_a_link_is_a_component_that_can_be_updated(page: GuardedBlocks) -> None:
    address = next(
        block for block in page.blocks.values() if getattr(block, "elem_id", "") == "syn-address"
    )
    assert isinstance(address, gr.Textbox)


def test_nobody_is_told_of_progress_that_is_not_shown(page: GuardedBlocks) -> None:
    hidden = [fn for fn in page.fns.values() if fn.show_progress == "hidden"]
    assert len(hidden) > 50 and all(fn.show_progress_on == [] for fn in hidden)


def test_a_page_that_opens_is_told_only_what_it_does_not_show_yet() -> None:
    box = gr.Textbox("a dog", label="Words", render=False)
    assert news(box, gr.update(label="Words", value="a dog")) == gr.skip() == news(box, "a dog")
    assert news(box, gr.update(label="文字", value="a dog")) == gr.update(label="文字")
    assert news(box, gr.update(value=None)) == gr.update(value=None)
    assert news(box, "a cat") == "a cat" and news(box, gr.skip()) == gr.skip()


@pytest.mark.browser
def test_a_result_is_announced_kept_and_opened_again_by_its_link(
    opened_fake: Any, fake_url: str, tmp_path: Path
) -> None:
    page = opened_fake("?lang=en&tab=fuse&example=2&labels=cat%2C+rain&fusion=max&target=rain")
    said = page.locator("#syn-announcer")
    expect(said).to_contain_text("Together: cat, 67%")
    expect(page.locator("#syn-labels textarea")).to_have_value("cat, rain")
    with page.expect_download() as kept:
        page.click("#syn-results [data-save=report]")
    kept.value.save_as(tmp_path / "report.html")
    link = page.locator("#syn-results [data-address]").get_attribute("data-copy")
    assert parse_qs(link.lstrip("?")) == {
        "lang": ["en"],
        "tab": ["fuse"],
        "example": ["2"],
        "labels": ["cat, rain"],
        "fusion": ["max"],
        "method": ["best"],
        "target": ["rain"],
        "hear": ["0"],
    }
    report = page.context.new_page()
    asked: list[str] = []
    report.on("request", lambda one: asked.append(one.url))
    report.goto((tmp_path / "report.html").as_uri())
    expect(report.locator("h1")).to_contain_text("cat")
    assert report.locator("img").evaluate_all("all => all.every(one => one.naturalWidth > 0)")
    assert [one for one in asked if not one.startswith(("data:", "file:"))] == []
    report.close()
