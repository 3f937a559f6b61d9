"""Make the real photos and sounds among the examples smaller, from what others gave freely.

    python assets/examples/make_real.py FOLDER

FOLDER holds three things unpacked: `gcompris` (the source of GCompris 3.1), `scratch` (the Media folder of
Scratch 1.4) and `0ad` (the audio of 0 A.D. 0.0.26, in its public.zip). README.md says whose each file is.
Needs numpy, Pillow, soundfile and SciPy. Writes beside itself.
"""

from __future__ import annotations

import argparse
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image
from scipy.signal import resample_poly

HERE = Path(__file__).parent
RATE = 16_000  # Hz
LONGEST_SIDE, QUALITY = 480, 84  # pixels; of JPEG
LONGEST = 5.0  # seconds
FARM = "gcompris/src/activities/explore_farm_animals/resource/animals"
WORLD = "gcompris/src/activities/explore_world_animals/resource/animals"
PHOTOS = {
    "dog": f"{FARM}/dog.webp",
    "hens": f"{FARM}/chicken.webp",
    "cat": f"{FARM}/cat.webp",
    "cow": f"{FARM}/cow.webp",
    "sheep": f"{FARM}/sheep.webp",
    "panda": f"{WORLD}/panda.webp",
    "polar-bear": f"{WORLD}/polar_bear.webp",
}
SOUNDS = {
    "bark": "0ad/audio/voice/global/civ_dog_bark.ogg",
    "moo": "0ad/audio/actor/fauna/animal/cattle_02.ogg",
    "baa": "0ad/audio/actor/fauna/animal/sheep_11.ogg",
    "thunder": "0ad/audio/ambient/weather/thunder_10.ogg",
    "rooster": "scratch/Sounds/Animal/Rooster.wav",
}


def write_photo(source: Path, name: str) -> None:
    """JPEG of at most LONGEST_SIDE pixels, without what a camera noted beside it."""
    with Image.open(source) as opened:
        photo = opened.convert("RGB")
    photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    photo.save(HERE / f"{name}.jpg", quality=QUALITY, optimize=True)


def write_sound(source: Path, name: str) -> None:
    """16-bit FLAC of one channel, its first seconds, faded out where it is cut, at a peak of 0.7."""
    wave, rate = soundfile.read(source, dtype="float64", always_2d=True)
    common = gcd(rate, RATE)
    mono = resample_poly(wave.mean(axis=1), RATE // common, rate // common)
    kept = mono[: int(LONGEST * RATE)]
    if len(kept) < len(mono):
        kept = kept * np.minimum(1, np.arange(len(kept), 0, -1) / (0.3 * RATE))
    soundfile.write(HERE / f"{name}.flac", 0.7 * kept / np.abs(kept).max(), RATE)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, source in PHOTOS.items():
        write_photo(folder / source, name)
    for name, source in SOUNDS.items():
        write_sound(folder / source, name)


if __name__ == "__main__":
    main()
