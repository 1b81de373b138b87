"""How long a period lasts when time goes by faster. Pure."""

from __future__ import annotations


def real_seconds(period: int, speed: float) -> int:
    """Of a period of an alarm, at `speed`: whole seconds, as CloudWatch's API counts them."""
    return max(1, int(period / speed))
