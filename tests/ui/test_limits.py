"""How many requests wait, how long one takes, and that work ends when nobody waits for it."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from gradio.routes import file_upload_statuses

from demo import stopping
from demo.errors import Message, UserError
from demo.settings import Settings
from demo.ui.build import MAX_WAITING, build_app
from demo.ui.guard import cache
from demo.ui.guard.line import Place, place_of, works_for
from demo.ui.guard.owners import COOKIE
from demo.ui.guard.tidy import tidy
from demo.ui.serve import launch
from demo.ui.strings import say
from demo.ui.wiring import TOGETHER
from tests.ui.asking import API, called, png, pressed, upload, visitor
from tests.ui.conftest import free_port
from tests.ui.fakes import FakePipeline

SECONDS = 2


class SlowPipeline(FakePipeline):
    """Takes for ever over the label “slow”, in small steps; `working` counts those that do."""

    working = 0
    lock = threading.Lock()

    def predict(self, sample: Any, labels: Any = None, *rest: Any) -> Any:
        if "slow" not in (labels or ()):
            return super().predict(sample, labels, *rest)
        with self.lock:
            self.working += 1
        try:
            while True:
                stopping.check()
                time.sleep(0.01)
        finally:
            with self.lock:
                self.working -= 1


@pytest.fixture(scope="module")
def slow() -> Iterator[tuple[str, SlowPipeline, Any]]:
    """(address, pipeline, page) of a server that gives each request SECONDS."""
    yield from served(SECONDS)


@pytest.fixture(scope="module")
def patient() -> Iterator[tuple[str, SlowPipeline, Any]]:
    """As slow, of one that would wait for minutes."""
    yield from served(300)


def served(seconds: int) -> Iterator[tuple[str, SlowPipeline, Any]]:
    pipeline, settings = SlowPipeline(), Settings(port=free_port(), request_seconds=seconds)
    page = build_app(pipeline, settings)  # type: ignore[arg-type]
    launch(page, settings)
    yield f"http://127.0.0.1:{settings.port}/", pipeline, page
    page.abandoned = True
    page.close()


def ask(client: httpx.Client, labels: str = "slow, dog") -> httpx.Response:
    return client.post(
        f"{API}/call/predict", json={"data": [None, None, "a", labels, "mean", "en"]}
    )


def idle(pipeline: SlowPipeline, seconds: float) -> bool:
    """Whether nothing works any more, after at most so many seconds."""
    ends = time.monotonic() + seconds
    while pipeline.working and time.monotonic() < ends:
        time.sleep(0.02)
    return not pipeline.working


def test_a_request_has_a_time_limit(slow: Any) -> None:
    url, pipeline, _ = slow
    with visitor(url) as client:
        started = time.monotonic()
        event, said = called(client, "predict", [None, None, "a", "slow, dog", "mean", "en"])
        assert event == "error"
        assert said["error"] == Message("request_too_long", {"seconds": SECONDS}).text()
        assert time.monotonic() - started >= SECONDS
        assert idle(pipeline, 10)
        event, said = called(client, "predict", [None, None, "a", "cat, dog", "mean", "en"])
        assert event == "complete"


def test_a_cancelled_request_ends(patient: Any) -> None:
    url, pipeline, _ = patient
    with visitor(url) as client:
        event = ask(client).json()["event_id"]
        while not pipeline.working:
            time.sleep(0.01)
        body = {"session_hash": event, "fn_index": 0, "event_id": event}
        assert client.post(f"{API}/cancel", json=body).status_code == 200
        assert idle(pipeline, 10)


def test_a_request_that_nobody_listens_to_ends(patient: Any) -> None:
    url, pipeline, _ = patient
    with visitor(url) as client:
        event = ask(client).json()["event_id"]
        with client.stream("GET", f"{API}/call/predict/{event}"):
            while not pipeline.working:
                time.sleep(0.01)
    assert idle(pipeline, 30)  # Gradio looks every ten seconds whether somebody is there


def test_whoever_waits_is_told_where_and_nobody_else(patient: Any) -> None:
    url, pipeline, _ = patient
    with visitor(url, cookies={COOKIE: "me"}) as client, visitor(url) as other:
        events = [ask(other).json()["event_id"] for _ in range(TOGETHER + 2)]
        while pipeline.working < TOGETHER:
            time.sleep(0.01)
        events.append(ask(client).json()["event_id"])
        said = client.get("/line").json()["said"]
        assert said.startswith(say("line", "en", at=3, of=3)[:-1])
        assert "第 3 位" in client.get("/line", params={"language": "zh"}).json()["said"]
        assert other.get("/line").json()["said"] == ""
        for event in reversed(events):  # what is cancelled leaves the line at once
            body = {"session_hash": event, "fn_index": 0, "event_id": event}
            assert other.post(f"{API}/cancel", json=body).status_code == 200
        assert client.get("/line").json()["said"] == ""
    assert idle(pipeline, 10)


def test_the_time_to_wait_is_that_of_those_before() -> None:
    fn, timed = object(), SimpleNamespace(avg_time=4.0)
    mine = SimpleNamespace(fn=fn, request=SimpleNamespace(headers={"cookie": f"{COOKIE}=me"}))
    other = SimpleNamespace(fn=fn, request=SimpleNamespace(headers={}))
    line = SimpleNamespace(
        queue=[other] * 5 + [mine], concurrency_limit=2, start_times_per_fn={fn: {1.0}}
    )
    queue: Any = SimpleNamespace(
        event_queue_per_concurrency_id={"model": line}, process_time_per_fn={fn: timed}
    )
    assert place_of(queue, "me") == Place(6, 6, 12)
    assert place_of(queue, "") is None and place_of(queue, "you") is None
    queue.process_time_per_fn = {}
    assert place_of(queue, "me") == Place(6, 6, None)
    queue.active_jobs = [None, [other]]
    assert works_for(queue, "me") and not works_for(queue, "you")
    assert works_for(queue, "")  # keeps no cookies: who knows
    line.queue, queue.active_jobs = [other], [None, [other, mine]]
    assert works_for(queue, "me") and not works_for(queue, "you")


def test_the_line_has_an_end_and_others_are_served(patient: Any) -> None:
    url, pipeline, _ = patient
    with visitor(url) as client:
        answers = [ask(client) for _ in range(MAX_WAITING + TOGETHER + 8)]
        codes = Counter(answer.status_code for answer in answers)
        assert codes[200] <= MAX_WAITING + TOGETHER and codes[503] >= 8 and set(codes) == {200, 503}
        full = next(answer for answer in answers if answer.status_code == 503)
        assert full.json()["detail"] == Message("server_busy").text()
        assert pipeline.working <= TOGETHER
        assert client.get("/config").status_code == 200
        for answer in answers:
            if answer.status_code == 200:
                event = answer.json()["event_id"]
                body = {"session_hash": event, "fn_index": 0, "event_id": event}
                client.post(f"{API}/cancel", json=body)
        assert idle(pipeline, 10)


def test_sessions_cost_little_and_have_a_limit(slow: Any) -> None:
    url, _, page = slow
    sessions = page.app.state_holder
    with visitor(url) as client:
        calls = [None, None, "a", "cat, dog", "mean", "en"]
        event = next(
            one
            for one in client.get("/config").json()["dependencies"]
            if one["api_name"] == "predict"
        )
        for number in range(sessions.capacity + 5):
            sessions[f"early{number}"]
        pressed(client, event, calls, "late")
    assert sessions.capacity == len(sessions.session_data) == len(sessions.time_last_used) == 1000
    assert "late" in sessions and "early0" not in sessions
    assert not any(session.config_values for session in sessions.session_data.values())
    sessions.session_data.clear()
    sessions.time_last_used.clear()


def test_a_real_model_stops_between_its_layers(pipeline: Any) -> None:
    from demo.inputs import read_sample

    stopping.watch_models()
    sample = read_sample(text="a dog by the sea")
    with (
        pytest.raises(UserError) as caught,
        stopping.within(0.0, 1, lambda: False),
    ):
        pipeline.predict(sample)
    assert caught.value.message.key == "request_too_long"
    with pytest.raises(UserError) as caught, stopping.within(60, 60, lambda: True):
        pipeline.predict(sample)
    assert caught.value.message.key == "request_left"
    assert pipeline.predict(sample).labels


def test_what_is_over_is_forgotten(slow: Any) -> None:

    url, _, page = slow
    with visitor(url) as client:
        for number in range(5):
            upload(client, png(), params={"upload_id": f"u{number}"})
            ask(client, "cat, dog")
        called(client, "predict", [None, None, "a", "cat, dog", "mean", "en"])
    assert {f"u{number}" for number in range(5)} <= set(file_upload_statuses._statuses)
    held, ends = page.app.state_holder.session_data, time.monotonic() + 10
    while (
        held and time.monotonic() < ends
    ):  # the last answer arrives before its session is put away
        time.sleep(0.05)
    assert len(held) == 0  # each was of one call
    page._queue.pending_messages_per_session.clear()
    tidy(page)
    assert not page._queue.pending_event_ids_session and not page.app.iterators_to_reset
    over = {*file_upload_statuses._statuses, *file_upload_statuses._signals}
    assert not [name for name in over if name.startswith("u")]


def test_an_upload_that_broke_off_is_forgotten_in_the_end(
    slow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, page = slow
    file_upload_statuses.track("broken off")
    tidy(page)
    assert "broken off" in file_upload_statuses._statuses  # it may go on
    monkeypatch.setattr("demo.ui.guard.tidy.BROKEN", 0.0)
    tidy(page)
    assert "broken off" not in file_upload_statuses._statuses


def test_old_uploads_go_also_those_that_broke_off() -> None:
    broken = cache.upload_folder() / "tmpbroken"
    broken.write_bytes(b"half")
    cache.sweep(3600)
    assert broken.exists()
    os.utime(broken, (0, 0))
    cache.sweep(3600)
    assert not broken.exists()


def test_uploads_together_have_a_limit() -> None:
    folder = cache.upload_folder() / ("c" * 64)
    folder.mkdir(exist_ok=True)
    (folder / "large.bin").write_bytes(b"x" * 5000)
    cache._counted.cache_clear()
    assert not cache.has_room(5000, 10**6)
    assert not cache.has_room(10**12, 1)
    assert cache.has_room(10**12, 10**6)
