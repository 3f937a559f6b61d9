"""Fetching from a hub that fails in every way; what cannot be had is said in one sentence, soon."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from demo.__main__ import main
from demo.errors import UserError
from demo.models.hub import download as fetching
from demo.models.hub.download import Cancelled, Progress, download, is_here, plan
from demo.models.loaders import find_preset
from demo.models.presets import Preset
from demo.opening import open_pipeline
from demo.schema import Sample
from demo.settings import Settings
from tests.models.hub import tiny
from tests.models.hub.fake_hub import COMMIT, FakeHub, serving


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.sentence(tmp_path_factory.mktemp("made") / "sentence")


@pytest.fixture
def hub(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    folder = tmp_path / "repository"
    shutil.copytree(model, folder)
    (folder / "pytorch_model.bin").write_bytes(b"never asked for")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)  # this hub is on loopback
    with serving(FakeHub(folder)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def written(tmp_path: Path, source: str = "somebody/model", family: str = "sentence") -> Path:
    path = tmp_path / "fetched.toml"
    path.write_text(
        f'[checkpoints.a]\nfamily = "{family}"\nsource = "{source}"\nrevision = "main"\n'
        '[roles]\ntext = "a"\n'
    )
    return path


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    return find_preset(str(written(tmp_path)))


def test_what_was_downloaded_works_without_a_network(
    hub: FakeHub, preset: Preset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_here(preset)
    with pytest.raises(UserError, match="download"):
        open_pipeline(Settings(preset=str(written(tmp_path)), device="cpu"))
    seen: list[Progress] = []
    found = download(preset, seen.append)
    assert found.done == found.total == sum(part.bytes for part in plan(preset))
    assert not any("pytorch_model.bin" in asked for asked in hub.asked)
    assert is_here(preset)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    pipeline = open_pipeline(Settings(preset=str(written(tmp_path)), device="cpu"))
    assert pipeline.predict(Sample(text="two small dogs"), ["dog", "cat"]).top


def test_what_was_fetched_can_be_pinned(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A branch is named with the commit that it was; --pin writes the preset so that it stays."""
    path, pinned = written(tmp_path), tmp_path / "pinned.toml"
    assert main(["download", str(path)]) == 0
    assert f"commit {COMMIT}" in capsys.readouterr().out
    assert main(["download", str(path), "--pin", str(pinned), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["commits"] == {"somebody/model": COMMIT}
    before, after = (find_preset(str(one)).roles["text"] for one in (path, pinned))
    assert (before.revision, after.revision) == ("main", COMMIT)
    assert not before.pinned and after.pinned and after.source == before.source
    assert main(["download", str(path), "--pin", str(tmp_path / "no" / "where.toml")]) == 2


@pytest.mark.parametrize("place", ["pinned.toml", "else/where/pinned.toml"])
def test_a_pinned_preset_finds_its_own_folders_from_anywhere(
    hub: FakeHub, model: Path, tmp_path: Path, place: str
) -> None:
    path, pinned = written(tmp_path), tmp_path / place
    shutil.copytree(model, tmp_path / "mine")
    pinned.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(path.read_text() + '[checkpoints.b]\nfamily = "sentence"\nsource = "./mine"\n')
    path.write_text(path.read_text().replace('text = "a"', 'text = "a"\nmood_text = "b"'))
    assert main(["download", str(path), "--pin", str(pinned)]) == 0
    found = find_preset(str(pinned))
    assert found.roles["text"].revision == COMMIT
    assert Path(found.roles["mood_text"].source) == (tmp_path / "mine").resolve()
    assert ('"./mine"' in pinned.read_text()) == (place == "pinned.toml")


def test_progress_is_real_and_a_cancelled_download_goes_on(
    hub: FakeHub, preset: Preset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 4096)
    hub.pause = 0.1
    seen: list[Progress] = []

    def half() -> bool:
        return bool(seen) and seen[-1].done > seen[-1].total / 2

    with pytest.raises(Cancelled):
        download(preset, seen.append, half)
    done = [progress.done for progress in seen]
    assert len(set(done)) > 2 and done == sorted(done)
    hub.pause = 0.0
    hub.asked.clear()
    before, hub.given = hub.given, 0
    download(preset, seen.append)
    again = [one for one in hub.asked if one.startswith("GET") and "/resolve/" in one]
    assert (
        is_here(preset) and len(again) == 1 and "model.safetensors" in again[0]
    )  # others are kept
    whole = (hub.folder / "model.safetensors").stat().st_size
    assert (
        before > 3 * 4096 and hub.given < 0.8 * whole
    )  # nor is what was there of it asked for again
    assert not list(Path(constants.HF_HUB_CACHE).rglob("*.part"))


def test_what_is_left_of_another_file_is_not_believed(hub: FakeHub, preset: Preset) -> None:
    """As long as the file, and wrong: it is fetched from the start the next time."""
    whole = (hub.folder / "model.safetensors").read_bytes()
    blobs = Path(constants.HF_HUB_CACHE) / "models--somebody--model" / "blobs"
    blobs.mkdir(parents=True)
    part = blobs / f"{hashlib.sha256(whole).hexdigest()}.part"
    part.write_bytes(bytes(len(whole) - 100))
    assert refused(preset) == "download_damaged"
    assert not part.exists()
    download(preset)
    assert is_here(preset)


def test_a_download_that_breaks_off_goes_on(hub: FakeHub, preset: Preset) -> None:
    hub.cut = 30_000
    download(preset)
    assert is_here(preset)


@pytest.mark.parametrize(
    "status,code,said",
    [
        (404, "RepoNotFound", "does not exist"),
        (401, "RepoNotFound", "does not exist"),
        (403, "GatedRepo", "accept"),
        (404, "RevisionNotFound", "no revision"),
        (500, "", "try again later"),
    ],
)
def test_what_the_hub_refuses(
    hub: FakeHub,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: str,
    said: str,
) -> None:
    hub.status, hub.code = status, code
    started = time.monotonic()
    assert main(["download", str(written(tmp_path))]) == 2
    assert time.monotonic() - started < 10
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and said in lines[0]


def refused(preset: Preset) -> str:
    started = time.monotonic()
    with pytest.raises(UserError) as caught:
        download(preset)
    assert time.monotonic() - started < 10
    caught.value.message.text("zh")
    return caught.value.message.key


def test_no_network(hub: FakeHub, preset: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert refused(preset) == "download_no_network"


def test_names_that_cannot_be(hub: FakeHub, tmp_path: Path) -> None:
    assert refused(find_preset(str(written(tmp_path, "a b/c/d")))) == "download_bad_name"


def test_another_architecture(hub: FakeHub, tmp_path: Path) -> None:
    assert refused(find_preset(str(written(tmp_path, family="clip")))) == "checkpoint_wrong_family"


def test_only_weights_of_other_kinds(hub: FakeHub, preset: Preset) -> None:
    (hub.folder / "model.safetensors").unlink()
    assert refused(preset) == "checkpoint_no_safetensors"


def test_a_file_that_is_gone(hub: FakeHub, preset: Preset) -> None:
    hub.gone = ("tokenizer.json",)
    assert refused(preset) == "checkpoint_incomplete"


def test_damaged_weights(hub: FakeHub, preset: Preset) -> None:
    whole = (hub.folder / "model.safetensors").read_bytes()
    (hub.folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    assert refused(preset) == "checkpoint_damaged"


def test_a_full_disk(
    hub: FakeHub, preset: Preset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fetching, "_free", lambda: 1_000)
    assert refused(preset) == "download_disk_full"
    assert not any("model.safetensors" in asked for asked in hub.asked)
