"""The half of the pocket model for real life: label sets, words that are named, weights, routing."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gradio.media import get_audio, get_image

from demo.errors import UserError
from demo.inputs import read_sample
from demo.models.beliefs import Beliefs
from demo.models.checkpoints.shards import restored, rounded
from demo.models.generator import Corrected, Generation
from demo.models.pocket.real.encoders import PhotoEncoder
from demo.models.pocket.real.modeling import ACROSS, DOWN, IS_IMAGE, picture_tokens
from demo.models.pocket.real.names import RealNamer
from demo.models.pocket.real.spaces import LEAST, PictureSpace, PlacedKinds
from demo.models.vocabulary import vocabulary
from demo.models.wording import is_chinese
from demo.opening import open_pipeline
from demo.routed import RoutedPipeline
from demo.schema import SAMPLE_RATE, Encoding, PictureGrid, Sample, Waveform
from demo.settings import Settings
from demo.world.paint import paint
from demo.world.scenes import draw_scene

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"


@pytest.fixture(scope="module")
def routed() -> RoutedPipeline:
    pipeline = open_pipeline(Settings(preset="pocket", device="cpu"))
    assert isinstance(pipeline, RoutedPipeline)
    return pipeline


def photo(name: str) -> Sample:
    return read_sample(get_image(name), None, None)


def flags(*rows: str) -> torch.Tensor:
    return torch.tensor([[c == "1" for c in row] for row in rows])


def test_the_belief_in_a_family_is_the_sum_over_its_kinds() -> None:
    placed = PlacedKinds(flags("1100", "0010"), flags("0000", "0000"))
    vector = torch.tensor([0.3, 0.2, 0.1, 0.4]).log()
    assert placed.belief(vector).exp().tolist() == pytest.approx([5 / 6, 1 / 6], abs=1e-3)
    assert float(placed.inside(vector).exp()) == pytest.approx(0.6, abs=1e-5)


def test_of_what_may_be_there_together_the_likeliest_counts() -> None:
    placed = PlacedKinds(flags("00", "00"), flags("10", "01"))
    vector = torch.tensor([0.8, 0.4]).log()
    assert placed.belief(vector).exp().tolist() == pytest.approx([2 / 3, 1 / 3], abs=1e-3)
    assert float(placed.inside(vector).exp()) == pytest.approx(0.8, abs=1e-3)


def test_a_label_that_nothing_speaks_for_is_unlikely_but_has_no_infinite_loss() -> None:
    placed = PlacedKinds(flags("10", "00"), flags("00", "00"))
    assert placed.likely(torch.tensor([0.9, 0.1]).log())[1] == pytest.approx(LEAST, abs=1e-3)


def test_many_variants_are_placed_as_each_by_itself() -> None:
    placed = PlacedKinds(flags("110", "001"), flags("000", "010"))
    vectors = torch.randn(2, 5, 3).log_softmax(-1)
    together = placed.belief(vectors)
    assert torch.allclose(together[1, 3], placed.belief(vectors[1, 3]), atol=1e-6)


def test_narrow_labels_take_their_kinds_from_wide_ones() -> None:
    space = PictureSpace(Beliefs(vocabulary()), 1000, [])
    placed = space.place(["dog", "dalmatian", "cat"])
    dog, dalmatian, cat = placed.of_one.sum(1).tolist()
    assert dalmatian == 1
    assert 5 <= cat < 20
    assert dog > 100
    assert placed.of_one.sum(0).max() == 1  # no kind counts twice


def test_eight_bits_are_within_a_254th_of_the_largest_of_a_row() -> None:
    pointwise, depthwise = torch.randn(7, 50, 1, 1), torch.randn(7, 1, 3, 3)
    state = {
        "matrix": torch.randn(7, 50),
        "bias": torch.randn(7),
        "point": pointwise,
        "depth": depthwise,
    }
    kept = rounded(state)
    assert {name for name, value in kept.items() if value.dtype == torch.int8} == {
        "matrix",
        "point",
    }
    again = restored(kept)
    assert set(again) == set(state)
    for name in ("matrix", "point"):
        off = (again[name] - state[name]).flatten(1).abs().amax(1)
        assert (off <= state[name].flatten(1).abs().amax(1) / 254 + 1e-6).all()
    assert torch.equal(again["bias"], state["bias"])
    assert torch.equal(again["depth"], depthwise)


def test_tokens_say_where_they_lie() -> None:
    tokens = picture_tokens(torch.rand(6, 1280), PictureGrid(2, 3))
    assert tokens[:, IS_IMAGE].tolist() == [1.0] * 6
    assert tokens[:, DOWN].tolist() == pytest.approx([0.25] * 3 + [0.75] * 3)
    assert tokens[:3, ACROSS].tolist() == pytest.approx([1 / 6, 1 / 2, 5 / 6])


def test_a_photo_is_called_by_its_name_and_its_family(routed: RoutedPipeline) -> None:
    sample = photo("lion.jpg")
    found = routed.predict(sample, routed.default_labels(sample))
    assert found.top == "lion"
    assert found.seen["image"][0].name == "lion"
    zh = routed.default_labels(sample, "zh")
    assert "狮子" in zh or "狮" in zh


def test_what_is_none_of_the_labels_is_said(routed: RoutedPipeline) -> None:
    sample = photo("lion.jpg")
    wrong = routed.predict(sample, ["piano", "pizza"])
    assert wrong.none_of_these
    assert wrong.outside["image"] > 0.99
    right = routed.predict(sample, ["big cat", "pizza"])
    assert right.top == "big cat"
    assert not right.none_of_these


def test_an_unknown_label_is_met_with_near_ones(routed: RoutedPipeline) -> None:
    with pytest.raises(UserError) as caught:
        routed.predict(photo("lion.jpg"), ["lyon", "pizza"])
    assert "lion" in str(caught.value)


def test_a_caption_does_not_name_another_animal_than_is_seen(routed: RoutedPipeline) -> None:
    found = routed.caption(photo("lion.jpg"), "en", beams=2)
    assert "lion" in found.caption
    word = next(w for w in found.words if w.word == "lion")
    assert word.heatmap["image"].values.max() == 1.0


def test_a_caption_names_no_animal_that_an_answer_denies(
    routed: RoutedPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions = routed.real.writing.captions
    dog = read_sample(image=EXAMPLES / "dog.jpg")
    encoding = routed.real.encode(dog)["image"]
    said = captions.part(dog, "image", encoding, "en")
    assert isinstance(said, Generation) and "dog" in said.text
    written, asked = captions.writer.write, list[str]()

    def denies(task: str, language: str, sample: Sample, *more: Any) -> Generation:
        found = written(task, language, sample, *more)
        asked.extend([sample.text or ""] * (task == "answer"))
        return replace(found, text="no", probability=sure) if task == "answer" else found

    sure = 0.6
    monkeypatch.setattr(captions.writer, "write", denies)
    assert captions.part(dog, "image", encoding, "en") == said
    sure = 0.9
    assert not isinstance(captions.part(dog, "image", encoding, "en"), Generation)
    assert asked == ["is there a dog?"] * 2


def test_yes_and_no_rest_on_what_the_trunk_sees(routed: RoutedPipeline) -> None:
    """The decoder learned from people and dogs: it would not find the lion by itself."""
    lion = photo("lion.jpg")
    for question, right in (
        ("is there a lion?", "yes"),
        ("有狮子吗？", "有"),
        ("is there a car?", "no"),
    ):
        found = routed.ask(lion, question)
        assert found.answer == right
        assert 0.5 <= found.probability <= 1
        assert found.words[0].word == right


@pytest.mark.parametrize(
    "question, right",
    [
        ("is there a person?", "no"),
        ("is there a man?", "no"),
        ("图里有人吗？", "没有"),
        ("how many people are there?", "zero"),
        ("图里有几个人？", "零"),
        ("how many dogs are there?", "zero"),
        ("这张照片里有几只狗？", "零"),
    ],
)
def test_nobody_is_seen_or_counted_where_nobody_is(
    routed: RoutedPipeline, question: str, right: str
) -> None:
    assert routed.ask(photo("cheetah1.jpg"), question).answer == right


@pytest.mark.parametrize(
    "said, question, right",
    [
        ("a man", "who is there?", "nobody"),
        ("一个人", "这是谁？", "没有人"),
        ("a man", "what is it?", "a cheetah"),
        ("两个男人", "这是什么？", "猎豹"),
        ("running", "what is it doing?", "running"),
        ("yes", "which animal is this?", "a cheetah"),
        ("有", "这是哪种动物？", "猎豹"),
        ("yes", "what is it doing?", "I cannot see that"),
        ("有", "它在哪里？", "我看不出来"),
        ("有", "有什么动物吗？", "有"),
    ],
)
def test_nobody_is_named_where_nobody_is(
    routed: RoutedPipeline, said: str, question: str, right: str
) -> None:
    roles = routed.real.roles
    assert isinstance(roles.generator, Corrected)
    assert roles.verifier is not None and roles.generator is not None
    read = routed.real.encode(replace(photo("cheetah1.jpg"), text=question), "asked")
    language = "zh" if is_chinese(question) else "en"
    written = roles.generator.write("answer", language, list(read.values()))
    wrong = roles.generator.say(written, said, 0.6)
    assert roles.verifier.verified(wrong, question, read, list).text == right


def test_whoever_is_clearly_seen_is_not_denied(routed: RoutedPipeline) -> None:
    namer, things = routed.real.roles.namer, vocabulary().things
    assert isinstance(namer, RealNamer)
    girl, dog = things["word:girl"], vocabulary().lookup("dog")[0]
    bark = routed.real.encode(read_sample(image=EXAMPLES / "dog.jpg"))["image"]
    assert namer.unseen(bark, girl) and not namer.unseen(bark, dog)
    assert not namer.unseen(bark, vocabulary().lookup("camera")[0])  # of things it is not asked


def test_what_is_small_in_a_photo_is_found_in_its_part(routed: RoutedPipeline) -> None:
    encoder = routed.real.roles.encoders["image"]
    assert isinstance(encoder, PhotoEncoder)
    whole = routed.real.encode(read_sample(image=EXAMPLES / "dog.jpg"))["image"]
    grid = whole.grid
    near = Encoding(whole.tokens[:1].repeat(len(whole.tokens), 1), grid, whole.pool)
    other = whole.tokens[-1:].repeat(len(whole.tokens), 1).view(grid.rows, grid.cols, -1).clone()
    other[:3, :3] = whole.tokens[0]
    corner = Encoding(other.flatten(0, 1), grid, whole.pool)
    alone, hidden = encoder.words.somewhere(near), encoder.words.somewhere(corner)
    assert (hidden >= alone - 1e-4).all()  # as much as if it were all that is seen


def test_a_saxophone_is_heard(routed: RoutedPipeline) -> None:
    sample = read_sample(None, get_audio("sax.wav"), None)
    found = routed.predict(sample, ["saxophone", "dog", "rain"])
    assert found.top == "saxophone"
    assert not found.none_of_these


@pytest.mark.parametrize("kind", ["noise", "blank"])
def test_pictures_of_nothing_are_not_described(routed: RoutedPipeline, kind: str) -> None:
    rng = np.random.default_rng(0)
    shape = (120, 200, 3)
    image = rng.integers(0, 256, shape) if kind == "noise" else np.full(shape, 255)
    sample = Sample(image=image.astype(np.uint8))
    assert routed.predict(sample, ["piano", "pizza"]).unfamiliar == ("image",)
    assert routed.caption(sample).caption == "A picture I cannot make out."
    assert routed.ask(sample, "is there a dog?").answer == "I cannot say that"


@pytest.mark.parametrize(
    "text, labels, right",
    [
        ("a small dog sleeps on the sofa", ["dog", "accordion", "pizza"], "dog"),
        ("一只猫坐在桌子上", ["猫", "手风琴", "比萨"], "猫"),
        ("she plays the accordion in the street", ["dog", "accordion", "pizza"], "accordion"),
    ],
)
def test_what_a_sentence_names_is_what_it_is_about(
    routed: RoutedPipeline, text: str, labels: list[str], right: str
) -> None:
    assert routed.predict(Sample(text=text), labels).top == right


def test_scenes_and_thumbnails_go_to_the_picture_world(routed: RoutedPipeline) -> None:
    import random

    picture, _ = paint([draw_scene(random.Random(3))], 224)
    scene = (picture[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    lion = photo("lion.jpg").image
    assert lion is not None
    silence = Waveform(np.zeros(SAMPLE_RATE, np.float32))
    half = routed.router.half
    assert half(Sample(image=scene)) == "world"
    assert half(Sample(image=scene), ["accordion", "dog"]) == "real"  # only that half knows one
    assert half(Sample(image=lion)) == "real"
    assert half(Sample(image=lion), ["cat", "dog"]) == "real"
    assert half(Sample(image=lion), ["happy", "sad"]) == "world"
    assert half(Sample(image=np.zeros((32, 32, 3), np.uint8))) == "world"
    assert half(Sample(audio=silence), ["seven", "eight"]) == "world"
    assert half(Sample(audio=silence), ["dog", "rain"]) == "real"
    assert half(Sample(text="a cat"), ["cat", "dog"]) == "world"


def test_a_photo_is_unfamiliar_where_moods_are_asked_about(routed: RoutedPipeline) -> None:
    """They were learned from emoji faces, never from people."""
    import random

    moods = ["happy", "sad", "angry"]
    picture, _ = paint([draw_scene(random.Random(3))], 224)
    scene = Sample(image=(picture[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8))
    assert routed.router.strange(scene, moods) == ()
    assert routed.router.strange(photo("lion.jpg"), ["lion", "dog"]) == ()
    for labels in (moods, ["快乐", "悲伤"]):
        assert routed.predict(photo("lion.jpg"), labels).unfamiliar == ("image",)


def test_the_maps_of_a_photo_add_up_to_what_the_classifier_says(routed: RoutedPipeline) -> None:
    """The classifier is linear in the mean feature: the mean of the cells' logits is the photo's."""
    encoding = routed.real.encode(photo("lion.jpg"))["image"]
    encoder = routed.real.roles.encoders["image"]
    classifier = encoder.trunk.network.classifier  # type: ignore[attr-defined]
    with torch.no_grad():
        each = classifier(encoding.tokens[:, :1280]).mean(0)
        whole = classifier(encoding.tokens[:, :1280].mean(0))
    assert torch.allclose(each, whole, atol=1e-4)
    assert math.isclose(
        float(encoding.pool(encoding.tokens[None])[0, :1000].exp().sum()), 1, rel_tol=1e-4
    )


def test_weights_lie_in_shards_that_hubs_take() -> None:
    folder = Path(__file__).parents[2] / "assets" / "models" / "pocket-real"
    shards = list(folder.glob("*.safetensors"))
    assert shards
    assert all(shard.stat().st_size <= 9_100_000 for shard in shards)


@pytest.mark.parametrize(
    "said, seen, language, doubtful",
    [
        ("a man and a dog at a door", {}, "en", ["man", "dog"]),
        ("a man and a dog at a door", {"man": 0.5, "dog": 0.4}, "en", []),
        ("a man in the snow", {"person": 0.5}, "en", []),  # a man is one
        ("a group of people by a lake", {"people": 0.1}, "en", ["people"]),
        ("一个人在玩滑板", {}, "zh", ["人"]),
        ("a camera on a table", {}, "en", []),  # of things it is not asked
    ],
)
def test_nobody_and_no_animal_is_named_of_which_nothing_is_seen(
    routed: RoutedPipeline, said: str, seen: dict[str, float], language: str, doubtful: list[str]
) -> None:
    namer = routed.real.roles.namer
    vector = torch.full((namer.classes + len(namer.words.things),), 1e-6)
    for name, likely in seen.items():
        placed = routed.real.roles.encoders["image"].labels.place([name])
        kinds = placed.by_itself[0] if placed.by_itself.any() else placed.of_one[0]
        vector[int(kinds.nonzero()[0])] = likely
    assert namer.unsupported(vector.log(), said, language) == doubtful
