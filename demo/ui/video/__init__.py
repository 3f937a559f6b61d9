"""The Video tab."""
