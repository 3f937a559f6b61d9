"""A person's question in one of the wordings that grammar.py asks in.

“any dogs here”, “What color's the background” and 有没有狗 ask what the model was taught to answer, in words
it was never taught. What is no question about a scene stays as it is. Knows nothing about models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from demo.script import script_of
from demo.world.concepts import CONCEPTS, Concept, plural
from demo.world.language.claims import Claim, claim_in

Say = Callable[[re.Match[str]], str | None]

_PICTURE = r"(?:the|this|that|your)? ?(?:picture|image|photo|photograph|scene|drawing|painting)"
_TAIL_EN = re.compile(
    rf" (?:(?:in|on|inside|of) {_PICTURE}|here|there|at all|in it|anywhere|somewhere|visible|present|please)$"
)
_LEAD_EN = re.compile(
    r"^(?:please|hey|hi|hello|so|well|um|uh|ok|okay|excuse me|(?:can|could) you (?:please )?tell me"
    rf"|tell me|do you know|in {_PICTURE}|and|now)[, ]+"
)
_ARTICLES = re.compile(r"^(?:an?|the|any|some|one|single|even|just|of|such)\b ?")
_SIDES_EN = {
    "left": "to the left of",
    "right": "to the right of",
    **dict.fromkeys(("above", "over", "on top of"), "above"),
    **dict.fromkeys(("below", "under", "beneath", "underneath"), "below"),
}
_SIDE_EN = (
    r"(?:(?:to|on|at) the )?(left|right)(?: side)? of"
    r"|(above|over|on top of|below|under(?:neath)?|beneath)"
)
_LEAD_ZH = re.compile(
    r"^(?:请问(?:一下)?|请(?:你)?(?:告诉我)?|告诉我|你(?:知道|觉得)|那么?|嗯)[，,]?"
)
_TAIL_ZH = re.compile(r"[呀啊呢哦哇嘛吧]$")
_PICTURE_ZH = (
    r"(?:在?这?(?:张|幅)?(?:图|图片|图像|画|画面|照片|相片|场景)(?:里面?|中|上|内|之中)?"
    r"|这里|这儿|那里|里面|这上面)"
)
_COUNTERS_ZH = "个只条头匹辆架艘台把本朵棵颗块片件双对群名位座根支枝杯瓶碗盘串张幅"
_SIDES_ZH = {
    **{f"左{one}": "左边" for one in ("边", "侧", "面", "方")},
    **{f"右{one}": "右边" for one in ("边", "侧", "面", "方")},
    **{f"上{one}": "上面" for one in ("边", "面", "方", "头")},
    **{f"下{one}": "下面" for one in ("边", "面", "方", "头")},
}


def as_taught(question: str) -> str | None:
    """The question in taught words with its mark; None where nothing like it was taught.

    question: in lower case, without contractions, in British spelling, on one line.
    """
    chinese, bare = script_of(question) == "zh", bare_question(question)
    claim = claim_in(bare)
    if claim:
        return _counted_zh(claim.noun) if chinese else _counted_en(claim.noun)
    for pattern, say in _RULES_ZH if chinese else _RULES_EN:
        found = pattern.fullmatch(bare)
        said = say(found) if found else None
        if said:
            return said
    return None


def bare_question(question: str) -> str:
    """Without marks, “please”, “in the picture” and the like; Chinese without spaces."""
    return _bare_zh(question) if script_of(question) == "zh" else _bare_en(question)


def claim_of(question: str) -> Claim | None:
    """The number that a question of any form states, to be said yes or no to."""
    return claim_in(bare_question(question))


def _bare_en(question: str) -> str:
    text = " ".join(re.sub(r"[^\w\s'-]+", " ", question.casefold()).split())
    while (shorter := _LEAD_EN.sub("", _TAIL_EN.sub("", text))) != text and shorter:
        text = shorter
    return text


def _bare_zh(question: str) -> str:
    text = re.sub(r"[^\w]+", "", question)
    while (shorter := _LEAD_ZH.sub("", _TAIL_ZH.sub("", text))) != text and shorter:
        text = shorter
    return text


# English ---------------------------------------------------------------------------------------


def _thing_en(phrase: str) -> Concept | None:
    """What “any of the puppies” names."""
    while (shorter := _ARTICLES.sub("", phrase)) != phrase:
        phrase = shorter
    return _called().get(phrase)


def _exists_en(found: re.Match[str]) -> str | None:
    thing = _thing_en(found[1])
    return f"is there {thing.singular} here?" if thing else None


def _either(found: re.Match[str]) -> str | None:
    """“is there …” and “do you see …”; “what do you see” names nothing."""
    thing = _thing_en(found[1] or found[2])
    return f"is there {thing.singular} here?" if thing else None


def _count_en(found: re.Match[str]) -> str | None:
    return _counted_en(found[1])


def _counted_en(noun: str) -> str | None:
    if noun in ("things", "objects", "items", "thing"):
        return "how many things are there?"
    thing = _thing_en(noun)
    return f"how many {thing.plural} are there?" if thing else None


def _where_en(found: re.Match[str]) -> str | None:
    thing = _thing_en(found[1])
    return f"where is the {thing.noun}?" if thing else None


def _beside_en(found: re.Match[str]) -> str | None:
    thing = _thing_en(found[3])
    side = _SIDES_EN[(found[1] or found[2]).replace("underneath", "under")]
    return f"what is {side} the {thing.noun}?" if thing else None


_RULES_EN: tuple[tuple[re.Pattern[str], Say], ...] = tuple(
    (re.compile(pattern), say)
    for pattern, say in (
        (
            r"(?:what|which) (?:sound|noise) .*|what (?:do|can|did) you hear.*|what can be heard"
            r"|(?:what|who) is (?:that|this|the|making (?:that|this|the)) (?:sound|noise)"
            r"|what does (?:it|this|that) sound like",
            lambda _: "what do you hear?",
        ),
        (
            r"(?:do|does|is|are) .*(?:picture|image|photo)\b.*\b(?:sound|audio|voice).*"
            r"|(?:do|does|is|are) .*(?:sound|audio|voice)\b.*\b(?:picture|image|photo).*",
            lambda _: "do the picture and the sound agree?",
        ),
        (
            r"(?:what|which|the)? ?(?:is the )?colour .*(?:background|backdrop|behind|ground).*"
            r"|(?:the )?(?:background|backdrop) (?:is (?:what|which) )?colour|what is the background colour",
            lambda _: "what colour is the background?",
        ),
        (
            r"(?:what|which thing|which object)(?: is| do you see| can you see| lies| sits)? "
            rf"(?:{_SIDE_EN}) (.+)",
            _beside_en,
        ),
        (r"(?:how many|count|(?:what is the )?number of)(?: of)?(?: the)? (.+?)"
         r"(?: are| is| do you see| can you see| can be seen| does it show| are shown)?", _count_en),
        (r"(?:where|whereabouts)(?: is| are| can you see| do you see| lies) (.+)", _where_en),
        (r"(?:what is )?(?:the )?(?:position|location|place) of (.+)", _where_en),
        (r"(?:is|are) there (.+)|(?:.+ )?(?:see|spot|find|notice) (.+)", _either),
        (rf"does (?:{_PICTURE}|it) (?:show|have|contain|include) (.+)", _exists_en),
        (r"(?:is (?:this|that|it) |are (?:these|those|they) |is |are )?((?:an?|any) .+)", _exists_en),
        (r"(.+)", _exists_en),
        (
            r"what (?:is|are) (?:this|that|it|these|those|there|shown|in .*)|what is"
            rf"|what (?:do|can) you see|what does {_PICTURE} show|what can be seen"
            r"|what (?:things|objects) (?:are|do|can).*",
            lambda _: "what do you see?",
        ),
    )
)  # fmt: skip


# Chinese ---------------------------------------------------------------------------------------


def _thing_zh(phrase: str) -> Concept | None:
    phrase = re.sub(rf"^(?:任何|一些|几|一|这|那)?[{_COUNTERS_ZH}]?(?=.)", "", phrase, count=1) if (
        phrase not in _called()
    ) else phrase  # fmt: skip
    return _called().get(phrase) or _called().get(phrase.lstrip("的"))


def _exists_zh(found: re.Match[str]) -> str | None:
    thing = _thing_zh(found[1])
    return f"有{thing.noun_zh}吗？" if thing else None


def _count_zh(found: re.Match[str]) -> str | None:
    return _counted_zh(found[1])


def _counted_zh(noun: str) -> str | None:
    if noun in ("东西", "物体", "物品"):
        return "一共有几个东西？"
    thing = _thing_zh(noun)
    return f"有几{thing.measure}{thing.noun_zh}？" if thing else None


def _where_zh(found: re.Match[str]) -> str | None:
    thing = _thing_zh(found[1])
    return f"{thing.noun_zh}在哪里？" if thing else None


def _beside_zh(found: re.Match[str]) -> str | None:
    thing = _thing_zh(found[1])
    return f"{thing.noun_zh}的{_SIDES_ZH[found[2]]}是什么？" if thing else None


_IN_ZH = rf"(?:{_PICTURE_ZH})?(?:你|我们)?"
_SIDE_ZH = "([左右上下][边侧面方头])"
_RULES_ZH: tuple[tuple[re.Pattern[str], Say], ...] = tuple(
    (re.compile(pattern), say)
    for pattern, say in (
        (r".*听[到见].*什么.*|.*什么.*(?:声音|响声)", lambda _: "你听到了什么？"),
        (
            r".*(?:图|画|照片).*声音.*(?:一致|相符|符合|匹配|对应|配)(?:吗|么)?"
            r"|.*声音.*(?:图|画|照片).*(?:一致|相符|符合|匹配|对应|配)(?:吗|么)?",
            lambda _: "图片和声音一致吗？",
        ),
        (r".*(?:背景|后面|底色).*颜色.*|什么颜色的背景|背景是?什么色的?", lambda _: "背景是什么颜色？"),
        (rf"(?:什么|哪个东西|谁)在(.+?)的?{_SIDE_ZH}", _beside_zh),
        (rf"{_IN_ZH}(.+?)的?{_SIDE_ZH}(?:是|有)(?:什么|啥)(?:东西)?", _beside_zh),
        (rf"{_IN_ZH}(?:一共|总共|共)?(?:能?看[到见]了?|有)?(?:几|多少)[{_COUNTERS_ZH}]?(.+)", _count_zh),
        (rf"{_IN_ZH}(?:的)?(.+?)(?:一共|总共)?(?:有|的数量是)(?:几|多少)[{_COUNTERS_ZH}]?", _count_zh),
        (rf"{_IN_ZH}(?:的)?(.+?)在(?:哪里|哪儿|哪|何处|(?:什么|哪个|哪一个)(?:地方|位置|方位))", _where_zh),
        (r"(?:.+?)?(?:哪里|哪儿)(?:能看到|可以看到|有)(.+)", _where_zh),
        (
            rf"{_IN_ZH}(?:是不是|是否|能不能|可不可以|可以|能)?(?:有没有|有|看得?[到见]了?|见到|包含)(.+?)"
            r"(?:吗|么|没有|没)?",
            _exists_zh,
        ),
        (r"(?:这|那|它)?(?:是不是|是)(.+?)(?:吗|么)?", _exists_zh),
        (r"(.+?)(?:吗|么)?", _exists_zh),
        (
            rf"(?:这|那|它)(?:些)?(?:是|都是)(?:什么|啥)(?:东西)?|{_IN_ZH}(?:都|能)?(?:看[到见]了?|有|是)(?:些)?"
            r"(?:什么|啥|哪些)(?:东西)?了?",
            lambda _: "图里有什么？",
        ),
    )
)  # fmt: skip


@cache
def _called() -> dict[str, Concept]:
    """Everything by its names; English also in the plural."""
    found: dict[str, Concept] = {}
    for concept in CONCEPTS:
        for name in concept.zh:
            found.setdefault(name, concept)
        for name in concept.en:
            found.setdefault(plural(name).casefold(), concept)
    for concept in CONCEPTS:  # a name goes before somebody's plural
        found |= {name.casefold(): concept for name in concept.en}
        found[concept.noun] = found[concept.noun_zh] = concept
    return found
