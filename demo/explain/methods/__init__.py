"""One explanation method per file; demo.explain lists them in METHODS."""
