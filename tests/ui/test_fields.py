"""A value of the wrong kind in any field of any endpoint is one sentence that names the field."""

from __future__ import annotations

import os
from typing import Any

import httpx
import pytest

from demo.errors import MAX_ECHO, Message
from tests.ui.asking import API, called, pressed, visitor

PYTHON_WORDS = (
    "Traceback",
    "Error:",
    "NoneType",
    "<class",
    "object at",
    "validation error",
    "str(",
)
WRONG: dict[str, list[Any]] = {
    "Textbox": [5, True, [], ["a dog"], {"a": 1}, "x" * 60_000],
    "Dropdown": [5, [], ["mean"], {"path": "x"}, "x" * 1000],
    "Number": ["2", "", [1], {}, True, 10**400, 1.5],
    "Checkbox": ["yes", 1, [], {}],
    "Image": [5, True, [], [None], {"a": 1}, {"path": 5}, "x"],
    "Audio": [5, True, [], [None], {"a": 1}, {"path": 5}, "x"],
    "File": [5, True, [], [None], {"a": 1}, {"path": 5}, "x"],
}


@pytest.fixture(scope="module")
def client(fake_url: str) -> Any:
    with visitor(fake_url) as found:
        yield found


@pytest.fixture(scope="module")
def endpoints(client: httpx.Client) -> dict[str, list[dict[str, Any]]]:
    named = client.get(f"{API}/info").json()["named_endpoints"]
    return {name[1:]: one["parameters"] for name, one in named.items()}


def usual(parameters: list[dict[str, Any]]) -> list[Any]:
    said = {"text": "a dog", "question": "how many?", "labels": "cat, dog"}
    return [said.get(p["parameter_name"], p["parameter_default"]) for p in parameters]


def test_wrong_kinds(client: httpx.Client, endpoints: dict[str, list[dict[str, Any]]]) -> None:
    tried = 0
    for name, parameters in endpoints.items():
        for place, parameter in enumerate(parameters):
            for wrong in WRONG[parameter["component"]]:
                if parameter["parameter_name"] == "labels" and isinstance(wrong, list):
                    continue  # labels may come as a list
                data = usual(parameters)
                data[place] = wrong
                event, said = called(client, name, data)
                told = said["error"]
                assert event == "error", (name, parameter["label"], wrong)
                assert f"“{parameter['label']}”" in told, (name, str(wrong)[:50], told)
                assert len(told) < 400 and not any(word in told for word in PYTHON_WORDS)
                tried += 1
    assert tried > 150


def test_numbers_that_json_does_not_know(client: httpx.Client) -> None:
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        body = f'{{"data": [null, null, "a dog", "en", {number}]}}'
        headers = {"Content-Type": "application/json"}
        posted = client.post(f"{API}/call/caption", content=body, headers=headers)
        if posted.status_code == 200:
            answer = client.get(f"{API}/call/caption/{posted.json()['event_id']}").text
            assert "must be a" in answer
        else:
            assert posted.status_code in (400, 422)


def test_null_is_what_is_usual(
    client: httpx.Client, endpoints: dict[str, list[dict[str, Any]]]
) -> None:
    event, said = called(client, "predict", [None, None, "a dog", None, None, None])
    assert event == "complete", said
    nulls = [None] * len(endpoints["explain"])
    event, said = called(client, "explain", [None, None, "a dog", *nulls[3:]])
    assert event == "complete", said
    event, said = called(client, "caption", [None, None, "a dog", None, None])
    assert event == "complete", said


@pytest.mark.parametrize("data", [[], [None], [None] * 50])
def test_the_wrong_number_of_values(client: httpx.Client, data: list[Any]) -> None:
    posted = client.post(f"{API}/call/translate", json={"data": data})
    event = posted.json()["event_id"]
    answer = client.get(f"{API}/call/translate/{event}").text
    assert f"5 values are needed, not {len(data)}: text, to, image, beams, language." in answer


def test_what_was_written_is_not_repeated_at_length(client: httpx.Client) -> None:
    for place, name in ((4, "fusion"), (5, "language")):
        data = [None, None, "a dog", "cat, dog", "mean", "en"]
        data[place] = "y" * 199
        event, said = called(client, "predict", data)
        assert event == "error", name
        assert "y" * (MAX_ECHO - 1) + "…" in said["error"] and "y" * MAX_ECHO not in said["error"]
    assert len(Message("fusion_unknown", {"name": "n" * 10**6, "known": "a"}).text()) < 300


def test_events_of_the_page_say_it_too(client: httpx.Client) -> None:
    config = client.get("/config").json()
    components = {one["id"]: one for one in config["components"]}
    tried = 0
    for event in config["dependencies"]:
        for place, number in enumerate(event["inputs"]):
            if components[number]["type"] in ("state", "html"):
                continue
            data = [components[i]["props"].get("value") for i in event["inputs"]]
            data[place] = {"wrong": os.getcwd()}
            said = pressed(client, event, data, f"wrong{tried}").encode().decode("unicode_escape")
            assert not any(word in said for word in PYTHON_WORDS), said
            assert "our side" not in said and os.getcwd() not in said
            assert "must be" in said or "Error" not in said, said
            tried += 1
    assert tried > 100


@pytest.mark.parametrize("told", [None, {}, {"word": "x"}, {"word": [1], "index": {}, "to": 5}, 7])
def test_events_whose_data_is_of_another_kind(client: httpx.Client, told: Any) -> None:
    config = client.get("/config").json()
    components = {one["id"]: one for one in config["components"]}
    for event in config["dependencies"]:
        data = [components[i]["props"].get("value") for i in event["inputs"]]
        said = pressed(client, event, data, f"plain{event['id']}", told)
        said = said.encode().decode("unicode_escape")
        assert os.getcwd() not in said and not any(word in said for word in PYTHON_WORDS), said
        assert "our side" not in said, (event["id"], event["targets"], said)
