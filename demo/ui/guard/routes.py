"""The addresses that this server answers: of Gradio's many, those that the page, programs and MCP need."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from demo.ui.guard.gate import is_upload

_API = "/gradio_api"
_READ = (
    r"/|/health|/line|/metrics|/config/?|/theme\.css|/robots\.txt|/favicon\.ico|/manifest\.json|/assets/.+|/static/.+|/svelte/.+",
    rf"{_API}/(info/?|openapi\.json|theme\.css|upload_progress|queue/(data|status)|app_id/?)",
    rf"{_API}/(startup-events|login_check/?|user/?|heartbeat/[\w-]{{1,64}})",
)
_WRITTEN = rf"{_API}/(upload|queue/join|run/predict/?|cancel|reset/?)"
_CALL = rf"{_API}/call/(?:v2/)?(?P<name>\w+)(?:/(?P<event>\w{{0,64}}))?"
_FILE = rf"{_API}/file=(?P<path>.+)"
_MCP = rf"{_API}/mcp(/.*)?"


@dataclass(frozen=True)
class Routes:
    """offered: the names of the endpoints for programs; asked: whether a request of this name was made, whose
    answer can be fetched."""

    offered: frozenset[str]
    asked: Callable[[str], bool]

    def open(self, method: str, path: str) -> bool:
        """Whether there is anything at this address that a request may have."""
        if re.fullmatch(_MCP, path):
            return True
        call = re.fullmatch(_CALL, path)
        if call:
            if call["name"] not in self.offered:
                return False
            return self.asked(call["event"]) if method == "GET" else not call["event"]
        file = re.fullmatch(_FILE, path, re.DOTALL)
        if file:
            return method in ("GET", "HEAD") and is_upload(file["path"])
        if method in ("GET", "HEAD"):
            return any(re.fullmatch(pattern, path) for pattern in _READ)
        return method == "POST" and bool(re.fullmatch(_WRITTEN, path))

    @staticmethod
    def is_upload(path: str) -> bool:
        """Whether files are sent to this address, which may be larger than anything else."""
        return path == f"{_API}/upload"
