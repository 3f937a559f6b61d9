"""No file of the server's machine but an upload is read, whatever a request calls it and wherever it asks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from demo.errors import LANGUAGES, Message, UserError
from demo.ui.guard import gate
from demo.ui.guard.cache import upload_folder
from tests.ui.asking import (
    META,
    apart,
    called,
    data_address,
    png,
    predicted,
    pressed,
    upload,
    visitor,
)

FILES = ("image", "audio", "imageeditor")


@pytest.fixture(scope="module")
def client(fake_url: str) -> Any:
    with visitor(fake_url) as found:
        yield found


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A picture that nobody uploaded."""
    path = tmp_path_factory.mktemp("private") / "secret.png"
    Image.new("RGB", (40, 40), "blue").save(path)
    return str(path)


STOLEN = {
    "bare path": lambda path: path,
    "no meta": lambda path: {"path": path},
    "meta": lambda path: {"path": path, "meta": META},
    "in url": lambda path: {"path": None, "url": path},
    "with a url": lambda path: {"path": path, "url": "data:image/png;base64,AAAA", "meta": META},
    "relative": lambda path: {"path": os.path.relpath(path), "meta": META},
    "file address": lambda path: {"path": "file://" + path},
    "FILE address": lambda path: "FILE://" + path,
    "spaced address": lambda path: {"path": " file://" + path},
    "two slashes": lambda path: {"path": "/" + path},
    "upper case": lambda path: {"path": path.upper(), "meta": META},
    "null character": lambda path: {"path": path + "\0.png", "meta": META},
    "list": lambda path: [{"path": path, "meta": META}],
    "nested": lambda path: {"image": {"path": path, "meta": META}},
    "path in path": lambda path: {"path": {"path": path, "meta": META}, "meta": META},
    "static": lambda path: {"path": path, "is_stream": True, "meta": META},
    "web": lambda path: {"path": "http://127.0.0.1:9/secret.png", "meta": META},
    "HTTPS": lambda path: {"path": None, "url": "HTTPS://127.0.0.1:9/secret.png"},
    "other scheme": lambda path: "ftp://127.0.0.1/secret.png",
    "own address": lambda path: {"path": "/gradio_api/file=" + path, "meta": META},
    "above uploads": lambda path: str(upload_folder()) + "/../../.." + path,
    "below nothing": lambda path: str(upload_folder()) + "/" + "a" * 64 + "/../../../.." + path,
    "the folder": lambda path: str(upload_folder()),
    "the lock": lambda path: str(upload_folder().parent / "owner.lock"),
}


@pytest.mark.parametrize("how", STOLEN)
@pytest.mark.parametrize("field", ["image", "audio"])
def test_a_file_that_was_not_uploaded_is_refused(
    client: httpx.Client, secret: str, how: str, field: str
) -> None:
    given = STOLEN[how](secret)
    places = [given, None] if field == "image" else [None, given]
    event, said = called(client, "predict", [*places, "", "cat, dog", "mean", "en"])
    assert event == "error" and f"“{field}”" in said["error"]
    assert os.getcwd() not in str(said) and secret not in str(said)


@pytest.mark.parametrize("how", ["bare path", "no meta", "meta", "file address", "web"])
def test_no_event_of_the_page_reads_it(client: httpx.Client, secret: str, how: str) -> None:
    config = client.get("/config").json()
    components = {one["id"]: one for one in config["components"]}
    tried = 0
    for event in config["dependencies"]:
        kinds = [components[i]["type"] for i in event["inputs"]]
        for place in (i for i, kind in enumerate(kinds) if kind in FILES):
            data = [components[i]["props"].get("value") for i in event["inputs"]]
            given = STOLEN[how](secret)
            data[place] = {"composite": given} if kinds[place] == "imageeditor" else given
            said = pressed(client, event, data, f"thief{tried}")
            known = {"file_not_uploaded", "file_address"}
            parts = {Message(key, {"field": ""}).text().split("“”")[1][:20] for key in known}
            assert any(part in said.encode().decode("unicode_escape") for part in parts), said
            tried += 1
    assert tried > 10


def test_links_are_followed_before_they_are_judged(secret: str) -> None:
    if sys.platform == "win32":
        pytest.skip("links need rights there")
    folder = upload_folder() / ("b" * 64)
    folder.mkdir()
    (folder / "link.png").symlink_to(secret)
    (folder / "true.png").write_bytes(png())
    assert not gate.is_upload(str(folder / "link.png"))
    assert gate.is_upload(str(folder / "true.png"))
    assert not gate.is_upload(str(folder / "true.png").upper())
    assert gate.is_upload(str(folder / ".." / folder.name / "true.png"))


