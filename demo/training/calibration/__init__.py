"""Temperatures fitted to held-back examples (Guo et al. 2017)."""
