"""Tiny checkpoints of transformers' own classes, made from a config with a fixed seed and saved to a folder.

They know nothing; what is tested is that our code asks them what transformers asks them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    BertConfig,
    BertModel,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipForQuestionAnswering,
    BlipImageProcessorPil,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    EmbeddingGemma2Config,
    EmbeddingGemma2Model,
    EmbeddingGemma2TextConfig,
    Gemma4AudioConfig,
    Gemma4AudioFeatureExtractor,
    Gemma4Config,
    Gemma4ForConditionalGeneration,
    Gemma4ImageProcessorPil,
    Gemma4TextConfig,
    Gemma4VisionConfig,
    GenerationConfig,
    MarianConfig,
    MarianMTModel,
    MarianTokenizer,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessorPil,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForSequenceClassification,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

SAID = (
    "a photo of a dog cat rain seven this is the sound two small dogs slept through . , ? "
    "what how many are there red round 一只猫在雨里"
)


def tokenizer(begin: str = "[CLS]", end: str = "[SEP]", longest: int = 32) -> Any:
    """Word pieces with marks at both ends."""
    special = ["[PAD]", "[UNK]", begin, end, "[MASK]"]
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator([SAID] * 20, trainers.WordPieceTrainer(special_tokens=special))
    ids = [(mark, made.token_to_id(mark)) for mark in (begin, end)]
    made.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=ids
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=longest,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token=begin,
        sep_token=end,
        bos_token=begin,
        eos_token=end,
        mask_token="[MASK]",
    )


def _saved(model: Any, folder: Path, *parts: Any) -> Path:
    model.eval().save_pretrained(folder)
    for part in parts:
        part.save_pretrained(folder)
    return folder


_SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
}


def clip(folder: Path) -> Path:
    torch.manual_seed(1)
    words = tokenizer()
    vision = {**_SMALL, "image_size": 32, "patch_size": 8}
    text = {**_SMALL, "vocab_size": len(words), "max_position_embeddings": 32}
    text |= {"eos_token_id": words.eos_token_id, "bos_token_id": words.bos_token_id}
    config = CLIPConfig(
        text_config=text, vision_config={**vision, "projection_dim": 16}, projection_dim=16
    )
    pictures = CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    return _saved(_sharp(CLIPModel(config)), folder, words, pictures)


def siglip(folder: Path, side: int = 32) -> Path:
    torch.manual_seed(2)
    words = tokenizer()
    text = {**_SMALL, "vocab_size": len(words), "max_position_embeddings": 32}
    text["projection_size"] = 32
    config = SiglipConfig(
        text_config=text, vision_config={**_SMALL, "image_size": side, "patch_size": 8}
    )
    pictures = SiglipImageProcessorPil(size={"height": side, "width": side})
    return _saved(_sharp(SiglipModel(config)), folder, words, pictures)


def sentence(folder: Path) -> Path:
    torch.manual_seed(3)
    words = tokenizer()
    config = BertConfig(**_SMALL, vocab_size=len(words), max_position_embeddings=32)
    return _saved(_sharp(BertModel(config)), folder, words)


def _sharp(model: Any) -> Any:
    """Weights large enough that attention and answers differ from place to place."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1 and "norm" not in name:
                weight.mul_(0.25 / weight.std().clamp(min=1e-6))
    return model


