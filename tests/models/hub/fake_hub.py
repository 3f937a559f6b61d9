"""A hub on loopback that has one repository, and can fail in every way that a real one does."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIECE = 4096  # bytes between two pauses of a slow hub


@dataclass
class FakeHub:
    """folder: what the repository holds; gone: files that are listed and not given; status, code: with what
    every question is refused; cut: bytes after which a file breaks off once; pause: seconds between
    pieces; from_byte: where each file that was given began."""

    folder: Path
    repository: str = "somebody/model"
    url: str = ""
    gone: tuple[str, ...] = ()
    status: int = 200
    code: str = ""
    cut: int = 0
    pause: float = 0.0
    sizes: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    from_byte: list[int] = field(default_factory=list)
    given: int = 0


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        hub = self.hub
        hub.asked.append(f"{self.command} {self.path}")
        if hub.status != 200:
            self._say(hub.status, b"{}", {"X-Error-Code": hub.code} if hub.code else {})
            return
        if self.path.startswith(f"/api/models/{hub.repository}"):
            self._say(200, json.dumps(self._listing()).encode())
            return
        start = f"/{hub.repository}/resolve/"
        if self.path.startswith(start):
            revision, _, name = self.path.removeprefix(start).partition("/")
            if revision not in ("main", COMMIT):
                self._say(404, b"", {"X-Error-Code": "RevisionNotFound"})
                return
            path = hub.folder / name.partition("?")[0]
            if path.is_file() and path.name not in hub.gone:
                self._file(path, body)
                return
            self._say(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        self._say(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _listing(self) -> dict[str, Any]:
        files = [p for p in sorted(self.hub.folder.iterdir()) if p.is_file()]
        siblings = [
            {"rfilename": p.name, "size": self.hub.sizes.get(p.name, p.stat().st_size)}
            for p in files
        ]
        return {"id": self.hub.repository, "sha": COMMIT, "siblings": siblings}

    def _file(self, path: Path, body: bool) -> None:
        hub, content = self.hub, path.read_bytes()
        first = 0
        if "Range" in self.headers:
            first = int(self.headers["Range"].removeprefix("bytes=").split("-")[0])
        hub.from_byte += [first] if body else []
        self.send_response(206 if first else 200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(content) - first))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not body:
            return
        for at in range(first, len(content), PIECE):
            if hub.cut and hub.given > hub.cut:
                hub.cut = 0
                self.close_connection = True
                return
            piece = content[at : at + PIECE]
            self.wfile.write(piece)
            hub.given += len(piece)
            time.sleep(hub.pause)

    def _say(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)
