"""What the pretrained trunks, the vocabulary and Whisper do with real photos, sounds and voices.

    python -m demo.evaluation.real DATA [--only photos sounds familiar speech] [--json]

One module per part, each a function data folder → frozen dataclass. Nothing is trained but the linear probe.
"""
