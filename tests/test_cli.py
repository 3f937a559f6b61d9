"""The command line as other programs meet it: JSON, exit statuses, one line for every refusal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from demo import opening
from demo.__main__ import main
from demo.errors import Message
from demo.pipeline import Pipeline
from demo.schema import MODALITIES, Sample
from demo.settings import Settings
from tests.ui.fakes import FakePipeline
from tests.warm import PYTHON

ROOT = Path(__file__).parents[1]
LABELS = ["--labels", "cat,dog,seven"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A picture, a sound and a broken file."""
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    wave = 0.3 * np.sin(np.arange(8000) / 9)
    soundfile.write(tmp_path / "a.wav", wave.astype(np.float32), 8000)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    names = {"image": "a.png", "audio": "a.wav", "broken": "broken.png", "folder": "."}
    return {key: str(tmp_path / name) for key, name in names.items()}


@pytest.fixture(autouse=True)
def loaded_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual settings share one loaded model; unusual ones are really loaded."""
    real = opening.open_pipeline

    def load(settings: Settings) -> Pipeline:
        usual = settings.preset == "pocket" and settings.device in ("auto", "cpu")
        return request.getfixturevalue("pipeline") if usual else real(settings)

    monkeypatch.setattr(opening, "open_pipeline", load)
    for name in [name for name in os.environ if name.startswith("SYNESTHESIA_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]):
    """run(*arguments) → exit status, standard output, standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        return (status, *capfd.readouterr())

    return call


@pytest.fixture
def answered(run):
    """answered(*arguments) → the one JSON object on standard output."""

    def call(*arguments: str) -> dict:
        status, out, err = run(*arguments, "--json")
        assert status == 0, err
        assert out.count("\n") == 1 and out.endswith("\n")
        return json.loads(out)

    return call


@pytest.fixture
def refused(run):
    """refused(*arguments) → the one line on standard error; nothing on standard output."""

    def call(*arguments: str) -> str:
        status, out, err = run(*arguments)
        assert (status, out) == (2, ""), (out, err)
        assert err.count("\n") == 1 and "Traceback" not in err, err
        return err.strip()

    return call


# predict -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [("image",), ("audio", "text"), ("image", "audio", "text")])
def test_predict(given: tuple[str, ...], files, answered) -> None:
    values = {**files, "text": "a cat on the mat"}
    flags = [part for name in given for part in (f"--{name}", values[name])]
    found = answered("predict", *flags, *LABELS)
    assert (found["preset"], found["labels"]) == ("pocket", ["cat", "dog", "seven"])
    assert sum(found["fused"].values()) == pytest.approx(1, abs=1e-4)
    assert list(found["by_modality"]) == list(found["shares"]) == list(given)
    assert len(found["agreement"]) == len(given) * (len(given) - 1) / 2
    assert found["timings_ms"]["total"] > 0 and found["device"]
    for measures in found["agreement"].values():
        assert set(measures) == {"cosine", "kl", "js"}


def test_predict_asks_about_everything_by_default(answered, pipeline: Pipeline) -> None:
    assert answered("predict", "--text", "rain")["labels"] == pipeline.default_labels(
        Sample(text="rain")
    )


def test_predict_with_another_fusion(answered) -> None:
    found = answered("predict", "--text", "a cat", *LABELS, "--fusion", "mean", "--device", "cpu")
    assert found["fusion"] == "mean"


def test_predict_for_a_person(files, run) -> None:
    status, out, err = run("predict", "--image", files["image"], "--text", "a cat", *LABELS)
    assert (status, err) == (0, "")
    assert out.startswith("All together (transformer): ") and "Picture" in out
    assert "综合判断" in run("predict", "--text", "一只猫", "--language", "zh")[1]


def test_the_environment_chooses_the_language(refused, monkeypatch) -> None:
    monkeypatch.setenv("SYNESTHESIA_LANGUAGE", "zh")
    assert refused("predict").endswith("。")


def test_a_library_that_prints_does_not_spoil_the_json(answered, monkeypatch, pipeline) -> None:
    predict = pipeline.predict
    monkeypatch.setattr(pipeline, "predict", lambda *a: (print("noise"), predict(*a))[1])
    assert answered("predict", "--text", "cat")["labels"]


# explain and caption -----------------------------------------------------------------------------


