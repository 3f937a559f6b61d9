"""Opens and writes our own checkpoints: safetensors and JSON, never pickle, never remote code.

hub/opening.py opens those of the field's own families.
"""
