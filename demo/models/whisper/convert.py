"""A Whisper of CTranslate2's layout as a transformers model, in memory.

Names differ, and queries, keys and values of an attention layer lie in one matrix. Opens no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import WhisperConfig, WhisperForConditionalGeneration

Variables = Mapping[str, np.ndarray]
_NORM = {"weight": "gamma", "bias": "beta"}
_MAX_TEXT, _MAX_FRAMES = 448, 1500  # tokens; positions of 20 ms


@dataclass(frozen=True)
class Special:
    """Ids of tokens that are not text."""

    end: int
    start: int
    transcribe: int
    no_speech: int
    no_timestamps: int
    languages: Mapping[str, int]  # "en" → id


def special_tokens(tokens: Mapping[str, int], languages: Mapping[str, str]) -> Special:
    """tokens: every token → id; languages: our names → theirs, such as "en" → "<|en|>"."""
    no_speech = tokens.get("<|nospeech|>", tokens.get("<|nocaptions|>"))
    if no_speech is None:
        raise ValueError("no token says that nobody speaks")
    return Special(
        end=tokens["<|endoftext|>"],
        start=tokens["<|startoftranscript|>"],
        transcribe=tokens["<|transcribe|>"],
        no_speech=no_speech,
        no_timestamps=tokens["<|notimestamps|>"],
        languages={ours: tokens[theirs] for ours, theirs in languages.items()},
    )


def whisper_model(variables: Variables, special: Special) -> WhisperForConditionalGeneration:
    """Evaluation mode, float32, without gradients; attention weights can be asked for.

    Raises:
        ValueError: variables are missing, left over or of other shapes.
    """
    state = _state(variables)
    config = _config(state, int(variables["encoder/num_heads"]), special)
    config._attn_implementation = "eager"  # its cross-attention says when each word was said
    model = WhisperForConditionalGeneration(config)
    try:
        report = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ValueError("weights of another shape") from error
    if report.unexpected_keys or set(report.missing_keys) - {"proj_out.weight"}:
        raise ValueError("weights are missing or left over")
    model.tie_weights()  # what is written is scored with the embeddings
    return model.eval().requires_grad_(False)


def _config(state: Mapping[str, Tensor], heads: int, special: Special) -> WhisperConfig:
    vocabulary, width = state["model.decoder.embed_tokens.weight"].shape
    layers = {
        side: 1 + max(int(k.split(".")[3]) for k in state if k.startswith(f"model.{side}.layers."))
        for side in ("encoder", "decoder")
    }
    wide = state["model.encoder.layers.0.fc1.weight"].shape[0]
    return WhisperConfig(
        vocab_size=vocabulary,
        num_mel_bins=state["model.encoder.conv1.weight"].shape[1],
        d_model=width,
        encoder_layers=layers["encoder"],
        decoder_layers=layers["decoder"],
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=wide,
        decoder_ffn_dim=wide,
        max_source_positions=_MAX_FRAMES,
        max_target_positions=_MAX_TEXT,
        pad_token_id=special.end,
        bos_token_id=special.end,
        eos_token_id=special.end,
        decoder_start_token_id=special.start,
    )


def _state(variables: Variables) -> dict[str, Tensor]:
    state = {
        "model.encoder.embed_positions.weight": "encoder/position_encodings/encodings",
        "model.decoder.embed_positions.weight": "decoder/position_encodings/encodings",
        "model.decoder.embed_tokens.weight": "decoder/embeddings/weight",
    }
    for layer in ("conv1", "conv2"):
        state |= _pair(f"model.encoder.{layer}", f"encoder/{layer}")
    found = {ours: _tensor(variables[theirs]) for ours, theirs in state.items()}
    for side in ("encoder", "decoder"):
        found |= _norm(variables, f"model.{side}.layer_norm", f"{side}/layer_norm")
        numbers = {
            int(name.split("/")[1].removeprefix("layer_"))
            for name in variables
            if name.startswith(f"{side}/layer_") and "layer_norm" not in name.split("/")[1]
        }
        for i in sorted(numbers):
            found |= _layer(variables, f"model.{side}.layers.{i}", f"{side}/layer_{i}")
    return found


def _layer(variables: Variables, ours: str, theirs: str) -> dict[str, Tensor]:
    """A transformer layer; the decoder's also attend to the sound."""
    own, across = f"{theirs}/self_attention", f"{theirs}/attention"
    parts = ("q_proj", "k_proj", "v_proj")
    found = _norm(variables, f"{ours}.self_attn_layer_norm", f"{own}/layer_norm")
    found |= _apart(variables, f"{ours}.self_attn", parts, f"{own}/linear_0")
    found |= _linear(variables, f"{ours}.self_attn.out_proj", f"{own}/linear_1")
    if f"{across}/linear_0/weight" in variables:
        found |= _norm(variables, f"{ours}.encoder_attn_layer_norm", f"{across}/layer_norm")
        found |= _apart(variables, f"{ours}.encoder_attn", parts[:1], f"{across}/linear_0")
        found |= _apart(variables, f"{ours}.encoder_attn", parts[1:], f"{across}/linear_1")
        found |= _linear(variables, f"{ours}.encoder_attn.out_proj", f"{across}/linear_2")
    found |= _norm(variables, f"{ours}.final_layer_norm", f"{theirs}/ffn/layer_norm")
    for i in (0, 1):
        found |= _linear(variables, f"{ours}.fc{i + 1}", f"{theirs}/ffn/linear_{i}")
    return found


def _pair(ours: str, theirs: str) -> dict[str, str]:
    return {f"{ours}.{part}": f"{theirs}/{part}" for part in ("weight", "bias")}


def _linear(variables: Variables, ours: str, theirs: str) -> dict[str, Tensor]:
    return {k: _tensor(variables[v]) for k, v in _pair(ours, theirs).items()}


def _norm(variables: Variables, ours: str, theirs: str) -> dict[str, Tensor]:
    return {f"{ours}.{k}": _tensor(variables[f"{theirs}/{v}"]) for k, v in _NORM.items()}


def _apart(
    variables: Variables, ours: str, parts: tuple[str, ...], theirs: str
) -> dict[str, Tensor]:
    """Projections that lie below one another in one matrix; keys have no bias in Whisper."""
    weights = _tensor(variables[f"{theirs}/weight"]).chunk(len(parts))
    biases = _tensor(variables[f"{theirs}/bias"]).chunk(len(parts))
    found = {}
    for part, weight, bias in zip(parts, weights, biases, strict=True):
        found[f"{ours}.{part}.weight"] = weight
        if part != "k_proj":
            found[f"{ours}.{part}.bias"] = bias
    return found


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
