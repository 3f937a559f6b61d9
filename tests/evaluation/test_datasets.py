"""Every shape of data set a person may point at, and every way it can be broken."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from demo.data import arrays
from demo.data import files as packed_files
from demo.data.datasets import open_dataset
from demo.data.example import Example, balanced, keep_modalities
from demo.errors import UserError
from demo.inputs import clean_text
from demo.schema import SAMPLE_RATE


def png(colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(file, "PNG")
    return file.getvalue()


def wav() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.zeros(800, np.float32), 8000, format="WAV")
    return file.getvalue()


FILES = {
    "cat/1.png": png(),
    "sea_waves/a.wav": wav(),
    "dog/say.txt": "\ufeffa dog\nbarks".encode(),
}


def in_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def in_zip(folder: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return folder / "data.zip"


def labels(path: Path) -> list[str]:
    with open_dataset(path) as dataset:
        return [example.label for example in dataset.examples]


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught, open_dataset(path):
        pass
    for language in ("en", "zh"):
        assert caught.value.message.text(language)
    return caught.value.message.key


# Shapes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [in_folder, in_zip])
def test_label_folders_give_pictures_sounds_and_sentences(packed, tmp_path: Path) -> None:
    with open_dataset(packed(tmp_path, FILES)) as dataset:
        cat, dog, sea = dataset.examples
        assert [cat.label, dog.label, sea.label] == ["cat", "dog", "sea waves"]
        assert cat.sample().image.shape == (6, 8, 3)
        assert dog.sample().text == "a dog barks"
        assert len(sea.sample().audio.samples) == SAMPLE_RATE // 10


def test_the_label_is_the_nearest_folder(tmp_path: Path) -> None:
    assert labels(in_zip(tmp_path, {"./set\\test\\baby_cry\\1.wav": wav()})) == ["baby cry"]


@pytest.mark.parametrize("folder", ["", "recordings/"])
def test_spoken_digit_names(folder: str, tmp_path: Path) -> None:
    files = {f"{folder}7_jackson_32.flac": wav(), f"{folder}0_theo_1.flac": wav()}
    assert labels(in_zip(tmp_path, files)) == ["0", "7"]


def test_files_named_after_their_label(tmp_path: Path) -> None:
    files = {"cat.png": png(), "sea_waves_12.wav": wav(), "dog-3.png": png(), "9.png": png()}
    assert labels(in_folder(tmp_path, files)) == ["9", "cat", "dog", "sea waves"]


def test_clutter_is_ignored_and_other_files_are_counted(tmp_path: Path) -> None:
    clutter = {"__MACOSX/cat/._1.png": b"", "cat/.DS_Store": b"", "cat/Thumbs.db": b""}
    with open_dataset(in_zip(tmp_path, {**FILES, **clutter, "cat/notes.pdf": b"%"})) as dataset:
        assert len(dataset.examples) == 3
        assert [skip.name for skip in dataset.skipped] == ["cat/notes.pdf"]


def test_csv_manifest(tmp_path: Path) -> None:
    in_folder(tmp_path, {"a.png": png(), "s/b.wav": wav()})
    rows = '\ufeffImage,audio,text,label,who\na.png,,"a cat, here",cat,me\n,s/b.wav,,sea_waves,\n'
    (tmp_path / "m.csv").write_text(rows + "\n,,nothing,\na.png,,,\n", encoding="utf-8")
    with open_dataset(tmp_path / "m.csv") as dataset:
        cat, sea = dataset.examples
        assert cat.sample().modalities == ("image", "text")
        assert cat.sample().text == "a cat, here"
        assert (sea.label, sea.sample().modalities) == ("sea waves", ("audio",))
        assert [skip.reason.key for skip in dataset.skipped] == ["data_row_incomplete"] * 2


def test_jsonl_manifest(tmp_path: Path) -> None:
    in_folder(tmp_path, {"a.png": png()})
    lines = [
        '{"image": "a.png", "label": 7}',
        "",
        "{not json",
        "[1]",
        '{"text": "x", "label": null}',
        '{"text": "two\u2028lines", "label": "x"}',
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with open_dataset(tmp_path / "m.jsonl") as dataset:
        example, two = dataset.examples
        assert (example.label, example.sample().modalities) == ("7", ("image",))
        assert two.sample().text == "two lines"
        keys = [skip.reason.key for skip in dataset.skipped]
        assert keys == ["data_row_unreadable", "data_row_unreadable", "data_row_incomplete"]


@pytest.mark.parametrize("packed", [in_folder, in_zip])
def test_the_only_table_in_a_folder_or_zip_says_the_labels(packed, tmp_path: Path) -> None:
    """Its files lie beside it; one that does not is a skipped sample, not an end."""
    table = b"image,label,split\n../pictures/1.png,cat,a\npictures\\2.png,dog,b\n"
    files = {"set/m.csv": table, "pictures/1.png": png("red"), "set/pictures/2.png": png("blue")}
    path = packed(tmp_path, files)
    with open_dataset(path) as dataset:
        assert [example.label for example in dataset.examples] == ["cat", "dog"]
        colours = [example.sample().image[0, 0].tolist() for example in dataset.examples]
        assert colours == [[255, 0, 0], [0, 0, 255]]
    with open_dataset(path, "b") as dataset:
        assert [example.label for example in dataset.examples] == ["dog"]


def test_a_table_that_names_what_is_not_there(tmp_path: Path) -> None:
    rows = b"image,label\ngone.png,cat\n"
    with open_dataset(in_zip(tmp_path, {"m.csv": rows})) as dataset:
        with pytest.raises(UserError) as caught:
            dataset.examples[0].sample()
        assert caught.value.message.key == "data_file_absent" and "gone.png" in str(caught.value)


def test_a_table_about_something_else_lies_beside_the_labels(tmp_path: Path) -> None:
    table = {"notes.csv": b"image,author\ncat/1.png,me\n"}
    with open_dataset(in_zip(tmp_path, {**FILES, **table})) as dataset:
        assert [example.label for example in dataset.examples] == ["cat", "dog", "sea waves"]
        assert [skip.name for skip in dataset.skipped] == ["notes.csv"]


@pytest.mark.parametrize("shape", [(3, 5, 4), (3, 5, 4, 3)])
def test_arrays_of_pictures(shape: tuple[int, ...], tmp_path: Path) -> None:
    images = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    np.savez_compressed(tmp_path / "d.npz", images=images, labels=np.array([7, 0, 1], np.uint8))
    with open_dataset(tmp_path / "d.npz") as dataset:
        assert [example.label for example in dataset.examples] == ["7", "0", "1"]
        image = dataset.examples[1].sample().image
        assert image.shape == (5, 4, 3)
        assert (image[..., 0] == (images[1] if len(shape) == 3 else images[1, ..., 0])).all()


# Refusals ----------------------------------------------------------------------------------------


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("a.txt", "a.pdf"):
        (tmp_path / name).write_text("hello")
    assert refusal(tmp_path / "nowhere") == "data_missing"
    assert refusal(tmp_path / ("long" * 100)) == "data_missing"
    assert refusal(tmp_path / "empty") == "data_no_samples"
    assert refusal(tmp_path / "a.txt") == "data_columns"  # a table, as some spreadsheets save it
    assert refusal(tmp_path / "a.pdf") == "data_unknown_kind"
    assert refusal(in_zip(tmp_path, {})) == "data_no_samples"


@pytest.mark.parametrize("name", ["a.zip", "a.npz", "a.csv", "a.jsonl"])
def test_a_file_that_is_not_what_its_name_says(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00nonsense\x80" * 20)
    assert refusal(tmp_path / name) == "data_broken"


def test_a_zip_cut_short(tmp_path: Path) -> None:
    path = in_zip(tmp_path, FILES)
    path.write_bytes(path.read_bytes()[:-30])
    assert refusal(path) == "data_broken"


def test_a_damaged_member_is_one_skipped_file(tmp_path: Path) -> None:
    path = in_zip(tmp_path, FILES)
    data = bytearray(path.read_bytes())
    data[40:60] = bytes(20)  # inside the first member, cat/1.png
    path.write_bytes(data)
    with open_dataset(path) as dataset:
        with pytest.raises(UserError) as caught:
            dataset.examples[0].sample()
        assert caught.value.message.key == "data_member_broken"
        assert dataset.examples[1].sample().text


def test_an_encrypted_member_is_one_skipped_file(tmp_path: Path) -> None:
    path = in_zip(tmp_path, {"cat/1.png": png()})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1  # the flag that says "encrypted"
    path.write_bytes(data)
    with open_dataset(path) as dataset, pytest.raises(UserError) as caught:
        dataset.examples[0].sample()
    assert caught.value.message.key == "data_member_broken"


def test_a_huge_member_is_never_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_files, "MAX_UPLOAD_MB", 1)
    path = in_zip(tmp_path, {"cat/1.png": bytes(2 * 1024**2)})
    with open_dataset(path) as dataset, pytest.raises(UserError) as caught:
        dataset.examples[0].sample()
    assert caught.value.message.key == "data_member_too_large"


@pytest.mark.parametrize(
    "data,key",
    [(b"\xff\xfe\xfa", "data_text_unreadable"), (b"a" * 70_000, "data_text_too_large")],
)
def test_an_unreadable_sentence(data: bytes, key: str, tmp_path: Path) -> None:
    for path in (
        in_folder(tmp_path / "f", {"cat/a.txt": data}),
        in_zip(tmp_path, {"c/a.txt": data}),
    ):
        with open_dataset(path) as dataset, pytest.raises(UserError) as caught:
            dataset.examples[0].sample()
        assert caught.value.message.key == key


@pytest.mark.parametrize("header", ["image,text\na.png,x\n", "label\ncat\n", "", "a,b\n1,2\n"])
def test_a_manifest_without_the_columns(header: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(header)
    assert refusal(tmp_path / "m.csv") == "data_columns"


@pytest.mark.parametrize(
    "content",
    [
        {"pictures": np.zeros((2, 4, 4), np.uint8)},
        {"images": np.zeros((2, 4, 4), np.float32), "labels": np.zeros(2, int)},
        {"images": np.zeros((2, 4), np.uint8), "labels": np.zeros(2, int)},
        {"images": np.zeros((2, 4, 4), np.uint8), "labels": np.zeros(3, int)},
        {"images": np.zeros((2, 0, 4), np.uint8), "labels": np.zeros(2, int)},
    ],
)
def test_arrays_of_something_else(content: dict[str, np.ndarray], tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", **content)
    assert refusal(tmp_path / "d.npz") == "data_arrays"


def test_arrays_that_hold_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", images=np.array([{}], dtype=object), labels=np.zeros(1, int))
    assert refusal(tmp_path / "d.npz") == "data_broken"


def test_arrays_too_large_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MAX_ARRAY_MB", 0)
    np.savez_compressed(tmp_path / "d.npz", images=np.zeros((1, 4, 4), np.uint8), labels=[1])
    assert refusal(tmp_path / "d.npz") == "data_arrays_too_large"


# Choosing ----------------------------------------------------------------------------------------


def examples(counts: dict[str, int]) -> list[Example]:
    return [
        Example(f"{label}{i}", label, {"text": lambda: "x"})
        for label, count in counts.items()
        for i in range(count)
    ]


def test_a_limit_takes_each_class_as_evenly_as_can_be() -> None:
    chosen = balanced(examples({"a": 50, "b": 50, "c": 2}), 10, 0, str)
    assert sorted(e.label for e in chosen) == ["a"] * 4 + ["b"] * 4 + ["c"] * 2
    names = [e.name for e in chosen]
    again = [e.name for e in balanced(examples({"a": 50, "b": 50, "c": 2}), 10, 0, str)]
    other = [e.name for e in balanced(examples({"a": 50, "b": 50, "c": 2}), 10, 1, str)]
    assert names == again != other
    assert len(balanced(examples({"a": 3}), 10, 0, str)) == 3


def test_keeping_some_modalities(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("image,text,label\na.png,a cat,cat\n,a dog,dog\n")
    with open_dataset(tmp_path / "m.csv") as dataset:
        kept = keep_modalities(dataset, ["image"])
    assert [tuple(e.parts) for e in kept.examples] == [("image",)]
    assert [skip.reason.key for skip in kept.skipped] == ["data_modality_absent"]


CHINESE = "text,label\r\nI saw a dog,狗\r\nI saw a cat,猫\r\n"
TRADITIONAL = "text,label\r\n我看見一隻狗在公園裡,狗\r\n我看見一隻貓在睡覺,貓\r\n"
FRENCH = "text,label\r\nLe café est fermé à midi,café\r\nLe thé est très chaud,thé\r\n"


@pytest.mark.parametrize(
    "text, encoding, assumed",
    [
        (CHINESE, "utf-8", None),
        (CHINESE, "utf-8-sig", None),
        (CHINESE, "utf-16", None),
        (CHINESE, "utf-16-le", "UTF-16"),
        (CHINESE, "utf-16-be", "UTF-16"),
        (CHINESE, "utf-32", None),
        ("text,label\r\na big dog,狗\r\na cat,貓\r\n", "big5", "Big5"),
        (CHINESE, "gbk", "GBK"),
        (TRADITIONAL, "big5", "Big5"),
        (FRENCH, "cp1252", "Windows-1252"),
    ],
)
@pytest.mark.parametrize(
    "delimiter, note", [(",", None), (";", "data_delimiter"), ("\t", "data_tabs")]
)
def test_a_table_as_spreadsheets_write_it(
    text: str, encoding: str, assumed: str | None, delimiter: str, note: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text.replace(",", delimiter).encode(encoding))
    rows = [line.split(",") for line in text.splitlines()[1:]]
    wanted = [[clean_text(said), label] for said, label in rows]
    with open_dataset(path) as dataset:
        assert [[e.sample().text, e.label] for e in dataset.examples] == wanted
        keys = [key for key in (assumed and "data_encoding", note) if key]
        assert [said.key for said in dataset.notes] == keys
        assert assumed is None or dataset.notes[0].values["encoding"] == assumed
        assert all(said.text("en").endswith(".") and said.text("zh") for said in dataset.notes)


@pytest.mark.parametrize("name", ["table.tsv", "Unicode text.txt"])
def test_a_table_by_the_names_that_spreadsheets_give(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes("text\tlabel\r\na dog\t狗\r\n".encode("utf-16"))
    with open_dataset(tmp_path / name) as dataset:
        assert [(e.sample().text, e.label) for e in dataset.examples] == [("a dog", "狗")]


def test_excels_own_hint_and_quoted_delimiters(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b'sep=;\r\ntext;label\r\n"a dog; a big one";dog\r\n"two\r\nlines";cat\r\n')
    with open_dataset(path) as dataset:
        assert [e.sample().text for e in dataset.examples] == ["a dog; a big one", "two lines"]


@pytest.mark.parametrize("encoding, assumed", [("gbk", "GBK"), ("utf-8", None)])
def test_names_in_a_zip_from_windows(encoding: str, assumed: str | None, tmp_path: Path) -> None:
    """Written as old Windows tools do: bytes of the local encoding, and no flag that says so."""
    names = ["狗/1.png", "猫/1.png", "plain/1.png"]
    path = in_zip(
        tmp_path, {f"{'x' * len(n.encode(encoding))}{i}": png() for i, n in enumerate(names)}
    )
    data = path.read_bytes()
    for i, name in enumerate(names):
        raw = name.encode(encoding)
        data = data.replace(b"x" * len(raw) + str(i).encode(), raw + b"\0", 2)
    path.write_bytes(data)
    with open_dataset(path) as dataset:
        assert sorted(e.label for e in dataset.examples) == sorted(["狗", "猫", "plain"])
        assert [n.values["encoding"] for n in dataset.notes] == ([assumed] if assumed else [])
        assert dataset.examples[0].sample().image is not None


@pytest.mark.parametrize("encoding", ["utf-16", "gbk"])
def test_a_sentence_from_notepad(encoding: str, tmp_path: Path) -> None:
    with open_dataset(in_folder(tmp_path, {"cat/a.txt": "这是一只猫".encode(encoding)})) as dataset:
        assert dataset.examples[0].sample().text == "这是一只猫"


def test_names_that_were_misread_and_packed_again(tmp_path: Path) -> None:
    misread = {f"{label.encode('gbk').decode('cp437')}/1.png": png() for label in "狗猫"}
    assert sorted(labels(in_zip(tmp_path, misread))) == sorted("狗猫")
    assert labels(in_zip(tmp_path, {"café/1.png": png()})) == ["café"]
