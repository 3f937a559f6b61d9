"""How the page looks: Gradio's theme variables and our style sheet. No font is fetched from anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr

from demo.inputs import formats

_HERE = Path(__file__).parent / "static"
_LOCALES = Path(__file__).parent / "locales"
FONTS = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "WenQuanYi Micro Hei",
    "sans-serif",
)
MONO_FONTS = ("ui-monospace", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """Calm slate, generous corners, one accent."""
    return gr.themes.Base(
        primary_hue="indigo",
        secondary_hue="slate",
        neutral_hue="slate",
        radius_size="lg",
        font=FONTS,
        font_mono=MONO_FONTS,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        color_accent="*primary_600",
        block_border_width="1px",
        block_shadow="none",
        block_label_text_weight="600",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        checkbox_label_background_fill_selected_dark="*primary_600",
        input_border_width="1px",
        input_placeholder_color="*neutral_600",
        input_placeholder_color_dark="*neutral_300",
    )


def offered() -> dict[str, str]:
    """What the file dialogue of each kind of field offers, as the browser's `accept` says it."""
    kinds = {
        "image": formats.PICTURES,
        "audio": formats.SOUNDS,
        "video": formats.MOVING,
        "data": formats.DATA_SETS,
        "items": (*formats.PICTURES, *formats.SOUNDS, *formats.COLLECTIONS),
        "head": (".zip",),
    }
    return {kind: ",".join(dict.fromkeys(suffixes)) for kind, suffixes in kinds.items()}


def looks() -> dict[str, Any]:
    """The arguments of `launch` that dress the page."""
    words = (_LOCALES / "gradio.json").read_text(encoding="utf-8")
    # names.js comes last: page.js reads the browser's language, which names.js takes from Gradio.
    page, look, video, present, names, frame = (
        (_HERE / name).read_text(encoding="utf-8")
        for name in ("page.js", "look.js", "video.js", "present.js", "names.js", "frame.css")
    )
    reads = json.dumps(offered())
    told = f"window.synesthesiaReads = {reads};window.gradioWords = {words};"
    script = f"{told}{page}{look}{video}{present}{names}"
    return {
        "theme": theme(),
        "css_paths": [_HERE / "style.css", _HERE / "look.css"],
        "head": f"<style>{frame}</style><script>{script}</script>",
    }