def test_explain_writes_a_picture_per_modality_and_the_numbers(files, answered, tmp_path) -> None:
    out = tmp_path / "deep" / "maps"
    given = ["--image", files["image"], "--audio", files["audio"], "--text", "a cat, a dog"]
    flags = [*given, *LABELS, "--label", "dog", "--method", "legrad", "--out", str(out)]
    found = answered("explain", *flags)
    assert json.loads((out / "heatmaps.json").read_text(encoding="utf-8")) == found
    assert (found["target"], found["method"], found["text"]) == ("dog", "legrad", "a cat, a dog")
    for modality in MODALITIES:
        heatmap = found["heatmaps"][modality]
        assert {"values", "grid", "method", "faithfulness"} <= set(heatmap)
        assert len({len(row) for row in heatmap["values"]}) == 1
        with Image.open(out / found["files"][modality]) as picture:
            assert picture.format == "PNG" and min(picture.size) > 20
    assert sorted(path.name for path in out.iterdir()) == [
        "audio.png",
        "heatmaps.json",
        "image.png",
        "text.png",
    ]


def test_explain_without_a_folder_writes_nothing(answered, run, pipeline: Pipeline) -> None:
    assert answered("explain", "--text", "a cat", *LABELS)["files"] == {}
    said = run("explain", "--text", "a cat", *LABELS)[1]
    assert pipeline.roles.facts.methods["text"] in said and "better than chance" in said


def test_explain_one_sense_two_that_agree_and_a_word(files, answered, run) -> None:
    """Noise is no picture of anything: a word of the caption has a map where it names what the text names."""
    given = ("--image", files["image"], "--text", "a cat", *LABELS)
    for of, modalities in (
        ("text", {"text"}),
        ("image~text", {"image", "text"}),
        ("caption:9", {"text"}),
    ):
        found = answered("explain", *given, "--of", of)
        assert set(found["heatmaps"]) == modalities
        faith = [heatmap["faithfulness"] for heatmap in found["heatmaps"].values()]
        assert all(one["verdict"] in ("yes", "no", "not measurable") for one in faith)
    status, _, err = run("explain", *given, "--of", "caption:1")
    assert status == 2 and "does not know this input" in err


def test_caption(files, answered, run) -> None:
    found = answered("caption", "--image", files["image"], "--text", "a cat")
    assert found["caption"] and {"word", "heatmap"} <= set(found["words"][0])
    status, out, err = run("caption", "--text", "一只猫", "--language", "zh")
    assert (status, err) == (0, "") and "猫" in out


def test_unfamiliar_inputs_are_said_to_be(files, run) -> None:
    noise = run("predict", "--image", files["image"], *LABELS)[1]
    assert "Picture: unfamiliar" in noise
    assert "unfamiliar" not in run("predict", "--text", "a cat", *LABELS)[1]


def test_without_labels_they_are_in_the_language(answered) -> None:
    found = answered("predict", "--text", "一只猫", "--language", "zh")
    assert "猫" in found["fused"] and "cat" not in found["fused"]


