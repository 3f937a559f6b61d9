"""Tasks on one's own data, on small tables whose measures are worked out by hand or by the metrics alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.errors import UserError
from demo.evaluation.metrics.captions import caption_scores
from tests.evaluation.own_data.stand_in import (
    StandIn,
    found,
    jsonl,
    packed,
    png,
    shown,
    values,
    wav,
)

EN = [["A dog runs .", "A brown dog is running"], ["Two cats sleep on a red sofa .", "Cats asleep"]]
ZH = [["一只狗在跑。", "奔跑的狗"], ["两只猫在沙发上睡觉。", "猫在睡觉"]]


@pytest.fixture
def flickr(tmp_path: Path) -> Path:
    """As flickr8k-train.zip is: images/ID, and captions.jsonl of image, split, en and zh."""
    rows = [
        {"image": f"images/{i}.png", "split": split, "en": EN[i % 2], "zh": ZH[i % 2]}
        for i, split in enumerate(("val", "val", "train"))
    ]
    pictures = {f"images/{i}.png": png(i) for i in range(3)}
    return packed(tmp_path / "flickr.zip", {"captions.jsonl": jsonl(rows), **pictures})


def describe(sample, language: str) -> str:
    texts = {"en": ("a dog runs", "cats sleep"), "zh": ("狗在跑", "两只猫")}
    return texts[language][shown(sample) % 2]


# caption ---------------------------------------------------------------------------------------


def test_captions_in_both_languages(flickr: Path) -> None:
    pipeline = StandIn(describe)
    result = found(pipeline, flickr, "caption", split="val", beams=3)
    assert (result.n, result.skipped) == (2, 0) and pipeline.asked == [(0, 3), (1, 3)]
    measured = values(result)
    for language, right in (("en", EN), ("zh", ZH)):
        texts = {"en": ["a dog runs", "cats sleep"], "zh": ["狗在跑", "两只猫"]}[language]
        expected = caption_scores(texts, right, language)
        names = [f"bleu_{n}_{language}" for n in (1, 2, 3, 4)]
        assert [measured[name] for name in names] == pytest.approx(expected.bleu)
        assert measured[f"cider_{language}"] == pytest.approx(expected.cider)
    assert result["bleu_1_en"].low <= measured["bleu_1_en"] <= result["bleu_1_en"].high


def test_one_language_and_a_limit(flickr: Path) -> None:
    result = found(StandIn(describe), flickr, "caption", language="zh", limit=2, seed=3)
    assert result.n == 2 and set(values(result)) == {
        *(f"bleu_{n}_zh" for n in (1, 2, 3, 4)),
        "cider_zh",
    }
    first, again = StandIn(describe), StandIn(describe)
    found(first, flickr, "caption", limit=1, seed=5)
    found(again, flickr, "caption", limit=1, seed=5)
    assert first.asked == again.asked


def test_rows_about_the_same_picture_are_one(tmp_path: Path) -> None:
    """As Flickr's own captions.txt: image,caption, five rows each; relative to the table's folder."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.png").write_bytes(png(0))
    (tmp_path / "set" / "m.csv").write_text(
        "image,caption\na.png,a dog runs\na.png,一只狗\n", "utf-8"
    )
    for path in (tmp_path, tmp_path / "set" / "m.csv"):
        pipeline = StandIn(describe)
        result = found(pipeline, path, "caption")
        assert result.n == 1 and len(pipeline.asked) == 1
        assert values(result)["bleu_1_en"] == 1 and values(result)["bleu_1_zh"] < 1


@pytest.mark.parametrize(
    "header, row",
    [
        ("image,captions", "a.png,a cat | a dog runs"),
        ("image,captions", 'a.png,"[""a cat"", ""a dog runs""]"'),
        ("image,caption1,caption_2", "a.png,a cat,a dog runs"),
        ("image;caption;en", "a.png;a cat;a dog runs"),
    ],
)
def test_several_right_captions_in_one_row(header: str, row: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(0))
    (tmp_path / "m.csv").write_text(f"{header}\n{row}\n", "utf-8")
    assert values(found(StandIn(describe), tmp_path / "m.csv", "caption"))["bleu_3_en"] == 1


# ask -------------------------------------------------------------------------------------------


def test_answers_by_language_and_kind(tmp_path: Path) -> None:
    rows = [
        {"image": "a.png", "question": "How many?", "answer": 2, "kind": "count"},
        {"image": "a.png", "question": "有几只？", "answer": "两只", "kind": "count"},
        {"image": "a.png", "question": "What is it?", "answers": ["dog", "A dog."], "kind": "what"},
        {"image": "a.png", "question": "Where?", "answer": "left"},
        {"image": "a.png", "question": "Qui ?", "answer": "x", "language": "fr"},
        {"question": "Where?", "answer": "left"},
    ]
    said = {"How many?": "Two", "有几只？": "两", "What is it?": "a dog", "Where?": "Left!"}
    path = packed(tmp_path / "q.zip", {"q/q.jsonl": jsonl(rows), "q/a.png": png(0)})
    pipeline = StandIn(lambda sample, question: said[question or ""])
    result = found(pipeline, path, "ask")
    assert (result.n, result.skipped) == (4, 2)
    assert values(result) == pytest.approx(
        {
            "exact": 3 / 4,
            "ece": 0.25,  # always 50 % sure
            "exact_en": 2 / 3,
            "exact_zh": 1,  # a counter may be left out
            "kind_count": 1 / 2,
            "kind_what": 1,
        }
    )
    assert [one.name for one in result.skipped_reasons] == ["q.jsonl #5", "q.jsonl #6"]
    assert "fr" in result.skipped_reasons[0].reason and "image" in result.skipped_reasons[1].reason


