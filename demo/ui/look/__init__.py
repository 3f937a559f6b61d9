"""The Look tab."""
