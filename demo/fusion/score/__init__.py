"""Strategies that fuse finished opinions and need no training, one per file; demo.fusion lists them."""
