"""Speech from free synthesisers: a list of voices, and one function that makes any of them speak.

Programs, run as separate processes, and what comes with them:
    espeak-ng  GPL-3.0-or-later; the licence covers the program, not the sound that it makes.
    flite      BSD-like (Carnegie Mellon University), voices included; kal16, awb, slt and rms are
               people who read for CMU's free corpora.
    festival   X11-like (Edinburgh, CMU) with the festvox voices ked_diphone (free to use and to pass
               on) and cmu_us_slt_arctic_hts (CMU free, HTS BSD-3-clause).

A voice that is held back is never trained on. flite's rms is a whole recorded person; espeak-ng's
held-back variants are held back in both languages and in every accent. Knows nothing about corpora.
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from math import log2
from xml.sax.saxutils import escape

import numpy as np
import soundfile

from demo.errors import UserError
from demo.schema import SAMPLE_RATE

PEAK = 0.5
MARGIN = 0.05  # s of near-silence kept on either side
LONGEST_RUN = 60  # s that a synthesiser may take
_QUIET = 0.01  # of the peak: what counts as silence
_ESPEAK_WORDS_PER_MINUTE = 175
_ESPEAK_MIDDLE_PITCH = 50
_TILT_FROM = 500  # Hz
_FLITE_PITCH_SPREAD = 12  # Hz; the standard deviation of a calm recorded voice


@dataclass(frozen=True)
class Voice:
    """code: the engine's own name for it; pitch_hz: mean pitch where flite lets it be set, else 0."""

    name: str
    engine: str
    language: str
    code: str
    held_back: bool = False
    pitch_hz: float = 0.0

    @property
    def recorded(self) -> bool:
        """Whether a person's recordings are in it; espeak-ng's are made of formants alone."""
        return self.engine != "espeak"

    @property
    def has_moods(self) -> bool:
        """Whether the engine lets pitch and the width of the melody be set."""
        return self.engine == "espeak" or self.pitch_hz > 0


@dataclass(frozen=True)
class Program:
    """command: what is run; package: in Debian; address: where other systems find it."""

    command: str
    package: str
    address: str


PROGRAMS = {
    "espeak": Program("espeak-ng", "espeak-ng", "https://github.com/espeak-ng/espeak-ng/releases"),
    "flite": Program("flite", "flite", "https://github.com/festvox/flite"),
    "festival": Program(
        "festival",
        "festival festvox-kdlpc16k festvox-us-slt-hts",
        "https://www.cstr.ed.ac.uk/projects/festival/",
    ),
}

_RECORDED = (
    Voice("flite/kal16", "flite", "en", "kal16", pitch_hz=95),
    Voice("flite/awb", "flite", "en", "awb", pitch_hz=132),
    Voice("flite/slt", "flite", "en", "slt", pitch_hz=170),
    Voice("flite/rms", "flite", "en", "rms", held_back=True),
    Voice("festival/ked", "festival", "en", "ked_diphone"),
    Voice("festival/slt_hts", "festival", "en", "cmu_us_slt_arctic_hts"),
)
# espeak-ng's variants that could be people; whispers, robots, demons and near-copies left out.
# “en” is British English; called en-gb, espeak-ng drops the variant without a word.
_VARIANTS = {
    "en-us": "f2 m3 Alicia Andy Mario linda Gene max steph edward2 Denis f5 quincy",
    "en": "f1 m1 anika Alex Michael pedro aunty m5",
    "en-gb-scotland": "m2 steph2 robert travis Marco",
    "en-gb-x-rp": "f3 m6 john shelby antonio Hugo",
    "en-029": "m7 steph3 Jacky gustave",
    "en-us-nyc": "grandpa paul Gene2 ed f5",
    "en-gb-x-gbclan": "m8 norbert",
    "en-gb-x-gbcwmd": "rob f2",
    # cmn reads its own pinyin as English (espeak-ng 1.51: 猫 becomes “mao five”); this one does not.
    "cmn-latn-pinyin": "f1 f2 f3 f5 m1 m2 m3 m5 m6 m7 m8 Alex Alicia grandpa Gene linda max Mario steph"
    " steph2",
}
_HELD_BACK_VARIANTS = {
    "en-us": "Annie m4",
    "en": "victor grandma",
    "en-gb-scotland": "Andrea",
    "en-gb-x-rp": "f4",
    "en-029": "pablo",
    "en-us-nyc": "Storm",
    "cmn-latn-pinyin": "Annie m4 victor grandma f4",
}


def _espeak(table: dict[str, str], held_back: bool) -> tuple[Voice, ...]:
    return tuple(
        Voice(
            f"espeak/{accent}+{variant}",
            "espeak",
            "zh" if accent.startswith("cmn") else "en",
            f"{accent}+{variant}",
            held_back,
        )
        for accent, variants in table.items()
        for variant in variants.split()
    )


VOICES = (*_RECORDED, *_espeak(_VARIANTS, False), *_espeak(_HELD_BACK_VARIANTS, True))
VOICE_NAMED = {voice.name: voice for voice in VOICES}


@dataclass(frozen=True)
class Prosody:
    """Factors on a voice's own pitch, rate and width of melody; strong: stress one word more.

    tilt: dB per octave by which the sound rises above _TILT_FROM: a pressed voice; below 0 a weak one.
    """

    pitch: float = 1.0
    rate: float = 1.0
    width: float = 1.0
    tilt: float = 0.0
    strong: bool = False


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


