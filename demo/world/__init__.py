"""The picture world: endless labelled scenes, sentences and sounds, drawn from a seed, with true masks.

Everything in it is known: which things a picture holds and where, what its caption is in two languages,
what the answer to a question is. Training draws from it, evaluation draws from seeds and backgrounds
training never used, and the app draws lesson data from it. Knows nothing about models.
"""
