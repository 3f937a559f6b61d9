"""Digests are those that sha256sum prints, of the file as it came."""

from __future__ import annotations

import hashlib
from pathlib import Path

from demo.inputs.digest import digests


def test_of_files_bytes_and_words(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a picture")
    found = digests(tmp_path / "a", b"a sound", "狗")
    wanted = {"image": b"a picture", "audio": b"a sound", "text": "狗".encode()}
    assert found == {name: hashlib.sha256(data).hexdigest() for name, data in wanted.items()}


def test_what_was_not_given_has_none() -> None:
    assert digests() == digests(text="") == {}
    assert list(digests(audio=b"")) == ["audio"]
