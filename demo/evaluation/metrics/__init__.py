"""Measures of right and wrong, and how sure one can be of them."""
