"""Names, origins, sizes and addresses: what a live server answers before any handler is asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.errors import Message
from demo.settings import Settings
from demo.ui.guard.bodies import Limits
from demo.ui.guard.cache import upload_folder
from demo.ui.guard.hosts import hosts_of
from tests.ui.asking import API, apart, called, png, upload, visitor


@pytest.fixture(scope="module")
def client(fake_url: str) -> Any:
    with visitor(fake_url) as found:
        yield found


def sentence(key: str, **values: Any) -> str:
    return Message(key, values).text()


# By which name -----------------------------------------------------------------------------------

FOREIGN = ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil.example"]
FOREIGN += ["10.0.0.1", "[::2]", "", "local host", "evil.example:80:80", "169.254.169.254"]


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/", "/config", f"{API}/info", f"{API}/mcp/"])
def test_a_foreign_name_is_not_served(client: httpx.Client, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host, "Origin": f"http://{host or 'x'}"})
    assert answer.status_code == 421 and answer.json()["detail"] == sentence("host_unknown")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:99", "127.0.0.1", "[::1]:7860"])
def test_its_own_names_are(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host,environment,said,served,refused",
    [
        ("127.0.0.1", {}, "", ["127.0.0.1:1", "localhost"], ["demo.example.org", "10.0.0.1"]),
        ("127.0.0.1", {}, "demo.example.org", ["demo.example.org"], ["example.org"]),
        (
            "127.0.0.1",
            {},
            "*.example.org",
            ["a.example.org", "a.b.example.org"],
            ["badexample.org"],
        ),
        ("127.0.0.1", {}, "*", ["anything.example"], []),
        ("0.0.0.0", {}, "", ["192.168.1.7:7860", "[fe80::1]", socket.gethostname()], ["a.example"]),
        ("192.168.1.7", {}, "", ["192.168.1.7:7860"], ["192.168.1.8", "a.example"]),
        (
            "0.0.0.0",
            {"SPACE_ID": "me/demo", "SPACE_HOST": "me-demo.hf.space"},
            "",
            ["me-demo.hf.space", "10.1.2.3:7860", "me--demo--x.hf.space"],
            ["hf.space.example", "huggingface.co.example"],
        ),
    ],
)
def test_the_names_follow_from_where_it_listens(
    host: str, environment: dict[str, str], said: str, served: list[str], refused: list[str]
) -> None:
    hosts = hosts_of(Settings(host=host, trusted_hosts=said), environment)
    assert [name for name in served if not hosts.trusts(name)] == []
    assert [name for name in refused if hosts.trusts(name)] == []
    if environment:
        assert hosts.may_send("https://me-demo.hf.space", "me-demo.hf.space")
        assert not hosts.may_send("https://other.hf.space", "me-demo.hf.space")
        assert "https://huggingface.co" in hosts.frames


def test_no_proxy_invents_a_name(client: httpx.Client) -> None:
    answer = client.get("/config", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 200 and "evil.example" not in answer.text


# From which page ---------------------------------------------------------------------------------

SENT_BY_OTHERS = [{"Origin": origin} for origin in ("http://evil.example", "null", "file://", "")]
SENT_BY_OTHERS += [{"Origin": "http://localhost:1"}, {"Origin": "http://127.0.0.1:1"}]
SENT_BY_OTHERS += [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site")]
WRITTEN = ["upload", "queue/join", "call/predict", "run/predict", "cancel", "mcp/", "reset"]


@pytest.mark.parametrize("headers", SENT_BY_OTHERS, ids=str)
@pytest.mark.parametrize("path", WRITTEN)
def test_other_pages_send_nothing(client: httpx.Client, headers: dict[str, str], path: str) -> None:
    answer = client.post(f"{API}/{path}", headers=headers, json={"data": []})
    assert answer.status_code == 403 and answer.json()["detail"] == sentence("origin_foreign")


def test_other_pages_are_granted_nothing(client: httpx.Client, fake_url: str) -> None:
    asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    assert client.options(f"{API}/upload", headers=asks).status_code == 403
    for origin in ("http://evil.example", "http://localhost:1"):
        answer = client.get("/config", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers


def test_its_own_page_sends(client: httpx.Client, fake_url: str) -> None:
    own = {"Origin": fake_url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert upload(client, png(), headers=own)


# How much, and how fast --------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["call/predict", "queue/join", "run/predict", "cancel", "mcp/"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_has_a_limit(client: httpx.Client, path: str, chunked: bool) -> None:
    body = b'{"data": ["' + b"a" * 2_200_000 + b'"]}'
    sent = (body[i : i + 65536] for i in range(0, len(body), 65536)) if chunked else body
    answer = client.post(
        f"{API}/{path}", content=sent, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["detail"] == sentence("body_too_large", limit="2 MB")


def held() -> list[str]:
    return sorted(str(entry) for entry in upload_folder().rglob("*") if entry.is_file())


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_has_a_limit_and_leaves_nothing(client: httpx.Client, chunked: bool) -> None:
    before = held()
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'

    def form() -> Iterator[bytes]:
        yield head
        yield from (b"a" * 2**20 for _ in range(53))
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    content = form() if chunked else b"".join(form())
    answer = client.post(f"{API}/upload", content=content, headers=headers)
    assert answer.status_code == 413
    assert held() == before


def test_a_declared_length_is_refused_before_a_byte_is_sent(fake_url: str) -> None:
    address = httpx.URL(fake_url)
    with socket.create_connection((address.host, address.port), timeout=10) as line:
        line.sendall(
            f"POST {API}/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
        )
        assert b" 413 " in line.recv(4096).split(b"\r\n")[0]


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    import asyncio

    from demo.ui.guard.bodies import TooSlow, watched

    async def never() -> Any:
        await asyncio.sleep(60)

    async def take() -> None:
        await watched(never, 100, Limits(upload=100, idle=0.05))()

    with pytest.raises(TooSlow):
        apart(take())


@pytest.mark.parametrize("asked", ["", "?upload_id=x"])
@pytest.mark.parametrize(
    "boundary,head",
    [
        ("b", 'name="files"'),  # text in place of a file
        ("b", 'filename="a.png"'),
        ("b" * 5000, 'name="files"; filename="a.png"'),
        ("", 'name="files"; filename="a.png"'),
    ],
)
def test_a_misshapen_form_is_one_sentence(
    client: httpx.Client, asked: str, boundary: str, head: str
) -> None:
    form = f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\nx\r\n--{boundary}--\r\n"
    kind = f"multipart/form-data; boundary={boundary}" if boundary else "multipart/form-data"
    answer = client.post(
        f"{API}/upload{asked}", content=form.encode(), headers={"Content-Type": kind}
    )
    assert answer.status_code in (400, 422) and len(answer.content) < 300, answer.text


@pytest.mark.parametrize(
    "name", ["../../x.png", "/etc/passwd", "..", ".", "a" * 3000, "con", "; x"]
)
def test_an_upload_lies_among_uploads_whatever_it_is_called(
    client: httpx.Client, name: str
) -> None:
    answer = client.post(f"{API}/upload", files={"files": (name, png())})
    if answer.status_code == 200:
        assert Path(answer.json()[0]).resolve().parents[1] == upload_folder()
    else:
        assert answer.status_code in (400, 422) and len(answer.content) < 300


# At which address --------------------------------------------------------------------------------

NOT_THERE = [
    ("GET", "/nothing"),
    ("GET", "/monitoring"),
    ("GET", "/monitoring/summary"),
    ("GET", f"{API}/deep_link?session_hash=x"),
    ("GET", "/gradio_api/vibe-code"),
    ("GET", f"{API}/proxy=http://127.0.0.1/"),
    ("GET", f"{API}/file=http://127.0.0.1/"),
    ("GET", f"{API}/file/etc/hostname"),
    ("GET", f"{API}/stream/a/b/1/playlist-file"),
    ("GET", f"{API}/dev/reload"),
    ("GET", f"{API}/runs"),
    ("GET", f"{API}/call/predict/0123456789abcdef"),
    ("GET", f"{API}/call/predict"),
    ("POST", f"{API}/process_recording"),
    ("POST", f"{API}/vibe-edit"),
    ("POST", f"{API}/component_server"),
    ("POST", f"{API}/call/nothing"),
    ("POST", f"{API}/call/v2/nothing"),
    ("POST", f"{API}/call/run"),
    ("POST", f"{API}/call/lambda"),
    ("POST", f"{API}/api/predict"),
    ("POST", f"{API}/run/explain"),
    ("POST", f"{API}/run/predict"),
    ("POST", "/login"),
    ("DELETE", "/"),
]


@pytest.mark.parametrize("method,path", NOT_THERE)
def test_there_is_nothing_at_other_addresses(client: httpx.Client, method: str, path: str) -> None:
    body = {"data": [None, None, "a dog", "cat, dog", "mean", "en"]} if method == "POST" else None
    answer = client.request(method, path, json=body)
    assert answer.status_code == 404 and answer.json()["detail"] == sentence("address_unknown")
    chinese = client.request(method, path, json=body, headers={"Accept-Language": "zh-CN"})
    assert chinese.json()["detail"] == Message("address_unknown").text("zh")


@pytest.mark.parametrize("path", ["queue/join", "run/predict"])
@pytest.mark.parametrize("number", [-1, 99999])
def test_there_is_no_handler_of_other_numbers(client: httpx.Client, path: str, number: int) -> None:
    body = {"data": [], "fn_index": number, "session_hash": "x"}
    answer = client.post(f"{API}/{path}", json=body)
    assert answer.status_code == 404 and answer.json()["detail"] == sentence("address_unknown")


def test_no_handler_of_the_page_passes_the_line(client: httpx.Client) -> None:
    config = client.get("/config").json()
    for event in config["dependencies"]:
        if event["queue"]:
            body = {"data": [None] * len(event["inputs"]), "fn_index": event["id"]}
            answer = client.post(f"{API}/run/predict", json={**body, "session_hash": "x"})
            assert answer.status_code == 404


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b"5", b'"x"', b'{"data": 5}', b"[" * 100_000])
@pytest.mark.parametrize("path", ["call/predict", "queue/join", "run/predict", "cancel"])
def test_a_misshapen_body_is_one_sentence(client: httpx.Client, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"{API}/{path}", content=body, headers=headers)
    assert 400 <= answer.status_code < 500 and len(answer.content) < 300, answer.text


# What answers carry ------------------------------------------------------------------------------


def test_what_answers_carry(client: httpx.Client) -> None:
    for path in ("/", "/config", "/nothing", f"{API}/info", f"{API}/file={upload(client, png())}"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
    hostile = upload(client, b"<script>alert(1)</script>", "page.html")
    answer = client.get(f"{API}/file={hostile}")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("attachment")


def test_it_still_answers(client: httpx.Client) -> None:
    event, said = called(client, "predict", [None, None, "a dog", "cat, dog", "mean", "en"])
    assert event == "complete" and said[0]["labels"] == ["cat", "dog"]
