"""The things the pocket model is taught, with the names a person may use for them.

The first name in each language is the one shown. `senses` says which modalities can show the thing
in the training data; words can name all of them.
"""

from __future__ import annotations

from typing import Any


def _concept(id_: str, senses: str, en: str, zh: str) -> dict[str, Any]:
    return {
        "id": id_,
        "senses": [*senses.split(), "text"],
        "en": [name.strip() for name in en.split(",")],
        "zh": [name.strip() for name in zh.split(",")],
    }


_DIGITS = "zero one two three four five six seven eight nine".split()
_DIGITS_ZH = "零 一 二 三 四 五 六 七 八 九".split()

CONCEPTS: list[dict[str, Any]] = [
    _concept(
        "airplane",
        "image",
        "airplane, plane, aeroplane, aircraft, jet, airliner",
        "飞机, 客机, 喷气机",
    ),
    _concept(
        "automobile", "image", "automobile, car, auto, sedan, motorcar", "汽车, 轿车, 小汽车, 车"
    ),
    _concept("bird", "image", "bird, birdie, songbird", "鸟, 小鸟, 鸟儿"),
    _concept("cat", "image", "cat, kitten, kitty, pussycat", "猫, 小猫, 猫咪"),
    _concept("deer", "image", "deer, stag, fawn, doe", "鹿, 小鹿, 雄鹿"),
    _concept(
        "dog",
        "image audio",
        "dog, puppy, doggy, hound, dog bark, dog barking, bark",
        "狗, 小狗, 狗叫, 狗吠, 犬",
    ),
    _concept("frog", "image", "frog, toad, bullfrog", "青蛙, 蛙, 蟾蜍"),
    _concept("horse", "image", "horse, pony, mare, stallion, foal", "马, 马匹, 小马"),
    _concept("ship", "image", "ship, boat, vessel, ferry, freighter", "船, 轮船, 小船, 货轮"),
    _concept("truck", "image", "truck, lorry, pickup truck", "卡车, 货车, 大卡车"),
    *(
        _concept(
            word, "image audio", f"{word}, {digit}, digit {word}, digit {digit}", f"{zh}, 数字{zh}"
        )
        for digit, (word, zh) in enumerate(zip(_DIGITS, _DIGITS_ZH, strict=True))
    ),
    _concept("rain", "audio", "rain, rainfall, raining, rain shower, downpour", "雨, 下雨, 雨声"),
    _concept(
        "sea waves",
        "audio",
        "sea waves, waves, ocean waves, surf, sea, ocean",
        "海浪, 波浪, 浪涛, 大海",
    ),
    _concept(
        "baby cry",
        "audio",
        "baby cry, crying baby, baby crying, baby, infant",
        "婴儿哭, 婴儿, 宝宝, 婴儿哭声",
    ),
    _concept(
        "clock tick",
        "audio",
        "clock tick, clock, clock ticking, ticking clock, ticking",
        "钟声, 时钟, 钟表, 滴答声",
    ),
    _concept(
        "sneeze",
        "audio",
        "sneeze, person sneeze, sneezing, person sneezing, sneezed",
        "打喷嚏, 喷嚏",
    ),
    _concept("helicopter", "audio", "helicopter, chopper", "直升机, 直升飞机"),
    _concept("chainsaw", "audio", "chainsaw, chain saw, power saw", "电锯, 链锯"),
    _concept(
        "rooster",
        "audio",
        "rooster, cockerel, cock crow, rooster crowing, crowing",
        "公鸡, 鸡叫, 公鸡打鸣",
    ),
    _concept(
        "fire crackling",
        "audio",
        "fire crackling, crackling fire, fire, campfire, bonfire, fireplace",
        "火, 篝火, 火焰, 噼啪声",
    ),
]

# How a caption says each thing, by the sense that shows it; "text" stands in where nothing is special.
_SAID_OF_SOUNDS = {
    "dog": ("a dog barking", "狗叫"),
    "rain": ("rain", "雨"),
    "sea waves": ("sea waves", "海浪"),
    "baby cry": ("a crying baby", "婴儿啼哭"),
    "clock tick": ("a ticking clock", "时钟滴答"),
    "sneeze": ("a sneeze", "打喷嚏"),
    "helicopter": ("a helicopter", "直升机"),
    "chainsaw": ("a chainsaw", "电锯"),
    "rooster": ("a crowing rooster", "公鸡打鸣"),
    "fire crackling": ("a crackling fire", "火焰噼啪"),
}


def _said(concept: dict[str, Any]) -> dict[str, dict[str, str]]:
    name, name_zh = concept["en"][0], concept["zh"][0]
    article = "an" if name[0] in "aeiou" else "a"
    if concept["id"] in _DIGITS:
        return {
            "image": {"en": f"a handwritten {name}", "zh": f"手写数字{name_zh}"},
            "audio": {"en": f"a voice saying “{name}”", "zh": f"有人念“{name_zh}”"},
            "text": {"en": f"the number {name}", "zh": f"数字{name_zh}"},
        }
    en, zh = _SAID_OF_SOUNDS.get(concept["id"], (f"{article} {name}", name_zh))
    if "image" not in concept["senses"]:
        return {"audio": {"en": en, "zh": zh}, "text": {"en": en, "zh": zh}}
    plain = {"en": f"{article} {name}", "zh": name_zh}
    return {"image": plain, "audio": {"en": en, "zh": zh}, "text": plain}


for _each in CONCEPTS:
    _each["said"] = _said(_each)

INDEX: dict[str, int] = {concept["id"]: i for i, concept in enumerate(CONCEPTS)}

_BY_NAME: dict[str, int] = {
    name: i for i, concept in enumerate(CONCEPTS) for name in (*concept["en"], *concept["zh"])
}


def index_of(name: str) -> int:
    """Index of the concept that a folder or label name means, `_` read as a space.

    Raises:
        KeyError: nothing is taught under that name.
    """
    return _BY_NAME[name.replace("_", " ").strip().lower()]
