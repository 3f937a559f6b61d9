"""How often an answer or a translation is wrongly called a guess, and how often one that is a guess passes.

A guess is what is said to something that was never taught: questions that no photo answers, in words from
which no rule was made, and what people wrote of photos, which is more than the phrases that are translated.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo.data.datasets import open_table
from demo.evaluation.own_data.pictured import described
from demo.evaluation.own_data.run import Item, Options
from demo.models.pocket.real.verifier import CANNOT
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.settings import Settings
from demo.training.real.questions import questions_of
from demo.world.language.grammar import caption, description
from demo.world.scenes import draw_scene

SEED = 11
PHOTOS = 100
SCENES = 300
STRANGE = {
    "en": (
        *("what is the square root of nine?", "which party won the election?", "what rhymes with house?"),
        *("is the earth flat?", "what did she dream of?", "when was the bridge built?", "why does he smile?"),
        *("is the boy good at school?", "how heavy is the horse?", "what is her name?", "is it expensive?"),
        *("which language is hardest?", "how many legs does a spider have?", "how much is a ticket?"),
        *("did it rain yesterday?", "what should I cook tonight?", "who invented the telephone?"),
        *("is the man a good doctor?", "what is the dog thinking about?", "how old is this tree?"),
    ),
    "zh": (
        *("九的平方根是多少？", "哪个党赢了选举？", "去罗马的票多少钱？", "地球是平的吗？", "她梦见了什么？"),
        *("这座桥是什么时候建的？", "他为什么笑？", "这匹马有多重？", "女孩叫什么名字？", "贵不贵？"),
        *("蜘蛛有几条腿？", "昨天下雨了吗？", "今晚吃什么好？", "电话是谁发明的？", "这棵树多少岁了？"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Doubts:
    """Parts 0..1.

    answers_false: of answers to questions that were taught, doubted; answers_missed: of answers to questions
    that no photo answers, neither doubted nor “I cannot see that”. translations_right: of captions of fresh
    scenes, in both directions; translations_false: of them doubted; translations_missed: of people's own
    captions, not doubted.
    """

    answers_false: float
    answers_missed: float
    translations_right: float
    translations_false: float
    translations_missed: float


def doubts(data: Path) -> Doubts:
    """Measures on Flickr8k's validation part and fresh scenes of the picture world."""
    pipeline, rng = open_pipeline(Settings()), random.Random(SEED)
    with open_table(data / "flickr8k-train.zip") as table:
        rows = described(table.only("val").rows, Options()).items
        chosen = rng.sample(list(rows), PHOTOS)
        false, missed = _answers(pipeline, chosen, rng)
    right, doubted = _scenes(pipeline, rng)
    written = [text for one in chosen for texts in one.right.values() for text in texts[:1]]
    passed = [_translated(pipeline, text)[1] for text in written]
    return Doubts(false, missed, right, doubted, _part(not doubt for doubt in passed))


def _answers(pipeline: Pipeline, photos: Sequence[Item], rng: random.Random) -> tuple[float, float]:
    taught: list[bool] = []
    strange: list[bool] = []
    for one in photos:
        sample = one.sample()
        asked = questions_of(one.right.get("en", ()), one.right.get("zh", ()), rng)
        for question in rng.sample(asked, min(3, len(asked))):
            if question.kind == "cannot":
                continue
            found = pipeline.ask(sample, question.question, question.language, maps=False)
            taught.append(found.doubt is not None)
        for language, questions in STRANGE.items():
            found = pipeline.ask(sample, rng.choice(questions), language, maps=False)
            said_so = found.answer.casefold() == CANNOT[language].casefold()
            strange.append(found.doubt is None and not said_so)
    return _part(taught), _part(strange)


def _scenes(pipeline: Pipeline, rng: random.Random) -> tuple[float, float]:
    right: list[bool] = []
    doubted: list[bool] = []
    for i in range(SCENES):
        scene = draw_scene(rng, rng.choice((1, 2, 2, 3)))
        say = rng.choice((caption, description))
        given, wanted = ("en", "zh") if i % 2 else ("zh", "en")
        text, doubt = _translated(pipeline, say(scene, given))
        right.append(text.casefold() == say(scene, wanted).casefold())
        doubted.append(doubt)
    return _part(right), _part(doubted)


def _translated(pipeline: Pipeline, text: str) -> tuple[str, bool]:
    to = "zh" if text.isascii() else "en"
    found = pipeline.translate(Sample(text=text), to, maps=False)
    return found.text, found.doubt is not None


def _part(those: Iterable[bool]) -> float:
    return round(float(np.mean(list(those))), 3)
