"""Splits: which users get which variant, and who gets another one after a change.

Variants take consecutive ranges of the buckets, in the order of the file: names don't count, so a renamed variant keeps
its users. A variant with `from` takes the end of the range of another one, before what was taken from it earlier; so
nobody else's range moves.
"""
