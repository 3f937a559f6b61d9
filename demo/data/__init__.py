"""Samples from wherever a person keeps them: folders, archives, tables, arrays; nothing here knows models."""
