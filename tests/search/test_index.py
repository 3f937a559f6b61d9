"""Vectors, engines and files: what is found is the same whoever compares, and nothing else is opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demo.errors import UserError
from demo.schema import MODALITIES, Modality, Sample
from demo.search.engines import Engine, Exact, Qdrant, open_engine
from demo.search.index import (
    CORRECTIONS,
    Index,
    Item,
    Maker,
    Sense,
    asked,
    scales_of,
    with_hubs,
)
from demo.search.query import Query, search
from demo.search.saved import as_bytes, from_bytes, open_index, save_index
from tests.search.store import running

ITEMS, WIDTH = 400, 24


def unit(values: np.ndarray) -> np.ndarray:
    return (values / np.linalg.norm(values, axis=-1, keepdims=True)).astype(np.float32)


def index_of(seed: int = 0, items: int = ITEMS) -> Index:
    """Random vectors that lean towards one direction, so that some are hubs; every other item sounds."""
    chance = np.random.default_rng(seed)
    lean = chance.normal(size=WIDTH)
    drawn = {m: unit(chance.normal(size=(items, WIDTH)) + 0.5 * lean) for m in MODALITIES[:2]}
    rows = {"image": np.arange(items), "audio": np.arange(0, items, 2)}
    senses: dict[Modality, Sense] = {m: Sense(drawn[m][rows[m]], rows[m]) for m in MODALITIES[:2]}
    banks: dict[Modality, np.ndarray] = {
        "text": unit(chance.normal(size=(200, WIDTH)) + 0.5 * lean),
        "image": senses["image"].vectors[:100],
    }
    senses = {m: with_hubs(sense, m, banks) for m, sense in senses.items()}
    things = tuple(
        Item(
            f"thing {i}",
            ("image", "audio") if i % 2 == 0 else ("image",),
            thumbnail=bytes([i % 256]) * (i % 3),
        )
        for i in range(items)
    )
    probes = unit(chance.normal(size=(3, WIDTH)))
    return Index("examples", Maker("toy", "", probes), things, senses, scales_of(senses, banks))


@pytest.fixture(scope="module")
def index() -> Index:
    return index_of()


@pytest.mark.parametrize("where", [":memory:", "folder"])
@pytest.mark.parametrize("correction", CORRECTIONS)
def test_qdrant_finds_what_the_matrix_product_finds(
    index: Index, where: str, correction: str, tmp_path: Path
) -> None:
    exact = Exact(index)
    other = Qdrant(index, where if where == ":memory:" else str(tmp_path / "store"))
    for number, query in enumerate(unit(np.random.default_rng(5).normal(size=(6, WIDTH)))):
        wanted = asked(query, "text", correction)
        sense = MODALITIES[number % 2]
        rows, scores = exact.nearest(sense, wanted, 10)
        found, measured = other.nearest(sense, wanted, 10)
        assert found.tolist() == rows.tolist()
        assert measured == pytest.approx(scores, abs=1e-4)
        assert (np.diff(scores) <= 0).all()
        held, kept = exact.vectors(sense, rows), other.vectors(sense, rows)
        assert held.keys() == kept.keys()
        assert all(np.allclose(held[row], kept[row], atol=1e-5) for row in held)
    other.close()


def test_a_score_is_what_the_papers_say(index: Index) -> None:
    """CSLS and the inverted softmax, computed here from their definitions."""
    chance = np.random.default_rng(9)
    bank, items = unit(chance.normal(size=(50, WIDTH))), unit(chance.normal(size=(30, WIDTH)))
    sense = with_hubs(Sense(items, np.arange(30)), "image", {"text": bank})
    query = unit(chance.normal(size=(1, WIDTH)))[0]
    near = np.sort(items @ bank.T, axis=1)[:, -10:].mean(axis=1)
    csls = sense.augmented @ asked(query, "text", "csls")
    assert csls == pytest.approx(2 * items @ query - near, abs=1e-5)
    softmax = np.exp(20 * items @ query) / np.exp(20 * items @ bank.T).mean(axis=1)
    assert sense.augmented @ asked(query, "text", "softmax") == pytest.approx(
        np.log(softmax), abs=1e-4
    )
    assert sense.augmented @ asked(query, "text", "none") == pytest.approx(items @ query, abs=1e-6)


def test_correction_takes_hubs_down(index: Index) -> None:
    """How unevenly items are found: the skewness of how often each is among the ten nearest."""

    def skew(correction: str) -> float:
        chance = np.random.default_rng(0)
        lean = chance.normal(size=WIDTH)
        queries = unit(np.random.default_rng(3).normal(size=(300, WIDTH)) + 0.5 * lean)
        scores = asked(queries, "text", correction) @ index.senses["image"].augmented.T
        nearest = np.argsort(-scores, axis=1)[:, :10]
        times = np.bincount(nearest.ravel(), minlength=ITEMS).astype(float)
        return float((((times - times.mean()) / times.std()) ** 3).mean())

    assert skew("csls") < skew("none") and skew("softmax") < skew("none")


def test_a_saved_index_is_the_same(index: Index, tmp_path: Path) -> None:
    save_index(index, tmp_path / "a.safetensors")
    again = open_index(tmp_path / "a.safetensors")
    assert again.items == index.items and again.source == index.source
    assert again.maker.is_like(index.maker) and again.scales == index.scales
    for modality, sense in index.senses.items():
        assert (again.senses[modality].augmented == sense.augmented).all()
        assert (again.senses[modality].rows == sense.rows).all()


def test_another_checkpoint_is_told_apart(index: Index) -> None:
    other = Maker("toy", "", unit(index.maker.probes + 0.2))
    assert index.maker.is_like(Maker("toy", "", index.maker.probes + 1e-5))
    assert not index.maker.is_like(other)
    assert not index.maker.is_like(Maker("toy", "real", index.maker.probes))


def test_what_is_no_index_is_refused(index: Index, tmp_path: Path) -> None:
    whole = as_bytes(index)
    for data in (
        b"",
        b"no index",
        whole[: len(whole) // 2],
        whole.replace(b"thing 3", b"thing\\3"),
    ):
        with pytest.raises(UserError, match="is no index"):
            from_bytes(data, "x")
    with pytest.raises(UserError, match="no index"):
        open_index(tmp_path / "nowhere")


def test_an_index_that_points_outside_is_refused(index: Index) -> None:
    wrong = dict(index.senses)
    wrong["image"] = Sense(wrong["image"].vectors, wrong["image"].rows + 1, wrong["image"].hubs)
    data = as_bytes(Index(index.source, index.maker, index.items, wrong, index.scales))
    with pytest.raises(UserError, match="is no index"):
        from_bytes(data)


def test_a_store_that_is_gone_is_said_in_one_sentence(index: Index, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not answer"):
        open_engine(index, "http://user:secret@127.0.0.1:9")
    engine: Engine = open_engine(index, str(tmp_path / "store"))
    engine.client.close()  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="does not answer"):
        engine.nearest("image", asked(index.maker.probes[0], "text", "csls"), 3)


def test_a_folder_that_another_program_has_open_is_said_in_one_sentence(
    index: Index, tmp_path: Path
) -> None:
    where = str(tmp_path / "store")
    first = open_engine(index, where)
    with pytest.raises(UserError, match="“store” is in use by another program"):
        open_engine(index, where)
    first.close()
    open_engine(index, where).close()


def test_where_the_store_dies_the_index_in_memory_answers(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a note in one sentence, and the hits that were found before."""
    vector = unit(np.random.default_rng(2).normal(size=(1, WIDTH)))[0]
    monkeypatch.setattr("demo.search.query.sense_vectors", lambda *_: {"text": vector})
    with running() as store:
        engine = open_engine(index, store.url)
        before = search(None, index, engine, Query(Sample(text="a dog")))  # type: ignore[arg-type]
        assert before.engine == "qdrant" and not before.notes
        store.dying = True
        after = search(None, index, engine, Query(Sample(text="a dog")))  # type: ignore[arg-type]
        engine.close()
    assert [hit.name for hit in after.hits] == [hit.name for hit in before.hits]
    (note,) = after.notes
    assert after.engine == "exact" and note.key == "search_in_memory" and store.url in note.text()


def test_a_server_that_dies_during_a_search_is_said_in_one_sentence(index: Index) -> None:
    """Until then it finds what the matrix product finds; the password of its address is not told."""
    wanted = asked(index.maker.probes[0], "text", "csls")
    with running() as store:
        where = store.url.replace("//", "//user:secret@")
        engine = open_engine(index, where)
        rows, scores = Exact(index).nearest("image", wanted, 10)
        found, measured = engine.nearest("image", wanted, 10)
        assert found.tolist() == rows.tolist() and measured == pytest.approx(scores, abs=1e-4)
        assert engine.vectors("audio", rows).keys() == Exact(index).vectors("audio", rows).keys()
        store.dying = True
        for _ in range(2):  # in the middle of a question, and when it is gone
            with pytest.raises(UserError) as gone:
                engine.nearest("image", wanted, 10)
            assert gone.value.message.key == "search_server_gone"
            assert "secret" not in str(gone.value) and "127.0.0.1" in str(gone.value)
        engine.close()
