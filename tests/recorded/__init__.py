"""Fifty requests whose numbers stay when the code is moved; `python -m tests.recorded` records."""
