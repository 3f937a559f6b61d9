"""Fifty requests whose numbers must stay the same when code is moved; `python -m tests.recorded` records."""
