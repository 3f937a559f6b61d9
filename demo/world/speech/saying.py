"""Any voice says any text, in a mood if it can have one: one function, float32 at SAMPLE_RATE."""

from __future__ import annotations

import random

import numpy as np

from demo.schema import SAMPLE_RATE
from demo.world.speech.engines import ENGINES, Prosody
from demo.world.speech.voices import Voice, available_engines, engine_missing

PEAK = 0.5
MARGIN = 0.05  # s of near-silence kept on either side
_QUIET = 0.01  # of the peak: what counts as silence
_TILT_FROM = 500  # Hz
# Least and most of pitch, rate, width and tilt. Joy and anger fast and wide, sadness slow, low and narrow as
# in the survey of Murray and Arnott (1993); anger, often higher too, stays low here to be told from joy.
_MOODS = {
    "happy": ((1.14, 1.42), (1.06, 1.28), (1.5, 2.2), (-1.0, 1.0)),
    "sad": ((0.76, 0.92), (0.68, 0.86), (0.15, 0.5), (-4.0, -1.0)),
    "angry": ((0.78, 0.95), (1.10, 1.36), (1.5, 2.3), (1.0, 4.0)),
}
MOODS = tuple(_MOODS)
# What the programs read wrongly; pinyin with tone numbers is read as it stands (espeak-ng 1.51).
_READINGS = {
    "letter a": "letter A",  # else all of them say the article
    "番茄": "番 qie2 ",
    "照相": "照 xiang4 ",
    "相机": " xiang4 机",
    "钻": " zuan4 ",
    "冠": " guan1 ",
    "树干": "树 gan4 ",
    "木头": "木 tou5 ",
    "日头": "日 tou5 ",
    "彩虹": "彩 hong2 ",
    "音乐": "音 yue4 ",
    "可恶": "可 wu4 ",
    "过分": "过 fen4 ",
    **{f"{number}只": f"{number} zhi1 " for number in "一两三四五六七八九十几这那"},
}


def say(
    text: str,
    voice: Voice,
    *,
    pitch: float = 1.0,
    rate: float = 1.0,
    mood: str | None = None,
    rng: random.Random | None = None,
) -> np.ndarray:
    """`text` as float32 [N] at SAMPLE_RATE, peak PEAK, silence trimmed to MARGIN; may be of length 0.

    pitch, rate: factors on the voice's own; mood: one of MOODS, its strength drawn from `rng`.
    The same arguments give the same samples.

    Raises:
        UserError: speech_engine_missing.
        ValueError: a mood that does not exist, or that this voice cannot have.
        RuntimeError: the program failed; festival crashes now and then.
    """
    if voice.engine not in available_engines():
        raise engine_missing(voice.engine)
    prosody = _prosody(pitch, rate, mood, rng or random.Random(text))
    if mood and not voice.has_moods:
        raise ValueError(f"{voice.name} cannot change its mood")
    if not any(character.isalnum() for character in text):
        return np.zeros(0, np.float32)  # festival would crash
    samples, sample_rate = ENGINES[voice.engine](_with_readings(text), voice, prosody)
    return _loud(_tilted(_trimmed(resampled(samples, sample_rate)), prosody.tilt))


def _prosody(pitch: float, rate: float, mood: str | None, rng: random.Random) -> Prosody:
    if mood is None:
        return Prosody(pitch, rate)
    if mood not in _MOODS:
        raise ValueError(f"mood must be one of {MOODS}, not {mood!r}")
    higher, faster, wider, tilt = (rng.uniform(*limits) for limits in _MOODS[mood])
    strong = mood == "angry" and rng.random() < 0.8
    return Prosody(pitch * higher, rate * faster, wider, tilt, strong)


def _with_readings(text: str) -> str:
    for characters, reading in _READINGS.items():
        text = text.replace(characters, reading)
    return text


def resampled(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """float32 [N] at any rate → float32 [M] at SAMPLE_RATE, its spectrum cut or padded.

    The whole clip is one period of a Fourier series: exact, and harmless for clips that begin and end
    in silence, as these do. Without torch, so that reading aloud works where only the page runs.
    """
    if sample_rate == SAMPLE_RATE:
        return samples
    step = sample_rate // np.gcd(sample_rate, SAMPLE_RATE)
    padded = np.pad(samples, (0, -len(samples) % step))
    wanted = len(padded) * SAMPLE_RATE // sample_rate
    spectrum = np.fft.rfft(padded)[: wanted // 2 + 1]
    return (np.fft.irfft(spectrum, wanted) * (wanted / len(padded))).astype(np.float32)


def _trimmed(samples: np.ndarray) -> np.ndarray:
    heard = np.flatnonzero(np.abs(samples) > _QUIET * np.abs(samples).max(initial=0))
    if not len(heard):
        return samples[:0]
    margin = round(MARGIN * SAMPLE_RATE)
    return samples[max(heard[0] - margin, 0) : heard[-1] + margin]


def _tilted(samples: np.ndarray, tilt: float) -> np.ndarray:
    if not tilt or not len(samples):
        return samples
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    octaves = np.log2(np.maximum(hertz, _TILT_FROM) / _TILT_FROM)
    gain = 10 ** (tilt * octaves / 20)
    return np.fft.irfft(np.fft.rfft(samples) * gain, len(samples)).astype(np.float32)


def _loud(samples: np.ndarray) -> np.ndarray:
    peak = float(np.abs(samples).max(initial=0))
    return (samples * np.float32(PEAK / peak)).astype(np.float32) if peak else samples
