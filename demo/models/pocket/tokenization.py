"""Word pieces for English and Chinese (each Chinese character stands alone), as a fast tokenizer.

The same pieces are read by the text encoder and written by the decoder.
Built once by the training recipe; loading goes through transformers. Knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN, END = "[PAD]", "[UNK]", "[END]"
# The decoder is told what to write, and in which language, by the token it starts from.
TASKS = tuple(
    f"{task}-{language}"
    for task in ("caption", "answer", "transcribe", "translate")
    for language in ("en", "zh")
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


def joined(pieces: Sequence[str]) -> tuple[list[str], list[int]]:
    """Word pieces as words, and for each piece the word it belongs to. Punctuation joins the word before."""
    words: list[str] = []
    word_of = []
    for piece in pieces:
        after_hyphen = bool(words) and words[-1].endswith("-")
        glued = piece.startswith("##") or not piece[0].isalnum() or after_hyphen
        if words and glued:
            words[-1] += piece.removeprefix("##")
        else:
            words.append(piece.removeprefix("##"))
        word_of.append(len(words) - 1)
    return words, word_of


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
