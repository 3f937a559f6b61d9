"""Task “invariance”: answers that change when a sentence is written in another way that means the same, and
answers that change when it means something else.

Sentences beside labels, questions about fresh scenes, and sentences to translate, in both languages; each
goes the way a person's goes, through the same normalisation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from demo.errors import LANGUAGES
from demo.evaluation.metrics.intervals import part_of
from demo.evaluation.world_tasks.rewrites import HARMLESS
from demo.evaluation.world_tasks.run import Found, Run, pictures, watched
from demo.inputs import clean_text
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.script import other_language
from demo.world.concepts import CONCEPTS, Concept
from demo.world.scenes import SHOWN, draw_scene

SIZE = 20  # sentences of each task in each language
TASKS = ("predict", "ask", "translate")
Pair = tuple[str, str, str]  # what is done to it, a sentence, what is made of it


@dataclass(frozen=True)
class Case:
    """A sentence, what it is put to (a sample without text; labels), and others that mean something else.

    harmful: (name, sentence, changed sentence); the first sentence of a pair need not be `text`.
    """

    task: str
    language: str
    text: str
    harmful: tuple[Pair, ...]
    sample: Sample = Sample()
    labels: tuple[str, ...] = ()


def invariance(pipeline: Pipeline, run: Run) -> Found:
    """Measures: harmless/REWRITE/TASK_LANGUAGE and harmful/REWRITE/TASK_LANGUAGE, the part of answers that
    change; harmless/all/… and harmful/all/… over all rewrites."""
    cases = [case for task in TASKS for case in draw(run.seed, run.size, task)]
    changed: dict[str, list[bool]] = {}
    for case in watched(cases, run):
        where, first = f"{case.task}_{case.language}", _answer(pipeline, case, case.text)
        for name, rewrite in HARMLESS[case.language].items():
            if (written := rewrite(case.text)) != case.text:
                differs = _answer(pipeline, case, written) != first
                changed.setdefault(f"harmless/{name}/{where}", []).append(differs)
        for name, before, after in case.harmful:
            differs = _answer(pipeline, case, before) != _answer(pipeline, case, after)
            changed.setdefault(f"harmful/{name}/{where}", []).append(differs)
    for kind in ("harmless", "harmful"):
        for task in TASKS:
            for language in LANGUAGES:
                where = f"{task}_{language}"
                found = [c for n, each in changed.items() for c in each if _is(n, kind, where)]
                changed[f"{kind}/all/{where}"] = found
    return Found(len(cases), tuple(part_of(name, each) for name, each in changed.items()))


def _is(name: str, kind: str, where: str) -> bool:
    return name.startswith(f"{kind}/") and name.endswith(f"/{where}") and "/all/" not in name


def _answer(pipeline: Pipeline, case: Case, written: str) -> str:
    """What a person is told who writes this."""
    text = clean_text(written)
    if case.task == "ask":
        return pipeline.ask(case.sample, text, case.language, maps=False).answer
    sample = replace(case.sample, text=text)
    if case.task == "translate":
        return pipeline.translate(sample, other_language(text), None, maps=False).text
    fused = pipeline.predict(sample, case.labels).fused
    return max(fused, key=lambda label: fused[label])


def draw(seed: int, count: int, task: str) -> Iterator[Case]:
    """`count` cases in each language."""
    for language in LANGUAGES:
        for i in range(count):
            rng = random.Random(f"invariance {seed} {task} {language} {i}")
            first, second = (CONCEPTS[k] for k in rng.sample(_CLEAR, 2))
            yield _DRAW[task](rng, language, first, second)


# Numbers, shapes and moods are words of other meanings as well
_CLEAR = [i for i in SHOWN if CONCEPTS[i].category not in ("number", "shape", "mood", "letter")]


def _sentence(rng: random.Random, language: str, one: Concept, two: Concept) -> Case:
    """“this is a dog” among labels."""
    others = [CONCEPTS[k] for k in rng.sample(_CLEAR, 3) if CONCEPTS[k] not in (one, two)]
    if language == "en":
        a, b, (this, here) = (
            one.singular,
            two.singular,
            rng.choice((("this is", "here"), ("i see", "there"))),
        )
        pairs: tuple[Pair, ...] = (
            (
                "negation",
                f"{this} {a}",
                f"{this} not {a}" if this == "this is" else f"i do not see {a}",
            ),
            ("no … only …", f"only {a} {here}", f"no {one.noun} {here}, only {b}"),
            ("not … but …", f"it is {a}", f"it is not {a} but {b}"),
            ("swapped sides", f"{a} without {b}", f"{b} without {a}"),
            ("another thing", f"{this} {a}", f"{this} {b}"),
            ("another number", "the number two", "the number three"),
        )
        labels = (one.noun, two.noun, *(other.noun for other in others), "two", "three")
        return Case("predict", language, f"{this} {a}.", pairs, labels=labels)
    a, b = f"一{one.measure}{one.noun_zh}", f"一{two.measure}{two.noun_zh}"
    pairs = (
        ("negation", f"这是{a}", f"这不是{a}"),
        ("no … only …", f"这里只有{a}", f"这里没有{one.noun_zh}，只有{b}"),
        ("not … but …", f"它是{a}", f"它不是{a}，是{b}"),
        (
            "swapped sides",
            f"有{one.noun_zh}，没有{two.noun_zh}",
            f"有{two.noun_zh}，没有{one.noun_zh}",
        ),
        ("another thing", f"这是{a}", f"这是{b}"),
        ("another number", "数字二", "数字三"),
    )
    labels = (one.noun_zh, two.noun_zh, *(other.noun_zh for other in others), "二", "三")
    return Case("predict", language, f"这是{a}。", pairs, labels=labels)


def _question(rng: random.Random, language: str, one: Concept, two: Concept) -> Case:
    """About a scene of two things, the first of which is there twice in the pair about numbers."""
    first, second, absent = CONCEPTS.index(one), CONCEPTS.index(two), CONCEPTS[rng.choice(_CLEAR)]
    while absent in (one, two):
        absent = CONCEPTS[rng.choice(_CLEAR)]
    scene = draw_scene(rng, concepts=(first, second), held_back=True)
    sample = Sample(image=pictures([scene])[0])
    if language == "en":
        asked = rng.choice(
            (f"is there {one.singular}?", f"where is the {one.noun}?", "what colour is the background?",
             f"how many {one.plural} are there?", "what is in the picture?")
        )  # fmt: skip
        pairs: tuple[Pair, ...] = (
            ("another thing", f"is there {one.singular}?", f"is there {absent.singular}?"),
            ("another place", f"where is the {one.noun}?", f"where is the {two.noun}?"),
            ("another number", f"how many {one.plural}?", f"how many {absent.plural}?"),
            ("all or one kind", "how many things are there?", f"how many {one.plural} are there?"),
            ("another kind", "what is this?", "what colour is the background?"),
            ("where or whether", f"where is the {one.noun}?", f"is there {one.singular}?"),
        )
        return Case("ask", language, asked, pairs, sample)
    asked = rng.choice(
        (f"有{one.noun_zh}吗？", f"{one.noun_zh}在哪里？", "背景是什么颜色？",
         f"有几{one.measure}{one.noun_zh}？", "图里有什么？")
    )  # fmt: skip
    pairs = (
        ("another thing", f"有{one.noun_zh}吗？", f"有{absent.noun_zh}吗？"),
        ("another place", f"{one.noun_zh}在哪里？", f"{two.noun_zh}在哪里？"),
        (
            "another number",
            f"有几{one.measure}{one.noun_zh}？",
            f"有几{absent.measure}{absent.noun_zh}？",
        ),
        ("all or one kind", "一共有几个东西？", f"有几{one.measure}{one.noun_zh}？"),
        ("another kind", "图里有什么？", "背景是什么颜色？"),
        ("where or whether", f"{one.noun_zh}在哪里？", f"有{one.noun_zh}吗？"),
    )
    return Case("ask", language, asked, pairs, sample)


def _translation(rng: random.Random, language: str, one: Concept, two: Concept) -> Case:
    """Simple sentences."""
    if language == "en":
        a, the, other = one.singular, f"the {one.noun}", f"the {two.noun}"
        text = rng.choice((f"this is {a}", f"i like {the}", f"there is {a} here", f"do you remember {the}",
                           f"it is {a}", f"this is not {a}", f"he does not like {the}"))  # fmt: skip
        pairs: tuple[Pair, ...] = (
            ("negation", f"this is {a}", f"this is not {a}"),
            ("negation of a verb", f"i like {the}", f"i don't like {the}"),
            ("another thing", f"i like {the}", f"i like {other}"),
            ("another number", f"i see two {one.plural}", f"i see three {one.plural}"),
            ("somebody else", f"i remember {the}", f"she remembers {the}"),
            ("asked, not said", f"there is {a} here", f"is there {a} here"),
        )
        return Case("translate", language, text, pairs)
    a, the, other = (
        f"一{one.measure}{one.noun_zh}",
        f"这{one.measure}{one.noun_zh}",
        f"这{two.measure}{two.noun_zh}",
    )
    text = rng.choice(
        (f"这是{a}", f"我喜欢{the}", f"这里有{a}", f"你记得{the}吗", f"这不是{a}", f"他不喜欢{the}")
    )
    pairs = (
        ("negation", f"这是{a}", f"这不是{a}"),
        ("negation of a verb", f"我喜欢{the}", f"我不喜欢{the}"),
        ("another thing", f"我喜欢{the}", f"我喜欢{other}"),
        (
            "another number",
            f"我看到两{one.measure}{one.noun_zh}",
            f"我看到三{one.measure}{one.noun_zh}",
        ),
        ("somebody else", f"我记得{the}", f"她记得{the}"),
        ("asked, not said", f"这里有{a}", f"这里有{a}吗"),
    )
    return Case("translate", language, text, pairs)


_DRAW: dict[str, Callable[[random.Random, str, Concept, Concept], Case]] = {
    "predict": _sentence,
    "ask": _question,
    "translate": _translation,
}
