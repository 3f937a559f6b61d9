"""Which questions a photo may answer: those of the kinds that were taught, about things that have a name.

What is there, how many, of what colour, where, who, doing what, indoors or outdoors. To “what is the capital
of France?” a decoder that knows captions says something all the same; then it must be known that it was
never taught such questions. Knows nothing about models.
"""

from __future__ import annotations

import re

from demo.models.mentions import mentions
from demo.models.wording import is_chinese, simplified
from demo.world.language.asking import bare_question

LONGEST = 120  # characters of a question that is one of these
_PICTURE = r"(?:the|this|that|your)? ?(?:picture|image|photo|photograph|scene|drawing|painting)"
_IT = r"(?:it|this|that|there|these|those|they|we|he|she)"
_WHO = r"(?:he|she|it|they|everyone|everybody|people|{thing})"
_INSIDE = r"(?:indoors?|outdoors?|inside|outside)"
# {thing} must name something, and nothing else
_ENGLISH = rf"""
what
what (?:is|was|are)(?: {_IT}| shown| visible| depicted)?(?: called)?
what (?:do|can|did) (?:you|we|i) see
what can be seen
what am i looking at
what is seen
what is the main (?:thing|subject|object)
what is (?:this|that|it) an? (?:photo|picture|image|drawing) of
what does (?:it|{_PICTURE}) show
what is (?:in|on) {_PICTURE}
what (?:is|are) (?:they|these|those)
(?:what|which) (?:things|objects|animals?|people)(?: (?:is|are|do|can).*)?
(?:what|which) (?:kind|type|sort|breed|species) of {{thing}} (?:is|are) {_IT}
(?:what|which) {{thing}} (?:is|are) {_IT}
what is {{thing}}
(?:is|are) there {{thing}}
(?:do|can|could) (?:you|we|i) (?:see|spot|find|notice|recogni[sz]e) {{thing}}
does (?:it|{_PICTURE}) (?:show|have|contain|include) {{thing}}(?: in it)?
(?:is|are) {_IT} (?:really )?(?:a|an|any|some|the)? ?{{thing}}
(?:is|are) {{thing}} (?:in|on) {_PICTURE}
(?:is|are) {{thing}}(?: (?:visible|present|shown|there))?
any {{thing}}
{{thing}}
how many (?:things|objects|{{thing}})(?: (?:are|is|do|can))?(?: (?:there|(?:you|we) see|be seen|shown))?
(?:count|number of|what is the number of) (?:things|{{thing}})(?: in {_PICTURE})?
(?:what|which) colour (?:is|are) (?:it|this|that|they|{{thing}})
what is the colour of (?:it|{{thing}})
{{thing}} (?:is|are) (?:what|which) colour
(?:what|which) colour {{thing}} (?:is|are) {{thing}} wearing
where (?:is|are|was|were) (?:{_IT}|{_PICTURE})(?: photo| picture)?(?: taken)?
what place is {_IT}
where (?:does|did) (?:this|it) take place
where (?:is|are|can you see|do you see) {{thing}}
(?:is|are|was|were) (?:{_IT}|{_PICTURE}|{{thing}})(?: taken)? {_INSIDE}(?: or {_INSIDE})?
{_INSIDE} or {_INSIDE}
what (?:is|are) {_WHO} doing
what (?:do|does) {_WHO} do
what (?:is|are) {_WHO} up to
what is (?:happening|going on)
who (?:is|are)(?: {_IT})?
who (?:do|can) you see
who is in {_PICTURE}
who is \w+ing(?: .+)?
"""
_PICTURE_ZH = r"(?:图|图片|图像|画|画面|照片|相片|场景)"
_IN_ZH = rf"(?:在?这?(?:张|幅)?{_PICTURE_ZH}(?:里面?|中|上|内|之中)?的?|这里|这儿|里面|这上面)"
_NUMBER_ZH = r"(?:几|多少)[个只条头匹辆张架艘台把本朵棵颗块片件双对群名位座根支枝杯瓶碗盘串幅]?"
_WHERE_ZH = r"(?:哪里|哪儿|哪|何处|什么地方|哪个地方|什么位置)"
_WHAT_ZH = r"(?:什么|啥|哪些)"
_CHINESE = rf"""
(?:{_IN_ZH}|你|我们|能|可以|是否|都|能不能){{{{0,4}}}}(?:有没有|有|看得?[到见]了?|见到|包含|看不看得[到见]){{thing}}(?:吗|么|没有|没|了吗)?
(?:这|那|它|他|她|{_IN_ZH})?(?:们|些)?(?:是不是|是){{thing}}(?:吗|么)?
{{thing}}(?:吗|么)?
(?:这|那|它|{_IN_ZH}|你|我们|能|都|可以|这张照片){{{{0,4}}}}(?:是|有|看[到见]了?|拍的是|显示的是)(?:些)?{_WHAT_ZH}(?:东西|动物|人|物体|地方)?了?
(?:这|那|它)是(?:什么|哪种|哪一种|啥)(?:种类的|样的)?(?!.*的){{thing}}
有{_WHAT_ZH}
{_WHAT_ZH}
(?:{_IN_ZH}|你|我们|一共|总共|共|能|可以|数一数){{{{0,4}}}}(?:有|看[到见]了?)?{_NUMBER_ZH}(?!钱)(?:东西|物体|{{thing}})
(?:{_IN_ZH})?{{thing}}(?:一共|总共)?(?:有|的数量是){_NUMBER_ZH}
(?:{_IN_ZH})?(?:它|{{thing}})(?:是|的颜色是|的)?(?:什么颜色|哪种颜色|什么色)的?
什么颜色的{{thing}}
(?:{_IN_ZH})?{{thing}}的颜色是什么
(?:{_IN_ZH})?{{thing}}在{_WHERE_ZH}
(?:这|那|它|他们|我们|{_IN_ZH}|照片){{{{0,4}}}}(?:拍的)?(?:是)?(?:在)?{_WHERE_ZH}(?:拍的)?
.*(?:室内|屋里|屋内|里面)还是(?:室外|外面|屋外|户外).*
(?:{_IN_ZH})?(?:他们|她们|他|她|它|大家|人们|这|{{thing}})?(?:是)?(?:正)?在(?:做|干)(?:什么|嘛|啥)?
发生了什么(?:事)?
怎么了
(?:这|那|他|她|{_IN_ZH})(?:是|有)(?:谁|哪些人|什么人)
(?:你|我们)?(?:能)?看[到见]了?谁了?
谁在{_IN_ZH}
有谁
谁在\w{{{{1,8}}}}
[^的]{{{{1,8}}}}的(?:人)?是谁
"""


