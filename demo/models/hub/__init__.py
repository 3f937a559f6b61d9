"""Checkpoints of the field's own families: one file per family says how it fills roles.

No file here opens a checkpoint: opening.py does, and hands over what a family asked for (opened.py).
"""
