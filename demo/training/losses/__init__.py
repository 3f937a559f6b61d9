"""Losses that are not simply cross-entropy, one per file."""
