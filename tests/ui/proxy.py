"""A small proxy that shows a server below a path, as nginx does with proxy_pass."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

PATH = "/a-demo"


class Proxy(BaseHTTPRequestHandler):
    """Shows the server at `behind` below PATH, as `proxy_pass http://…/;` does; nothing else."""

    behind = ""

    def _pass(self) -> None:
        if not self.path.startswith(PATH + "/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection",)}
        url = self.behind + self.path.removeprefix(PATH)
        with httpx.stream(self.command, url, headers=headers, content=body, timeout=60) as answer:
            self.send_response(answer.status_code)
            for name, value in answer.headers.multi_items():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nobody waits for it
                for piece in answer.iter_raw():
                    self.wfile.write(piece)
                    self.wfile.flush()

    do_GET = do_POST = _pass  # noqa: N815  # as http.server calls them

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def proxied(url: str) -> Iterator[str]:
    """The address at which the server of `url` stands below PATH."""
    handler = type("Behind", (Proxy,), {"behind": url})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}{PATH}/"
    server.shutdown()
