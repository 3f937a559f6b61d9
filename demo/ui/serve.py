"""From Settings to a page that answers: open the models, build, launch, warm up."""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
from typing import Any

from demo.ui.guard.cache import VARIABLE, upload_folder

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# gradio reads it once, when it is imported; another user may own its usual folder.
os.environ[VARIABLE] = str(upload_folder())
# torch makes a folder where it is imported, whether anything is compiled or not: it ends with ours.
os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(upload_folder().with_name("compiled")))

import numpy as np

from demo import stopping, tasks
from demo.errors import UserError
from demo.inputs import workers
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Sample, Waveform
from demo.serving import memory
from demo.serving.engine import Engine, Local, engine
from demo.serving.health import Health
from demo.serving.metrics import log_requests
from demo.settings import Settings
from demo.ui.build import build_app
from demo.ui.fuse import examples
from demo.ui.fuse.results import draw
from demo.ui.guard.app import GuardedApp
from demo.ui.guard.blocks import GuardedBlocks
from demo.ui.guard.hosts import hosts_of
from demo.ui.guard.stop import Stopped, leave, signals, until_stopped
from demo.ui.network import check_address, reach_directly
from demo.ui.talk import examples as talk_examples
from demo.ui.theme import looks

WARM_UP = 120  # seconds
MAX_THREADS = 16  # that work for requests at once; half of them may ask the models
MAX_SESSIONS = (
    1000  # whose results are kept for a change of language; the longest unused goes first
)
log = logging.getLogger("synesthesia")


def serve(settings: Settings, wait: bool = True) -> GuardedBlocks:
    """Open the page on settings.host and settings.port; returns when it is stopped (`wait`) or open.

    Raises:
        UserError: the models cannot be opened, or the port is taken.
    """
    if not wait:
        return _opened(settings, Local(settings.device))
    try:
        with signals(), engine(settings) as roles:
            page = _opened(settings, roles)
            until_stopped(page)
    except Stopped as stopped:
        leave(stopped)
    return page


def _opened(settings: Settings, roles: Engine) -> GuardedBlocks:
    check_address(settings.host, settings.port)  # before there are threads to take apart again
    reach_directly(settings.host)
    memory.hold_little()
    workers.start()
    pipeline = roles.explaining(open_pipeline(settings, roles))
    roles.wait()
    page = build_app(pipeline, settings, roles.later)
    roles.batches.seen = page.metrics.batch
    if settings.log_requests:
        log_requests()
    page.health = Health(pipeline)
    launch(page, settings)
    page.warming = threading.Thread(target=warm_up, args=(pipeline, page), daemon=True)
    page.warming.start()
    return page


def launch(page: GuardedBlocks, settings: Settings) -> None:
    """Start listening, in threads of its own.

    Raises:
        UserError: the port is taken or may not be used.
    """
    stopping.watch_models()
    hosts = hosts_of(settings, os.environ)
    try:
        page.launch(**options(settings), _app=GuardedApp(page, hosts))
    except OSError as error:
        raise UserError("port_taken", host=settings.host, port=settings.port) from error


def options(settings: Settings) -> dict[str, Any]:
    """Everything `gr.Blocks.launch` is told."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "root_path": settings.root_path.rstrip("/"),
        "inbrowser": settings.open_browser,
        "max_file_size": f"{settings.max_upload_mb}mb",
        "max_threads": MAX_THREADS,
        "state_session_capacity": MAX_SESSIONS,
        "show_error": True,
        "allowed_paths": [*examples.folders(), *talk_examples.folders()],
        "enable_monitoring": False,
        "run_history": False,
        "mcp_server": importlib.util.find_spec("mcp") is not None,
        "footer_links": ["api"],
        "ssr_mode": False,
        "share": False,
        "pwa": False,
        "prevent_thread_lock": True,
        "_frontend": False,  # or it asks for its own page, and on a busy machine gives up after 3 s
        **looks(),
    }


def warm_up(pipeline: Pipeline, page: GuardedBlocks) -> None:
    """One request that nobody waits for, so that the first person's is fast; it ends with the server."""
    try:
        with stopping.within(WARM_UP, WARM_UP, lambda: page.abandoned):
            _first_request(pipeline)
    except UserError as error:
        log.info("the warm-up was stopped: %s", error)
    except Exception:  # a person's request will tell what is wrong
        log.exception("the warm-up failed")


def _first_request(pipeline: Pipeline) -> None:
    silence = Waveform(np.zeros(SAMPLE_RATE, dtype=np.float32))
    sample = Sample(np.zeros((64, 64, 3), dtype=np.uint8), silence, "a warm start")
    draw(sample, pipeline.explain(sample).heatmaps)
    if tasks.can(pipeline, "caption"):
        pipeline.caption(sample)