# transcribe --------------------------------------------------------------------------------------


def test_word_and_character_errors(tmp_path: Path) -> None:
    """As speech-real.zip is: transcripts.csv of audio, language, text. 1 of 4 words, 1 of 5 characters."""
    table = (
        'audio,language,text\na.wav,en,"It\'s a ""red"" dog."\nb.wav,zh-CN,一九年開始\nc.wav,en,x\n'
    )
    files = {"a.wav": wav(0.5), "b.wav": wav(0.7), "transcripts.csv": table}
    path = packed(tmp_path / "speech.zip", files)

    def hear(sample, _) -> str:
        return "its a read dog" if sample.audio.seconds < 0.6 else "19年开使"

    result = found(StandIn(hear), path, "transcribe")
    assert (result.n, result.skipped) == (2, 1)
    assert result.skipped_reasons[0].name == "transcripts.csv #3"
    expected = {"wer": 1 / 4, "cer": 1 / 5, "exact": 0, "language": 1, "by_transcriber": 1}
    assert values(result) == pytest.approx(expected)
    assert set(values(found(StandIn(hear), path, "transcribe", language="zh"))) == {
        "cer",
        "exact",
        "language",
        "by_transcriber",
    }


def test_when_words_begin(tmp_path: Path) -> None:
    """Heard 0.1 s late, 0.3 s early and not at all."""
    words = [{"word": w, "start_s": s} for w, s in (("a", 0.5), ("red", 1.0), ("dog.", 2.0))]
    rows = [{"audio": "a.wav", "text": "a red dog", "words": words}]
    path = packed(tmp_path / "s.zip", {"s.jsonl": jsonl(rows), "a.wav": wav()})
    heard = [("a", 0.6), ("read", 1.0), ("Dog", 1.7)]
    result = found(StandIn(lambda *_: "a read Dog", heard), path, "transcribe")
    assert result["start_error_s"].value == pytest.approx(0.2) and result["start_error_s"].n == 2


# translate ---------------------------------------------------------------------------------------


def test_translations(tmp_path: Path) -> None:
    table = (
        "text,translation,image\na cat,一只猫,\na dog,一只狗,a.png\n一棵树,a tree,\nbroken,坏,\n"
    )
    (tmp_path / "t.csv").write_text(table, "utf-8")
    (tmp_path / "a.png").write_bytes(png(0))
    said = {"a cat": "一只猫。", "a dog": "一只熊", "一棵树": "A tree"}
    result = found(
        StandIn(lambda sample, _: said[sample.text or ""]), tmp_path / "t.csv", "translate"
    )
    assert (result.n, result.skipped) == (3, 1)
    measured = values(result)
    assert (measured["exact_zh"], measured["exact_en"]) == (1 / 2, 1)
    assert 0 < measured["chrf_zh"] < 1 and 0 <= measured["bleu_zh"] < 1


def test_two_columns_are_translated_both_ways(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("en\tzh\na tree\t一棵树\n", "utf-8")
    pipeline = StandIn(lambda _, to: {"en": "a tree", "zh": "一棵树"}[to or ""])
    result = found(pipeline, tmp_path / "t.csv", "translate")
    assert result.n == 2 and values(result)["exact_zh"] == values(result)["exact_en"] == 1
    assert [note.key for note in result.notes] == ["data_tabs"]
    assert found(pipeline, tmp_path / "t.csv", "translate", language="en").n == 1


# What is refused -----------------------------------------------------------------------------------


def refusal(path: Path, task: str, pipeline: StandIn | None = None, **options) -> UserError:
    with pytest.raises(UserError) as caught:
        found(pipeline or StandIn(), path, task, **options)
    assert caught.value.message.text("zh") != caught.value.message.text("en")
    return caught.value


def test_a_missing_column_is_named_beside_those_there(flickr: Path) -> None:
    error = refusal(flickr, "ask")
    assert error.message.key == "data_column_missing"
    assert "question" in str(error) and "image, split, en, zh" in str(error)


def test_tables_that_cannot_be_found(tmp_path: Path) -> None:
    assert refusal(packed(tmp_path / "a.zip", {"cat/1.png": png(1)}), "ask").message.key == (
        "data_no_table"
    )
    two = packed(tmp_path / "b.zip", {"a.csv": "text\n", "b.csv": "text\n"})
    assert refusal(two, "translate").message.key == "data_many_tables"


def test_nothing_usable(flickr: Path, tmp_path: Path) -> None:
    gone = packed(tmp_path / "x.zip", {"m.csv": "image,caption\nb.png,a dog\n"})
    error = refusal(gone, "caption")
    assert error.message.key == "eval_nothing_usable" and "b.png" in str(error)
    (tmp_path / "e.csv").write_text("image,caption\n", "utf-8")
    assert refusal(tmp_path / "e.csv", "caption").message.key == "data_no_rows"
    (tmp_path / "e.csv").write_text("text,translation\na cat,猫\n", "utf-8")
    error = refusal(tmp_path / "e.csv", "translate", language="en")
    assert error.message.key == "eval_no_language" and "zh" in str(error)
    error = refusal(flickr, "caption", split="test")
    assert error.message.key == "eval_no_split" and "train, val" in str(error)


def test_a_preset_that_cannot(flickr: Path) -> None:
    for task in ("caption", "retrieve"):
        assert refusal(flickr, task, StandIn(can=False)).message.key == "role_missing_task"
