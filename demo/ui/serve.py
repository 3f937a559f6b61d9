"""From Settings to a page that answers: open the models, build, launch, warm up."""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import numpy as np

from demo import tasks
from demo.errors import UserError
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform
from demo.settings import Settings
from demo.ui.build import build_app
from demo.ui.fuse import examples
from demo.ui.fuse.results import draw
from demo.ui.talk import examples as talk_examples
from demo.ui.theme import looks

log = logging.getLogger("synesthesia")


def serve(settings: Settings, wait: bool = True) -> gr.Blocks:
    """Open the page on settings.host and settings.port; returns when it is stopped (`wait`) or open.

    Raises:
        UserError: the models cannot be opened, or the port is taken.
    """
    pipeline = Pipeline.load(settings)
    page = build_app(pipeline, settings)
    warm = threading.Thread(target=warm_up, args=(pipeline,), daemon=True)
    warm.start()
    launch(page, settings)
    if wait:
        page.block_thread()
    return page


def launch(page: gr.Blocks, settings: Settings) -> None:
    """Start listening, in threads of its own.

    Raises:
        UserError: the port is taken or may not be used.
    """
    try:
        page.launch(**options(settings))
    except OSError as error:
        raise UserError("port_taken", host=settings.host, port=settings.port) from error


def options(settings: Settings) -> dict[str, Any]:
    """Everything `gr.Blocks.launch` is told."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "inbrowser": settings.open_browser,
        "max_file_size": f"{settings.max_upload_mb}mb",
        "show_error": True,
        "allowed_paths": [*examples.folders(), *talk_examples.folders()],
        "mcp_server": importlib.util.find_spec("mcp") is not None,
        "footer_links": ["api"],
        "ssr_mode": False,
        "share": False,
        "pwa": False,
        "prevent_thread_lock": True,
        **looks(),
    }


def warm_up(pipeline: Pipeline) -> None:
    """One request that nobody waits for, so that the first person's is fast."""
    try:
        silence = Waveform(np.zeros(SAMPLE_RATE, dtype=np.float32))
        sample = Sample(np.zeros((64, 64, 3), dtype=np.uint8), silence, "a warm start")
        draw(sample, pipeline.explain(sample).heatmaps)
        if tasks.can(pipeline, "caption"):
            pipeline.caption(sample)
    except Exception:  # a person's request will tell what is wrong
        log.exception("the warm-up failed")
