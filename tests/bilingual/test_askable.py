"""Which questions a photo may answer: those that were taught, however they are put, and no others."""

from __future__ import annotations

import pytest

from demo.bilingual.askable import answerable
from demo.reading import plain
from demo.training.real.wordings import UNANSWERABLE, WORDINGS

EN_WORDS = {
    "one": "a dog",
    "any": "any dogs",
    "colour": "colour",
    "who": "man",
    "doing": "riding a bicycle",
}
ZH_WORDS = {"m": "只", "who": "男人", "doing": "骑自行车"}
SEEN = {"bare": "dog", "many": "dogs", "noun": "狗"}
WORN = {"bare": "shirt", "many": "shoes", "noun": "衬衫"}
TAUGHT = [
    wording.format(**words, **(WORN if kind.startswith("worn") else SEEN))
    for table, words in ((WORDINGS["en"], EN_WORDS), (WORDINGS["zh"], ZH_WORDS))
    for kind, wordings in table.items()
    for wording in wordings
]


def asked(question: str) -> bool:
    return answerable(plain(question).casefold())


@pytest.mark.parametrize("question", TAUGHT)
def test_what_was_taught_may_be_asked(question: str) -> None:
    assert asked(question)


@pytest.mark.parametrize("question", [*UNANSWERABLE["en"], *UNANSWERABLE["zh"]])
def test_what_no_photo_tells_may_not(question: str) -> None:
    assert not asked(question)


@pytest.mark.parametrize(
    "question",
    [
        *(
            "How many people can be seen?",
            "Is this a cat?",
            "is it a dog or a cat?",
            "What animal is this?",
        ),
        *("Are there any people in this picture?", "what is the woman doing?", "Is there water?"),
        *("Please tell me what is in the picture", "Where is the dog?", "WHAT COLOR IS THE CAR?"),
        *(
            "图中有多少人？",
            "这是什么动物？",
            "他们在干什么？",
            "有人吗？",
            "请问这是什么？",
            "狗是什麼顏色？",
        ),
    ],
)
def test_other_wordings_may(question: str) -> None:
    assert asked(question)


@pytest.mark.parametrize(
    "question",
    [
        *(
            "what is the capital of Spain?",
            "is it raining tomorrow?",
            "what is 7 times 8?",
            "how old is the man?",
        ),
        *(
            "how many bones does a dog have?",
            "who painted the Mona Lisa?",
            "is the dog happy?",
            "what is love?",
        ),
        *(
            "what is the boy's favourite food?",
            "how tall is the girl?",
            "is he married?",
            "can you write a poem?",
        ),
        *(
            "how do I fix my printer?",
            "is the stock market up?",
            "translate this to French",
            "is it a good idea?",
        ),
        *(
            "明天会下雨吗？",
            "她的电话是多少？",
            "狗有多少块骨头？",
            "他结婚了吗？",
            "她有钱吗？",
            "日本首相是谁？",
        ),
        *("女孩有多高？", "公交车几点开？", "怎么修打印机？", "股票涨了吗？"),
    ],
)
def test_what_was_never_taught_may_not(question: str) -> None:
    assert not asked(question)


@pytest.mark.parametrize(
    "part", ["你我们能", "这张图里面的", "一共图里有几", "is there a ", "室内还是"]
)
def test_a_long_question_keeps_nobody_waiting(part: str) -> None:
    """Patterns with choices that overlap would try them all: for 2,000 characters, for ever."""
    assert not asked(part * (2000 // len(part)))
    assert not asked(part * (110 // len(part)))
