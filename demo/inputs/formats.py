"""Which files are read, by what their names end with: for data sets, and for what a file dialogue offers.

What a file really is, its first bytes tell (containers.py, raster.py); its name only says what to try.
"""

from __future__ import annotations

PICTURES = tuple(
    ".jpg .jpeg .jfif .png .apng .webp .gif .bmp .dib .tif .tiff .avif .heic .heif".split()
)
VIDEOS = tuple(
    ".mp4 .m4v .webm .mov .mkv .avi .wmv .asf .ts .mts .m2ts .mpg .mpeg .vob .3gp .3g2 .flv".split()
)
SOUNDS = (  # and what is heard in a video
    *".wav .wave .flac .mp3 .mp2 .mpga .ogg .oga .opus .m4a .m4b .aac .aif .aiff .aifc".split(),
    *".caf .amr .wma .au .snd .wv .w64 .mka .ac3".split(),
    *VIDEOS,
)
MOVING = (*VIDEOS, ".gif")  # what the Video tab plays
SENTENCES = (".txt",)
TABLES = (".csv", ".tsv", ".jsonl")
TABLE_FILES = (*TABLES, ".txt")  # by themselves: Excel's “Unicode text” ends so
DATA_SETS = (".zip", *TABLE_FILES, ".npz")
COLLECTIONS = (".zip", *TABLES, *SENTENCES, ".safetensors")  # of things to search
