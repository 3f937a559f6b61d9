"""The World tab."""
