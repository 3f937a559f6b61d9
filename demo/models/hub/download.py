"""Fetches the checkpoints of a preset from the hub: what is needed and no more, on from where it broke off.

The only file that talks to the network. Files are checked as they arrive; a run that is stopped leaves what
it has.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import (
    HfApi,
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get, repo_folder_name
from huggingface_hub.utils import build_hf_headers, httpx

from demo.errors import UserError
from demo.models.hub.families import FAMILIES
from demo.models.hub.opening import PACKAGE, SINGLE, check, folder_of
from demo.models.presets import SPEECH_REQUIREMENTS, Checkpoint, Preset

WAIT_S = 8.0  # for the hub to answer a question
SPARE = 64_000_000  # bytes that stay free on the disk
# Beside weights: configuration, vocabulary, preprocessing
SMALL = ("*.json", "*.txt", "*.model", "*.spm", "*.jinja")
NEVER = ("onnx/*", "*/*", "*.onnx*", "training_args*", "*rust_model*")


class Cancelled(Exception):
    """Whoever wanted it does not any more."""


@dataclass(frozen=True)
class Part:
    """A file to fetch. bytes: how large it is; here: whether it has been fetched; commit: that the hub names
    for the checkpoint's revision."""

    checkpoint: Checkpoint
    name: str
    bytes: int
    here: bool
    commit: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a download is. done, total: bytes; file: the one on its way."""

    done: int
    total: int
    file: str = ""


def from_hub(checkpoint: Checkpoint) -> bool:
    """Whether it lies on the hub, and not in a folder or a package."""
    source = checkpoint.source
    local = source.startswith(PACKAGE) or Path(source).is_absolute()
    return checkpoint.family in FAMILIES and not local and source != SPEECH_REQUIREMENTS


def is_here(preset: Preset) -> bool:
    """Whether all that a preset needs lies on this machine, whole; reads no weights."""
    try:
        for checkpoint in preset.checkpoints:
            if checkpoint.family in FAMILIES and checkpoint.source != SPEECH_REQUIREMENTS:
                check(folder_of(checkpoint), checkpoint, FAMILIES[checkpoint.family])
    except UserError:
        return False
    return True


def plan(preset: Preset) -> list[Part]:
    """All files of a preset that come from the hub, asked of it.

    Raises:
        UserError: the hub cannot be reached, or does not have or give them.
    """
    return [part for one in preset.checkpoints if from_hub(one) for part in _parts_of(one)]


def _parts_of(checkpoint: Checkpoint) -> list[Part]:
    with _Told(checkpoint):
        info = HfApi(endpoint=_endpoint()).model_info(
            checkpoint.source,
            revision=checkpoint.revision,
            files_metadata=True,
            timeout=WAIT_S,
        )
    files = {one.rfilename: int(one.size or 0) for one in info.siblings or ()}
    weights = [name for name in files if fnmatch.fnmatch(name, "model*.safetensors")]
    weights = [SINGLE] if SINGLE in weights else weights
    if not weights:
        raise UserError("checkpoint_no_safetensors", source=checkpoint.source)
    wanted = [*weights, *(name for name in files if _small(name))]
    revision = info.sha or checkpoint.revision
    return [
        Part(checkpoint, name, files[name], _held(checkpoint, name, revision), revision or "")
        for name in wanted
    ]


def _endpoint() -> str | None:
    """Another hub than the usual one, as its client's own variable says."""
    return os.environ.get("HF_ENDPOINT") or None


def _small(name: str) -> bool:
    return any(fnmatch.fnmatch(name, one) for one in SMALL) and not any(
        fnmatch.fnmatch(name, one) for one in NEVER
    )


def _held(checkpoint: Checkpoint, name: str, revision: str | None) -> bool:
    return isinstance(try_to_load_from_cache(checkpoint.source, name, revision=revision), str)


def download(
    preset: Preset,
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
) -> Progress:
    """Fetch what is missing, and check it. report: called a few times a second; stop: asked as often.

    Raises:
        UserError: one sentence that says why it cannot be had.
        Cancelled: `stop` said so; what has been fetched stays, of the file in progress, too.
    """
    parts = plan(preset)
    total = sum(part.bytes for part in parts)
    missing = [part for part in parts if not part.here]
    needed = sum(part.bytes for part in missing)
    free = _free()
    if free < needed + SPARE:
        raise UserError(
            "download_disk_full", needed=_megabytes(needed + SPARE), free=_megabytes(free)
        )
    before = total - needed
    report(Progress(before, total))
    for part in sorted(missing, key=lambda one: one.bytes):
        _fetch(part, _Watch(before, total, part.name, report, stop))
        before += part.bytes
    for checkpoint in preset.checkpoints:
        if from_hub(checkpoint):
            check(folder_of(checkpoint), checkpoint, FAMILIES[checkpoint.family])
    return Progress(total, total)