def test_an_upload_is_read(client: httpx.Client) -> None:
    path = upload(client, png())
    for given in ({"path": path, "meta": META}, {"path": path}, path):
        assert predicted(client, given)[0] == "complete"


def test_a_data_address_is_an_upload_like_any_other(client: httpx.Client) -> None:
    for given in (data_address(png()), {"path": None, "url": data_address(png())}):
        assert predicted(client, given)[0] == "complete"
    event, said = predicted(client, {"url": data_address(png(7000))})  # 49 megapixels
    limit = Message("picture_too_many_pixels", {"name": "", "limit": 40}).text()
    assert event == "error" and limit.split("{")[0][-30:] in said["error"]


@pytest.mark.parametrize("kind", ["PPM", "TGA", "ICNS", "EPS", "PCX"])
def test_formats_that_are_not_offered_are_not_tried(client: httpx.Client, kind: str) -> None:
    import io

    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, kind)
    event, said = predicted(client, data_address(buffer.getvalue(), "image/x"))
    assert event == "error" and "not a picture that can be read" in said["error"]


@pytest.mark.parametrize(
    "address",
    ["data:image/png,abc", "data:;base64,?", "DATA:image/png;base64", "data:" + "x" * 500],
)
def test_a_broken_data_address_is_one_sentence(client: httpx.Client, address: str) -> None:
    event, said = predicted(client, address)
    assert (event, said["error"]) == ("error", Message("file_data", {"field": "image"}).text())


def test_a_data_address_has_the_limit_of_files() -> None:
    with pytest.raises(UserError) as caught:
        gate.admit(data_address(b"x" * (1024**2 + 3)), "image", 1)
    assert caught.value.message.key == "file_data_too_large"


def test_the_drawing_pad_has_the_limits_of_files(client: httpx.Client) -> None:
    config = client.get("/config").json()
    kinds = {one["id"]: one["type"] for one in config["components"]}
    ids = {one["id"]: one["props"].get("id") for one in config["components"]}
    events = config["dependencies"]
    opens = [
        e for e in events if [ids.get(e["targets"][0][0]), e["outputs"] != []] == ["draw", True]
    ]
    runs = [e for e in events if "imageeditor" in [kinds[i] for i in e["inputs"]] and e["queue"]]
    huge = {"path": upload(client, png(7000)), "meta": META}  # 49 megapixels
    for number, event in enumerate(runs):
        pressed(client, opens[0], [], f"painter{number}")
        values = {one["id"]: one["props"].get("value") for one in config["components"]}
        drawing = {"background": huge, "layers": [huge], "composite": huge}
        data = [drawing if kinds[i] == "imageeditor" else values[i] for i in event["inputs"]]
        said = pressed(client, event, data, f"painter{number}")
        assert "million pixels" in said or "megapixels" in said, said
    assert runs


def test_nothing_else_is_served(client: httpx.Client, secret: str) -> None:
    mine = upload(client, png())
    assert client.get(f"/gradio_api/file={mine}").content == png()
    for path in (secret, "/etc/hostname", "http://127.0.0.1:9/", str(upload_folder()), "app.py"):
        assert client.get(f"/gradio_api/file={path}").status_code == 404


def test_mcp_reads_no_file_either(fake_url: str, secret: str) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def ask(image: Any) -> tuple[bool, str]:
        async with (
            streamable_http_client(f"{fake_url}gradio_api/mcp/") as (reads, writes, _),
            ClientSession(reads, writes) as session,
        ):
            await session.initialize()
            answer = await session.call_tool("predict", {"image": image, "labels": "cat,dog"})
            return bool(answer.isError), answer.content[0].text  # type: ignore[union-attr]

    for given in (secret, "file://" + secret, "http://127.0.0.1:9/secret.png"):
        failed, said = apart(ask(given))
        assert failed and "by_modality" not in said
    failed, said = apart(ask(data_address(png())))
    assert not failed and "by_modality" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_speaks_the_language_asked_for(
    client: httpx.Client, secret: str, language: str
) -> None:
    event, said = called(client, "predict", [secret, None, "", "", "mean", language])
    assert said["error"] == Message("file_not_uploaded", {"field": "image"}).text(language)


def test_an_upload_belongs_to_the_browser_that_gave_it(fake_url: str) -> None:
    with visitor(fake_url) as first, visitor(fake_url) as second, visitor(fake_url) as nobody:
        assert "httponly" in first.get("/").headers["set-cookie"].lower()
        second.get("/")
        path = upload(first, png(33))
        assert predicted(first, path)[0] == "complete"
        assert first.get(f"/gradio_api/file={path}").status_code == 200
        for other in (second, nobody):
            assert predicted(other, path)[0] == "error"
            assert other.get(f"/gradio_api/file={path}").status_code == 404
        assert Path(path).name == "given.png"
