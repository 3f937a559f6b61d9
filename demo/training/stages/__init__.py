"""The stages of the pocket recipe, one per file, in the order of training/pocket.py."""
