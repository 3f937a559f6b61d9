"""Word pieces for English and Chinese (each Chinese character stands alone), as a fast tokenizer.

Built once by the training recipe; loading goes through transformers. Knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

PAD, UNKNOWN = "[PAD]", "[UNK]"


def train_tokenizer(
    texts: Iterable[str], vocab_size: int, max_tokens: int
) -> PreTrainedTokenizerFast:
    """A WordPiece tokenizer (Wu et al. 2016) over lower-cased text; offsets point into the original."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, handle_chinese_chars=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, UNKNOWN],
        show_progress=False,
        limit_alphabet=3000,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        model_max_length=max_tokens,
        model_input_names=["input_ids", "attention_mask"],
    )
