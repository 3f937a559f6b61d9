"""The endpoints as another program sees them, over HTTP; and one clear sentence for each refusal."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from demo.errors import LANGUAGES, Message
from demo.inputs import read_sample
from demo.ui import voice
from demo.ui.strings import say
from tests.ui.asking import apart

ENDPOINTS = {"predict", "explain", "caption", "ask", "transcribe", "translate"}
ENDPOINTS |= {"search", "annotate", "converse"}


@pytest.fixture(scope="module")
def client(app_url: str) -> Iterator[Client]:
    found = Client(app_url, verbose=False, httpx_kwargs={"timeout": 60})
    yield found
    found.close()


@pytest.fixture
def everything(files: Path) -> dict[str, Any]:
    return {
        "image": handle_file(files / "picture.png"),
        "audio": handle_file(files / "sound.wav"),
        "text": "a dog by the sea",
    }


def test_the_endpoints_and_nothing_else_are_offered(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {f"/{name}" for name in ENDPOINTS}
    fields = [p["parameter_name"] for p in named["/explain"]["parameters"]]
    known = "image audio text labels fusion method label language of measured".split()
    assert fields == known
    assert all(p["parameter_has_default"] for p in named["/explain"]["parameters"])


def test_predict_with_all_senses(client: Client, everything: dict[str, Any]) -> None:
    found = client.predict(**everything, labels="cat, dog", fusion="mean", api_name="/predict")
    assert found["labels"] == ["cat", "dog"] and found["fusion"] == "mean"
    assert sum(found["fused"].values()) == pytest.approx(1, abs=1e-4)
    assert set(found["by_modality"]) == {"image", "audio", "text"}
    assert set(found["agreement"]) == {"image~audio", "image~text", "audio~text"}
    assert sum(found["shares"].values()) == pytest.approx(1, abs=1e-4)


def test_predict_with_a_sentence_alone_asks_about_everything(client: Client) -> None:
    found = client.predict(text="a dog", api_name="/predict")
    assert "rooster" in found["labels"] and found["shares"] == {"text": 1.0}


def test_explain(client: Client, everything: dict[str, Any]) -> None:
    found = client.predict(**everything, labels="cat, dog", label="cat", api_name="/explain")
    assert found["target"] == "cat" and found["method"] == "best"
    picture = found["heatmaps"]["image"]
    assert picture["grid"]["kind"] == "picture"
    assert picture["faithfulness"] is None
    assert len(picture["values"]) == picture["grid"]["rows"]
    assert found["heatmaps"]["text"]["grid"]["kind"] == "words"
    assert found["prediction"]["labels"] == ["cat", "dog"]


def test_explain_measures_when_asked(client: Client, files: Path) -> None:
    given = {"image": handle_file(files / "picture.png"), "labels": "cat, dog"}
    found = client.predict(**given, measured=True, api_name="/explain")
    verdict = found["heatmaps"]["image"]["faithfulness"]["verdict"]
    assert verdict in ("yes", "no", "not measurable")


def test_explain_a_word_that_is_written(client: Client, everything: dict[str, Any]) -> None:
    found = client.predict(**everything, labels="cat, dog", of="caption:1", api_name="/explain")
    assert set(found["heatmaps"]) == {"image"}
    assert "caption:3" in refusal(client, "/explain", text="a dog", of="smell")


@pytest.mark.parametrize("language", LANGUAGES)
def test_caption(client: Client, everything: dict[str, Any], language: str) -> None:
    found = client.predict(**everything, language=language, api_name="/caption")
    assert found["language"] == language and found["words"] and found["caption"]
    assert found["probability"] is None or 0 <= found["probability"] <= 1


def refusal(client: Client, api_name: str = "/predict", **asked: Any) -> str:
    with pytest.raises(AppError) as caught:
        client.predict(**asked, api_name=api_name)
    return str(caught.value.message).strip("'")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "modality,name", [("image", "broken.png"), ("audio", "broken.wav"), ("image", "drawing.svg")]
)
def test_a_broken_file_gives_the_one_sentence(
    client: Client, files: Path, modality: str, name: str, language: str
) -> None:
    from demo.errors import UserError

    with pytest.raises(UserError) as expected:
        read_sample(**{modality: files / name})
    said = refusal(client, **{modality: handle_file(files / name)}, language=language)
    assert said == expected.value.message.text(language)
    assert client.predict(text="a dog", api_name="/predict")["labels"]


def test_nothing_given_unknown_label_and_unknown_target(client: Client) -> None:
    assert "give a picture" in refusal(client)
    said = refusal(client, text="a dog", labels="tulp, dog")
    assert "tulp" in said and "tulip" in said and "rain" not in said
    assert "不在这个模型认识的" in refusal(client, text="狗", labels="独角兽、狗", language="zh")


def test_a_path_on_the_server_cannot_be_read(app_url: str) -> None:
    stolen = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
    body = json.dumps({"data": [stolen, None, "", "", "mean", "en"]}).encode()
    request = urllib.request.Request(
        f"{app_url}gradio_api/call/predict", body, {"Content-Type": "application/json"}
    )
    event = json.load(urllib.request.urlopen(request))["event_id"]
    answer = urllib.request.urlopen(f"{app_url}gradio_api/call/predict/{event}").read().decode()
    assert "event: error" in answer and "fused" not in answer


def test_an_unexpected_failure_is_one_general_sentence(caplog: pytest.LogCaptureFixture) -> None:
    import gradio as gr

    with pytest.raises(gr.Error) as caught, voice.spoken("zh"):
        raise RuntimeError("secret path /root")
    assert caught.value.message == say("error_unexpected", "zh")
    assert "secret path" in caplog.text


def test_a_toast_shows_hostile_names_as_text() -> None:
    import gradio as gr

    from demo.errors import UserError

    with pytest.raises(gr.Error) as caught, voice.spoken("en", html=True):
        raise UserError("picture_empty", name=" “<img onerror=x>”")
    assert "&lt;img" in caught.value.message


@pytest.mark.parametrize(
    "endpoint,wrong,key",
    [
        ("/predict", {"fusion": "magic"}, "fusion_unknown"),
        ("/explain", {"method": "tea-leaves"}, "method_unknown"),
        ("/predict", {"language": "fr"}, "language_unknown"),
        ("/explain", {"language": "fr"}, "language_unknown"),
        ("/caption", {"language": "fr"}, "language_unknown"),
        ("/translate", {"language": "fr"}, "language_unknown"),
        ("/translate", {"to": "fr"}, "language_unknown"),
    ],
)
def test_a_wrong_name_is_refused_in_our_words(
    client: Client, endpoint: str, wrong: dict[str, str], key: str
) -> None:
    said = refusal(client, text="a dog", **wrong, api_name=endpoint)
    start = Message(key, {"name": "magic", "known": "", "language": "fr"}).text().split("“")[0]
    assert said.startswith(start) and next(iter(wrong.values())) in said


def test_null_is_nothing(client: Client) -> None:
    found = client.predict(text="a dog", labels=None, api_name="/predict")
    assert found["fused"]
    assert "question" in refusal(client, question=None, api_name="/ask")


def test_the_endpoints_are_mcp_tools(app_url: str) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def ask() -> tuple[dict[str, Any], str]:
        async with (
            streamable_http_client(f"{app_url}gradio_api/mcp/") as (reads, writes, _),
            ClientSession(reads, writes) as session,
        ):
            await session.initialize()
            listed = (await session.list_tools()).tools
            tools = {tool.name: tool.inputSchema["properties"] for tool in listed}
            answer = await session.call_tool("predict", {"text": "a dog", "labels": "cat,dog"})
            return tools, answer.content[0].text  # type: ignore[union-attr]

    tools, answer = apart(ask())
    assert set(tools) == ENDPOINTS
    assert all(one.get("description") for told in tools.values() for one in told.values())
    assert "caption:3" in tools["explain"]["of"]["description"]
    assert "by_modality" in answer and "'dog'" in answer
