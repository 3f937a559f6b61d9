"""Any sense finds any other: a collection is read once, then asked by words, pictures, sounds or all of them.

    collection.py   what there is to find           indexing.py   read into vectors, one for each sense
    index.py        vectors, and what they are of   saved.py      as one file, and back
    engines.py      who compares: here, or Qdrant   query.py      several senses, weighed, as one answer
    closer.py       the first 30 in a better order
    why.py          where in the query and where in the hit they agree

Asks the Pipeline and its roles, never a model. Knows nothing about pages or printing.
"""
