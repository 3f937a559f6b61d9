"""What a question about a photo is about, of all the things that it names.

“Is there a dog in this photo?” asks for a dog, 照片里有狗吗 as well: what a name comes after (in the, 这张)
or what follows it (里, of) says that it is only where to look. Knows nothing about models.
"""

from __future__ import annotations

import re

from demo.models.mentions import Mention, mentions
from demo.models.pocket.real.names import PERSON
from demo.models.vocabulary import Thing, vocabulary

# Before a name that only says where to look: “in the park”, “does this photo”
_WHERE_EN = re.compile(
    r"\b(?:(?:in|on|at|from|near|under|behind)(?: (?:the|this|that|my|your|an?))?"
    r"|the|this|that|my|your)\s+$",
    re.IGNORECASE,
)
_WHERE_ZH = re.compile("[这那]一?[张幅个]?$")
_IN_IT_ZH = re.compile("[里裡中上内內]")  # after it: 照片里, 桌子上
_PICTURES, _OF = {"word:photograph", "word:painting"}, re.compile(r"\s+of\b")
# Words for somebody that are too short for names of the vocabulary, or name nobody
_SOMEBODY = re.compile(
    r"有[一没]?[个有]?人|[几多少]个?人|\b(?:any|some)(?:body|one)\b", re.IGNORECASE
)


def asked_for(question: str) -> list[Thing]:
    """The things that a question asks for, first what it is mainly about; without what it denies."""
    named = [one for one in mentions(question) if not one.negated]
    mainly = [one for one in named if not _says_where(question, one)]
    if not mainly and _SOMEBODY.search(question):
        return [vocabulary().things[PERSON]]
    return [one.thing for one in mainly or named]


def _says_where(question: str, one: Mention) -> bool:
    before, after = question[: one.start], question[one.end :]
    if one.thing.id in _PICTURES and _OF.match(after):
        return True
    return bool(_WHERE_EN.search(before) or _WHERE_ZH.search(before) or _IN_IT_ZH.match(after))