def answerable(question: str) -> bool:
    """Whether a photo may tell. question: in lower case, without contractions, in British spelling."""
    bare = bare_question(simplified(question[: LONGEST + 1]))
    if len(bare) > LONGEST:
        return False
    return any(
        all(_named(thing) for thing in found.groups() if thing)
        for pattern in (_PATTERNS_ZH if is_chinese(bare) else _PATTERNS_EN)
        if (found := pattern.fullmatch(bare))
    )


def _named(words: str) -> bool:
    """Whether it names one thing or several, with nothing beside them but what describes."""
    at = 0
    for start, end in sorted({(one.start, one.end) for one in mentions(words)}):
        beside = words[at:start]
        alone = at and not beside.strip() and not words[:at].endswith("'s")
        if _BESIDE.sub(" ", beside).strip() or alone:
            return False  # “the dog happy” is no thing
        at = end
    return bool(words) and at == len(words)


def _compiled(lines: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(line.format(thing="(.+?)")) for line in lines.strip().splitlines())


_BESIDE = re.compile(
    r"\b(?:an?|the|any|some|no|one|two|three|four|my|your|his|her|its|their|this|that|of|with|and|or|s|other|more"
    r"|big|small|large|little|old|young|new|long|tall|wooden|wild|red|orange|yellow|green|blue|purple|pink|brown"
    r"|white|grey|black|kind|real)\b|[-']|[一两三四五几任何些这那个只条头匹辆张架艘台把本朵棵颗块片件双对群名位座的和或与大小老新红黄蓝绿白黑灰色还是]"
)
_PATTERNS_EN, _PATTERNS_ZH = _compiled(_ENGLISH), _compiled(_CHINESE)
