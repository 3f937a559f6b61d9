"""Voices of free synthesisers, whose programs come with the system or not; saying.py makes them speak.

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

import shutil
from dataclasses import dataclass

from demo.errors import UserError


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


def available_engines() -> tuple[str, ...]:
    """Those of PROGRAMS that are installed; for festival, whether its voices are is not looked at."""
    return tuple(name for name, program in PROGRAMS.items() if shutil.which(program.command))


def engine_missing(engine: str) -> UserError:
    """The error that tells a person how to install one of PROGRAMS."""
    program = PROGRAMS[engine]
    return UserError(
        "speech_engine_missing",
        program=program.command,
        package=program.package,
        address=program.address,
    )