def test_help_and_refusals_do_not_wait_for_the_models() -> None:
    """Nor does what is refused: one label is too few."""
    asked = (
        "import sys; from demo.__main__ import main; status = main(sys.argv[1:]); "
        "print(status, [m for m in ('torch', 'gradio') if m in sys.modules])"
    )
    command = [sys.executable, "-c", asked, "predict", "--text", "a cat", "--labels", "cat"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.stdout == "2 []\n", told.stderr


def test_words_that_are_heard_can_be_left_unread(files, run, monkeypatch) -> None:
    def heard(self: Pipeline, sample: Sample) -> Sample:
        return replace(sample, text="a dog", notes=(Message("spoken_words_read", {"text": "dog"}),))

    monkeypatch.setattr(Pipeline, "with_spoken_words", heard)
    asked = ["predict", "--audio", files["audio"], "--labels", "dog,cat"]
    status, out, _ = run(*asked)
    assert status == 0 and "Sentence alone" in out and "were read as the sentence" in out
    assert "Sentence alone" not in run(*asked, "--no-hear-words")[1]


# ask, transcribe and translate -------------------------------------------------------------------


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    """Answers at once, whatever the weights are."""
    made = FakePipeline()
    monkeypatch.setattr(opening, "open_pipeline", lambda settings: made)
    return made


def test_ask(files, answered, run, fake: FakePipeline) -> None:
    given = ["ask", "--image", files["image"], "--question", "how many dogs are there?"]
    found = answered(*given)
    assert (found["answer"], found["language"], found["probability"]) == ("two", "en", 0.88)
    assert answered(*given, "--language", "zh", "--beams", "4")["answer"] == "两"
    assert fake.asked[-1] == ("answer", "zh", 4)
    assert run(*given)[1] == "two\nProbability of this very text: 88.0%\n"
    assert "概率：88.0%" in run(*given, "--language", "zh")[1]


def test_transcripts_as_subtitles(files, run, answered, fake: FakePipeline, tmp_path: Path) -> None:
    spoken = ["transcribe", "--audio", files["audio"]]
    place = tmp_path / "said.srt"
    status, out, _ = run(*spoken, "--srt", str(place))
    assert status == 0 and str(place) in out
    assert place.read_bytes().startswith(b"1\n00:00:00,000 --> 00:00:00,800\nlook at the dog\n")
    status, out, _ = run(*spoken, "--vtt", "-")
    assert status == 0 and out == "WEBVTT\n\n00:00:00.000 --> 00:00:00.800\nlook at the dog\n"
    assert answered(*spoken, "--vtt", str(tmp_path / "said.vtt"))["text"] == "look at the dog"
    assert (tmp_path / "said.vtt").read_text("utf-8").startswith("WEBVTT")
    for wrong in (["--srt", "-", "--vtt", "-"], ["--json", "--srt", "-"]):
        status, out, err = run(*spoken, *wrong)
        assert status == 2 and not out and "standard output" in err and err.count("\n") == 1
    status, _, err = run(*spoken, "--srt", str(tmp_path / "no" / "folder.srt"))
    assert status == 2 and "folder" in err and err.count("\n") == 1


def test_transcribe(files, answered, run, fake: FakePipeline) -> None:
    found = answered("transcribe", "--audio", files["audio"])
    assert found["text"] == "look at the dog" and len(found["words"]) == 4
    assert {"word", "start_s", "end_s"} <= set(found["words"][0])
    assert "0.20 – 0.40 s  at" in run("transcribe", "--audio", files["audio"])[1]


def test_translate(files, answered, fake: FakePipeline) -> None:
    found = answered("translate", "--text", "a cat by a tree", "--to", "zh")
    assert found["text"] == "一只猫在一棵树的左边"
    assert answered("translate", "--text", "一只猫", "--image", files["image"])["language"] == "en"


@pytest.mark.parametrize(
    "arguments,said",
    [
        (["ask"], "Write a question"),
        (["ask", "--question", "what is this?"], "nothing to ask about"),
        (["ask", "--question", "what?", "--image", "{broken}"], "broken.png"),
        (["ask", "--question", "有几只狗？", "--language", "zh"], "图片"),
        (["ask", "--question", "what?", "--text", "a cat"], "--text"),
        (["transcribe"], "somebody speaks"),
        (["transcribe", "--audio", "{image}"], "a.png"),
        (["translate", "--to", "zh"], "sentence to translate"),
        (["translate", "--text", "cat", "--to", "fr"], "fr"),
        (["translate", "--text", "cat", "--beams", "0"], "1 to 8 beams"),
        (["translate", "--text", "cat", "--beams", "many"], "many"),
        (["caption", "--text", "cat", "--beams", "9"], "1 to 8 beams"),
        (["evaluate", "--task", "scenes", "{folder}"], "leave out DATA"),
        (["evaluate", "--task", "caption", "{folder}"], "no .csv or .jsonl"),
        (["evaluate", "--task", "caption", "--split", "val"], "--split chooses rows of DATA"),
        (["evaluate", "--task", "caption", "--beams", "9"], "1 to 8 beams"),
    ],
)
def test_words_are_refused(arguments: list[str], said: str, files, refused, fake) -> None:
    filled = [a.format(**files) if a.startswith("{") else a for a in arguments]
    assert said in refused(*filled)


def test_a_preset_that_does_not_talk(files, refused, fake: FakePipeline) -> None:
    fake.tasks = frozenset()
    assert "cannot translate" in refused("translate", "--text", "cat")
    assert "cannot write captions" in refused("caption", "--text", "cat")


def test_a_whole_conversation_with_the_real_model(answered, pipeline: Pipeline) -> None:
    if pipeline.roles.generator is None:
        pytest.skip("these weights have no decoder")
    three, spoken = (str(ROOT / "assets" / name) for name in ("examples/three.png", "words"))
    asked = answered("ask", "--image", three, "--question", "what is this?")
    assert asked["answer"] and 0 <= asked["probability"] <= 1
    heard = answered("transcribe", "--audio", f"{spoken}/elephant-en-slt.flac")
    assert heard["text"] and heard["words"][0]["end_s"] > heard["words"][0]["start_s"]
    translated = answered("translate", "--text", "a cat to the left of a tree", "--beams", "4")
    assert translated["language"] == "zh" and not translated["text"].isascii()


# evaluate ----------------------------------------------------------------------------------------


@pytest.fixture
def labelled(tmp_path: Path) -> str:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for i in range(4):
            archive.writestr(f"cat/{i}.txt", f"a cat and {i} hats")
            archive.writestr(f"sea_waves/{i}.txt", f"the waves were {i}")
        archive.writestr("cat/broken.png", b"not a picture")
    return str(tmp_path / "data.zip")


def test_evaluate(labelled: str, answered, run) -> None:
    found = answered("evaluate", labelled, "--task", "classify")
    assert (found["n"], found["skipped"]) == (8, 1)
    assert 0 <= found["accuracy"] <= 1 and 0 <= found["macro_f1"] <= 1 and 0 <= found["ece"] <= 1
    assert set(found["per_class"]) == {"cat", "sea waves"} == set(found["labels"])
    assert set(found["per_class"]["cat"]) == {"precision", "recall", "f1", "n"}
    assert found["skipped_reasons"][0]["name"] == "cat/broken.png"
    assert "macro-F1" in run("evaluate", labelled)[1]


@pytest.mark.parametrize(
    "flags",
    [
        ["DATA", "--modality", "text"],
        ["DATA", "--modality", "text", "--modality", "audio"],
        ["DATA", "--modality", "text", "audio", "--limit", "4", "--seed", "1"],
        ["--modality", "text", "DATA"],
        ["--labels", "cat,sea waves,dog", "--modality", "text", "--fusion", "mean", "DATA"],
    ],
)
def test_evaluate_flags(flags: list[str], labelled: str, answered) -> None:
    found = answered("evaluate", *[labelled if flag == "DATA" else flag for flag in flags])
    assert found["modalities"] == ["text"]
    assert found["n"] == (4 if "--limit" in flags else 8)


def test_evaluate_on_the_picture_world(answered, run, fake, monkeypatch) -> None:
    from demo.evaluation import world_tasks
    from demo.evaluation.metrics.intervals import Measure

    def evaluate_world(pipeline, task, *, seed, limit, beams, modalities):
        assert pipeline is fake and (task, seed, limit, beams) == ("caption", 3, 20, 4)
        assert modalities == ("image",)
        measures = (Measure("exact", 0.9, 0.7, 0.97, 20),)
        return world_tasks.WorldEvaluation(task, 20, seed, measures, "fake", "cpu", 0.1)

    monkeypatch.setattr(world_tasks, "evaluate_world", evaluate_world)
    flags = "evaluate --task caption --seed 3 --limit 20 --beams 4 --modality image".split()
    found = answered(*flags)
    assert found["task"] == "caption" and found["measures"][0]["value"] == 0.9
    assert "0.9000  0.7000 – 0.9700" in run(*flags)[1]


def test_every_task_of_the_picture_world_has_its_name_on_the_command_line() -> None:
    from demo.cli.flags.measures import TASKS
    from demo.evaluation.world_tasks import WORLD_TASKS

    assert set(WORLD_TASKS) < set(TASKS)


# Refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments,said",
    [
        ([], "VERB"),
        (["paint"], "paint"),
        (["predict", "--colour", "red"], "--colour"),
        (["predict", "--imag", "a.png"], "--imag"),
        (["predict", "--port", "1"], "--port"),
        (["predict", "--threads", "many", "--text", "cat"], "many"),
        (["caption", "--text", "cat", "--language", "fr"], "fr"),
        (["train", "giant", "--data", "."], "giant"),
        (["train", "pocket"], "--data"),
        (["evaluate", ".", "--task", "dance"], "dance"),
        (["evaluate", ".", "--limit", "0"], "--limit"),
        (["evaluate", "--task", "caption", "--seed", "-1"], "--seed"),
        (["evaluate", "--task", "explain", "--limit", "2", "--write-card"], "--limit"),
        (["explain", "--text", "a dog", "--of", "smell"], "smell"),
        (["evaluate", ".", "--modality", "smell"], "smell"),
        (["evaluate", "--modality", "smell", "DATA"], "smell"),
    ],
)
def test_wrong_flags(arguments: list[str], said: str, refused) -> None:
    assert said in refused(*arguments)


