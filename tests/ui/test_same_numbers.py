"""Page, API and command line answer the same question with the same numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gradio_client import Client, handle_file

from demo.__main__ import main
from demo.models.presets import MODELS_FOLDER

EXAMPLES = MODELS_FOLDER.parent / "examples"
PICTURE, SOUND = EXAMPLES / "three.png", EXAMPLES / "seven.flac"
TEXT, LABELS = "a three on paper", "three,seven,cat,rain"
TIMELESS = ("fused", "by_modality", "shares", "contributions", "agreement", "labels", "notes")


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    given = ["--image", str(PICTURE), "--audio", str(SOUND), "--text", TEXT]
    assert main([arguments[0], *given, *arguments[1:], "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def close(a: Any, b: Any) -> bool:
    """Equal but for the last digits of floating point."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
    return a == (pytest.approx(b, abs=2e-5) if isinstance(b, float) else b)


def test_api_and_command_line(app_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = Client(app_url, verbose=False, httpx_kwargs={"timeout": 60})
    files = {"image": handle_file(PICTURE), "audio": handle_file(SOUND), "text": TEXT}
    served = client.predict(**files, labels=LABELS, api_name="/predict")
    printed = asked(capsys, "predict", "--labels", LABELS)
    assert close({k: served[k] for k in TIMELESS}, {k: printed[k] for k in TIMELESS})
    served = client.predict(
        **files, labels=LABELS, label="seven", measured=True, api_name="/explain"
    )
    printed = asked(capsys, "explain", "--labels", LABELS, "--label", "seven")
    assert close(served["heatmaps"], printed["heatmaps"])
    served = client.predict(**files, api_name="/caption")
    assert close(served, asked(capsys, "caption"))


@pytest.mark.browser
def test_page_and_command_line(opened: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Every percentage in the table of the page is that of the command line, rounded."""
    page = opened()
    page.set_input_files("#syn-picture input[type=file]", PICTURE)
    page.locator("#syn-picture img").first.wait_for(state="attached")
    page.set_input_files("#syn-sound input[type=file]", SOUND)
    page.locator("#syn-sound .waveform-container").first.wait_for(state="attached")
    page.fill("#syn-sentence textarea", TEXT)
    page.fill("#syn-labels textarea", LABELS)
    page.click("#syn-run")
    page.locator(".syn-bars:not(.syn-side) tbody tr").first.wait_for()
    printed = asked(capsys, "predict", "--labels", LABELS)
    columns = [printed["fused"], *printed["by_modality"].values()]
    rows = page.locator(".syn-bars:not(.syn-side) tbody tr").all()
    assert len(rows) == len(printed["labels"])
    for row in rows:
        label = row.locator("th").inner_text().strip()
        shown = [float(value.strip("<%")) for value in row.locator(".syn-value").all_inner_texts()]
        assert shown == pytest.approx([100 * column[label] for column in columns], abs=0.51)
