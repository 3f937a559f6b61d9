"""How people ask about a photo: wordings by kind and language, and how they are typed."""

from __future__ import annotations

import random

CANNOT = {"en": "I cannot see that", "zh": "我看不出来"}
YES_NO = {"en": ("no", "yes"), "zh": ("没有", "有")}  # as in the picture world
NOBODY = {"en": "nobody", "zh": "没有人"}

# {one}: “a dog”, “snow”; {any}: “any dogs”, “any snow”; {bare}: “dog”; {noun}, {m}: Chinese noun and counter
EN = {
    "exists": (
        *(
            "is there {one}?",
            "is there {one} in the picture?",
            "is there {one} here?",
            "do you see {one}?",
        ),
        *("can you see {one}?", "can you see {one} in the photo?", "is there {one} in this photo?"),
        *(
            "does the picture show {one}?",
            "do you see {any}?",
            "are there {any}?",
            "can you see {any} here?",
        ),
        *(
            "is {one} visible?",
            "is there {bare}?",
            "any {many}?",
            "are there {any} in the picture?",
        ),
        *(
            "does this photo have {one} in it?",
            "is {one} in the picture?",
            "{bare}?",
            "can you spot {one}?",
        ),
    ),
    "what": (
        *(
            "what is it?",
            "what is this?",
            "what's this?",
            "what is that?",
            "what's it?",
            "what do you see?",
        ),
        *(
            "what can you see?",
            "what is shown here?",
            "what does the picture show?",
            "what am I looking at?",
        ),
        *("what is the main thing here?", "what is this a photo of?", "what's this a picture of?"),
    ),
    "list": (
        *(
            "what is in the picture?",
            "what's in the picture?",
            "what is in this photo?",
            "what is there?",
        ),
        *(
            "what things are in the photo?",
            "what can be seen in the picture?",
            "what's in this image?",
        ),
    ),
    "count": (
        *("how many {many} are there?", "how many {many} do you see?", "how many {many}?"),
        *(
            "how many {many} are in the picture?",
            "how many {many} can you see?",
            "count the {many}",
        ),
        *("what is the number of {many}?", "how many {many} are in this photo?"),
    ),
    "colour": (
        *(
            "what {colour} is the {bare}?",
            "which {colour} is the {bare}?",
            "what's the {colour} of the {bare}?",
        ),
        *(
            "what is the {colour} of the {bare}?",
            "the {bare} is what {colour}?",
            "what {colour} is {bare}?",
        ),
    ),
    "colours": (
        *("what {colour} are the {many}?", "which {colour} are the {many}?"),
        *("what is the {colour} of the {many}?", "what {colour} are {many}?"),
    ),
    "worn": ("what {colour} is the {who}'s {bare}?", "what {colour} {bare} is the {who} wearing?"),
    "worn_pair": (
        "what {colour} are the {who}'s {many}?",
        "what {colour} {many} is the {who} wearing?",
    ),
    "place": (
        *("is it indoors or outdoors?", "is this indoors or outdoors?", "indoors or outdoors?"),
        *("was this photo taken indoors or outdoors?", "is this picture taken inside or outside?"),
        *("is it inside or outside?", "are they indoors or outdoors?"),
    ),
    "where": (
        *(
            "where is this?",
            "where is it?",
            "where's this?",
            "where was this photo taken?",
            "what place is this?",
        ),
        *("where was the picture taken?", "where are we?", "where does this take place?"),
    ),
    "where_is": ("where is the {bare}?", "where's the {bare}?", "where can you see the {bare}?"),
    "where_are": ("where are the {many}?", "where can you see the {many}?"),
    "doing": (
        *("what is the {bare} doing?", "what's the {bare} doing?", "what does the {bare} do?"),
        *("what is {bare} doing?", "what is the {bare} doing in the picture?"),
    ),
    "doings": ("what are the {many} doing?", "what are they doing?", "what do the {many} do?"),
    "happening": (
        "what is happening?",
        "what's happening here?",
        "what is going on?",
        "what's going on?",
    ),
    "who": (
        *(
            "who is in the picture?",
            "who is this?",
            "who is that?",
            "who's this?",
            "who do you see?",
        ),
        *("who can you see in the photo?", "who is there?", "who's in this picture?"),
    ),
    "who_does": ("who is {doing}?", "who's {doing}?"),
}
ZH = {
    "exists": (
        *(
            "有{noun}吗？",
            "图里有{noun}吗？",
            "这里有{noun}吗？",
            "图中有没有{noun}？",
            "有没有{noun}？",
        ),
        *("照片里有{noun}吗？", "你看到{noun}了吗？", "能看到{noun}吗？", "照片上有没有{noun}？"),
        *("看得见{noun}吗？", "画面里有{noun}吗？", "这张照片里有{noun}吗？", "里面有{noun}没有？"),
    ),
    "what": (
        *(
            "这是什么？",
            "你看到了什么？",
            "图里是什么？",
            "照片里是什么？",
            "它是什么？",
            "这是什么东西？",
        ),
        *("这张照片拍的是什么？", "你看见什么了？", "图片上是什么？", "那是什么？"),
    ),
    "list": (
        "图里有什么？",
        "照片里有什么？",
        "图中有些什么？",
        "这张图里有什么？",
        "有什么？",
        "画面里有什么？",
    ),
    "count": (
        *("有几{m}{noun}？", "图里有多少{m}{noun}？", "一共有几{m}{noun}？", "有多少{noun}？"),
        *("照片里有几{m}{noun}？", "你看到几{m}{noun}？", "{noun}有几{m}？", "数一数有几{m}{noun}"),
    ),
    "colour": (
        *(
            "{noun}是什么颜色？",
            "{noun}是什么颜色的？",
            "{noun}什么颜色？",
            "图里的{noun}是什么颜色？",
        ),
        *("什么颜色的{noun}？", "{noun}的颜色是什么？", "照片里的{noun}是什么颜色的？"),
    ),
    "worn": ("{who}的{noun}是什么颜色？", "{who}的{noun}是什么颜色的？"),
    "place": (
        *("是室内还是室外？", "这是室内还是室外？", "在室内还是室外？", "室内还是室外？"),
        *("照片是在室内还是室外拍的？", "这是在屋里还是外面？"),
    ),
    "where": (
        *(
            "这是哪里？",
            "这是在哪里？",
            "在哪儿？",
            "这是什么地方？",
            "照片是在哪里拍的？",
            "在什么地方？",
        ),
        "这张照片拍的是哪里？",
    ),
    "where_is": ("{noun}在哪里？", "{noun}在什么地方？", "{noun}在哪儿？"),
    "doing": (
        "{noun}在做什么？",
        "{noun}在干什么？",
        "{noun}正在做什么？",
        "{noun}在干嘛？",
        "图里的{noun}在做什么？",
    ),
    "happening": ("发生了什么？", "在做什么？", "他们在做什么？", "这是在干什么？", "在干什么？"),
    "who": (
        "图里有谁？",
        "这是谁？",
        "照片里是谁？",
        "你看到谁了？",
        "谁在照片里？",
        "照片里有什么人？",
    ),
    "who_does": ("谁在{doing}？", "{doing}的是谁？"),
}
WORDINGS = {"en": EN, "zh": ZH}

