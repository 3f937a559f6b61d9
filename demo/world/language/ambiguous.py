"""English words with two meanings, and sentences around them whose right translation only a picture tells.

“this is a bat” is 这是一只蝙蝠 beside the animal and 这是一根球棒 beside the cricket bat. The English never
gives the meaning away: both senses share every sentence. Knows nothing about pixels or models.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from demo.articles import with_article
from demo.world.concepts import CONCEPTS, INDEX


@dataclass(frozen=True)
class Sense:
    """One meaning. concept: the id of the thing a picture of it shows; zh: its Chinese word; measure: the
    counter word, "" for what is not counted (a colour, a country)."""

    concept: str
    zh: str
    measure: str

    @property
    def index(self) -> int:
        """Its place in CONCEPTS, as draw_scene wants it."""
        return INDEX[self.concept]

    @property
    def one(self) -> str:
        """“一只蝙蝠”, “橙色”."""
        return f"一{self.measure}{self.zh}" if self.measure else self.zh

    @property
    def this(self) -> str:
        """“这只蝙蝠”, “橙色”."""
        return f"这{self.measure}{self.zh}" if self.measure else self.zh


# “i like turkey”, “this is orange”: an article would settle the meaning.
UNCOUNTED = ("orange", "turkey")
# Word → the ids and Chinese words of its senses; "/" gives a counter word other than the concept's own.
_TABLE = {
    "bat": ("bat 蝙蝠", "cricket bat 球棒"),
    "mouse": ("mouse 老鼠", "computer mouse 鼠标"),
    "orange": ("orange 橙子", "orange circle 橙色"),
    "palm": ("palm 棕榈树", "hand 手掌"),
    "ring": ("ring 戒指", "circle 圆圈"),
    "nut": ("nut 坚果", "bolt 螺母"),
    "seal": ("seal 海豹", "stamp 印章"),
    "turkey": ("turkey 火鸡", "Turkish flag 土耳其"),
    "bow": ("ribbon 蝴蝶结", "bow and arrow 弓"),
    "plant": ("plant 植物", "factory 工厂"),
    "ruler": ("ruler 尺子", "king 国王"),
    "letter": ("letter 信", "letter A 字母"),
    "star": ("star 星星/颗", "singer 明星"),
    "trunk": ("trunk 树干", "suitcase 箱子"),
    "note": ("note 音符", "notepad 便条"),
    "diamond": ("diamond 钻石", "red diamond 方块"),
    "mask": ("mask 面具", "face mask 口罩"),
    "dish": ("dish 盘子", "satellite dish 天线/根"),
    "cup": ("cup 杯子", "trophy 奖杯"),
    "key": ("key 钥匙", "piano 琴键/个"),
}
# English | Chinese. {a}, {one}: “a bat”, 一只蝙蝠; {the}, {this}: “the bat”, 这只蝙蝠. The ones held back
# are put together from the words of the others, so that a reader who has learnt those can know them.
_SENTENCES = """
this is {a} | 这是{one}
this is not {a} | 这不是{one}
there is {a} here | 这里有{one}
is there {a} here | 这里有{one}吗
the picture shows {a} | 图里是{one}
i see {a} | 我看到{one}
i like {the} | 我喜欢{this}
he likes {the} | 他喜欢{this}
do you like {the} | 你喜欢{this}吗
i remember {the} | 我记得{this}
she draws {a} | 她画{one}
i am thinking of {a} | 我在想{one}
we are talking about {the} | 我们在谈{this}
look at {the} | 看看{this}
show me {the} | 给我看{this}
where is {the} | {this}在哪里
{the} is special | {this}很特别
{the} is beautiful | {this}很漂亮
"""
_HELD_BACK = """
is this {a} | 这是{one}吗
he draws {a} | 他画{one}
we like {the} | 我们喜欢{this}
do you remember {the} | 你记得{this}吗
she is thinking of {a} | 她在想{one}
"""


def _sense(entry: str) -> Sense:
    concept, _, word = entry.rpartition(" ")
    zh, _, measure = word.partition("/")
    return Sense(concept, zh, measure or CONCEPTS[INDEX[concept]].measure)


def _senses(word: str) -> tuple[Sense, Sense]:
    first, second = (_sense(entry) for entry in _TABLE[word])
    if word in UNCOUNTED:
        first, second = (Sense(sense.concept, sense.zh, "") for sense in (first, second))
    return first, second


def _pairs(table: str) -> tuple[tuple[str, str], ...]:
    rows = (line.split(" | ") for line in table.strip().splitlines())
    return tuple((english, chinese) for english, chinese in rows)


AMBIGUOUS: dict[str, tuple[Sense, Sense]] = {word: _senses(word) for word in _TABLE}
SENTENCES = _pairs(_SENTENCES)  # (English, Chinese) patterns
HELD_BACK_SENTENCES = _pairs(_HELD_BACK)  # in which training never uses these words


def translation_pair(
    rng: random.Random, word: str, sense: Sense, held_back: bool = False
) -> tuple[str, str]:
    """A sentence around `word` and its translation; sense: one of AMBIGUOUS[word]."""
    english, chinese = rng.choice(HELD_BACK_SENTENCES if held_back else SENTENCES)
    bare = word in UNCOUNTED
    a, the = (word, word) if bare else (with_article(word), f"the {word}")
    return english.format(a=a, the=the), chinese.format(one=sense.one, this=sense.this)
