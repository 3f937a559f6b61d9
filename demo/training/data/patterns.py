"""The sentence patterns of the grammar in sentences.py. Data only.

{x}: a name of the thing; {a}, {the}: with an article; {s}: plural; {n}: a count; {c}: a Chinese counter;
{w}: an everyday word. VALIDATION patterns are never trained on.
"""

from __future__ import annotations

THINGS_EN = """
{a}
{the}
{s}
a photo of {a}
a picture of {the}
a drawing of {a}
this is {a}
I can see {a}
there is {a} in the {w}
look at {the}
{a} near the {w}
{a} on the {w}
{n} {s}
{n} {s} in the {w}
my {w} has {a}
the {w} of {a}
we saw {a} yesterday
{the} was {w}
{the} is very {w} and {w}
do you like {s}?
where is {the}?
I hear {a}
the sound of {a}
{the} made a {w} noise
she took a photo of {a} with her {w}
{a} and a {w}
a {w} {x}
a big {w} {x}
an old {x} by the {w}
{s} are {w}
some {s} {w} over there
he said that {the} is {w}
it looks like {a} to me
what {a}!
no {w}, just {a}
one of the {s} was {w}
the {w} {w} {x} {w} all day
{w} {w} {x} {w}
{w} {x} {w} {w} {w}
{x} {w}
{w} {x}
{w} {w} {w} {w} {x} {w} {w}
listen to {the}
our neighbour has {a} that {w} every {w}
I dreamt about {a} last night
{x}, {w} and {w}
yesterday {the} came to the {w} and we {w}
a small {x} in the morning
you know, {a}
{the} {w} in the garden while we were {w}
they were looking for {a} in the {w}
""".strip().split("\n")

VALIDATION_EN = """
a close-up of {a} taken at noon
have you ever met {a}?
nobody noticed {the} behind the {w}
I think that must be {a}
two of my friends own {s}
on the {w} stood {a}, quite alone
the {w} was full of {s}
suddenly {a} appeared
children love {s}
{the} again!
""".strip().split("\n")

DIGITS_EN = """
{x}
the number {x}
number {x}
the digit {x}
I wrote {x}
press {x}
{x} please
she said {x}
a handwritten {x}
it is a {x}
dial {x} now
the answer is {x}
{x}!
someone says {x}
the figure {x}
channel {x}
I counted to {x}
say {x} again
write the number {x} on the {w}
a voice saying {x}
the {w} number {x}
{x}, {x}, {x}
room {x} is {w}
it must be {x} not a {w}
{w} number {x}
platform {x}
""".strip().split("\n")

VALIDATION_DIGITS_EN = """
I believe this is a {x}
please choose number {x}
the result was {x}
he shouted {x}
a drawing of the digit {x}
""".strip().split("\n")

THINGS_ZH = """
{x}
一只{x}
一个{x}
这是{x}
这是一张{x}的照片
我看到了{x}
我听到{x}
{w}里有{x}
那里有一{c}{x}
{n}{c}{x}
{x}在{w}旁边
{x}很{w}
看，{x}！
你喜欢{x}吗？
{w}{x}{w}
{w}和{x}
{x}和{w}
他说{x}很{w}
昨天我们看见{x}了
一张{x}的图片
{w}{w}{x}
{x}{w}{w}
{x}的声音
远处有{x}
我家有{x}
{w}的{x}
照片里是{x}
{x}在哪里？
她画了{x}
听，{x}
一{c}{w}的{x}
外面有{x}，{w}也在
我觉得是{x}
{w}，{x}，{w}
""".strip().split("\n")

VALIDATION_ZH = """
图中有{x}
我从来没见过这样的{x}
马上就能看到{x}了
孩子们喜欢{x}
突然出现了{x}
""".strip().split("\n")

DIGITS_ZH = """
{x}
数字{x}
这是数字{x}
我写了{x}
他说{x}
答案是{x}
号码{x}
手写的{x}
请按{x}
念{x}
{w}是{x}
""".strip().split("\n")

VALIDATION_DIGITS_ZH = """
屏幕上显示{x}
我选数字{x}
""".strip().split("\n")

# Everyday words that share a character or a word with a taught name and mean something else. They are
# drawn often, or the model would take 手机 (telephone) for 飞机 (airplane). It learns these words one by
# one; look-alikes that are not here still mislead it.
TRICKY_ZH = """
机会 手机 机关 分钟 天气 危机 机制 机器 机械 计算机 马上 马来西亚 罗马 浪费 火车 机器人
有机 火箭 车站 动机 时机 浪漫 随机 火车站 马路 火山 鸡蛋 气球 生气 客气 空气 气候
飞快 起飞 海南 上海 海外 海关 自行车 司机 小时 小心 小说 大小 时间 时候 表示 代表
手表 打开 打算 数学 数据 电话 电影 宝贵 青年 年青 儿子 女儿 叫做 波动 船长 鸟瞰
一个 一些 一样 一定 一起 一直 一种 一切 一次 一般 一点 一下 一位 一天 唯一 统一
一年 一条 进一步 一名 一场 一家 一部分 一张 一件 一段 一旦 一项 一步 一边 一份 一句
一群 一座 一半 一致 四川 同一 一生 一片 一面 一块 一路 一套 一同 一会儿 另一方面 一代
一对 一辈子 单一 三国 一度 四周 一共 万一 四处 一向 一流 一阵 一口 星期一 七月 五年
""".split()
TRICKY_EN = [
    *(
        "one day",
        "no one",
        "one of them",
        "one hour",
        "one another",
        "this one",
        "one more",
        "one time",
    ),
    *"someone everyone anyone oneself nineteen carpet career carry catch category doctor".split(),
    *"birthday shipping relationship planet plan firm training season search raise babysitter".split(),
    *"clockwise horsepower forest tension".split(),
]
