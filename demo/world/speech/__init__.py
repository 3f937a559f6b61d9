"""Voices that say the picture world's sentences, as far as this machine has them."""
