"""Published weights as shipped files: nothing is lost on the way, and what is missing is said."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from demo.errors import UserError
from demo.models.checkpoints.shards import read_shards, rounded
from demo.models.checkpoints.trunks import PICTURE_TRUNK, TRUNKS_FOLDER, open_sound_trunk
from demo.training.trunks import LITE0_FILE, LITE0_PACKAGE, convert, lite0_state, write_shards


def test_shards_are_small_and_complete(tmp_path: Path) -> None:
    state = {f"layer.{i}": torch.randn(10, 50) for i in range(5)} | {"bias": torch.randn(7)}
    (tmp_path / "model-00001-of-00009.safetensors").write_bytes(b"of an earlier run")
    paths = write_shards(state, tmp_path, most=2_500)  # 1,000 bytes each in float16
    assert [path.name for path in paths] == [
        f"model-0000{i}-of-00003.safetensors" for i in (1, 2, 3)
    ]
    assert len(paths) == len(list(tmp_path.iterdir())) == 3
    read = read_shards(tmp_path)
    assert read.keys() == state.keys()
    assert read["bias"].equal(state["bias"])
    torch.testing.assert_close(read["layer.3"], state["layer.3"], rtol=1e-3, atol=1e-3)


def test_a_lost_shard_is_said(tmp_path: Path) -> None:
    paths = write_shards({"a": torch.ones(10, 10), "b": torch.ones(10, 10)}, tmp_path, most=250)
    paths[1].unlink()
    with pytest.raises(UserError, match="no weights"):
        read_shards(tmp_path)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    write_shards({"a": torch.ones(3)}, tmp_path)
    with pytest.raises(UserError, match="do not fit"):
        open_sound_trunk(tmp_path)


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"yamnet-fp16\.safetensors"):
        convert(tmp_path, tmp_path / "out")


def test_what_ships_is_what_was_published(tmp_path: Path) -> None:
    spec = find_spec(LITE0_PACKAGE)
    assert spec is not None, "install requirements-dev.txt"
    published = torch.load(Path(str(spec.origin)).parent / LITE0_FILE, weights_only=True)
    shipped = read_shards(TRUNKS_FOLDER / PICTURE_TRUNK)
    written = write_shards(rounded(lite0_state(published)), tmp_path)
    assert read_shards(tmp_path).keys() == shipped.keys()
    for name, value in read_shards(tmp_path).items():
        assert shipped[name].equal(value), name
    assert sum(path.stat().st_size for path in written) < 5.2e6  # eight bits a weight
