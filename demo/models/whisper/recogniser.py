"""Listens to a recording and writes down what is said, word by word, with where it heard each.

Long recordings are cut at pauses into pieces of at most 30 s, Whisper's window. Silence, noise and music are
answered with no speech, never with an invented sentence. Opens no files.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from opencc import OpenCC
from tokenizers import Tokenizer
from torch import Tensor
from transformers import (
    GenerationConfig,
    GenerationMixin,
    StoppingCriteria,
    StoppingCriteriaList,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)
from transformers.modeling_outputs import BaseModelOutput

from demo.inputs.pauses import loud_part, stretches
from demo.models.transcriber import NO_SPEECH_WEIGHT, SpokenPiece, SpokenWord
from demo.models.whisper.alignment import onsets, standardised
from demo.models.whisper.convert import Special
from demo.schema import SAMPLE_RATE, Waveform

WINDOW_S = 30.0  # of sound that is heard at once
FRAME_S = 0.02  # of one position of the encoder
FRAMES_OF_MEL = 2  # in it
# Radford et al. 2022, section 4.5, take what the model gives to “nobody speaks” (at most 0.6), the mean
# log-probability of what it wrote (at least -1) and how well that compresses (at most 2.4; else it repeats
# itself). The first two tell voices from ESC-10 better when they are added: of 33 recorded voices the lowest
# sum is -1.40, of 40 clips without speech that do not repeat themselves the highest is -1.78.
LEAST_EVIDENCE = -1.6
MOST_COMPRESSION = 2.4
MOST_TOKENS = 220
LISTENED_AGAIN = (
    64,
    16,
)  # tokens before it is asked whether they go round, and between such questions
# Of 33 recorded voices the least is 0.79, of 40 spoken digits 0.26; 46 of 52 clips without speech lie below.
LEAST_VOICE = 0.1


class SpeechRecogniser:
    """Whisper with its tokenizer and alignment heads (layer, head). voice: samples → how likely it is that
    somebody speaks in them, 0..1."""

    def __init__(
        self,
        model: WhisperForConditionalGeneration,
        tokenizer: Tokenizer,
        special: Special,
        heads: Sequence[tuple[int, int]],
        suppressed: Sequence[int] = (),
        suppressed_first: Sequence[int] = (),
        voice: Callable[[np.ndarray], float] = lambda samples: 1.0,
    ) -> None:
        self.voice = voice
        self.model, self.tokenizer, self.special, self.heads = model, tokenizer, special, heads
        self.suppressed, self.suppressed_first = list(suppressed), list(suppressed_first)
        bands = model.config.num_mel_bins
        self.features = WhisperFeatureExtractor(feature_size=bands, sampling_rate=SAMPLE_RATE)
        self.simplify = OpenCC("t2s").convert

    def transcribe(
        self, sound: Waveform, languages: Sequence[str] = ("en", "zh"), beams: int = 1
    ) -> list[SpokenPiece]:
        """Every piece in which somebody speaks, each in the likeliest of `languages`."""
        heard = [
            self.listen(start, piece, languages, beams)
            for start, piece in stretches(sound, WINDOW_S)
            if self.voice(piece.samples) >= LEAST_VOICE
        ]
        return [piece for piece in heard if piece.text]

    @torch.inference_mode()
    def listen(
        self, start: float, sound: Waveform, languages: Sequence[str], beams: int
    ) -> SpokenPiece:
        """One piece of at most WINDOW_S; no text where nobody speaks."""
        encoded = self.model.model.encoder(self.log_mel(sound)).last_hidden_state
        likely, no_speech = self.begin(encoded, languages)
        language = max(likely, key=lambda one: likely[one])
        ids = self.write(encoded, language, beams)
        logprobs, attention = self.read_back(encoded, language, ids)
        text = self.text(ids[:-1], language)
        said = spoken(no_speech, float(logprobs.mean()), text)
        return SpokenPiece(
            start_s=start,
            seconds=sound.seconds,
            language=language,
            language_probability=likely[language],
            no_speech=no_speech,
            logprob=float(logprobs.sum()),
            text=text if said else "",
            words=self.words(ids, logprobs, attention, language, start, sound) if said else (),
            frame_s=FRAME_S,
            ids=tuple(ids),
        )

    @torch.inference_mode()
    def languages(self, sound: Waveform, among: Sequence[str]) -> dict[str, float]:
        """See Transcriber."""
        encoded = self.model.model.encoder(self.log_mel(sound)).last_hidden_state
        return self.begin(encoded, among)[0]

    def log_mel(self, piece: Waveform) -> Tensor:
        """(1, bands, 3000), followed by silence up to WINDOW_S."""
        read = self.features(piece.samples, sampling_rate=SAMPLE_RATE, return_tensors="pt")
        return read.input_features.to(self.model.device, self.model.dtype)

    def begin(self, encoded: Tensor, languages: Sequence[str]) -> tuple[dict[str, float], float]:
        """How likely each language is among these, and that nobody speaks: what could follow the start."""
        logits = self.logits(encoded, [self.special.start]).logits[0, 0].float()
        ids = [self.special.languages[language] for language in languages]
        no_speech = float(logits.softmax(0)[self.special.no_speech])
        return dict(zip(languages, logits[ids].softmax(0).tolist(), strict=True)), no_speech

    def prompt(self, language: str) -> list[int]:
        """The tokens that ask for a transcript."""
        special = self.special
        return [
            special.start,
            special.languages[language],
            special.transcribe,
            special.no_timestamps,
        ]

    def write(self, encoded: Tensor, language: str, beams: int) -> list[int]:
        """What is said, the end token last."""
        prompt = torch.tensor([self.prompt(language)], device=encoded.device)
        how = GenerationConfig(
            max_length=prompt.shape[1] + MOST_TOKENS,
            num_beams=beams,
            suppress_tokens=self.suppressed or None,
            begin_suppress_tokens=self.suppressed_first or None,
            eos_token_id=self.special.end,
            pad_token_id=self.special.end,
            decoder_start_token_id=self.special.start,
        )
        # Whisper's own `generate` hears a recording in windows, which is done here, at pauses
        generate: Any = GenerationMixin.generate
        written = generate(
            self.model,
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
            decoder_input_ids=prompt,
            generation_config=how,
            stopping_criteria=StoppingCriteriaList([GoesRound(prompt.shape[1], self._written)]),
        )
        ids = [int(i) for i in written[0, prompt.shape[1] :] if i < self.special.end]
        return [*ids, self.special.end]

    def _written(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode([i for i in ids if i < self.special.end])

    def read_back(
        self, encoded: Tensor, language: str, ids: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-probability of each written token, [T], and the alignment heads' attention while it was
        written, [heads, T, encoder positions]."""
        prompt = self.prompt(language)
        outputs = self.logits(encoded, [*prompt, *ids[:-1]], attention=True)
        first = len(prompt) - 1
        logprobs = outputs.logits[0, first:].float().log_softmax(-1)
        chosen = logprobs.gather(-1, torch.tensor(ids, device=logprobs.device)[:, None])[:, 0]
        weights = [outputs.cross_attentions[layer][0, head, first:] for layer, head in self.heads]
        return chosen.cpu().numpy(), torch.stack(weights).float().cpu().numpy()

    def logits(self, encoded: Tensor, ids: Sequence[int], attention: bool = False) -> Any:
        """transformers' outputs at every one of these tokens."""
        return self.model(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
            decoder_input_ids=torch.tensor([list(ids)], device=encoded.device),
            output_attentions=attention,
            use_cache=False,
        )

    def text(self, ids: Sequence[int], language: str) -> str:
        """Tokens as text, Chinese in simplified characters."""
        text = self.tokenizer.decode(list(ids)).strip()
        return self.simplify(text) if language == "zh" else text

    def words(
        self,
        ids: Sequence[int],
        logprobs: np.ndarray,
        attention: np.ndarray,
        language: str,
        start: float,
        sound: Waveform,
    ) -> tuple[SpokenWord, ...]:
        """Words with their times; a word ends where the next one begins."""
        loud = loud_part(sound)
        mel = -(-len(sound.samples) // self.features.hop_length)
        inside = attention[..., : max(1, mel // FRAMES_OF_MEL)]
        relative = standardised(inside, self.model.config.median_filter_width)
        first, looked = onsets(relative), relative.mean(0).clip(min=0).astype(np.float32)
        found = []
        for word, tokens in self.grouped(ids[:-1], language):
            # the first word is not heard before it begins, nor the last after it has ended
            begin, end = (
                min(max(float(first[i]) * FRAME_S, loud[0]), loud[1])
                for i in (tokens[0], tokens[-1] + 1)
            )
            probability = float(np.exp(logprobs[tokens].sum()))
            times = (round(start + begin, 3), round(start + max(end, begin), 3))
            places = tuple(tokens)
            found.append(SpokenWord(word, *times, probability, looked[tokens].mean(0), places))
        return tuple(found)

    @torch.inference_mode()
    def word_scores(
        self, sound: Waveform, piece: SpokenPiece, word: int, kept: np.ndarray
    ) -> np.ndarray:
        """See Transcriber: what is not kept is as quiet as the silence after the piece."""
        first = round(piece.start_s * SAMPLE_RATE)
        part = sound.samples[first : first + round(piece.seconds * SAMPLE_RATE)]
        heard = self.log_mel(Waveform(part))
        places, found = list(piece.words[word].tokens), []
        for row in kept:
            gone = np.repeat(~row, FRAMES_OF_MEL)[: heard.shape[-1]].nonzero()[0]
            left = heard.clone()
            left[..., torch.from_numpy(gone)] = heard.min()
            encoded = self.model.model.encoder(left).last_hidden_state
            logprobs, _ = self.read_back(encoded, piece.language, piece.ids)
            found.append(float(logprobs[places].sum()))
        return np.array(found)

    def grouped(self, ids: Sequence[int], language: str) -> list[tuple[str, list[int]]]:
        """Words and the places of their tokens: a space begins a word in English, a token with whole
        characters is one in Chinese; marks belong to the word before."""
        groups: list[tuple[str, list[int]]] = []
        waiting: list[int] = []  # tokens that are no whole character yet
        for place in range(len(ids)):
            waiting.append(place)
            piece = self.tokenizer.decode([ids[i] for i in waiting])
            if "\ufffd" in piece:
                continue
            said = self.simplify(piece) if language == "zh" else piece
            if groups and not _begins_word(piece, language):
                groups[-1] = (groups[-1][0] + said.strip(), [*groups[-1][1], *waiting])
            else:
                groups.append((said.strip(), waiting))
            waiting = []
        return [(word, places) for word, places in groups if word]


class GoesRound(StoppingCriteria):
    """Ends what says the same again and again, and would be taken for no speech anyway: what is written of
    barks and rain goes on for as long as it may. first: tokens of the prompt; text: of token ids."""

    def __init__(self, first: int, text: Callable[[Sequence[int]], str]) -> None:
        self.first, self.text = first, text

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """bool [B]: whether to end, for all sequences or none. input_ids: [B, T]."""
        least, each = LISTENED_AGAIN
        written = input_ids.shape[1] - self.first
        ends = written >= least and written % each == 0
        ends = ends and all(repeats(self.text(row[self.first :].tolist())) for row in input_ids)
        return torch.full((len(input_ids),), ends, dtype=torch.bool, device=input_ids.device)


def _begins_word(piece: str, language: str) -> bool:
    if not any(char.isalnum() for char in piece):
        return False
    return piece.startswith(" ") or (language == "zh" and not piece.isascii())


def spoken(no_speech: float, logprob: float, text: str) -> bool:
    """Whether what was written was said."""
    evidence = logprob - NO_SPEECH_WEIGHT * no_speech
    return evidence > LEAST_EVIDENCE and any(c.isalnum() for c in text) and not repeats(text)


def repeats(text: str) -> bool:
    """Whether a text says the same again and again."""
    said = text.encode("utf-8")
    return len(said) / len(zlib.compress(said)) > MOST_COMPRESSION