@pytest.mark.parametrize(
    "arguments,said",
    [
        (["predict"], "nothing to look at"),
        (["predict", "--text", "  "], "nothing to look at"),
        (["predict", "--image", "{nowhere}"], "cannot be found"),
        (["predict", "--image", "{folder}"], "cannot be found"),
        (["predict", "--image", "{broken}"], "broken.png"),
        (["predict", "--audio", "{image}"], "a.png"),
        (["predict", "--image", ""], "cannot be found"),
        (["predict", "--text", "x" * 3000], "characters"),
        (["predict", "--text", "cat", "--labels", "cat"], "at least 2"),
        (["predict", "--text", "cat", "--labels", ""], "at least 2"),
        (["predict", "--text", "cat", "--labels", "cat,kitten"], "different things"),
        (
            ["predict", "--text", "cat", "--labels", "cat,unicorn"],
            "“unicorn” is none of the 171 things",
        ),
        (["predict", "--text", "cat", "--fusion", "stir"], "stir"),
        (["predict", "--text", "cat", "--preset", "huge"], "huge"),
        (["predict", "--text", "cat", "--device", "abacus"], "abacus"),
        (["predict", "--text", "cat", "--threads", "-1"], "threads"),
        (["explain", "--text", "cat", "--method", "tarot"], "tarot"),
        (["explain", "--text", "cat", *LABELS, "--label", "rain"], "rain"),
        (["explain", "--text", "cat", "--label", "unicorn"], "unicorn"),
        (["explain", "--text", "cat", "--out", "{image}"], "Cannot write"),
        (["explain", "--text", "cat", "--out", "{image}/below"], "Cannot write"),
        (["caption"], "nothing to look at"),
        (["evaluate"], "Say what to evaluate on"),
        (["evaluate", "{nowhere}"], "no file or folder"),
        (["evaluate", "{image}"], "not a data set"),
        (["evaluate", "{data}", "--write-card"], "card"),
        (["evaluate", "{data}", "--fusion", "stir"], "stir"),
        (["evaluate", "{data}", "--labels", "cat,unicorn"], "unicorn"),
        (["evaluate", "{data}", "--modality", "audio"], "at least two labels"),
        (["train", "pocket", "--data", "{nowhere}"], "cifar10-train.zip"),
        (["serve", "--port", "0"], "port"),
        (["serve", "--port", "70000"], "port"),
    ],
)
def test_refusals(arguments: list[str], said: str, files, labelled, refused) -> None:
    pytest.importorskip("wordfreq")
    paths = {**files, "data": labelled, "nowhere": files["folder"] + "/nowhere.png"}
    filled = [a.format(**paths) if a.startswith("{") else a for a in arguments]
    assert said in refused(*filled)
    if arguments[0] != "train" and arguments[0] != "serve":
        refused(*filled, "--json")


