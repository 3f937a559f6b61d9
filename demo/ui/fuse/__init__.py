"""The Fuse tab."""
