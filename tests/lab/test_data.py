"""What the Lab learns from: its own lessons, and a person's files as a zip or a table."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from demo.errors import LANGUAGES, Message, UserError
from demo.lab.compare import Comparison
from demo.lab.encode import SampleEncoder, encode_set
from demo.lab.examples import LabData, LabExample, checked, split
from demo.lab.keep import as_fusion, exported, imported
from demo.lab.lessons import LESSONS, lesson
from demo.lab.readers import opened_data
from demo.lab.report import naming, spoken_advice
from demo.lab.training import Recipe, train_all
from demo.schema import Sample
from tests.lab.conftest import CLASSES, QUICK, four_kinds, shown


@pytest.mark.parametrize("name", LESSONS)
def test_lessons_come_offline_and_are_the_same_for_the_same_seed(name: str) -> None:
    one, same, other = lesson(name, 3, 8), lesson(name, 3, 8), lesson(name, 4, 8)
    first, again = one.examples[1].sample(), same.examples[1].sample()
    assert first.modalities == ("image", "audio", "text") and first.text == again.text
    assert first.image is not None and first.audio is not None and again.audio is not None
    assert (first.image == again.image).all()
    assert (first.audio.samples == again.audio.samples).all()
    assert (first.image != other.examples[1].sample().image).any()
    assert {e.labels[0] for e in one.examples} <= set(one.classes)


def test_an_unknown_lesson_is_refused() -> None:
    with pytest.raises(UserError, match="digits"):
        lesson("latin")


def test_each_class_is_held_out_in_proportion() -> None:
    data = four_kinds(80)
    test = split(data, 0.25, 1)
    held = [e.labels[0] for e, there in zip(data.examples, test, strict=True) if there]
    assert sorted(held) == sorted(CLASSES * 5)
    assert (test == split(data, 0.25, 1)).all() and (test != split(data, 0.25, 2)).any()


def test_what_the_examples_say_is_for_testing_is_held_out() -> None:
    examples = tuple(
        LabExample(str(i), Sample, ("ab"[i % 2],), part="test" if i < 4 else "") for i in range(12)
    )
    assert (
        split(LabData("d", "label", ("a", "b"), examples), 0.5, 0).tolist()
        == [True] * 4 + [False] * 8
    )


def labelled(*labels: str) -> LabData:
    examples = tuple(LabExample(str(i), Sample, (label,)) for i, label in enumerate(labels))
    return LabData("d", "label", tuple(dict.fromkeys(labels)), examples)


def test_labels_that_differ_by_case_are_one_and_said_so() -> None:
    found = checked(labelled("Cat", "cat", "dog", "dog"))
    assert found.classes == ("Cat", "dog") and found.notes[0].key == "lab_case"
    assert [e.labels[0] for e in found.examples] == ["Cat", "Cat", "dog", "dog"]


@pytest.mark.parametrize(
    "labels,key", [(("cat", "cat"), "lab_one_class"), (("cat", "cat", "dog"), "lab_few")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_too_little_is_said_in_one_sentence(
    labels: tuple[str, ...], key: str, language: str
) -> None:
    with pytest.raises(UserError) as refused:
        checked(labelled(*labels))
    assert refused.value.message.key == key and labels[-1] in refused.value.message.text(language)


def test_too_many_are_thinned_out_evenly() -> None:
    found = checked(labelled(*["a"] * 90, *["b"] * 10), limit=20)
    assert [e.labels[0] for e in found.examples].count("b") == 10 and len(found.examples) == 20
    assert found.notes[0].key == "lab_rest"


# A person's own files ------------------------------------------------------------------------------


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), (value, value, value)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in members.items():
            archive.writestr(name, held)
    return path


def test_a_zip_of_folders(tmp_path: Path, encoder: SampleEncoder) -> None:
    members = {
        f"{k}/{i}.png": png(v + i) for k, v in (("dark", 20), ("light", 200)) for i in range(8)
    }
    path = zipped(tmp_path / "mine.zip", {**members, "dark/broken.png": b"no picture"})
    with opened_data(path) as data:
        found = encode_set(encoder, data)
    assert found.data.classes == ("dark", "light") and len(found.targets) == 16
    assert found.data.notes[-1].values["count"] == 1
    trained = train_all(found, ["concat"], QUICK)
    assert trained.runs["concat"].curve.held_out[-1] == 1.0


def test_a_zip_with_climbing_paths_reads_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(1))
    table = "image,label\n" + "../secret.png,a\n../secret.png,b\n" * 2
    path = zipped(tmp_path / "mine.zip", {"in/data.csv": table.encode(), "../x/a.png": png(2)})
    with opened_data(path) as data, pytest.raises(UserError):
        data.examples[0].sample()


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path, encoder: SampleEncoder) -> None:
    bomb = b"\0" * (60 * 1024 * 1024)
    members = {
        "a/1.png": bomb,
        "a/2.png": png(1),
        "a/3.png": png(2),
        "b/1.png": png(3),
        "b/2.png": png(4),
    }
    with opened_data(zipped(tmp_path / "bomb.zip", members)) as data:
        found = encode_set(encoder, data)
    assert len(found.targets) == 4


def test_a_broken_zip_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    path.write_bytes(b"PK\3\4 and nothing else")
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert "mine.zip" in refused.value.message.text("zh")


def test_a_table_of_many_rows_is_thinned_out(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        rows.writerows([f"word {i}", "ab"[i % 2]] for i in range(100_000))
    with opened_data(path, limit=300) as data:
        assert len(data.examples) == 300 and data.notes[-1].values["count"] == 100_000


def test_rows_without_any_sense_are_left_out_and_a_table_of_them_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.jsonl"
    rows = [{"text": "", "label": "a"}, {"text": "one", "label": "a"}]
    path.write_text("\n".join(map(json.dumps, [*rows, {"text": "", "label": "b"}])))
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == "lab_one_class"
    path.write_text("\n".join(json.dumps({"text": "", "label": x}) for x in "ab"))
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == "lab_nothing"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_left_out_is_said_in_one_language(tmp_path: Path, language: str) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("text,label\na,x\nb,x\nc,y\nd,y\n,y\n")
    with opened_data(path) as data:
        said = data.notes[0].text(language)
    assert Message("data_row_incomplete").text(language) in said


def test_an_empty_class_is_left_out_and_named(tmp_path: Path, encoder: SampleEncoder) -> None:
    """Without any file, in a folder and in a zip; or with files none of which can be read."""
    members = {f"{c}/{i}.png": png(40 * i) for c in ("dark", "light") for i in range(3)}
    in_zip = zipped(tmp_path / "mine.zip", {**members, "in_between/": b""})
    for name, held in members.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(held)
    (tmp_path / "mine" / "in_between").mkdir()
    for path in (in_zip, tmp_path / "mine"):
        with opened_data(path) as data:
            assert data.classes == ("dark", "light") and "in between" in data.notes[0].text()
    broken = {f"in_between/{i}.png": b"no picture" for i in range(3)}
    with opened_data(zipped(tmp_path / "broken.zip", {**members, **broken})) as data:
        found = encode_set(encoder, data).data
    assert found.classes == ("dark", "light") and "in between" in found.notes[-1].text("zh")


@pytest.mark.parametrize(
    "rows,key",
    [
        ("score\na,1\nb,2\nc,3", "lab_few_examples"),
        ("score\na,7\nb,7\nc,7\nd,7", "lab_all_alike"),
        ("labels\na,x|y\nb,y|x\nc,x|y\nd,x|y", "lab_all_alike"),
        ("score\na,high\nb,low", "lab_nothing"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_to_tell_apart_is_one_sentence(
    rows: str, key: str, language: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("text," + rows)
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == key and refused.value.message.text(language)


def test_several_labels_and_scores(tmp_path: Path, encoder: SampleEncoder) -> None:
    several = tmp_path / "several.csv"
    rows = [
        "text,labels",
        *(f"{a} {b} {i},{a}|{b}" for i in range(12) for a in ("x", "y") for b in ("u", "v")),
    ]
    several.write_text("\n".join(rows))
    with opened_data(several) as data:
        assert data.kind == "labels" and set(data.classes) == {"x", "y", "u", "v"}
        found = encode_set(encoder, data)
    results = Comparison(train_all(found, ["concat"], Recipe(epochs=40, rate=0.01))).measure()
    assert results["concat"].measures["accuracy"].value > 0.9
    assert len(spoken_advice(results, "en", naming("en"))) == 2
    scored = tmp_path / "scored.csv"
    scored.write_text(
        "\n".join(
            [
                "text,score",
                *(f"{'good' if i % 2 else 'bad'} {i},{50 + 10 * (i % 2)}" for i in range(120)),
            ]
        )
    )
    with opened_data(scored) as data:
        assert data.kind == "score"
        found = encode_set(encoder, data)
    results = Comparison(
        train_all(found, ["concat"], Recipe(epochs=40, rate=0.01, batch=16))
    ).measure()
    assert results["concat"].measures["r2"].low > 0.2
    assert results["concat"].measures["mse"].value < 20  # of a variance of 25
    first, second = spoken_advice(results, "en", naming("en"))
    assert f"{100 * results['concat'].main.value:.1f}" in first and "one sense" in second


def test_scores_of_two_senses_are_broken_and_advised_on(encoder: SampleEncoder) -> None:
    examples = tuple(
        LabExample(str(i), partial(shown, i % 4, i), (), float(i % 2 + 2 * (i % 4 // 2)))
        for i in range(64)
    )
    found = encode_set(encoder, LabData("scores", "score", ("score",), examples))
    comparison = Comparison(train_all(found, ["gated"], QUICK), encoder)
    gated = comparison.measure()["gated"]
    assert gated.main.name == "r2" and gated.main.value > 0.8
    assert set(gated.missing) == {"image", "audio"} and max(gated.missing.values()) < 0.9
    assert gated.noise["audio"][0] > gated.noise["audio"][-1]
    first, second = spoken_advice(comparison.results, "en", naming("en"))
    assert f"{100 * gated.main.value:.1f}" in first
    assert f"{100 * min(gated.missing.values()):.1f}" in second.replace("−", "-")
    head = as_fusion(comparison.trainer.runs["gated"], found, gated)
    with pytest.raises(UserError) as refused:  # Fuse and Look show labels
        imported(exported(head, "scores", "score"))
    assert refused.value.message.key == "head_score"


def test_a_table_without_targets_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "no.csv"
    path.write_text("text,colour\na,red\n")
    with pytest.raises(UserError) as refused, opened_data(path):
        pass
    assert refused.value.message.key == "lab_targets"