# What no photo tells. The answer is CANNOT.
UNANSWERABLE = {
    "en": (
        *("what is the capital of France?", "how are you?", "what's your name?", "who are you?"),
        *("what time is it?", "what day is it today?", "what is two plus two?", "how old are you?"),
        *(
            "what is his name?",
            "what is her name?",
            "what's the dog's name?",
            "who took this photo?",
        ),
        *(
            "when was this taken?",
            "what are they thinking?",
            "why is the sky blue?",
            "tell me a joke",
        ),
        *(
            "what will happen next?",
            "how much does it cost?",
            "where do they live?",
            "what year was it?",
        ),
        *("what does it smell like?", "what is the weather tomorrow?", "who is the president?"),
        *("what did they eat for breakfast?", "what language do they speak?", "do you like music?"),
        *(
            "who won the game?",
            "what is the meaning of life?",
            "how far is the moon?",
            "what's his job?",
        ),
        *("can you help me with my homework?", "what are they saying?", "how much does he weigh?"),
        *(
            "who wrote this book?",
            "what is the phone number?",
            "what happened yesterday?",
            "are you happy?",
        ),
    ),
    "zh": (
        *(
            "法国的首都是哪里？",
            "你好吗？",
            "你叫什么名字？",
            "你是谁？",
            "现在几点了？",
            "今天星期几？",
        ),
        *(
            "一加一等于几？",
            "你几岁了？",
            "他叫什么名字？",
            "她叫什么？",
            "这只狗叫什么名字？",
            "谁拍的照片？",
        ),
        *(
            "什么时候拍的？",
            "他们在想什么？",
            "天为什么是蓝的？",
            "讲个笑话吧",
            "接下来会发生什么？",
            "多少钱？",
        ),
        *(
            "他们住在哪里？",
            "哪一年拍的？",
            "闻起来怎么样？",
            "明天天气怎么样？",
            "总统是谁？",
            "早饭吃了什么？",
        ),
        *(
            "他们说什么语言？",
            "你喜欢音乐吗？",
            "谁赢了比赛？",
            "人生的意义是什么？",
            "月亮离我们多远？",
        ),
        *(
            "他是做什么工作的？",
            "能帮我做作业吗？",
            "他们在说什么？",
            "他有多重？",
            "电话号码是多少？",
        ),
        *("昨天发生了什么？", "你开心吗？", "这本书是谁写的？"),
    ),
}


def typed(question: str, language: str, chance: random.Random) -> str:
    """As people type: with a capital or not, seldom shouting, often without the mark."""
    if chance.random() < 0.3:
        question = question.rstrip("?？")
    if language == "zh":
        return (
            f"请问{question}"
            if chance.random() < 0.03
            else question.replace("？", chance.choice("？？？?"))
        )
    style = chance.random()
    if style < 0.35:
        return question[0].upper() + question[1:]
    return question.upper() if style < 0.38 else question
