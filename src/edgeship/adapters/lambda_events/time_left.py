"""How much of its time a function's run has left."""

from __future__ import annotations

import time

from edgeship.application.ports import Left


def seconds_left(context: object, otherwise: float) -> Left:
    """By Lambda's context object; of one that can't say, `otherwise` from now on
    (https://docs.aws.amazon.com/lambda/latest/dg/python-context.html)."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is not None:
        return lambda: float(remaining()) / 1000
    end = time.monotonic() + otherwise
    return lambda: end - time.monotonic()
