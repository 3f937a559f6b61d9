"""As much of Qdrant's REST interface as a search needs, over the loopback; it can die during one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

Points = dict[int, dict[str, np.ndarray]]


class Store(ThreadingHTTPServer):
    """dying: whether the next question is its last, which it leaves without an answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.collections: dict[str, Points] = {}
        self.dying = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Store

    def do_PUT(self) -> None:
        name, *rest = self._place()
        body = self._body()
        if not rest:
            self.server.collections[name] = {}
        else:
            for point in body["points"]:
                vectors = {key: np.array(value) for key, value in point["vector"].items()}
                self.server.collections[name][point["id"]] = vectors
        self._answer({"operation_id": 0, "status": "completed"} if rest else True)

    def do_POST(self) -> None:
        name, *rest = self._place()
        body = self._body()
        points = self.server.collections[name]
        if rest == ["points", "query"]:
            if self.server.dying:
                self._die()
                return
            self._answer({"points": _nearest(points, body)})
            return
        wanted = body["with_vector"]
        held = [
            {
                "id": row,
                "vector": {one: points[row][one].tolist() for one in wanted if one in points[row]},
            }
            for row in body["ids"]
            if row in points
        ]
        self._answer(held)

    def do_DELETE(self) -> None:
        self._answer(self.server.collections.pop(self._place()[0], None) is not None)

    def _die(self) -> None:
        self.close_connection = True
        self.connection.close()
        threading.Thread(target=self.server.shutdown).start()
        self.server.socket.close()

    def _place(self) -> list[str]:
        return self.path.partition("?")[0].strip("/").split("/")[1:]

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def _answer(self, result: Any) -> None:
        said = json.dumps({"result": result, "status": "ok", "time": 0.0}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _nearest(points: Points, body: dict[str, Any]) -> list[dict[str, Any]]:
    asked = body["query"]
    query, using = np.array(asked["nearest"] if isinstance(asked, dict) else asked), body["using"]
    scored = [(row, float(held[using] @ query)) for row, held in points.items() if using in held]
    best = sorted(scored, key=lambda one: -one[1])[: body["limit"]]
    return [{"id": row, "version": 0, "score": score} for row, score in best]


@contextmanager
def running() -> Iterator[Store]:
    """One that answers until the end, or until it dies."""
    store = Store()
    thread = threading.Thread(target=store.serve_forever, daemon=True)
    thread.start()
    yield store
    store.shutdown()
    store.server_close()
    thread.join()
