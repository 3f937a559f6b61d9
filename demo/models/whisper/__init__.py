"""Speech of people, written down: Whisper base (Radford et al. 2022), when its two packages are installed.

ctranslate2.py reads the file they carry, convert.py makes a transformers model of it, recogniser.py listens,
alignment.py says when each word was said. checkpoints/speech.py opens it.
"""
