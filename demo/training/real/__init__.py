"""Learning from photos that people described: sentences, and what can be asked about them."""