def clap(folder: Path) -> Path:
    torch.manual_seed(4)
    words = tokenizer()
    text = {**_SMALL, "vocab_size": len(words), "max_position_embeddings": 64, "pad_token_id": 0}
    sound = {"depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2], "hidden_size": 64}
    sound |= {"patch_embeds_hidden_size": 8, "enable_fusion": False, "window_size": 4}
    text["projection_dim"] = sound["projection_dim"] = 16
    config = ClapConfig(text_config=text, audio_config=sound, projection_dim=16)
    sounds = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad")
    return _saved(_sharp(ClapModel(config)), folder, words, sounds)


def _blip(folder: Path, kind: Any) -> Path:
    torch.manual_seed(5)
    words = tokenizer()
    text = {**_SMALL, "vocab_size": len(words), "max_position_embeddings": 32}
    text |= {"bos_token_id": words.bos_token_id, "sep_token_id": words.sep_token_id}
    text |= {"pad_token_id": 0, "eos_token_id": words.sep_token_id, "encoder_hidden_size": 32}
    vision = {**_SMALL, "image_size": 32, "patch_size": 8}
    config = BlipConfig(text_config=text, vision_config=vision)
    pictures = BlipImageProcessorPil(size={"height": 32, "width": 32})
    return _saved(_sharp(kind(config)), folder, words, pictures)


def blip_caption(folder: Path) -> Path:
    return _blip(folder, BlipForConditionalGeneration)


def blip_answer(folder: Path) -> Path:
    return _blip(folder, BlipForQuestionAnswering)


def marian(folder: Path) -> Path:
    import sentencepiece

    torch.manual_seed(6)
    folder.mkdir(parents=True)
    said = folder / "said.txt"
    said.write_text("\n".join([SAID] * 20), encoding="utf-8")
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(said),
            model_prefix=str(folder / side),
            vocab_size=60,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    pieces = [model.id_to_piece(i) for i in range(model.get_piece_size())]
    names = ["</s>", "<unk>", *(p for p in pieces if not p.startswith("<")), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    words = MarianTokenizer(
        vocab=str(folder / "vocab.json"),
        source_spm=str(folder / "source.spm"),
        target_spm=str(folder / "target.spm"),
    )
    config = MarianConfig(
        vocab_size=len(names),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_position_embeddings=32,
        pad_token_id=len(names) - 1,
        eos_token_id=0,
        decoder_start_token_id=len(names) - 1,
    )
    return _saved(_sharp(MarianMTModel(config)), folder, words)


SOUNDS = ("Dog", "Bark", "Rain", "Male speech, man speaking", "Cat")
EMOTIONS = ("joy", "sadness", "anger", "neutral", "surprise")
VOICES = ("neu", "hap", "ang", "sad")


def _named(names: tuple[str, ...]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}


def ast(folder: Path) -> Path:
    torch.manual_seed(7)
    config = ASTConfig(**_SMALL, **_named(SOUNDS), max_length=64, num_mel_bins=32, patch_size=8)
    config.frequency_stride = config.time_stride = 6
    sounds = ASTFeatureExtractor(num_mel_bins=32, max_length=64)
    model = ASTForAudioClassification(config)
    for mark in ("cls_token", "distillation_token", "position_embeddings"):
        getattr(model.audio_spectrogram_transformer.embeddings, mark).data.normal_(0, 0.5)
    return _saved(_sharp(model), folder, sounds)


def roberta(folder: Path) -> Path:
    torch.manual_seed(8)
    words = tokenizer(longest=30)
    config = RobertaConfig(
        **_SMALL,
        **_named(EMOTIONS),
        vocab_size=len(words),
        max_position_embeddings=32,
        pad_token_id=0,
        problem_type="multi_label_classification",
    )
    return _saved(_sharp(RobertaForSequenceClassification(config)), folder, words)


def wav2vec2(folder: Path, **more: Any) -> Path:
    torch.manual_seed(9)
    config = Wav2Vec2Config(
        **_SMALL,
        **_named(VOICES),
        conv_dim=(16, 16),
        conv_kernel=(10, 8),
        conv_stride=(5, 64),
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        classifier_proj_size=16,
        **{"use_weighted_layer_sum": True, **more},
    )
    model = Wav2Vec2ForSequenceClassification(config)
    if config.use_weighted_layer_sum:
        model.layer_weights.data.normal_()
    return _saved(model, folder, Wav2Vec2FeatureExtractor())


MARKS = {
    "<boi>": "boi_token_id",
    "<eoi>": "eoi_token_id",
    "<image>": "image_token_id",
    "<boa>": "boa_token_id",
    "<eoa>": "eoa_token_index",
    "<audio>": "audio_token_id",
    "<video>": "video_token_id",
}


def _gemma_senses(words: Any) -> dict[str, Any]:
    """The configuration of what sees and what hears in Gemma's family, and of its marks in a prompt."""
    small = {**_SMALL, "num_hidden_layers": 2}
    seen = Gemma4VisionConfig(
        **small, num_key_value_heads=4, head_dim=8, patch_size=4, position_embedding_size=400
    )
    heard = Gemma4AudioConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        subsampling_conv_channels=[128, 4],
        output_proj_dims=24,
        use_clipped_linears=False,
    )
    ids = {field: words.convert_tokens_to_ids(mark) for mark, field in MARKS.items()}
    return {"vision_config": seen.to_dict(), "audio_config": heard.to_dict(), **ids}


def embedding_gemma(folder: Path) -> Path:
    torch.manual_seed(10)
    words = tokenizer(longest=2048)
    words.add_special_tokens({"additional_special_tokens": list(MARKS)})
    text = EmbeddingGemma2TextConfig(
        **_SMALL,
        vocab_size=len(words),
        num_key_value_heads=2,
        head_dim=8,
        global_head_dim=16,
        sliding_window=6,
        sliding_window_pattern=3,
        hidden_size_per_layer_input=8,
        embedding_dim=16,
        pad_token_id=words.pad_token_id,
    )
    config = EmbeddingGemma2Config(text_config=text.to_dict(), **_gemma_senses(words))
    saved = _saved(_sharp(EmbeddingGemma2Model(config)), folder, words)
    return _with_processor(saved)


def _with_processor(folder: Path) -> Path:
    parts = {
        "image_processor": Gemma4ImageProcessorPil(patch_size=4, max_soft_tokens=70),
        "feature_extractor": Gemma4AudioFeatureExtractor(),
    }
    said = {name: json.loads(part.to_json_string()) for name, part in parts.items()}
    (folder / "processor_config.json").write_text(json.dumps(said))  # as processors are saved
    return folder


GEMMA_TEMPLATE = (
    "{{ bos_token }}{% for turn in messages %}<|turn>"
    "{{ 'model' if turn['role'] == 'assistant' else turn['role'] }}\n"
    "{% for one in turn['content'] %}{% if one['type'] == 'text' %}{{ one['text'] | trim }}"
    "{% else %}<{{ one['type'] }}>{% endif %}{% endfor %}<turn|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn>model\n{% endif %}"
)


# As published checkpoints have it: empty lines around pictures, and a thought that is left out
GEMMA_SPACED = GEMMA_TEMPLATE.replace(
    "<{{ one['type'] }}>",
    "{% if one['type'] == 'image' %}{{ '\\n\\n<image>\\n\\n' }}{% else %}<audio>{% endif %}",
).replace("<|turn>model\n{% endif %}", "<|turn>model\nthought\n{% endif %}")
# As they were before models saw and heard: what is said is a string
GEMMA_OLD = (
    "{{ bos_token }}{% for turn in messages %}<|turn>"
    "{{ 'model' if turn['role'] == 'assistant' else turn['role'] }}\n"
    "{{ turn['content'] | trim }}<turn|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn>model\n{% endif %}"
)


def gemma(folder: Path, template: str = GEMMA_TEMPLATE, **text: Any) -> Path:
    """Layers with a window of six and without, of which the last two share keys; three line breaks are one
    piece. text: more of its configuration."""
    torch.manual_seed(12)
    words = _bytewise(["<|turn>", "<turn|>", *MARKS, "\n\n\n"], begin="<bos>")
    words.chat_template = template
    end = words.convert_tokens_to_ids("<turn|>")
    small = {**_SMALL, "num_hidden_layers": 4, "num_key_value_heads": 2}
    small |= {"layer_types": ["sliding_attention", "full_attention"] * 2}
    layers = Gemma4TextConfig(
        **small,
        vocab_size=len(words),
        vocab_size_per_layer_input=len(words),
        head_dim=8,
        global_head_dim=16,
        sliding_window=6,
        hidden_size_per_layer_input=8,
        num_kv_shared_layers=2,
        final_logit_softcapping=30.0,
        pad_token_id=0,
        eos_token_id=end,
        bos_token_id=words.bos_token_id,
        **text,
    )
    config = Gemma4Config(text_config=layers.to_dict(), **_gemma_senses(words))
    model = Gemma4ForConditionalGeneration(config)
    model.generation_config.eos_token_id = [end]
    return _with_processor(_saved(_sharp(model), folder, words))


def _bytewise(marks: list[str], begin: str | None = None) -> Any:
    """Pieces of bytes, and marks that are never cut."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        [f"{SAID} User: Assistant: Describe this image in one sentence."] * 20,
        trainers.BpeTrainer(
            vocab_size=400,
            special_tokens=["<pad>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    words = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", unk_token="<pad>")
    if begin:
        words.add_special_tokens({"bos_token": begin})
    words.add_special_tokens({"additional_special_tokens": marks})
    return words


def smolvlm(folder: Path) -> Path:
    torch.manual_seed(11)
    tiles = [f"<row_{r}_col_{c}>" for r in range(1, 5) for c in range(1, 5)]
    marks = ["<|im_start|>", "<end_of_utterance>", "<image>", "<fake_token_around_image>"]
    marks += ["<global-img>", *tiles]
    words = _bytewise(marks)
    end = words.convert_tokens_to_ids("<end_of_utterance>")
    text = {**_SMALL, "model_type": "llama", "vocab_size": len(words), "pad_token_id": 0}
    text |= {"num_key_value_heads": 2, "eos_token_id": end, "bos_token_id": 0}
    vision = {**_SMALL, "num_hidden_layers": 2, "image_size": 16, "patch_size": 4}
    config = SmolVLMConfig(
        text_config=text,
        vision_config=vision,
        scale_factor=2,
        image_token_id=words.convert_tokens_to_ids("<image>"),
        pad_token_id=0,
        tie_word_embeddings=True,
    )
    pictures = SmolVLMImageProcessorPil(
        size={"longest_edge": 64}, max_image_size={"longest_edge": 16}
    )
    model = SmolVLMForConditionalGeneration(config)
    model.generation_config.eos_token_id = end
    return _saved(_sharp(model), folder, words, pictures)


def whisper(folder: Path, heads: tuple[tuple[int, int], ...] | None = ((0, 1), (1, 0))) -> Path:
    """Hears the real 3,000 frames of 80 bands. heads: those that say when a token is spoken."""
    torch.manual_seed(13)
    marks = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|zh|>", "<|translate|>"]
    marks += ["<|transcribe|>", "<|nospeech|>", "<|notimestamps|>"]
    words = _bytewise(marks)
    end, start, en, zh, translate, transcribe, _, untimed = map(words.convert_tokens_to_ids, marks)
    config = WhisperConfig(
        vocab_size=len(words),
        d_model=16,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=start,
        median_filter_width=5,
    )
    model = _sharp(WhisperForConditionalGeneration(config))
    settings: dict[str, Any] = {
        "alignment_heads": heads,
        "is_multilingual": True,
        "lang_to_id": {"<|en|>": en, "<|zh|>": zh},
        "task_to_id": {"transcribe": transcribe, "translate": translate},
        "no_timestamps_token_id": untimed,
        "begin_suppress_tokens": [end],
        "suppress_tokens": [start, *range(en, untimed + 1)],
    }
    marks_of = {"decoder_start_token_id": start, "eos_token_id": end, "pad_token_id": end}
    model.generation_config = GenerationConfig(**settings, **marks_of)
    return _saved(model, folder, words, WhisperFeatureExtractor())


MAKERS = {
    "clip": clip,
    "siglip": siglip,
    "sentence": sentence,
    "clap": clap,
    "blip-caption": blip_caption,
    "blip-answer": blip_answer,
    "marian": marian,
    "ast": ast,
    "roberta": roberta,
    "wav2vec2": wav2vec2,
    "embedding-gemma": embedding_gemma,
    "smolvlm": smolvlm,
    "gemma": gemma,
    "whisper": whisper,
}


def preset(folder: Path, families: dict[str, str], name: str = "tiny", more: str = "") -> Path:
    """A preset file beside tiny checkpoints of families. families: role → family."""
    for family in set(families.values()):
        if not (folder / family).exists():
            MAKERS[family](folder / family)
    lines = [f"name = {json.dumps(name)}", more]
    for family in dict.fromkeys(families.values()):
        lines += [f"[checkpoints.{family}]"]
        lines += [f'family = "{family}"', f'source = "./{family}"']
    lines += ["[roles]", *(f'{role} = "{family}"' for role, family in families.items())]
    path = folder / f"{name}.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
