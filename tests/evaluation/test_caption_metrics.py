"""BLEU and CIDEr-D against values worked out by hand, the authors' programs and torchmetrics."""

from __future__ import annotations

import time
from math import exp, log, sqrt

import pytest
from torchmetrics.functional.text import bleu_score

from demo.consensus import tokens
from demo.evaluation.metrics.captions import caption_scores, cider_d, corpus_bleu


def test_tokens_of_two_languages() -> None:
    said = "A girl's RED t-shirt, “new” ."
    assert tokens(said, "en") == ["a", "girl", "s", "red", "t", "shirt", "new"]
    assert tokens("穿Ｔ恤的女孩，“3 个”。", "zh") == list("穿t恤的女孩3个")


WRITTEN = [
    "a dog runs on the grass",
    "two children play",
    "a man in a red shirt rides a bike on the road",
    "a a a dog",
]
RIGHT = [
    ["A brown dog runs across the grass.", "A dog is running on grass", "the dog runs"],
    ["Two kids play in the snow", "Children playing together outside."],
    ["A man in red rides a bike.", "A cyclist rides on a road in a red shirt", "man on bike"],
    ["A black dog", "The dog jumps over a bar"],
]


def test_the_server_of_coco_prints_the_same() -> None:
    """What pycocoevalcap 1.2 gave for these sentences (its BLEU adds 1e-9 here and there)."""
    found = caption_scores(WRITTEN, RIGHT, "en")
    assert found.bleu == pytest.approx((0.88, 0.64733887, 0.46198175, 0.29510922), abs=1e-8)
    assert found.cider == pytest.approx(1.5206674646878553)
    each = cider_d(
        [tokens(t, "en") for t in WRITTEN], [[tokens(t, "en") for t in r] for r in RIGHT]
    )
    assert each == pytest.approx([2.27907915, 0.97063149, 2.19746167, 0.63549754])


@pytest.mark.parametrize("longest", [1, 2, 3, 4])
def test_torchmetrics_finds_the_same_bleu(longest: int) -> None:
    said = [" ".join(tokens(text, "en")) for text in WRITTEN]
    right = [[" ".join(tokens(text, "en")) for text in texts] for texts in RIGHT]
    expected = float(bleu_score(said, right, n_gram=longest))
    assert caption_scores(WRITTEN, RIGHT, "en").bleu[longest - 1] == pytest.approx(expected)


def test_bleu_by_hand() -> None:
    """Papineni et al. 2002: “the” seven times has two matches; 7 words against 6 are not punished.

    “a b” against “a b c d”: everything matches, too short: e^(1 − 4/2).
    """
    cat = "the cat is on the mat".split()
    assert corpus_bleu([["the"] * 7], [[cat]]) == (pytest.approx(2 / 7), 0, 0, 0)
    assert corpus_bleu([["a", "b"]], [["a b c d".split()]])[:2] == pytest.approx([exp(-1)] * 2)
    assert corpus_bleu([[]], [[cat]]) == corpus_bleu([], []) == (0, 0, 0, 0)


def test_chinese_is_compared_by_characters() -> None:
    """左边有一只狗 / 右边有一只狗: five of six characters, and of the pairs four of five."""
    found = caption_scores(["左边有一只狗。"], [["右边有一只狗"]], "zh")
    assert found.bleu[:2] == pytest.approx((5 / 6, sqrt(5 / 6 * 4 / 5)))
    assert found.cider == 0  # of a single picture nothing is rare


def test_a_caption_without_a_right_one_is_a_fault() -> None:
    for right in ([], [[]], [["a"], ["b"]]):
        with pytest.raises(ValueError, match="reference"):
            caption_scores(["a"], right, "en")


def test_a_thousand_captions_take_about_a_second() -> None:
    words = [
        f"w{i * i % 97} w{i % 89} w{i % 7} a b c w{i % 11} on the w{i % 13}" for i in range(5_000)
    ]
    right = [words[i : i + 5] for i in range(0, 5_000, 5)]
    begun = time.process_time()
    caption_scores(words[:1_000], right, "en")
    assert time.process_time() - begun < 5  # a loaded machine is slower; measured 0.3


# CIDEr-D by hand -------------------------------------------------------------------------------


REFERENCES = [["a b c d".split()], ["a x y z".split()]]


def test_cider_of_right_sentences() -> None:
    assert cider_d([one[0] for one in REFERENCES], REFERENCES) == pytest.approx([10, 10])


def test_cider_by_hand() -> None:
    """“a b c e” against “a b c d”; every n-gram but “a” is in one reference of two: idf = ln 2.

    n=1: shared b, c; both vectors have three entries of ln 2 (e is in no reference: ln(2/1)) → 2/3;
    n=2: shared ab, bc of three → 2/3; n=3: abc of two → 1/2; n=4: none. Same length: no penalty.
    """
    found = cider_d(["a b c e".split(), "a x y z".split()], REFERENCES)
    assert found[0] == pytest.approx(10 * (2 / 3 + 2 / 3 + 1 / 2 + 0) / 4)
    assert found[1] == pytest.approx(10)


def test_cider_does_not_reward_repeating() -> None:
    """“b b b b”: one entry 4·ln 2, clipped to ln 2 → ln²2 / (4 ln 2 · √3 ln 2) = 1/(4√3), n=1 only."""
    found = cider_d(["b b b b".split(), []], REFERENCES)
    assert found[0] == pytest.approx(10 * (1 / (4 * sqrt(3))) / 4)
    assert found[1] == 0


def test_cider_punishes_length() -> None:
    """“a b”: n=1 1·1/(1·√3) (only b counts), n=2 1/√3, two words too short: e^(-4/72)."""
    found = cider_d(["a b".split(), []], REFERENCES)
    assert found[0] == pytest.approx(10 * exp(-4 / 72) * (2 / sqrt(3)) / 4)


def test_rare_words_weigh_more() -> None:
    """Three references; “d” is in all (weight 0), “a” in two (ln 1.5), “b” in one (ln 3)."""
    references = [[["a", "b", "d"]], [["a", "d"]], [["d"]]]
    found = cider_d([["b"], ["a"], ["d"]], references)
    first = log(3) / sqrt(log(1.5) ** 2 + log(3) ** 2)
    assert found[0] == pytest.approx(10 * first * exp(-4 / 72) / 4)
    assert found[1] == pytest.approx(10 * exp(-1 / 72) / 4) and found[2] == 0


@pytest.mark.parametrize(
    "references,brevity",
    [
        (["a b c", "a b c d e f", "a b c d e f g h i"], exp(1 - 6 / 5)),
        (["a b c d e f", "a b c d"], 1.0),  # as near as the longer one: the shorter counts
        (["a b c d e f g", "a"], exp(1 - 7 / 5)),
    ],
)
def test_an_answer_is_as_short_as_it_is_beside_the_nearest_reference(
    references: list[str], brevity: float
) -> None:
    found = corpus_bleu(["a b c d e".split()], [[one.split() for one in references]])
    assert found[0] == pytest.approx(brevity)


def test_who_says_the_only_right_sentence_gets_ten() -> None:
    """Of four orders of n-grams, however long the sentence is."""
    right = ["one two three four five six".split(), "seven eight nine ten eleven twelve".split()]
    assert cider_d(right, [[one] for one in right]) == pytest.approx([10, 10])
    assert cider_d(right, [[one] for one in right[::-1]]) == pytest.approx([0, 0])
