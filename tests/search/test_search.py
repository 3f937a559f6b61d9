"""The whole way, with the real checkpoint: collections are read, asked, explained; what is bad is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from demo.errors import UserError
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.search import collection
from demo.search.collection import open_collection, picture_world, world_scenes
from demo.search.engines import Exact
from demo.search.indexing import Indexed, Indexing
from demo.search.query import Query, reader_for, search
from demo.search.why import original, why
from demo.world.language.grammar import description

COUNT = 24


@pytest.fixture(scope="module")
def indexed(pipeline: Pipeline) -> Indexed:
    work = Indexing(pipeline, f"world:5:{COUNT}")
    assert list(work.work()) == list(range(1, COUNT + 1)) and work.finished
    found = work.result()
    work.close()
    return found


@pytest.mark.parametrize("correction", ["csls", "softmax", "none"])
def test_scenes_are_found_by_their_descriptions(
    pipeline: Pipeline, indexed: Indexed, correction: str
) -> None:
    reader, engine = reader_for(pipeline, indexed.index), Exact(indexed.index)
    right = 0
    for i, scene in enumerate(world_scenes(5, COUNT)):
        asked = Query(Sample(text=description(scene, "en")), correction=correction, count=3)
        found = search(reader, indexed.index, engine, asked)
        right += found.hits[0].item == i
        assert [hit.score for hit in found.hits] == sorted(
            (h.score for h in found.hits), reverse=True
        )
        assert found.hits[0].because[0].query == "text"
        assert found.hits[0].because[0].sense == "image"
    assert right >= 0.9 * COUNT


def test_several_senses_are_weighed(pipeline: Pipeline, indexed: Indexed) -> None:
    index = indexed.index
    reader, engine = reader_for(pipeline, index), Exact(index)
    first = original(index.source, index.items[0].name)
    both = Sample(image=first.image, text=index.items[1].name)
    for weights, expected in (({"text": 0.0}, 0), ({"image": 0.0}, 1)):
        found = search(reader, index, engine, Query(both, weights))  # type: ignore[arg-type]
        assert found.hits[0].item == expected and len(found.weights) == 1
    found = search(reader, index, engine, Query(both))
    assert {hit.item for hit in found.hits[:4]} >= {0, 1}
    assert found.weights == {"image": 0.5, "text": 0.5}
    for bad in ({"text": 0.0, "image": 0.0}, {"text": 2.0}, {"text": float("nan")}):
        with pytest.raises(UserError, match="weights"):
            search(reader, index, engine, Query(both, bad))  # type: ignore[arg-type]


def test_the_maps_lie_on_what_both_are_about(pipeline: Pipeline, indexed: Indexed) -> None:
    """Most of what a picture's map marks strongest is a thing that the words name."""
    index = indexed.index
    reader = reader_for(pipeline, index)
    scenes = [(i, s) for i, s in enumerate(world_scenes(5, COUNT)) if len(s.things) == 1][:5]
    on_it = 0
    for i, scene in scenes:
        shown = why(
            reader,
            Sample(text=description(scene, "en")),
            "text",
            original(index.source, index.items[i].name),
            "image",
        )
        row, col = np.unravel_index(int(shown.hit.values.argmax()), shown.hit.values.shape)
        thing, grid = scene.things[0], shown.hit.grid
        across, down = (int(col) + 0.5) / grid.cols, (int(row) + 0.5) / grid.rows
        on_it += abs(across - thing.x) < thing.size / 2 and abs(down - thing.y) < thing.size / 2
        assert shown.query.modality == "text" and not shown.query.flat
    assert on_it >= len(scenes) - 1


def test_two_pictures_can_be_compared(pipeline: Pipeline, indexed: Indexed) -> None:
    sample = original(indexed.index.source, indexed.index.items[2].name)
    shown = why(reader_for(pipeline, indexed.index), sample, "image", sample, "image")
    assert shown.cosine == pytest.approx(1.0, abs=1e-4)
    assert shown.query.values.shape == shown.hit.values.shape
    with pytest.raises(UserError):
        why(reader_for(pipeline, indexed.index), sample, "text", sample, "image")


