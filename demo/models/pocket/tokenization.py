"""Word pieces for English and Chinese (each Chinese character stands alone), as a fast tokenizer.

The same pieces are read by the text encoder and written by the decoder.
Built once by the training recipe; loading goes through transformers. Knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, END = "[PAD]", "[UNK]", "[END]"
# The decoder is told what to write, and in which language, by the token it starts from.
TASKS = tuple(
    f"{task}-{language}"
    for task in ("caption", "answer", "transcribe", "translate")
    for language in ("en", "zh")
)

# Chinese words of the picture world's sentences that name none of its things.
COMMON_WORDS = frozenset(
    "左边 右边 上边 下边 左上角 右上角 左下角 右下角 中间 背景 没有 一致 不一致 哪里 声音 照片 手写 "
    "文字 黑色 白色 灰色 红色 橙色 黄色 绿色 蓝色 紫色 棕色 粉色 我们 你们 他们 喜欢 看到 听到 特别 记得 "
    "漂亮".split()
)


def train_tokenizer(
    texts: Iterable[str], vocab_size: int, max_tokens: int
) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer (Wu et al. 2016) over lower-cased text; offsets point into the original."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, handle_chinese_chars=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, UNKNOWN, END, *(f"[{task}]" for task in TASKS)],
        show_progress=False,
        limit_alphabet=3000,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        eos_token=END,
        model_max_length=max_tokens,
        model_input_names=["input_ids", "attention_mask"],
    )


def task_tokens(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    """The token each task starts from."""
    vocabulary = tokenizer.get_vocab()
    return {task: vocabulary[f"[{task}]"] for task in TASKS}


def joined(
    pieces: Sequence[str], names: Collection[str] = COMMON_WORDS
) -> tuple[list[str], list[int]]:
    """Word pieces as words, and for each piece the word it belongs to. Punctuation joins the word before.

    names: Chinese words of several characters; a character outside of them is a word by itself.
    """
    words: list[str] = []
    word_of = []
    named = _within(names, pieces)
    for i, piece in enumerate(pieces):
        after_hyphen = bool(words) and words[-1].endswith("-")
        glued = piece.startswith("##") or not piece[0].isalnum() or after_hyphen or i in named
        if words and glued:
            words[-1] += piece.removeprefix("##")
        else:
            words.append(piece.removeprefix("##"))
        word_of.append(len(words) - 1)
    return ["I" if word == "i" else word for word in words], word_of


def _within(names: Collection[str], pieces: Sequence[str]) -> set[int]:
    """Places of the pieces that go on with a name: the longest that begins at each place, from the left."""
    longest, start = max(map(len, names), default=1), 0
    inside: set[int] = set()
    while start < len(pieces):
        ends = range(min(start + longest, len(pieces)), start, -1)
        end = next((end for end in ends if "".join(pieces[start:end]) in names), start + 1)
        inside.update(range(start + 1, end))
        start = end
    return inside


def sentence(words: Sequence[str]) -> str:
    """Words in a row: a space between them, but none beside a Chinese character."""
    text = ""
    for word in words:
        if text and not (_is_chinese(text[-1]) or _is_chinese(word[0])):
            text += " "
        text += word
    return text


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character in "，。？！、"
