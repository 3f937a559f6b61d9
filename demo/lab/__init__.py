"""The fusion lab: encode a data set once, train heads side by side, compare them, break them, keep them.

Knows nothing about pages; the page, the command line and the benchmark all go through it.
"""