def _free() -> int:
    folder = Path(constants.HF_HUB_CACHE)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)


@dataclass
class _Watch:
    """Turns the client's progress bar of one file into reports."""

    before: int
    total: int
    file: str
    report: Callable[[Progress], None]
    stop: Callable[[], bool]
    said: float = 0.0

    def bar(self) -> type[Any]:
        """What the hub's client makes in place of a bar on the terminal."""
        watch = self

        class Bar:
            """As far as tqdm's interface is used."""

            def __init__(self, *_: Any, initial: float = 0, total: float = 0, **__: Any) -> None:
                self.n, self.total, self.disable = float(initial or 0), total, False
                watch.moved(self.n)

            def update(self, count: float | None = 1) -> None:
                self.n += count or 0
                watch.moved(self.n)

            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None: ...

            def close(self) -> None: ...

            def refresh(self, *_: Any, **__: Any) -> None: ...

            def set_description(self, *_: Any, **__: Any) -> None: ...

            def set_postfix_str(self, *_: Any, **__: Any) -> None: ...

        return Bar

    def moved(self, count: float) -> None:
        if self.stop():
            raise Cancelled
        now = time.monotonic()
        if now - self.said > 0.2:
            self.said = now
            self.report(Progress(self.before + int(count), self.total, self.file))


def _fetch(part: Part, watch: _Watch) -> None:
    if watch.stop():
        raise Cancelled
    source, revision = part.checkpoint.source, part.checkpoint.revision
    with _Told(part.checkpoint):
        _fetch_blob(source, revision, part.name, watch)
        hf_hub_download(  # finds what was fetched, and puts it where it belongs
            source, part.name, revision=revision, etag_timeout=WAIT_S, endpoint=_endpoint()
        )


def _fetch_blob(source: str, revision: str | None, name: str, watch: _Watch) -> None:
    """A file's bytes in the hub's cache, on from where an earlier run broke off: its client starts anew.

    Raises:
        OSError: they are not those that the hub announced.
    """
    url = hf_hub_url(source, name, revision=revision, endpoint=_endpoint())
    found = get_hf_file_metadata(url, timeout=WAIT_S, endpoint=_endpoint())
    if found.etag is None or found.size is None:
        return
    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=source, repo_type="model")
    blob = folder / "blobs" / found.etag
    if blob.exists():
        return
    blob.parent.mkdir(parents=True, exist_ok=True)
    part = blob.with_name(f"{blob.name}.part")
    with part.open("r+b" if part.exists() else "wb") as file:
        have = file.seek(0, os.SEEK_END)
        if have > found.size:
            have = file.truncate(file.seek(0))
        http_get(
            found.location,
            file,
            resume_size=have,
            headers=build_hf_headers(),
            expected_size=found.size,
            tqdm_class=watch.bar(),
        )
    if not _is(part, found.etag):
        part.unlink()
        raise OSError("Consistency check failed")
    part.replace(blob)


def _is(file: Path, etag: str) -> bool:
    """Whether a large file's bytes are those that its name in the cache, their SHA-256, says."""
    if len(etag) != 64:
        return True  # a small file, named by git
    digest = hashlib.sha256()
    with file.open("rb") as bytes_:
        while piece := bytes_.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest() == etag


class _Told:
    """Turns what the hub's client raises into one sentence."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.source, self.revision = checkpoint.source, checkpoint.revision or "main"

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or isinstance(error, (UserError, Cancelled)):
            return
        if not isinstance(error, Exception):
            return
        raise UserError(self._key(error), source=self.source, revision=self.revision) from error

    def _key(self, error: Exception) -> str:
        if isinstance(error, GatedRepoError):
            return "download_gated"
        if isinstance(error, RevisionNotFoundError):
            return "download_no_revision"
        if isinstance(error, RepositoryNotFoundError):
            return "download_unknown"
        if isinstance(error, HFValidationError):
            return "download_bad_name"
        if isinstance(error, LocalEntryNotFoundError):
            return "download_no_network"
        if isinstance(error, EntryNotFoundError):
            return "checkpoint_incomplete"
        if isinstance(error, HfHubHTTPError):
            return "download_refused"
        if isinstance(error, (httpx.HTTPError, ConnectionError, TimeoutError)):
            return "download_no_network"
        if isinstance(error, OSError) and "onsistency" in str(error):
            return "download_damaged"
        if isinstance(error, OSError):
            return "download_disk"
        raise error
