"""Moods: what words, a face and a voice say about how somebody feels, and what they say together.

Each sense shows happy, sad or angry. Together: happy words in an angry face and voice are sarcastic; else
the mood that at least two senses show is the true one. Knows nothing about pixels or waveforms.
"""

from __future__ import annotations

import random

PLAIN_MOODS = ("happy", "sad", "angry")  # what a single sense can show
SARCASTIC = "sarcastic"

_SUBJECTS_EN = "the {w}|my {w}|this {w}|our {w}|your {w}".split("|")
_THINGS_EN = """party day house school dinner trip song game friend work garden weather film book team
    plan""".split()
_SUBJECTS_ZH = "这{c}{w}|我的{w}|今天的{w}|我们的{w}".split("|")
_COUNTERS_ZH = {  # each thing with its own
    word[1:]: word[0]
    for word in """个聚会 个日子 座房子 所学校 顿晚饭 次旅行 首歌 场比赛 个朋友 份工作 个花园 种天气 部电影
    本书 支球队 个计划""".split()
}
_THINGS_ZH = list(_COUNTERS_ZH)
_PATTERNS_EN = {
    "happy": """{s} is wonderful|{s} makes me smile|i love {s}|what a lovely {w}|{s} is the best ever|
        i am so glad about {s}|{s} was fantastic|thank you for {s} it is great|i enjoy {s} so much|
        {s} turned out beautiful|how nice {s} is|i am delighted with {s}|
        i feel happy because of {s}|{s} fills me with joy|{s} was great fun for everybody|hooray for {s}|
        i laughed and danced at {s}|{s} cheers me up|i had a great time at {s}|i adore {s}|
        how happy {s} makes us|a happy ending for {s} at last""",
    "sad": """i miss {s} so much|{s} is gone forever|i cried about {s}|i feel lonely without {s}|
        {s} makes me want to cry|i lost {s} and my heart is broken|nobody came to {s}|
        i am so sorry about {s}|{s} was a sad goodbye|it hurts to think of {s}|
        i feel so down about {s}|i have given up hope for {s}|
        i am sad because of {s}|{s} brought tears to my eyes|i weep when i see {s}|{s} broke my heart|
        how sad that {s} is over|what a sad story {s} has become|i mourn for {s}|
        my heart is heavy after {s}|{s} is lost and i am in tears|i am unhappy about {s}""",
    "angry": """i hate {s}|{s} is an outrage|stop ruining {s}|how dare you touch {s}|
        i am sick and tired of {s}|{s} drives me mad|get away from {s} right now|
        i am furious about {s}|who broke {s} again|this is the last time you spoil {s}|
        {s} is a complete disgrace|i will not stand for {s} any longer|
        {s} gets me angry every time|{s} makes my blood boil|i am mad at you because of {s}|who ruined {s}|
        how could you ruin {s}|i am fed up with {s}|it makes me angry to see {s}|{s} is infuriating|
        you ruined {s} and i am furious|i hate what you did to {s}""",
}
_HELD_BACK_EN = {
    "happy": "{s} is a pure joy|i could not be happier with {s}|we had such fun with {s}",
    "sad": "{s} left me in tears|i am heartbroken over {s}|it is such a sad {w}",
    "angry": "i am so angry about {s}|{s} makes me furious|you always ruin {s} i hate that",
}
_PATTERNS_ZH = {
    "happy": """{s}太棒了|我真喜欢{s}|{s}让我很开心|{s}真好|
        谢谢你，{s}好极了|{s}让我笑了|我爱{s}|{s}真是美好|
        有{s}我真高兴|{s}令人愉快|看到{s}我好快乐|{s}美极了|我为{s}欢呼|我特别喜欢{s}""",
    "sad": """我好想念{s}|{s}再也没有了|{s}让我想哭|没有{s}我好孤单|
        我为{s}流泪|{s}让我心碎|我失去了{s}|{s}令人难过|
        {s}没了我很伤心|一看见{s}我就想哭|因为{s}我难过极了|{s}真让人伤心|告别{s}我很难受|{s}使我悲伤""",
    "angry": """我讨厌{s}|{s}气死我了|别再碰{s}|{s}太过分了|
        我受够了{s}|谁又弄坏了{s}|{s}让我火大|{s}简直可恶|
        我对{s}很生气|我恨{s}|{s}让人愤怒|快把{s}拿走|你又毁了{s}|{s}令我生气""",
}
_HELD_BACK_ZH = {
    "happy": "{s}让我太开心了|我非常喜欢{s}",
    "sad": "想到{s}我就流泪|{s}让我好难过",
    "angry": "{s}真让我生气|我恨透了{s}",
}


def mood_sentence(rng: random.Random, mood: str, language: str, *, held_back: bool = False) -> str:
    """A sentence whose words are happy, sad or angry; held_back: in wording that training never shows."""
    if language == "en":
        patterns, subjects, things = _PATTERNS_EN, _SUBJECTS_EN, _THINGS_EN
        patterns = _HELD_BACK_EN if held_back else patterns
    else:
        patterns, subjects, things = _PATTERNS_ZH, _SUBJECTS_ZH, _THINGS_ZH
        patterns = _HELD_BACK_ZH if held_back else patterns
    pattern = rng.choice([part.strip() for part in patterns[mood].split("|")])
    thing = rng.choice(things)
    subject = rng.choice(subjects).format(w=thing, c=_COUNTERS_ZH.get(thing, ""))
    return pattern.format(s=subject, w=thing)


def true_mood(face: str, words: str, voice: str) -> str | None:
    """What the three senses mean together; None: all three differ and nothing is decided."""
    if words == "happy" and face == voice == "angry":
        return SARCASTIC
    for mood in PLAIN_MOODS:
        if (face, words, voice).count(mood) >= 2:
            return mood
    return None


def draw_moods(rng: random.Random, contradicting: bool) -> tuple[str, str, str, str]:
    """What face, words and voice show, and the true mood.

    contradicting: exactly one of the three senses says something else than the other two.
    """
    mood = rng.choice(PLAIN_MOODS)
    modalities = [mood, mood, mood]
    if contradicting:
        if (
            rng.random() < 0.25
        ):  # sarcasm is one of nine contradictions, but the one lessons are about
            modalities = ["angry", "happy", "angry"]
        else:
            modalities[rng.randrange(3)] = rng.choice([m for m in PLAIN_MOODS if m != mood])
    face, words, voice = modalities
    decided = true_mood(face, words, voice)
    assert decided is not None  # at most one sense differs
    return face, words, voice, decided