def test_work_can_be_left_and_taken_up_again(pipeline: Pipeline) -> None:
    work = Indexing(pipeline, "world:5:12")
    assert list(work.work(0.0)) == [1] and not work.finished
    assert len(work.result().index.items) == 1
    assert list(work.work())[-1] == 12
    assert [item.name for item in work.result().index.items] == [
        i.name for i in picture_world(5, 12).items
    ]
    work.close()


def test_another_models_index_is_refused(
    pipeline: Pipeline, indexed: Indexed, talking: Pipeline
) -> None:
    with pytest.raises(UserError, match="another model"):
        reader_for(talking, indexed.index)


# Collections ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """dog.png, dog.wav and dog.txt are one thing; a broken picture; a file nobody reads."""
    pixels = np.kron(np.random.default_rng(0).integers(0, 255, (6, 8, 3)), np.ones((16, 16, 1)))
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "dog.png")
    soundfile.write(tmp_path / "dog.wav", 0.3 * np.sin(np.arange(16_000) / 9), 16_000)
    (tmp_path / "dog.txt").write_text("a small dog", encoding="utf-8")
    (tmp_path / "words.txt").write_text("two cats", encoding="utf-8")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"?" * 90)
    (tmp_path / "notes.docx").write_bytes(b"?")
    return tmp_path


def test_a_folder_of_ones_own(pipeline: Pipeline, folder: Path) -> None:
    work = Indexing(pipeline, str(folder))
    assert work.total == 3
    list(work.work())
    found = work.result()
    work.close()
    assert {item.name: item.senses for item in found.index.items} == {
        "dog.png": ("image", "audio", "text"),
        "words.txt": ("text",),
    }
    assert {skip.name for skip in found.skipped} == {"broken.png", "notes.docx"}
    asked = Query(Sample(text="two cats"))
    hits = search(work.reader, found.index, Exact(found.index), asked).hits
    assert hits[0].name == "words.txt" and hits[0].because[0].cosine == pytest.approx(1.0, abs=1e-4)
    assert original(str(folder), "dog.png").modalities == ("image", "audio", "text")
    (folder / "dog.png").unlink()
    with pytest.raises(UserError, match="no longer there"):
        original(str(folder), "dog.png")


def test_a_table_of_sentences(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    rows = [{"text": "a dog"}, {"text": "a cat"}, {"label": "x"}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with open_collection(str(path)) as found:
        assert len(found.items) == 2 and len(found.skipped) == 1
        assert len({item.name for item in found.items}) == 2


def test_bad_collections_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: str, why: str) -> None:
        with pytest.raises(UserError, match=why), open_collection(source):
            pass

    (tmp_path / "empty").mkdir()
    refused(str(tmp_path / "empty"), "nothing to find")
    refused(str(tmp_path / "nowhere"), "nowhere")
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(5):
            archive.writestr(f"{i}.png", bytes(30 * 1024**2))
    refused(str(bomb), "unpack to")
    monkeypatch.setattr(collection, "MOST_ITEMS", 3)
    for i in range(4):
        (tmp_path / "empty" / f"{i}.txt").write_text("words", encoding="utf-8")
    refused(str(tmp_path / "empty"), "4 items")
    table = tmp_path / "wide.csv"
    table.write_text(",".join(f"text{i}" for i in range(10_001)))
    refused(str(table), "damaged or not what its name says")
    monkeypatch.setattr(collection, "opened", None)  # its names alone are enough
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for i in range(4):
            archive.writestr(f"{i}.jpg", b"")
            archive.writestr(f"{i}.wav", b"")
    refused(str(tmp_path / "many.zip"), "4 items")
    for world in ("world:x:3", "world:1:0", "world:1:99999"):
        refused(world, "world:SEED:COUNT")
