"""Requests as a program that means no good sends them: raw HTTP, without a client's good manners."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from PIL import Image

META = {"_type": "gradio.FileData"}
API = "/gradio_api"


def visitor(url: str, **options: Any) -> httpx.Client:
    return httpx.Client(base_url=url.rstrip("/"), timeout=60, **options)


def png(side: int = 32) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "red").save(buffer, "PNG")
    return buffer.getvalue()


def data_address(content: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def upload(client: httpx.Client, content: bytes, name: str = "given.png", **options: Any) -> str:
    """Path of an upload on the server."""
    answer = client.post(f"{API}/upload", files={"files": (name, content)}, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


def called(client: httpx.Client, name: str, data: Any) -> tuple[str, Any]:
    """("complete" or "error", the answer) of an endpoint for programs."""
    posted = client.post(f"{API}/call/{name}", json={"data": data})
    assert posted.status_code == 200, posted.text
    answer = client.get(f"{API}/call/{name}/{posted.json()['event_id']}").text
    event, said = [line.split(": ", 1)[1] for line in answer.strip().splitlines()[-2:]]
    return event, json.loads(said)


def predicted(client: httpx.Client, image: Any = None, text: Any = "") -> tuple[str, Any]:
    return called(client, "predict", [image, None, text, "cat, dog", "mean", "en"])


def pressed(
    client: httpx.Client, event: dict[str, Any], data: list[Any], session: str, told: Any = None
) -> str:
    """What an event of the page answers: the last line, as it stands. told: the data of the event."""
    body = {"data": data, "fn_index": event["id"], "session_hash": session, "event_data": told}
    if not event["queue"]:
        return client.post(f"{API}/run/predict", json=body).text
    posted = client.post(f"{API}/queue/join", json=body)
    if posted.status_code != 200:
        return posted.text
    line = ""
    with client.stream("GET", f"{API}/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            if "process_completed" in line:
                return line
    return line


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of asynchronous work; in a thread of its own, as the browser's has a loop that runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
