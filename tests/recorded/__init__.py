"""Fifty requests whose numbers must stay the same when the code is moved; `python -m tests.recorded` records."""
