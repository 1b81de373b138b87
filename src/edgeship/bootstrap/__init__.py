"""The composition root: the one place that knows which adapter stands behind which port.

One module a function, so that a function's bundle carries its own adapters and no others.
"""
