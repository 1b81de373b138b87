"""Wilson's score interval of a share: https://www.itl.nist.gov/div898/handbook/prc/section2/prc241.htm."""

from __future__ import annotations

from math import sqrt


def score_interval(failed: int, sessions: int, z: float) -> tuple[float, float]:
    """The bounds, in [0, 1], of the true share when `failed` of `sessions` were observed, `z` standard deviations wide
    on either side. The observed share lies between them."""
    if not sessions:
        return 0.0, 1.0
    share, weight = failed / sessions, z * z / sessions
    centre = share + weight / 2
    margin = z * sqrt(share * (1 - share) / sessions + weight / (4 * sessions))
    # Of no failures, or only failures, rounding leaves a bound on the other side of the share.
    low, high = (centre - margin) / (1 + weight), (centre + margin) / (1 + weight)
    return min(share, max(0.0, low)), max(share, min(1.0, high))