def test_a_damaged_archive_stops_training_with_one_line(
    tmp_path: Path, refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wordfreq")
    from demo.training.pocket import SOURCES

    for name in SOURCES:
        (tmp_path / name).write_bytes(b"nothing")
    monkeypatch.chdir(tmp_path)  # runs/ is made where the command runs
    assert "training data" in refused("train", "pocket", "--data", str(tmp_path))


def test_an_interrupt_is_130_and_quiet(run, monkeypatch) -> None:
    def interrupted(_: Settings) -> Pipeline:
        raise KeyboardInterrupt

    monkeypatch.setattr(opening, "open_pipeline", interrupted)
    assert run("predict", "--text", "cat") == (130, "", "")


# As a process ------------------------------------------------------------------------------------


def test_a_whole_process_speaks_utf8_json() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    flags = ["--text", "一只猫", "--language", "zh", "--json"]
    command = [sys.executable, "-m", "demo", "caption", *flags]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not json.loads(done.stdout.decode("utf-8"))["caption"].isascii()


def test_a_closed_pipe_is_quiet() -> None:
    command = [*PYTHON, "-m", "demo", "predict", "--text", "a cat", "--json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode not in (0, 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        status, _, err = run("predict", "--text", "a cat", "--json")
    assert status == 2 and err.startswith("Cannot write") and err.count("\n") == 1