def available_engines() -> tuple[str, ...]:
    """Those of PROGRAMS that are installed; for festival, whether its voices are is not looked at."""
    return tuple(name for name, program in PROGRAMS.items() if shutil.which(program.command))


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
    samples, sample_rate = _ENGINES[voice.engine](_with_readings(text), voice, prosody)
    return _loud(_tilted(_trimmed(resampled(samples, sample_rate)), prosody.tilt))


def _prosody(pitch: float, rate: float, mood: str | None, rng: random.Random) -> Prosody:
    if mood is None:
        return Prosody(pitch, rate)
    if mood not in _MOODS:
        raise ValueError(f"mood must be one of {MOODS}, not {mood!r}")
    higher, faster, wider, tilt = (rng.uniform(*limits) for limits in _MOODS[mood])
    strong = mood == "angry" and rng.random() < 0.8
    return Prosody(pitch * higher, rate * faster, wider, tilt, strong)


# The three engines -------------------------------------------------------------------------------


def _say_espeak(text: str, voice: Voice, prosody: Prosody) -> tuple[np.ndarray, int]:
    # -p is logarithmic: 50 steps for an octave up, about as many for one down.
    pitch = round(_ESPEAK_MIDDLE_PITCH * (1 + log2(prosody.pitch)))
    marked = escape(text)
    if prosody.strong:
        marked = _stressed(marked)
    marked = f'<speak><prosody range="{prosody.width:.0%}">{marked}</prosody></speak>'
    return _run(
        voice.engine,
        ["-v", voice.code, "-p", str(min(max(pitch, 0), 99)), "--stdout", "-m"]
        + ["-s", str(round(_ESPEAK_WORDS_PER_MINUTE * prosody.rate)), "--stdin"],
        marked,
    )


def _with_readings(text: str) -> str:
    for characters, reading in _READINGS.items():
        text = text.replace(characters, reading)
    return text


def _stressed(text: str) -> str:
    """One longest word said with emphasis; a sentence without spaces is emphasised as a whole."""
    longest = max(text.split() or [text], key=len)
    return text.replace(longest, f'<emphasis level="strong">{longest}</emphasis>', 1)


def _say_flite(text: str, voice: Voice, prosody: Prosody) -> tuple[np.ndarray, int]:
    replayed = 1.0 if voice.pitch_hz else prosody.pitch  # rms ignores any pitch it is told
    features = {"duration_stretch": replayed / prosody.rate}
    if voice.pitch_hz:
        features["int_f0_target_mean"] = voice.pitch_hz * prosody.pitch
        features["int_f0_target_stddev"] = _FLITE_PITCH_SPREAD * prosody.width
    chosen = [part for key, v in features.items() for part in ("--setf", f"{key}={v:.3f}")]
    options = ["-voice", voice.code, *chosen, "-t", text, "-o", "/dev/stdout"]
    samples, sample_rate = _run(voice.engine, options)
    return samples, _replay_rate(sample_rate, replayed)


def _say_festival(text: str, voice: Voice, prosody: Prosody) -> tuple[np.ndarray, int]:
    rate = prosody.rate / prosody.pitch
    quoted = text.replace("\\", " ").replace('"', " ")
    commands = f"""(voice_{voice.code})
        (Parameter.set 'Duration_Stretch {1 / rate:.3f})
        (if (boundp 'hts_engine_params)
            (set! hts_engine_params (append hts_engine_params (list (list "-r" {rate:.3f})))))
        (utt.save.wave (utt.synth (Utterance Text "{quoted}")) "/dev/stdout" 'riff)"""
    samples, sample_rate = _run(voice.engine, ["--pipe"], commands)
    return samples, _replay_rate(sample_rate, prosody.pitch)


def _replay_rate(sample_rate: int, pitch: float) -> int:
    """Higher by playing faster, where the engine cannot: it speaks more slowly to make up for it."""
    return round(sample_rate * pitch / 100) * 100  # stays a small fraction of SAMPLE_RATE


_ENGINES: dict[str, Callable[[str, Voice, Prosody], tuple[np.ndarray, int]]] = {
    "espeak": _say_espeak,
    "flite": _say_flite,
    "festival": _say_festival,
}


def _run(engine: str, options: list[str], given: str = "") -> tuple[np.ndarray, int]:
    """What the program wrote to its standard output, a WAV file: float32 [N], samples per second."""
    command = [PROGRAMS[engine].command, *options]
    made = subprocess.run(command, input=given.encode(), capture_output=True, timeout=LONGEST_RUN)
    try:
        samples, sample_rate = soundfile.read(io.BytesIO(made.stdout), dtype="float32")
    except soundfile.LibsndfileError as error:
        said = made.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"{command} made no sound ({made.returncode}): {said}") from error
    return samples, sample_rate


def engine_missing(engine: str) -> UserError:
    """The error that tells a person how to install one of PROGRAMS."""
    program = PROGRAMS[engine]
    return UserError(
        "speech_engine_missing",
        program=program.command,
        package=program.package,
        address=program.address,
    )


# Their samples -----------------------------------------------------------------------------------


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
